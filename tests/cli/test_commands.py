"""The command line as users' scripts rely on it: files, columns, exit codes, messages."""

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nbradiomics
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cli import main
from nbradiomics.cli.commands.features import PRESETS
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.tables import read_table
from tests.support.helpers import ball, call, two_readers, write_cohort, write_scan


@pytest.fixture
def params(tmp_path: Path) -> Path:
    file = tmp_path / "params.yaml"
    file.write_text("featureClass: {firstorder: [Mean, Range], shape: [MeshVolume, Sphericity]}\n")
    return file


def test_the_installed_command_is_this_command_line() -> None:
    # Read from the file: the installation that runs the tests may be older than it.
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    scripts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["scripts"]
    assert {name: EntryPoint(name, where, "console_scripts").load() for name, where in scripts.items()} == {
        "nbradiomics": main
    }


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "run",
        "check",
        "segment",
        "compare",
        "readers",
        "extract",
        "reproducibility",
        "outcome",
        "report",
        "doctor",
    ],
)
def test_the_help_of_each_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(command, "--help") == 0
    assert f"Example: nbradiomics {command}" in " ".join(capsys.readouterr().out.split())


def test_wrong_usage_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("extract", "cohort.csv") == 2
    assert call("extract", "cohort.csv", "--parms", "x", "--out", "f.csv") == 2
    assert call("no-such-command") == 2


def test_errors_are_one_and_say_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        call("extract", tmp_path / "nowhere.csv", "--params", "t2w_mr_1mm", "--out", tmp_path / "f.csv") == 1
    )
    message = capsys.readouterr().err
    assert "nowhere.csv does not exist" in message
    assert "Check the path" in message
    assert "Traceback" not in message


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out.strip() == nbradiomics.__version__


