"""The commands on what the model was trained on, and on what it failed in."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.tables import read_table
from nbradiomics.workflows.run import run
from tests.cli.test_readers import SUBJECTS, cohort_of
from tests.support.helpers import call

QUICK = ("--bootstraps", "100", "--jobs", "1", "--no-maps")


def with_states(cohort: Path, seen: set[str], otherwise: str = "no") -> Path:
    """The same cohort with a column `in_training`."""
    table = pd.read_csv(cohort, dtype=str, keep_default_na=False)
    by_auto = table["reader"] == "auto"
    known = table["subject"].isin(seen).map({True: "yes", False: otherwise})
    table.assign(in_training=known.where(by_auto, "")).to_csv(cohort, index=False)
    return cohort


def without_auto(cohort: Path, subjects: set[str]) -> Path:
    """The same cohort without the automatic masks of some subjects."""
    table = pd.read_csv(cohort, dtype=str, keep_default_na=False)
    table[~((table["reader"] == "auto") & table["subject"].isin(subjects))].to_csv(cohort, index=False)
    return cohort


def box(out: Path) -> str:
    tests = read_table(out / "readers" / "tests.csv").set_index("test")
    return str(tests.loc["non_inferiority", "sentence"])


@pytest.mark.slow
def test_the_column_and_the_option_leave_the_same_subjects_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = cohort_of(tmp_path)
    (tmp_path / "seen.txt").write_text("s1\ns0\n")
    for name, option in (("names", "s0,s1"), ("file", f"@{tmp_path / 'seen.txt'}")):
        assert call("readers", cohort, "--out", tmp_path / name, *QUICK, "--training-subjects", option) == 0
    with_states(cohort, {"s0", "s1"}, otherwise="")
    capsys.readouterr()
    assert call("readers", cohort, "--out", tmp_path / "column", *QUICK) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("2 of 8 subjects are left out, because the model was trained on them (s0, s1).")
    assert box(tmp_path / "column").startswith("2 of 8 subjects are left out")
    for name in ("names", "file"):
        assert box(tmp_path / name) == box(tmp_path / "column")
    agreement = read_table(tmp_path / "column" / "agreement.csv")
    own = agreement[(agreement[["reader", "reference"]] == "auto").any(axis=1)]
    assert set(own["subject"]) == {f"s{number}" for number in range(2, SUBJECTS)}
    assert set(agreement["subject"]) == {f"s{number}" for number in range(SUBJECTS)}
    page = (tmp_path / "column" / "report.html").read_text(encoding="utf-8")
    assert page.count("2 of 8 subjects are left out") >= 2
    kept = read_table(tmp_path / "names" / "cohort.csv")
    assert set(kept.loc[kept["in_training"] == "yes", "subject"]) == {"s0", "s1"}


def test_a_misspelt_training_subject_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("readers", cohort_of(tmp_path), "--out", tmp_path / "o", "--training-subjects", "S0") == 1
    assert "Did you mean 's0'" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_a_mask_that_the_model_did_not_give_counts_against_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort, out = cohort_of(tmp_path), tmp_path / "study"
    assert call("readers", cohort, "--out", out, *QUICK, "--margin-fixed", "2026-01-31") == 0
    assert "fixed beforehand: 2026-01-31." in box(out)
    whole = read_table(out / "readers" / "tests.csv").set_index("test")
    without_auto(cohort, {"s0", "s1"})
    assert call("readers", cohort, "--out", tmp_path / "less", *QUICK) == 0
    tests = read_table(tmp_path / "less" / "readers" / "tests.csv").set_index("test")
    assert tests.loc["non_inferiority", "n"] == SUBJECTS
    assert tests.loc["non_inferiority", "value"] < whole.loc["non_inferiority", "value"] - 0.15
    assert "2 cases without a comparable automatic mask" in tests.loc["non_inferiority", "sentence"]
    assert tests.loc["difference_segmented_cases", "n"] == SUBJECTS - 2
    page = (tmp_path / "less" / "report.html").read_text(encoding="utf-8")
    assert page.index("2 cases without a comparable automatic mask") < page.index("Segmented cases only")
    capsys.readouterr()
    distances = ("--metric", "hd95_mm", "--margin", "1")
    assert call("readers", cohort, "--out", tmp_path / "hd", *QUICK, *distances) == 0
    assert "There is no verdict on non-inferiority: HD95 (mm) has no worst value" in box(tmp_path / "hd")
    assert "no verdict" in (tmp_path / "hd" / "report.html").read_text(encoding="utf-8")


STUDY = """cohort: cohort.csv
readers: {bootstraps: 100, maps: false, margin_fixed: 2026-01-31}
extract: {params: params.yaml}
"""


@pytest.mark.slow
def test_a_run_leaves_seen_subjects_out_of_readers_and_reproducibility(tmp_path: Path) -> None:
    with_states(cohort_of(tmp_path), {"s0", "s1", "s2"})
    (tmp_path / "params.yaml").write_text("imageType: {Original: {}}\nfeatureClass: {firstorder: [Mean]}\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    done = run(tmp_path / "study.yaml", tmp_path / "out")
    assert box(tmp_path / "out").startswith("3 of 8 subjects are left out")
    assert done.summary[1].startswith("3 subjects left out, because the model was trained on them.")
    tables = {
        name: read_table(tmp_path / "out" / "reproducibility" / f"{name}.csv")
        for name in ("readers", "auto_vs_readers")
    }
    assert {name: table["subjects"].max() for name, table in tables.items()} == {
        "readers": 8,
        "auto_vs_readers": 5,
    }
    assert not tables["auto_vs_readers"]["stable"].any()
    assert "From 5 subjects and 4 readers" in done.summary[2]
    assert "caution: fewer than 30 subjects" in done.summary[2]
    record = json.loads((tmp_path / "out" / "readers" / "summary.json").read_text(encoding="utf-8"))
    assert record["settings"]["margin_fixed"] == "2026-01-31"
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "With the model as a rater: 3 of 8 subjects are left out" in page
    cases = read_table(tmp_path / "out" / "readers" / "summary.csv")
    dice = cases[(cases["pair"] == "auto") & (cases["reference"] == "readers") & (cases["metric"] == "dice")]
    assert f"auto against readers {dice['median'].iloc[0]:.3f}" in done.summary[1]
    assert f">{dice['median'].iloc[0]:.3f}<" in page


@pytest.mark.parametrize("wrong", ["margin_fixed: true", "margin_fixed: ''", "margin_fixed: [1]"])
def test_when_the_margin_was_fixed_is_said_in_words(
    tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort_of(tmp_path)
    (tmp_path / "study.yaml").write_text(f"cohort: cohort.csv\nreaders: {{{wrong}}}\n")
    assert call("check", tmp_path / "study.yaml") == 1
    assert "a date or the name of a protocol was expected" in " ".join(capsys.readouterr().out.split())


def test_the_command_reproducibility_says_who_is_left_out_and_what_to_beware_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_states(cohort_of(tmp_path), {"s0"})
    (tmp_path / "params.yaml").write_text("imageType: {Original: {}}\nfeatureClass: {firstorder: [Mean]}\n")
    features = tmp_path / "features.csv"
    arguments = ("--params", tmp_path / "params.yaml", "--out", features, "--jobs", "1")
    assert call("extract", tmp_path / "cohort.csv", *arguments) == 0
    capsys.readouterr()
    asked = ("--readers", "auto,B,C", "--out", tmp_path / "stable.csv")
    assert call("reproducibility", features, *asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("1 of 8 subjects is left out, because the model was trained on this subject (s0).")
    assert "From 7 subjects and 3 readers (caution: fewer than 30 subjects" in said
    assert "valid for these readers" in said
    assert call("reproducibility", features, *asked, "--min-subjects", "5") == 0
    assert "not judged" not in capsys.readouterr().out
