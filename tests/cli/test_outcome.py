"""Clinical tables as hospitals write them, through the command `outcome` and the check of a study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics.study.checks import check
from tests.support.helpers import call, write_cohort

SUBJECTS = 60


def base(folder: Path) -> pd.DataFrame:
    """60 subjects, four features of which the first drives the hazard, and a clinical table."""
    rng = np.random.default_rng(5)
    subjects = [f"{place:03d}" for place in range(1, SUBJECTS + 1)]
    values = rng.normal(size=(SUBJECTS, 4))
    event = rng.exponential(30 / np.exp(0.9 * values[:, 0]))
    end = rng.exponential(40, SUBJECTS)
    features = pd.DataFrame({f"original_firstorder_F{place}": values[:, place] for place in range(4)})
    features.assign(subject=subjects).to_csv(folder / "features.csv", index=False)
    table: dict[str, Any] = {"subject": subjects, "os": np.round(np.minimum(event, end) + 0.05, 1)}
    table["dead"] = (event <= end).astype(int)
    table["age"] = rng.integers(1, 9, SUBJECTS) / 2
    table["sex"] = np.where(rng.random(SUBJECTS) < 0.5, "M", "F")
    table["stage"] = rng.integers(1, 5, SUBJECTS)
    return pd.DataFrame(table)


def outcome(
    folder: Path,
    table: pd.DataFrame,
    *options: str,
    sep: str = ",",
    folds: int = 2,
    repeats: int = 1,
    page: bool = False,
) -> dict[str, Any]:
    """Run the command, and give its performance and summary; an exit code of 1 gives nothing.

    The page takes as long as the models: it is made of one call of a test.
    """
    table.to_csv(folder / "c.csv", index=False, sep=sep)
    plan = [
        "--time",
        "os",
        "--event",
        "dead",
        "--folds",
        folds,
        "--repeats",
        repeats,
        "--jobs",
        1,
        "--penalizer",
        1,
        "--refits",
        0,
    ]
    files = [folder / "features.csv", folder / "c.csv"]
    with pytest.MonkeyPatch.context() as patch:
        if not page:
            patch.setattr("nbradiomics.cli.commands.outcome.write_pages", lambda *_: [])
        if call("outcome", *files, *plan, *options, "--out", folder / "o"):
            return {}
    found = pd.read_csv(folder / "o" / "performance.csv").set_index(["model", "metric"])["value"]
    summary: dict[str, Any] = json.loads((folder / "o" / "summary.json").read_text(encoding="utf-8"))
    return {
        **summary,
        "c": round(float(found[("combined", "harrell_c")]), 3),
        "gain": round(float(found[("combined", "harrell_c_gain_over_clinical")]), 3),
        "text": " ".join(summary["sentences"]),
    }


def test_levels_that_a_fold_has_not_seen_are_predicted(tmp_path: Path) -> None:
    table = base(tmp_path)
    table["clinic"] = [f"H{place % 20 if place < 40 else place % 10}" for place in range(SUBJECTS)]
    found = outcome(tmp_path, table, "--covariates", "clinic,age", page=True)
    assert "clinic has 20 levels, 20 of them in fewer than 5 subjects" in found["text"]
    predictions = pd.read_csv(tmp_path / "o" / "predictions.csv")
    assert predictions.notna().all(axis=None)


def test_decimal_commas_give_the_numbers_of_decimal_points(tmp_path: Path) -> None:
    table = base(tmp_path)
    comma = table.assign(age=[str(age).replace(".", ",") for age in table["age"]])
    as_before = ("--l1-ratio", 0, "--penalizer", 1, "--no-power-transform")  # the models of 0.3.0
    for written, sep in ((table, ","), (comma, ";")):
        plan: dict[str, Any] = {"sep": sep, "folds": 3, "repeats": 2, "page": sep == ";"}
        found = outcome(tmp_path, written, "--covariates", "age", *as_before, **plan)
        assert (found["c"], found["gain"]) == (0.735, 0.217)
        assert "age was read as a number, 0.5 to 4" in found["text"]
    assert "with decimal commas" in found["text"]


@pytest.mark.parametrize("bad", ["#DIV/0!", "<1", "1,2.3"])
def test_one_cell_that_is_no_number_is_named(
    tmp_path: Path, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = base(tmp_path)
    cells = table["age"].astype(object)
    cells[4] = bad
    assert outcome(tmp_path, table.assign(age=cells), "--covariates", "age") == {}
    message = capsys.readouterr().err
    assert f"line 6, age: subject 005: age is {bad!r}" in message
    assert "Traceback" not in message


def test_a_code_of_missing_values_is_missing_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = base(tmp_path)
    cells = table["age"].astype(object)
    cells[::15] = "."
    found = outcome(tmp_path, table.assign(age=cells), "--covariates", "age")
    assert found["missing_covariates"] == {"age": 4}
    assert "age: '.' (4) counts as missing." in found["text"]
    assert "age: '.' (4) counts as missing." in capsys.readouterr().out
    assert found["clinical"]["columns"][0]["missing_codes"] == {".": 4}
    cells[::15] = -999
    asked = outcome(tmp_path, table.assign(age=cells), "--covariates", "age")
    assert "age is -999 in 4 cells" in " ".join(asked["warnings"])
    told = outcome(
        tmp_path, table.assign(age=cells), "--covariates", "age", "--missing", "age=-999", page=True
    )
    assert (told["c"], told["gain"], told["warnings"]) == (found["c"], found["gain"], [])


def test_two_columns_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = base(tmp_path)
    twice = table.assign(os2=table["os"][::-1].to_numpy()).rename(columns={"os2": "os"})
    assert outcome(tmp_path, twice, "--covariates", "age") == {}
    assert "several columns have the name os" in capsys.readouterr().err


def test_sites_are_numbers_until_they_are_declared(tmp_path: Path) -> None:
    table = base(tmp_path)
    found = outcome(tmp_path, table.assign(site=table["stage"]), "--covariates", "site")
    assert "site has 4 different whole numbers and its name suggests groups" in found["text"]
    found = outcome(
        tmp_path, table.assign(site=table["stage"]), "--covariates", "site", "--categorical", "site"
    )
    assert found["warnings"] == []
    assert "site was declared to be a category: 1 (" in found["text"]
    ordered = outcome(tmp_path, table, "--covariates", "stage", "--ordinal", "stage=4,3,2,1", page=True)
    assert "stage was declared to be ordered: 4 (" in ordered["text"]


def test_events_and_times_of_0_are_read_as_declared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = base(tmp_path)
    plain = outcome(tmp_path, table, "--covariates", "age")
    coded = table.assign(dead=table["dead"] + 1)
    assert outcome(tmp_path, coded, "--covariates", "age") == {}
    assert "'1' (32), '2' (28)" in capsys.readouterr().err
    found = outcome(tmp_path, coded, "--covariates", "age", "--event-value", "2")
    assert (found["c"], found["events"]) == (plain["c"], 28)
    assert "dead: '2' (28) means an event, '1' (32) no event." in found["text"]
    zero = table.assign(os=table["os"].mask(table["subject"] == "007", 0))
    assert outcome(tmp_path, zero, "--covariates", "age") == {}
    assert "subject 007: os is '0.0'" in capsys.readouterr().err
    found = outcome(tmp_path, zero, "--covariates", "age", "--zero-times", "drop", page=True)
    assert found["subjects"] == 59
    assert pd.read_csv(tmp_path / "o" / "excluded.csv", dtype=str).to_numpy().tolist() == [["007", "os is 0"]]
    assert "os is 0 in 1 subject (007): left out." in found["text"]
    found = outcome(tmp_path, zero, "--covariates", "age", "--zero-times", "0.05")
    assert found["subjects"] == 60


def test_the_outcome_under_another_name_is_warned_of(tmp_path: Path) -> None:
    table = base(tmp_path)
    other = table.assign(efs_days=30 * table["os"] - 1, x=np.log(table["os"]))
    found = outcome(tmp_path, other, "--covariates", "efs_days,x,age", page=True)
    assert list(found["suspicious"]) == ["efs_days", "x"]
    assert "efs_days may be the outcome under another name: its name contains 'efs', 'days'" in found["text"]
    assert "its rank correlation with os is 1.000" in found["text"]
    features = pd.read_csv(tmp_path / "features.csv", dtype={"subject": str})
    hidden = features.assign(original_firstorder_F9=-table["os"])
    hidden.to_csv(tmp_path / "features.csv", index=False)
    assert list(outcome(tmp_path, table, "--covariates", "age")["suspicious"]) == ["original_firstorder_F9"]


def study(folder: Path, table: pd.DataFrame, section: str) -> Path:
    table.to_csv(folder / "clinical.csv", index=False)
    write_cohort(
        folder, [f"{subject},{subject}.nii.gz" for subject in table["subject"][:20]], "subject,image"
    )
    file = folder / "study.yaml"
    text = "cohort: cohort.csv\noutcome:\n  clinical: clinical.csv\n  reader: A\n"
    file.write_text(f"{text}{section}")
    return file


def found_in(file: Path) -> pd.DataFrame:
    """What is found in the clinical table; the images of this cohort are not there."""
    problems = check(file)
    clinical: pd.DataFrame = problems[problems["file"].str.endswith("clinical.csv")]
    return clinical


def test_check_names_cells_and_warns_of_what_may_not_be_meant(tmp_path: Path) -> None:
    table = base(tmp_path)
    table = table.assign(
        age=table["age"].astype(object),
        site=table["stage"],
        efs_event=table["dead"],
        sex=table["sex"].mask(table["subject"] == "003", "m"),
        psa=[-9, *np.arange(59) / 10],
    )
    table.loc[4, "age"] = "#DIV/0!"
    section = (
        "  endpoints: [{name: os, time: os, event: dead}]\n"
        "  covariates: [age, sex, site, psa, efs_event]\n"
        "  ordinal: {stage: [1, 2, 3, 4]}\n"
    )
    found = found_in(study(tmp_path, table, section)).set_index("column")
    assert found["severity"].to_dict() == {
        "age": "error",
        "sex": "warning",
        "site": "warning",
        "psa": "warning",
        "stage": "warning",
    }
    assert found.loc["age", "row"] == "6"
    mended = study(tmp_path, table.assign(age=1.5), section)
    assert (
        "its name contains 'efs', 'event'" in found_in(mended).set_index("column").loc["efs_event", "problem"]
    )


def test_what_is_declared_in_the_study_file_counts_and_check_says_what_was_inferred(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = base(tmp_path)
    table = table.assign(dead=table["dead"] + 1, psa=[-9, *np.arange(59) / 10], site=table["stage"])
    table.loc[7, "os"] = 0
    section = (
        "  endpoints: [{name: os, time: os, event: dead, event_value: 2, zero_times: drop}]\n"
        "  covariates: [sex, site, psa]\n"
        "  categorical: [site]\n"
        "  missing: {psa: -9}\n"
    )
    file = study(tmp_path, table, section)
    assert found_in(file).empty
    call("check", file)
    told = capsys.readouterr().out
    assert "dead: '1' (32), '2' (28)" not in told
    assert "dead: '2' (28) means an event, '1' (32) no event." in told
    assert "os is 0 in 1 subject (008): left out." in told
    assert "sex was read as a category: F (" in told
    assert "site was declared to be a category: 1 (" in told
    assert "psa: '-9.0' (1) counts as missing." in told
    file.write_text(file.read_text(encoding="utf-8").replace("event_value: 2", "event_value: yes"))
    assert "put quotes around them" in check(file)["problem"].iloc[0]


def test_a_class_through_the_command_and_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base(tmp_path)
    features = pd.read_csv(tmp_path / "features.csv", dtype={"subject": str})
    high = features["original_firstorder_F0"] + np.random.default_rng(1).normal(size=SUBJECTS) > 0
    table = pd.DataFrame({"subject": features["subject"], "idh": np.where(high, "mutant", "wildtype")})
    table.loc[0, "idh"] = ""
    table.to_csv(tmp_path / "c.csv", index=False)
    files, out = [tmp_path / "features.csv", tmp_path / "c.csv"], tmp_path / "o"
    plan = ["--folds", 2, "--repeats", 1, "--jobs", 1, "--penalizer", 1, "--refits", 0, "--out", out]
    assert call("outcome", *files, "--target", "idh", *plan, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert "ROC area" in told["answers"]["Does it work?"]
    assert (out / "report.html").is_file()
    assert pd.read_csv(out / "excluded.csv").to_dict("records") == [
        {"subject": 1, "reason": "idh is missing"}
    ]
    assert call("outcome", *files, "--target", "idh", "--positive", "wildtype", *plan) == 0
    assert "'wildtype' (" in capsys.readouterr().out
    assert call("outcome", *files, "--out", out) == 1
    assert "give time and event, or target" in capsys.readouterr().err

    table["idh"] = [*["mutant"] * 57, *["wildtype"] * 3]
    table.to_csv(tmp_path / "c.csv", index=False)
    write_cohort(tmp_path, [f"{name},{name}.nii.gz,," for name in table["subject"]])
    (tmp_path / "study.yaml").write_text(
        "cohort: cohort.csv\noutcome: {clinical: c.csv, endpoints: [{name: idh, target: idh}]}\n"
    )
    (found,) = check(tmp_path / "study.yaml").query("column == 'idh'")["problem"]
    assert "60 subjects of the cohort with 3 x 'wildtype', 57 x 'mutant'; 5 folds need" in found