def test_check_prints_and_writes_the_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort = two_readers(tmp_path)
    assert call("check", cohort, "--jobs", 1) == 0
    assert "0 error(s), 0 warning(s)" in capsys.readouterr().out
    write_scan(tmp_path, "e", {"A": ball() * 0}, seed=9)
    cohort.write_text(cohort.read_text(encoding="utf-8") + "e,e.nii.gz,A,e_A.nii.gz\n")
    assert call("check", cohort, "--out", tmp_path / "p.csv", "--jobs", 1) == 0  # a warning is no error
    assert pd.read_csv(tmp_path / "p.csv")["severity"].tolist() == ["warning"]
    cohort.write_text(cohort.read_text(encoding="utf-8") + "f,nowhere.nii.gz,,\n")
    assert call("check", cohort, "--jobs", 1) == 1


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_extract_leaves_the_table_and_its_failures(
    tmp_path: Path, params: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = two_readers(tmp_path, 2)
    cohort.write_text(cohort.read_text(encoding="utf-8") + "gone,gone.nii.gz,A,gone.nii.gz\n")
    out = tmp_path / "out" / f"features.{ending}"
    assert call("extract", cohort, "--params", params, "--out", out, "--jobs", 1) == 0
    table = read_table(out)
    assert table["subject"].tolist() == ["s0", "s0", "s1", "s1", "gone"]
    assert table["original_firstorder_Mean"].isna().tolist() == [False] * 4 + [True]
    failures = pd.read_csv(tmp_path / "out" / "features.failures.csv")
    assert list(failures.columns) == ["case", "stage", "cause", "hint"]
    assert failures["case"].tolist() == ["gone/baseline/unspecified/tumour/A/1"]
    printed = capsys.readouterr().out
    assert "1 failure(s)" in printed
    assert "does not exist" in " ".join(printed.split())


def test_extract_is_one_when_every_case_failed(tmp_path: Path, params: Path) -> None:
    cohort = write_cohort(tmp_path, ["a,gone.nii.gz,A,gone.nii.gz", "b,gone2.nii.gz,A,gone2.nii.gz"])
    assert call("extract", cohort, "--params", params, "--out", tmp_path / "f.csv", "--jobs", 1) == 1
    assert len(pd.read_csv(tmp_path / "f.failures.csv")) == 2


def test_a_failures_table_of_an_earlier_call_does_not_stay(tmp_path: Path, params: Path) -> None:
    cohort = two_readers(tmp_path, 1)
    (tmp_path / "f.failures.csv").write_text("case,stage,cause,hint\nold,x,y,z\n")
    assert call("extract", cohort, "--params", params, "--out", tmp_path / "f.csv", "--jobs", 1) == 0
    assert not (tmp_path / "f.failures.csv").exists()


def test_the_ending_of_the_output_is_checked_before_anything_is_computed(
    tmp_path: Path, params: Path
) -> None:
    cohort = two_readers(tmp_path, 1)
    assert call("extract", cohort, "--params", params, "--out", tmp_path / "f.xlsx") == 1


def test_compare_has_its_columns_statuses_and_pairs(tmp_path: Path) -> None:
    masks = {"A": ball(), "B": ball(shift=1), "C": ball() * 0}
    files = write_scan(tmp_path, "s0", masks)
    rows = [f"s0,{files['image']},{reader},{files[reader]}" for reader in "ABC"]
    cohort = write_cohort(tmp_path, rows)
    assert call("compare", cohort, "--out", tmp_path / "all.csv", "--jobs", 1) == 0
    table = pd.read_csv(tmp_path / "all.csv")
    assert list(table.columns) == AGREEMENT.names
    status = table.set_index(["reader", "reference"])["status"].to_dict()
    assert status == {
        ("A", "B"): "ok",
        ("A", "C"): "empty_reference",
        ("B", "A"): "ok",
        ("B", "C"): "empty_reference",
        ("C", "A"): "empty_mask",
        ("C", "B"): "empty_mask",
    }
    assert table.set_index(["reader", "reference"]).loc[("C", "A"), "hd95_mm"] != 0
    assert np.isnan(table.set_index(["reader", "reference"]).loc[("C", "A"), "hd95_mm"])
    alone = nbradiomics.compare_masks(tmp_path / files["A"], tmp_path / files["B"])
    assert table.loc[0, list(alone.index)].astype(float).to_dict() == pytest.approx(
        alone.to_dict(), nan_ok=True
    )
    assert call("compare", cohort, "--reference", "A", "--out", tmp_path / "ref.csv", "--jobs", 1) == 0
    assert pd.read_csv(tmp_path / "ref.csv")["reader"].tolist() == ["B", "C"]
    assert call("compare", cohort, "--reference", "Z", "--out", tmp_path / "ref.csv", "--jobs", 1) == 1


def test_both_empty_is_a_row(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s0", {"A": ball() * 0, "B": ball() * 0})
    cohort = write_cohort(tmp_path, [f"s0,{files['image']},{reader},{files[reader]}" for reader in "AB"])
    assert call("compare", cohort, "--out", tmp_path / "all.csv", "--jobs", 1) == 0
    assert pd.read_csv(tmp_path / "all.csv")["status"].tolist() == ["both_empty"] * 2


def test_a_pair_that_cannot_be_compared_keeps_its_row(tmp_path: Path) -> None:
    cohort = two_readers(tmp_path, 2)
    (tmp_path / "s0_B.nii.gz").write_bytes(b"no image")
    assert call("compare", cohort, "--reference", "A", "--out", tmp_path / "c.csv", "--jobs", 1) == 0
    table = pd.read_csv(tmp_path / "c.csv")
    assert table["subject"].tolist() == ["s0", "s1"]
    assert table["dice"].isna().tolist() == [True, False]
    assert len(pd.read_csv(tmp_path / "c.failures.csv")) == 1


def test_reproducibility_takes_the_readers_but_not_the_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=12)
    rows = [
        {"subject": f"s{n}", "reader": reader, "good": truth[n] + rng.normal(0, 0.01), "bad": rng.normal()}
        for reader in ("A", "B", "auto")
        for n in range(12)
    ]
    table = pd.DataFrame(rows).assign(timepoint="baseline", flat=1.0)
    file, out = tmp_path / "features.csv", tmp_path / "stable.csv"
    table.to_csv(file, index=False)
    assert call("reproducibility", file, "--out", out) == 0
    found = pd.read_csv(out).set_index("feature")
    given = [name for name in REPRODUCIBILITY.names if name not in REPRODUCIBILITY.left_out]
    assert list(pd.read_csv(out).columns) == given
    ratings = np.stack([table[table["reader"] == r]["good"].to_numpy() for r in "AB"], axis=1)
    by_hand = nbradiomics.icc(ratings[None])
    assert found.loc["good", "icc"] == pytest.approx(float(by_hand.value[0]))
    assert found["stable"].to_dict() == {"good": True, "bad": False, "flat": False}
    assert np.isnan(found.loc["flat", "icc"])
    assert call("reproducibility", file, "--readers", "A,auto", "--out", out) == 0
    assert call("reproducibility", file, "--readers", "A,Z", "--out", out) == 1


def test_reproducibility_lists_the_choices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"subject": f"s{n}", "timepoint": t, "reader": r, "f": n + 0.1 * (r == "A")}
        for n in range(5)
        for t in ("diagnosis", "surgery")
        for r in "AB"
    ]
    file = tmp_path / "features.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    assert call("reproducibility", file, "--out", tmp_path / "o.csv") == 1
    assert "diagnosis, surgery" in capsys.readouterr().err
    assert call("reproducibility", file, "--timepoint", "surgery", "--out", tmp_path / "o.csv") == 0


