"""The documentation: every public name, command line and example in it is one that there is."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import typer
import yaml

import nbradiomics
from nbradiomics.cli.app import app
from nbradiomics.dicom.ingest.rules import IngestRules
from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.execution.executors.slurm_settings import SlurmSettings
from nbradiomics.features.parameters.file import load_parameters
from nbradiomics.features.processing import load_grid
from nbradiomics.outcome import measures
from nbradiomics.perturbation import Variant, read_chain
from nbradiomics.reproducibility import RulesFile
from nbradiomics.settings.described import field_names
from nbradiomics.study.file import load_study
from nbradiomics.study.study import Study
from scripts.assemble_site import ELSEWHERE, places, with_links_of_the_site
from scripts.check_site import problems
from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    (nbradiomics .*)$", re.MULTILINE)
_IN_LINE = re.compile(r"`(nbradiomics [^`\n]+)`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads(text_of(ROOT / name))


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fences(kind: str) -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for found, text in _FENCE.findall(text_of(page)):
            if found == kind:
                yield page, text


def test_each_public_name_stands_on_one_page_of_the_api() -> None:
    directive = re.compile(r"^::: (\S+)$", re.MULTILINE)
    paths = [
        path for page in (ROOT / "docs" / "api").glob("*.md") for path in directive.findall(text_of(page))
    ]
    found = [resolve_name(":".join(path.rsplit(".", 1))) for path in paths]
    public = {name: getattr(nbradiomics, name) for name in nbradiomics.__all__}
    assert all(found.count(thing) == 1 for thing in public.values())
    # Functions of a room that are no public name of the package.
    others = [
        path.rsplit(".", 1) for path, thing in zip(paths, found, strict=True) if thing not in public.values()
    ]
    assert {name for room, name in others if room.endswith(".measures")} == set(measures.__all__)
    assert len(set(map(tuple, others))) == len(others)
    assert all(thing.__doc__ for thing in found)


def test_every_page_is_in_the_navigation_once() -> None:
    def leaves(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        else:
            for inner in part.values() if isinstance(part, dict) else part:
                yield from leaves(inner)

    shown = sorted(leaves(toml("zensical.toml")["project"]["nav"]))
    assert shown == sorted(place for place in places().values() if place.endswith(".md"))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"], ids=page_name)
def test_links_lead_to_pages_of_the_site(page: Path) -> None:
    source = page_name(page)
    moved = with_links_of_the_site(text_of(page), source, places())
    if page.parent != ROOT and not re.search(
        r"\]\((\.\./)+(params|notebooks|benchmarks|README)", text_of(page)
    ):
        assert moved == text_of(page)  # within docs/ links stay as they are


def test_links_are_rewritten_to_where_a_page_stands() -> None:
    text = "[a](docs/design.md#style) `[b](docs/none.md)` [c](https://example.org/x) [d](#here)"
    moved = with_links_of_the_site(text, "README.md", places())
    assert moved == text.replace("docs/design.md", "design.md")
    preset = with_links_of_the_site(
        "[p](../../params)", "docs/guides/x.md", places() | {"docs/guides/x.md": "guides/x.md"}
    )
    assert preset == f"[p](../{ELSEWHERE['params']})"
    with pytest.raises(SystemExit, match="nowhere"):
        with_links_of_the_site("[a](nowhere.md)", "README.md", places())


def command_lines() -> list[tuple[str, str]]:
    found: list[tuple[Path, str]] = []
    for page in PAGES:
        lines = [line for _, text in _FENCE.findall(text_of(page)) for line in text.splitlines()]
        lines = [line for line in lines if line.startswith("nbradiomics ")]
        found += [(page, line) for line in (*lines, *_INDENTED.findall(text_of(page)))]
    return sorted({(page_name(page), line.split("  #")[0].strip()) for page, line in found})


def mentions() -> list[tuple[str, str]]:
    """Commands within sentences and tables."""
    return sorted({(page_name(page), line) for page in PAGES for line in _IN_LINE.findall(text_of(page))})


def refusal(line: str) -> str:
    """Why the application's own parser refuses a command line; empty where it reads it. Nothing is run."""
    arguments, command, context = shlex.split(line, comments=True)[1:], typer.main.get_command(app), None
    try:
        while True:
            context = command.make_context(str(command.name), arguments, parent=context)
            rest = [*context._protected_args, *context.args]
            if not hasattr(command, "resolve_command"):
                return f"left over: {rest}" if rest else ""
            _, command, arguments = command.resolve_command(context, rest)
    except Exception as error:  # typer brings its own classes of these
        return "" if getattr(error, "exit_code", 1) == 0 else f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_each_command_line_parses(page: str, line: str) -> None:
    assert refusal(line) == ""


@pytest.mark.parametrize(("page", "line"), mentions())
def test_each_command_in_a_sentence_is_known(page: str, line: str) -> None:
    # A sentence may leave out what the command or an option needs, not name an option that it does not know.
    allowed = ("", "MissingParameter", "NoArgsIsHelpError", "BadOptionUsage")
    assert refusal(line).partition(":")[0] in allowed


