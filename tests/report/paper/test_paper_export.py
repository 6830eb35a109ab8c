"""Files for a paper: which are written, what is missing, whose they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.files.owned_folder import Mark, Owner, read_mark
from nbradiomics.outcome import evaluate_outcome, write_outcome
from nbradiomics.report import export_paper
from nbradiomics.report.paper import export
from nbradiomics.workflows.folder import is_outcome_file, is_run_file
from tests.support.helpers import call
from tests.support.outcome_tables import ENDPOINT, make_cohort

FIGURES = ["calibration_at_{0}", "decision_at_{0}", "discrimination", "kaplan_meier_radiomic"]
TABLES = ["baseline", "discrimination", "metrics", "risk_groups", "selection_radiomic"]


@pytest.fixture(autouse=True)
def _quick_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing: what a figure is made of is tested elsewhere."""
    monkeypatch.setattr("nbradiomics.report.figures.picture._draw", lambda *_, **__: b"picture")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "os"
    write_outcome(evaluate_outcome(*make_cohort(), horizons=(1,), **ENDPOINT), folder)
    return folder


@pytest.fixture
def outcome(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "os"))


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def expected() -> list[str]:
    figures = [f"figures/{name.format(1)}.{kind}" for name in FIGURES for kind in ("svg", "pdf", "png")]
    tables = [f"tables/{name}.{kind}" for name in TABLES for kind in ("csv", "tex", "html")]
    return sorted([*figures, *tables, "methods.md"])


def test_an_outcome_folder_gets_every_file(outcome: Path) -> None:
    exported = export_paper(outcome)
    assert names_in(outcome / "paper") == expected()
    assert sorted(exported.files) == sorted(outcome / "paper" / name for name in expected())
    quick = "Endpoint os: the intervals are quick ones, too narrow for a paper; set refits to 100."
    assert (exported.folders, exported.notes) == ((outcome / "paper",), (quick,))
    methods = (outcome / "paper/methods.md").read_text(encoding="utf-8")
    assert "- figures/kaplan_meier_radiomic: os: radiomic model. Kaplan-Meier estimate" in methods
    assert "- tables/risk_groups: Risk groups." in methods
    for name in expected():
        path = Path("paper") / name
        assert is_outcome_file(path)  # type: ignore[arg-type]
        assert is_run_file(Path("outcome/os") / path, ())  # type: ignore[arg-type]


def test_tables_have_readable_names_and_rounded_numbers(outcome: Path) -> None:
    export_paper(outcome)
    tables = outcome / "paper/tables"
    metrics = pd.read_csv(tables / "metrics.csv")
    assert metrics["Metric"].tolist()[:2] == [metrics["Metric"][0], "ROC area at 1"]
    assert metrics["Metric"][0].startswith("Uno's C before")
    groups = pd.read_csv(tables / "risk_groups.csv")
    assert groups["Subjects"].sum() == 60
    assert list(groups.columns[3:]) == ["Survival at 1 [95\u00a0% interval]"]


def test_equal_results_give_equal_files(made: Path, tmp_path: Path) -> None:
    contents = []
    for number in (1, 2):
        folder = Path(shutil.copytree(made, tmp_path / str(number) / "os"))
        contents.append([path.read_bytes() for path in sorted(export_paper(folder).files)])
    assert contents[0] == contents[1]


def test_a_new_export_replaces_the_earlier_one_and_nothing_else(outcome: Path) -> None:
    export_paper(outcome)
    mine = outcome / "paper/figures/mine.svg"
    mine.write_text("mine")
    stale = outcome / "paper/figures/kaplan_meier_combined.svg"
    stale.write_text("of an earlier model")
    export_paper(outcome)
    assert mine.read_text() == "mine"
    assert not stale.exists()


def test_what_cannot_be_drawn_is_told(outcome: Path) -> None:
    performance = pd.read_csv(outcome / "performance.csv").assign(value=np.nan, low=np.nan, high=np.nan)
    performance.to_csv(outcome / "performance.csv", index=False)
    calibration = pd.read_csv(outcome / "calibration.csv").assign(observed=np.nan)
    calibration.to_csv(outcome / "calibration.csv", index=False)
    (outcome / "kaplan_meier.csv").unlink()
    exported = export_paper(outcome)
    assert exported.notes[:-1] == (
        "Endpoint os: no figure discrimination, because there is no value to draw.",
        "Endpoint os: no figure kaplan_meier_radiomic, because there is no value to draw.",
        "Endpoint os: no figure calibration, because there is no value to draw.",
    )
    assert {path.stem for path in exported.files if path.suffix == ".svg"} == {"decision_at_1"}