@pytest.fixture
def survival(tmp_path: Path) -> tuple[Path, Path]:
    """Features and outcomes of 60 subjects; `signal` decides the hazard together with `age`."""
    rng = np.random.default_rng(1)
    subjects = [f"s{n:02d}" for n in range(60)]
    features = pd.DataFrame(
        {"subject": subjects, "signal": rng.normal(size=60), "noise": rng.normal(size=60)}
    )
    age = rng.normal(size=60)
    time = rng.exponential(np.exp(-1.2 * features["signal"] - 1.2 * age)) * 500 + 1
    clinical = pd.DataFrame({"subject": subjects, "age": age, "days": time, "event": rng.random(60) < 0.8})
    features.to_csv(tmp_path / "f.csv", index=False)
    clinical.assign(event=clinical["event"].astype(int)).to_csv(tmp_path / "c.csv", index=False)
    return tmp_path / "f.csv", tmp_path / "c.csv"


def test_outcome_leaves_performance_and_predictions(tmp_path: Path, survival: tuple[Path, Path]) -> None:
    options = ["--time", "days", "--event", "event", "--repeats", 2, "--jobs", 1, "--refits", 0]
    options += ["--penalizer", 0.3, "--covariates", "age"]
    assert call("outcome", *survival, *options, "--out", tmp_path / "o") == 0
    performance = pd.read_csv(tmp_path / "o" / "performance.csv")
    assert list(performance.columns) == ["model", "metric", "horizon", "value", "low", "high"]
    c = performance[performance["metric"] == "harrell_c"].set_index("model")
    assert set(c.index) == {"clinical", "radiomic", "combined"}
    assert (c["value"] > 0.6).all()
    assert c.loc["combined", "value"] > c.loc["clinical", "value"]
    predictions = pd.read_csv(tmp_path / "o" / "predictions.csv")
    assert {"subject", "model", "repeat", "fold", "risk", "time", "event"} <= set(predictions.columns)
    assert len(predictions) == 60 * 3 * 2