@pytest.mark.parametrize(
    "line",
    ["no-such-command", "check", "check a --parms x", "model", "model lst", "demo --out d --subjects x"],
)
def test_a_wrong_command_line_does_not_parse(line: str) -> None:
    assert refusal(f"nbradiomics {line}") != ""


def test_there_are_command_lines_of_every_command() -> None:
    shown = {" ".join(line.split()[1:3]) for _, line in (*command_lines(), *mentions())}
    for name in typer.main.get_command(app).commands:
        assert any(line == name or line.startswith(f"{name} ") for line in shown), name


def study_of(text: str, folder: Path) -> Study:
    """Load an example of a study file beside the tables that it names."""
    external = ("hospital_b/features.parquet", "hospital_b/clinical.csv")
    for name in ("study.yaml", "cohort.csv", "clinical.csv", "grid.yaml", *external):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text if name == "study.yaml" else "", encoding="utf-8")
    return load_study(folder / "study.yaml")


def chain_of(text: str, folder: Path) -> list[Variant]:
    """Load an example of a chain of perturbations."""
    (folder / "chain.yaml").write_text(text, encoding="utf-8")
    return read_chain(folder / "chain.yaml")


@pytest.mark.parametrize(("page", "text"), [(page_name(page), text) for page, text in fences("yaml")])
def test_each_example_in_yaml_is_read(page: str, text: str, tmp_path: Path) -> None:
    if "cohort" in yaml.safe_load(text):
        study_of(text, tmp_path)
    elif page == "docs/guides/dicom-masks.md":
        masks = yaml.safe_load(text)["masks"]
        assert set(masks) == set(MaskRules.model_fields)
        MaskRules(**masks)
    elif "studies" in yaml.safe_load(text):
        RulesFile(**yaml.safe_load(text))
    elif page == "docs/guides/cluster.md":
        SlurmSettings(**yaml.safe_load(text))
    elif "sequences" in yaml.safe_load(text):
        IngestRules(**yaml.safe_load(text))
    elif page == "docs/guides/perturbation.md":
        assert len(chain_of(text, tmp_path)) == 30  # its maximum
    elif "alterations" in yaml.safe_load(text):
        (tmp_path / "grid.yaml").write_text(text, encoding="utf-8")
        load_grid(tmp_path / "grid.yaml")
    else:
        (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
        load_parameters(tmp_path / "params.yaml")


def test_the_full_example_has_every_key_of_a_study(tmp_path: Path) -> None:
    (example,) = [text for page, text in fences("yaml") if page.name == "study.md"]
    study = study_of(example, tmp_path)
    given = yaml.safe_load(example)
    assert set(given) | {"lesion_min_ml"} == set(type(study).model_fields)
    for name in (
        "segment",
        "readers",
        "extract",
        "reproducibility",
        "outcome",
        "perturbation",
        "processing",
        "controls",
        "prepare",
    ):
        assert set(given[name]) | {"numeric"} >= set(field_names(type(getattr(study, name)))), name


def test_the_readme_is_short() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) < 150


def test_the_citation_is_of_this_version() -> None:
    citation, project = yaml.safe_load(text_of(ROOT / "CITATION.cff")), toml("pyproject.toml")["project"]
    assert citation["version"] == project["version"]
    assert citation["title"] == project["name"]
    assert citation["license"] == project["license"]
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "authors"} <= set(citation)


def test_the_example_table_of_a_study_is_one_that_is_read(tmp_path: Path) -> None:
    tables = [text for _, text in fences("text") if text.startswith("subject,")]
    assert tables
    for text in tables:
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        if "image" in text.splitlines()[0].split(","):
            nbradiomics.load_cohort(file)


def test_a_site_that_is_broken_or_loads_from_elsewhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#top">b</a><a href="https://x.org">x</a>'
    )
    (tmp_path / "b.html").write_text('<p id="top"><img src="p.png"></p><a href="a.html#none">a</a>')
    (tmp_path / "c.html").write_text(
        '<script src="https://cdn.example/x.js"></script><a href="gone.html">g</a>'
    )
    (tmp_path / "s.css").write_text("@import 'https://fonts.example/css';")
    told = " ".join(problems(tmp_path))
    for part in ("p.png", "a.html#none", "https://cdn.example/x.js", "gone.html", "s.css"):
        assert part in told
    assert "x.org" not in told


def test_what_docstrings_write_as_tables_becomes_markdown() -> None:
    pytest.importorskip("griffe", reason="the extra `docs` is not installed")
    from scripts.site_docstrings import to_markdown

    rule = "    ===== ======"
    lines = [
        "Two [1]_.",
        "",
        rule,
        "    a     b",
        rule,
        "    ``x`` one",
        "          more",
        rule,
        "",
        ".. [1] Koo.",
    ]
    rows = ["    | a | b |", "    | --- | --- |", "    | ``x`` | one more |"]
    assert to_markdown("\n".join(lines)).splitlines() == ["Two [1].", "", *rows, "", "- [1] Koo."]
