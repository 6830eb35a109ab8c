"""The report of a run: complete, self-contained and escaped."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.image import imread

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import MISSING
from nbradiomics.report import build_report
from tests.support.helpers import first_is_quick
from tests.support.run_tables import edit, facts_of, part_of, section

FILES = {
    "cohort.csv": "masks",
    "agreement.csv": "agreement",
    "readers": "readers",
    "reproducibility": "reproducibility",
    "outcome": "outcome",
    "provenance.json": "provenance",
}


def html_of(run: Path) -> str:
    return build_report(run).read_text(encoding="utf-8")


# The whole page


def test_report_stands_in_the_run_folder_with_every_section(run: Path) -> None:
    path = build_report(run)
    html = path.read_text(encoding="utf-8")
    assert path == run / "report.html"
    assert "Not part of this run" not in html
    assert html.count("<section id=") == 12
    assert "<h1>Study one</h1>" in html
    assert not list(run.glob(".*report.html"))


@pytest.mark.slow
def test_out_names_the_file_and_a_second_report_is_the_same(run: Path, html: str) -> None:
    target = run / "new" / "page.html"
    assert build_report(run, target) == target
    assert target.read_text(encoding="utf-8") == html


class Resources(HTMLParser):
    """Collects whatever a page would load, and the text of what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loaded += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")
        ]
        if tag == "img":
            self.images.append(dict(attrs))


def test_page_loads_nothing_from_elsewhere(html: str) -> None:
    page = Resources()
    page.feed(html)
    assert page.loaded
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in page.loaded)
    assert not page.tags & {"script", "link", "iframe", "object"}
    style = re.search(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_every_picture_decodes_and_has_words(html: str) -> None:
    page = Resources()
    page.feed(html)
    # Reader study: two charts and two cases; masks: two cases; agreement, reproducibility by class and
    # by filter, forest, survival.
    assert len(page.images) == 14
    for image in page.images:
        pixels = imread(io.BytesIO(base64.b64decode((image["src"] or "").split(",")[1])), format="png")
        assert pixels.std() > 0.01
        assert len(image["alt"] or "") > 20


@pytest.mark.slow
def test_the_users_matplotlib_style_stays_and_does_not_reach_the_page(run: Path, html: str) -> None:
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "text.color": "white"}):
        before = mpl.rcParams.copy()
        assert html_of(run) == html
        assert mpl.rcParams == before


@pytest.mark.parametrize(
    "absent", first_is_quick([*FILES, "check.csv", "segmentation.csv", "features.parquet", "failures.csv"])
)
def test_each_absent_part_is_told_and_the_rest_stays(run: Path, absent: str) -> None:
    path = run / absent
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    html = html_of(run)
    told = [name for name in FILES.values() if "Not part of this run." in section(html, name)]
    assert told == ([FILES[absent]] if absent in FILES else [])


@pytest.mark.parametrize("kept", ["cohort.csv", "provenance.json", "failures.csv", "features.parquet"])
def test_one_file_alone_makes_a_report(run: Path, tmp_path: Path, kept: str) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(run / kept, alone / kept)
    html = html_of(alone)
    facts = facts_of(html)
    assert html.count("Not part of this run.") >= 4
    assert facts["masks"] == ("6" if kept == "cohort.csv" else MISSING)
    assert facts["stable features"] == facts["C-index"] == MISSING


@pytest.mark.parametrize(
    "name",
    first_is_quick(["performance.csv", "kaplan_meier.csv", "selection.csv", "excluded.csv", "summary.json"]),
)
def test_each_absent_part_of_an_endpoint_is_no_error(run: Path, name: str) -> None:
    (run / "outcome" / "os" / name).unlink()
    assert "Endpoint os" in part_of(run, "outcome")


def test_tables_with_a_header_only_make_a_report(run: Path) -> None:
    for path in run.rglob("*.csv"):
        pd.read_csv(path).head(0).to_csv(path, index=False)
    html = html_of(run)
    assert "No stage of this run failed" in html
    assert "No image of this run has a mask" in html


# What is refused


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="contains no file of a run"):
        build_report(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        build_report(tmp_path / "nowhere")


def test_a_folder_as_target_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match="a file was expected"):
        build_report(run, run)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("agreement.csv", "subject,reader\nP1,A\n", "lacks the columns reference, status, dice"),
        ("agreement.csv", "", "is empty"),
        (
            "agreement.csv",
            "subject,reader,reference,status,dice,hd95_mm\nP1,A,B,ok,1,far\n",
            "hd95_mm.*'far'",
        ),
        ("readers/tests.csv", "test,sentence\na,b\n", "lacks the columns subject_of_test, epsilon"),
        ("readers/cases.csv", "", "is empty"),
        ("readers/summary.json", "[]", "contains a list; an object was expected"),
        (
            "segmentation.csv",
            "subject,status,volume_ml,volume_cv,fold_dice\nP1,ok,big,1,1\n",
            "volume_ml.*'big'",
        ),
        (
            "reproducibility/readers.csv",
            "feature,icc,low,high,subjects,stable\na,1,1,1,9,maybe\n",
            "stable.*'maybe'",
        ),
        ("features.parquet", "no parquet", "cannot be read as a table"),
        (
            "outcome/os/kaplan_meier.csv",
            "model,group,time,survival,low,high,at_risk\nm,high,,1,1,1,9\n",
            "time.*missing",
        ),
        ("provenance.json", "{", "cannot be read as JSON"),
        ("outcome/os/summary.json", "[1]", "contains a list; an object was expected"),
    ],
)
def test_a_malformed_file_is_named(run: Path, name: str, content: str, found: str) -> None:
    (run / name).write_text(content)
    with pytest.raises(InputError, match=found) as caught:
        build_report(run)
    assert str(run / name) in str(caught.value)
    assert not (run / "report.html").exists()


# What the page says


@pytest.mark.slow
def test_text_of_the_run_is_escaped(run: Path) -> None:
    evil = "<script>alert('x')</script>"
    edit(run / "failures.csv", cause=evil)
    edit(run / "check.csv", problem=evil)
    edit(run / "outcome" / "os" / "excluded.csv", reason=evil)
    table = pd.read_csv(run / "cohort.csv", keep_default_na=False)
    table.replace({"subject": {"P1": "<b>$P$1_$</b>"}, "reader": {"B": "<i>B"}}).to_csv(
        run / "cohort.csv", index=False
    )
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    provenance["study"]["name"] = "a <b>study</b>"
    (run / "provenance.json").write_text(json.dumps(provenance))
    html = html_of(run)
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;alert" in section(html, "failures")
    assert "a &lt;b&gt;study&lt;/b&gt;" in html