def test_outcome_without_covariates_fits_radiomic_alone_and_says_so(
    tmp_path: Path, survival: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--time", "days", "--event", "event", "--repeats", 1, "--jobs", 1, "--refits", 0]
    assert call("outcome", *survival, *options, "--out", tmp_path / "o") == 0
    assert set(pd.read_csv(tmp_path / "o" / "performance.csv")["model"]) == {"radiomic"}
    assert "covariate" in capsys.readouterr().out


def test_outcome_takes_the_stable_set_that_it_is_given(tmp_path: Path, survival: tuple[Path, Path]) -> None:
    stable = tmp_path / "stable.csv"
    stable.write_text("feature,icc,low,high,subjects,stable\nsignal,0.9,0.8,1,9,True\nnoise,,,,9,False\n")
    options = [
        "--time",
        "days",
        "--event",
        "event",
        "--repeats",
        1,
        "--jobs",
        1,
        "--refits",
        0,
        "--stable",
        stable,
    ]
    assert call("outcome", *survival, *options, "--out", tmp_path / "o") == 0
    selection = pd.read_csv(tmp_path / "o" / "selection.csv")
    assert selection.set_index("feature")["frequency"].to_dict() == {"signal": 1.0, "noise": 0.0}


def test_several_rows_per_subject_are_refused_with_the_choices(
    tmp_path: Path, survival: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    features, clinical = survival
    table = pd.read_csv(features)
    both = pd.concat([table.assign(timepoint="diagnosis"), table.assign(timepoint="surgery")])
    both.to_csv(features, index=False)
    options = [
        "--time",
        "days",
        "--event",
        "event",
        "--repeats",
        1,
        "--jobs",
        1,
        "--refits",
        0,
        "--out",
        tmp_path / "o",
    ]
    assert call("outcome", features, clinical, *options) == 1
    assert "diagnosis, surgery" in capsys.readouterr().err
    assert call("outcome", features, clinical, *options, "--timepoint", "surgery") == 0


def test_no_progress_bar_where_the_output_is_no_terminal(
    tmp_path: Path, params: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("extract", two_readers(tmp_path, 1), "--params", params, "--out", tmp_path / "f.csv") == 0
    assert capsys.readouterr().err == ""


def test_the_help_names_every_preset() -> None:
    assert sorted(nbradiomics.presets()) == PRESETS.split(", ")


@pytest.mark.parametrize(
    "command",
    [
        ["extract", "cohort.csv", "--params", "params.yaml", "--out", "cohort.csv"],
        ["compare", "cohort.csv", "--out", "./cohort.csv"],
        ["segment", "cohort.csv", "--model", "synthetic-demo", "--out", "cohort.csv"],
        ["reproducibility", "cohort.csv", "--out", "cohort.csv"],
    ],
)
def test_an_input_is_never_overwritten(
    tmp_path: Path,
    params: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = two_readers(tmp_path, 1).read_bytes()
    monkeypatch.chdir(tmp_path)
    assert call(*command) == 1
    assert "is an input of this command" in capsys.readouterr().err
    assert (tmp_path / "cohort.csv").read_bytes() == before


def test_a_file_in_the_way_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert call("demo", "--out", tmp_path / "file", "--subjects", 2) == 1
    assert (
        call("extract", two_readers(tmp_path, 1), "--params", "t2w_mr_1mm", "--out", tmp_path / "file/f.csv")
        == 1
    )
    assert "Traceback" not in capsys.readouterr().err


def test_bad_parameters_are_told_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    params = tmp_path / "p.yaml"
    params.write_text("setting: {binwidth: 5}\n")
    assert call("extract", two_readers(tmp_path, 1), "--params", params, "--out", tmp_path / "f.csv") == 1
    assert capfd.readouterr().err.count("binwidth") == 1


def test_an_interrupted_command_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nbradiomics.workflows.run.run", interrupt)
    assert call("run", tmp_path / "study.yaml", "--out", tmp_path / "out") == 130
    assert "To continue" in capsys.readouterr().err
