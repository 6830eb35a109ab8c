"""Figures and tables in the formats of a paper."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from matplotlib import style
from matplotlib.figure import Figure
from PIL import Image

from nbradiomics.messages.wording import NO_BREAK
from nbradiomics.report.content import Details, Gallery, Picture, Table, Text
from nbradiomics.report.figures import picture, survival
from nbradiomics.report.figures.forest import draw_forest
from nbradiomics.report.paper.figures import paper_figures
from nbradiomics.report.paper.files import is_paper_file, paper_stems
from nbradiomics.report.paper.latex import escaped, latex_table
from nbradiomics.report.paper.tables import html_table, paper_tables, write_paper_table

VALUES = {"clinical": (0.6, 0.5, 0.7), "log_sigma & $x$ 10%": (0.7, 0.6, 0.8)}
#: Cells that LaTeX, HTML and spreadsheets would change.
HARD = Table(
    ("Feature", "Share of folds", "p"),
    (
        ("original_glcm_Idm & 50% of $x$ #1", "[0.5, >0.99]", "<0.001"),
        (r"a\b{c}~^|<script>alert('x')</script>", f"43{NO_BREAK}%", "-0.10"),
        ("=1+1", "–", ""),
    ),
    caption='Model "a_b"',
    name="selection_radiomic",
)


def forest(values: dict[str, tuple[float, float, float]] = VALUES) -> Picture:
    return draw_forest(values, name="C-index", alt="", caption=())


def rendered(kind: str) -> bytes:
    render = forest().render
    assert render is not None
    return render(kind)  # type: ignore[arg-type]


def test_a_pdf_embeds_truetype_fonts() -> None:
    pdf = rendered("pdf")
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf
    assert b"/Subtype /Type3" not in pdf
    assert b"/CreationDate" not in pdf


def test_an_svg_has_text_that_can_be_edited() -> None:
    root = ET.fromstring(rendered("svg"))
    names = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"clinical", "C-index", "0.60 [0.50, 0.70]"} <= set(names)
    assert not [node for node in root.iter() if node.tag.endswith("date")]


def test_a_png_has_300_dots_per_inch_in_a_width_of_journals() -> None:
    image = Image.open(io.BytesIO(rendered("png")))
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert image.width == 5.5 * 300


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_equal_figures_are_equal_files(kind: str) -> None:
    assert rendered(kind) == rendered(kind)
    render = forest({**VALUES, "clinical": (0.61, 0.5, 0.7)}).render
    assert render is not None
    assert rendered(kind) != render(kind)  # type: ignore[arg-type]


def test_long_names_fit_a_column_of_a_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Figure] = []

    def keep(draw: Any, *, size: tuple[float, float], **_: Any) -> Picture:
        with style.context(["default", picture._PAPER_STYLE]):
            figures.append(Figure(figsize=(3.5, size[1] * 3.5 / size[0]), layout="constrained"))
            draw(figures[-1])
            figures[-1].draw_without_rendering()
        return Picture("data:", "")

    monkeypatch.setattr(survival, "make_picture", keep)
    steps = [np.array(values) for values in ([0.0, 9e4], [1, 0.2], [1, 0.1], [1, 0.3], [1234.0, 3])]
    curves = [survival.Curve(group, *steps) for group in ("high", "low")]
    title, label = (
        "Event-free survival of the whole cohort: radiomic model",
        "Time (event_free_survival_days)",
    )
    survival.draw_survival(curves, title=title, labels=(label, "Survival"), alt="", caption=())
    upper = figures[0].axes[0]
    legend = upper.get_legend()
    assert legend is not None
    for text in (*legend.get_texts(), upper._left_title, upper.xaxis.label, upper.yaxis.label):  # type: ignore[attr-defined]
        extent = text.get_window_extent()
        assert text.get_text()
        assert figures[0].bbox.x0 <= extent.x0 < extent.x1 <= figures[0].bbox.x1, text.get_text()


def test_figures_and_tables_are_found_in_what_is_folded() -> None:
    drawing, table = forest(), Table(("a",), (("1",),), name="metrics")
    blocks = (
        Text("x"),
        Gallery((drawing, Picture("data:", "a photo"))),
        Details("Who they are", (table, drawing)),
        Table(("a",), (("2",),), name="metrics"),
        Table(("a",), (("3",),)),
    )
    assert list(paper_figures(blocks)) == [drawing, drawing]
    (joined,) = paper_tables(blocks)
    assert (joined.rows, joined.caption) == ((("1",), ("2",)), "Who they are")


def test_names_are_those_of_files_and_differ() -> None:
    stems = paper_stems(["calibration_of Wilms/other", "calibration_of wilms/other", ""])
    assert stems == ["calibration_of_Wilms-other", "calibration_of_wilms-other_2", "figure_3"]
    assert all(is_paper_file(Path(f"paper/figures/{stem}.svg")) for stem in stems)  # type: ignore[arg-type]
    own = ("paper/figures/mine.svg", "paper/methods_final.md", "paper/tables/mine.csv", "methods.md")
    assert not any(is_paper_file(Path(name)) for name in own)  # type: ignore[arg-type]


_TOKENS = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textquotedbl{}": '"',
    r"\textasciigrave{}": "`",
    r"\ldots{}": "…",
    "$-$": "-",
    r"$\pm$": "±",
    r"$\times$": "×",
    r"$\leq$": "≤",
    r"$\geq$": "≥",
    r"$\mu$": "µ",
    "$^2$": "²",
    "$^3$": "³",
    "'{}": "'",
    "-{}": "-",
    "{[}": "[",
    "{]}": "]",
    "---": "—",
    "--": "–",
    "~": NO_BREAK,
    **{f"\\{each}": each for each in "&%$#_{}"},
}
_TOKEN = re.compile(
    "|".join(map(re.escape, sorted(_TOKENS, key=len, reverse=True))) + r"|[^\\&%$#{}^_~<>|\"]"
)


def printed(source: str) -> str:
    """Text that LaTeX prints; an active character that is not escaped is an error."""
    tokens, end = [], 0
    for match in _TOKEN.finditer(source):
        assert match.start() == end, source[end:]
        tokens.append(_TOKENS.get(match[0], match[0]))
        end = match.end()
    assert end == len(source)
    return "".join(tokens)


@given(st.text())
def test_latex_prints_each_text_as_it_is(text: str) -> None:
    as_space = "".join(" " if each.isspace() and each != NO_BREAK else each for each in text)
    as_space = "".join(each for each in as_space if each.isprintable() or each == NO_BREAK)
    assert printed(escaped(text)) == as_space.replace("μ", "µ")


@given(st.text(alphabet="-[]0.5 '\\&%$_#{}~^<>|\"`"))
def test_latex_prints_characters_with_a_meaning(text: str) -> None:
    assert printed(escaped(text)) == text


def test_a_table_in_latex_has_rules_and_its_cells() -> None:
    lines = latex_table(HARD, "selection").splitlines()
    rows = [line.removesuffix(r" \\") for line in lines if line.endswith(r" \\")]
    found = [tuple(printed(cell) for cell in re.split(r" (?<!\\)& ", row)) for row in rows]
    assert found == [HARD.columns, *HARD.rows]
    assert [line for line in lines if line.endswith("rule")] == [r"\toprule", r"\midrule", r"\bottomrule"]
    assert r"\begin{tabular}{lrr}" in lines
    assert r"\caption{Model \textquotedbl{}a\_b\textquotedbl{}}\label{tab:selection}" in lines


def test_a_long_table_in_latex_goes_on_over_pages() -> None:
    table = Table(("a",), tuple((str(row),) for row in range(60)))
    source = latex_table(table, "x")
    assert r"\begin{longtable}{l}" in source
    assert r"% Needs \usepackage{longtable}" in source


def test_other_scripts_are_told_in_latex() -> None:
    assert "XeLaTeX" in latex_table(Table(("年齢",), (("1",),)), "x")
    assert "XeLaTeX" not in latex_table(HARD, "x")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_latex_compiles_the_tables(tmp_path: Path) -> None:
    packages = "".join(rf"\usepackage{{{name}}}" for name in ("booktabs", "longtable", "textcomp"))
    long = Table(HARD.columns, HARD.rows * 20, caption="Long")
    body = latex_table(HARD, "a") + latex_table(long, "b")
    source = rf"\documentclass{{article}}\usepackage[T1]{{fontenc}}{packages}\begin{{document}}"
    (tmp_path / "t.tex").write_text(f"{source}\n{body}\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


class _Cells(HTMLParser):
    """Texts of the cells of each row, and every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.attributes: set[str] = set()
        self.tags: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])
        self._inside = tag in ("td", "th")
        if self._inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


def test_a_table_in_html_can_be_pasted() -> None:
    parser = _Cells()
    parser.feed(html_table(HARD))
    assert [tuple(row) for row in parser.rows] == [HARD.columns, *HARD.rows]
    assert parser.attributes == {"lang", "charset", "style"}
    assert parser.tags.count("table") == 1
    assert not {"script", "link"} & set(parser.tags)


def test_a_table_in_csv_is_safe_in_a_spreadsheet(tmp_path: Path) -> None:
    files = write_paper_table(HARD, tmp_path, "t")
    assert [file.name for file in files] == ["t.csv", "t.tex", "t.html"]
    table = pd.read_csv(files[0], dtype=str, keep_default_na=False)
    assert list(table.columns) == list(HARD.columns)
    assert table.iloc[0].tolist() == list(HARD.rows[0])
    assert table.iloc[2, 0] == "'=1+1"