def test_a_folder_of_an_earlier_release_has_no_methods(outcome: Path) -> None:
    (outcome / "summary.json").write_text('{"time": "months", "event": "dead"}')
    exported = export_paper(outcome)
    assert "Endpoint os: no methods.md: summary.json is of an earlier release" in exported.notes[-1]
    assert not (outcome / "paper/methods.md").exists()


def test_every_endpoint_of_a_run_is_exported(outcome: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(outcome, run / "outcome/os")
    shutil.copytree(outcome, run / "outcome/efs")
    (run / "provenance.json").write_text('{"nbradiomics": "1"}')
    failures = [("efs2", "outcome", "too few events", "Add some.")]
    columns = ["case", "stage", "cause", "hint"]
    pd.DataFrame(failures, columns=columns).to_csv(run / "failures.csv", index=False)
    exported = export_paper(run)
    assert exported.folders == (run / "outcome/efs/paper", run / "outcome/os/paper")
    assert names_in(run / "outcome/os/paper") == names_in(run / "outcome/efs/paper") == expected()
    assert "efs2" in exported.notes[-1]
    assert "too few events" in exported.notes[-1]


def test_the_record_of_a_run_is_used_for_one_of_its_endpoints(
    outcome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(outcome, tmp_path / "run/outcome/os")
    (tmp_path / "run/provenance.json").write_text('{"nbradiomics": "7"}')
    seen: list[Any] = []
    monkeypatch.setattr(export, "methods_section", lambda _, record, __: seen.append(record) or "")
    export_paper(tmp_path / "run/outcome/os")
    export_paper(outcome)
    assert seen == [{"nbradiomics": "7"}, {}]


def test_a_run_without_outcome_models_is_refused(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text('{"nbradiomics": "1"}')
    with pytest.raises(InputError, match="contains no outcome models"):
        export_paper(tmp_path)


def command(folder: Path, *options: str, subjects: int = 40) -> int:
    features, clinical = make_cohort(subjects=subjects)
    features.to_csv(folder / "f.csv", index=False)
    clinical.to_csv(folder / "c.csv", index=False)
    plan = ("--time", "months", "--event", "dead", "--folds", 2, "--repeats", 1, "--jobs", 1)
    fixed = ("--penalizer", 1, "--l1-ratio", 0, "--bootstraps", 0)
    return call("outcome", folder / "f.csv", folder / "c.csv", *plan, *fixed, "--out", folder / "o", *options)


def test_the_command_exports_and_a_new_result_removes_what_is_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "o/paper"
    assert command(tmp_path, "--export", "paper") == 0
    assert f"For a paper: {paper}" in capsys.readouterr().out
    assert (paper / "methods.md").is_file()
    assert command(tmp_path) == 0
    assert not paper.exists()
    capsys.readouterr()
    assert call("report", tmp_path / "o", "--export", "paper") == 0
    assert f"For a paper: {paper}" in capsys.readouterr().out
    # Discrimination, curves, calibration, decision, and what drove the risk of three subjects.
    assert len(list((paper / "figures").iterdir())) == 7 * 3
    assert (paper / "figures/contributions_highest.pdf").is_file()


def test_a_folder_with_an_export_can_be_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path, "--export", "paper") == 0
    mark = read_mark(tmp_path / "o")
    assert mark is not None
    Mark(Owner("outcome of another endpoint", "x", "x", "x")).write(tmp_path / "o")
    assert command(tmp_path) == 1
    assert (tmp_path / "o/paper/methods.md").is_file()
    own = tmp_path / "o/paper/figures/mine.svg"
    own.write_text("mine")
    assert command(tmp_path, "--replace") == 1
    assert "paper/figures/mine.svg, which no run wrote" in capsys.readouterr().err
    own.unlink()
    assert command(tmp_path, "--replace", "--export", "paper") == 0
    assert (tmp_path / "o/paper/methods.md").is_file()


def test_an_external_validation_exports_too(tmp_path: Path) -> None:
    files = []
    for number in (0, 1):
        tables = make_cohort(number, subjects=40)
        for name, table in zip("fc", tables, strict=True):
            files.append(tmp_path / f"{name}{number}.csv")
            table.assign(subject=f"{number}" + table["subject"]).to_csv(files[-1], index=False)
    plan = ("--time", "months", "--event", "dead", "--jobs", 1, "--penalizer", 1, "--l1-ratio", 0)
    options = ("--bootstraps", 0, "--out", tmp_path / "o", "--export", "paper")
    assert call("validate", *files, *plan, *options) == 0
    assert "external validation" in (tmp_path / "o/paper/methods.md").read_text(encoding="utf-8")
    groups = pd.read_csv(tmp_path / "o/paper/tables/risk_groups.csv")
    assert groups.columns[-1] == "Log-rank p"


def test_another_purpose_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path, "--export", "poster") != 0
    assert "paper" in capsys.readouterr().err
