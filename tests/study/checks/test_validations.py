"""Problems of external cohorts are found before anything is computed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.features.feature_rows import engine_name
from nbradiomics.features.parameters import load_parameters
from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks.validations import check_validations
from nbradiomics.study.file import read_study

STUDY = """\
cohort: cohort.csv
extract: {params: params.yaml}
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: days, event: died}, {name: mycn, target: mycn, positive: [amplified]}]
  covariates: [age, stage]
  missing: {site: [-9]}
  leave_out: site
  reader: A
  validate: [{name: north, features: north.csv, clinical: north_clinical.csv}]
"""
PARAMS = "featureClass: {firstorder: [Mean], shape: [MeshVolume, Sphericity]}\n"
NAMES = ["original_firstorder_Mean", "original_shape_MeshVolume", "original_shape_Sphericity"]


def clinical_table(start: str, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"subject": [f"{start}{place}" for place in range(30)]})
    table["days"], table["died"] = rng.integers(50, 900, 30), [1, 0] * 15
    table["mycn"] = ["amplified", "normal", "normal"] * 10
    return table.assign(age=rng.integers(20, 80, 30), stage=["I", "II", "IV"] * 10, site=[1, 2, -9] * 10)


def external_features(engine: str) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.uniform(50, 100, (30, 3)), columns=NAMES)
    return table.assign(subject=[f"n{place}" for place in range(30)], reader="A", engine=engine)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "cohort.csv").touch()
    clinical_table("s", 0).to_csv(tmp_path / "clinical.csv", index=False)
    clinical_table("n", 1).drop(columns="site").to_csv(tmp_path / "north_clinical.csv", index=False)
    engine = engine_name("native", load_parameters(tmp_path / "params.yaml"))
    external_features(engine).to_csv(tmp_path / "north.csv", index=False)
    return tmp_path


def problems_of(folder: Path) -> list[Problem]:
    study, problems = read_study(folder / "study.yaml")
    assert study is not None
    cohort = pd.DataFrame({"subject": [f"s{place}" for place in range(30)]})
    return [*problems, *check_validations(study, cohort, folder / "study.yaml")]


def edit(file: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    change(pd.read_csv(file)).to_csv(file, index=False)


def test_a_sound_external_cohort_has_no_problem(folder: Path) -> None:
    assert problems_of(folder) == []


def assigned(**values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**values)


def cells(column: str, value: object, places: slice = slice(4, 5)) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Write a value into some rows of a column."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        values = table[column].astype(object).tolist()
        values[places] = [value] * len(values[places])
        return table.assign(**{column: values})

    return change


FEATURES, CLINICAL, KEY = "north.csv", "north_clinical.csv", "study.yaml"


@pytest.mark.parametrize(
    ("file", "change", "place", "row", "words"),
    [
        (FEATURES, lambda t: t.drop(columns=NAMES[1]), FEATURES, "", f"lacks 1 column: {NAMES[1]}"),
        (FEATURES, lambda t: t.drop(columns="subject"), FEATURES, "", "lacks 1 column: subject"),
        (FEATURES, assigned(engine="native 0.1"), FEATURES, "", "those of the external one by native 0.1"),
        (FEATURES, assigned(reader="B"), FEATURES, "", "the table has no row with reader 'A'"),
        (FEATURES, assigned(**{NAMES[0]: "a"}), FEATURES, "", f"are no numbers: {NAMES[0]}"),
        (FEATURES, assigned(**{NAMES[0]: np.nan}), KEY, "", f"has no value: {NAMES[0]}"),
        (CLINICAL, lambda t: t.drop(columns="age"), CLINICAL, "", "lacks the covariate 'age'"),
        (CLINICAL, lambda t: t.drop(columns="died"), CLINICAL, "", "lacks the column 'died'"),
        (CLINICAL, lambda t: t.drop(columns="subject"), CLINICAL, "", "lacks the column 'subject'"),
        (CLINICAL, assigned(age=np.nan), KEY, "", "covariate 'age' is missing in all 30 subjects"),
        (CLINICAL, cells("age", "old"), CLINICAL, "6", "age"),
        (CLINICAL, cells("days", -1), CLINICAL, "6", "days"),
        (CLINICAL, cells("subject", "n0"), CLINICAL, "6", "subject n0 has a second row"),
        (CLINICAL, cells("stage", "Stage 4", slice(0, 20)), KEY, "", "stage: 20 of 30 external subjects"),
        (CLINICAL, cells("mycn", "AMPL"), CLINICAL, "6", "'AMPL'"),
        (CLINICAL, assigned(subject=[f"N-{n}" for n in range(30)]), CLINICAL, "", "no subject is in both"),
    ],
)
def test_what_would_fail_is_an_error(
    folder: Path, file: str, change: Callable, place: str, row: str, words: str
) -> None:
    edit(folder / file, change)
    found = [one for one in problems_of(folder) if one.severity == "error"]
    assert [(Path(one.file).name, one.row) for one in found] == [(place, row)]
    assert words in found[0].problem


def test_every_problem_of_every_table_is_found_at_once(folder: Path) -> None:
    edit(folder / CLINICAL, lambda table: cells("age", "old")(table).drop(columns=["died", "stage"]))
    edit(folder / FEATURES, lambda table: table.drop(columns=NAMES[2]))
    (folder / "clinical.csv").write_text("subject,days\n")  # the study's own table hides no other problem
    text = " ".join(one.problem for one in problems_of(folder))
    assert all(words in text for words in ("'died'", "'stage'"))
    clinical_table("s", 0).to_csv(folder / "clinical.csv", index=False)
    text = " ".join(one.problem for one in problems_of(folder))
    assert all(words in text for words in ("'died'", "'stage'", "'old'", NAMES[2]))


def test_subjects_of_both_cohorts_are_an_error(folder: Path) -> None:
    for name in (FEATURES, CLINICAL):
        edit(folder / name, lambda table: table.assign(subject=table["subject"].replace("n7", "s7")))
    (one,) = problems_of(folder)
    assert (one.severity, one.column) == ("error", "outcome.validate.0")
    assert one.problem == "1 subject is in both cohorts: s7."


def test_too_few_events_are_a_warning_that_names_the_validation(folder: Path) -> None:
    edit(folder / CLINICAL, lambda table: table.assign(died=0))
    (one,) = problems_of(folder)
    assert one.severity == "warning"
    assert one.problem.startswith("os will not be validated on north: 30 subjects with 0 events remain")


def test_a_horizon_without_external_subjects_is_a_warning(folder: Path) -> None:
    text = STUDY.replace("  reader: A", "  reader: A\n  horizons: [600]")
    (folder / "study.yaml").write_text(text)
    edit(folder / CLINICAL, lambda table: table.assign(days=table["days"].clip(upper=500)))
    (one,) = problems_of(folder)
    assert one.severity == "warning"
    assert one.problem.startswith("os will not be validated on north: by the horizon 600, ")


def test_other_units_are_a_warning(folder: Path) -> None:
    edit(folder / CLINICAL, lambda table: table.assign(age=table["age"] * 12))
    (one,) = problems_of(folder)
    assert one.severity == "warning"
    assert "The median of 1 covariate in the external cohort is outside the whole range" in one.problem


def test_an_endpoint_that_is_not_validated_needs_no_columns(folder: Path) -> None:
    edit(folder / CLINICAL, lambda table: table.drop(columns="mycn"))
    assert any(one.severity == "error" for one in problems_of(folder))
    (folder / "study.yaml").write_text(
        STUDY.replace("north_clinical.csv}", "north_clinical.csv, endpoints: [os]}")
    )
    assert problems_of(folder) == []


@pytest.mark.parametrize(
    ("entry", "column", "words"),
    [
        (
            "{name: a, features: none.csv, clinical: clinical.csv}",
            "outcome.validate.0.features",
            "none.csv does",
        ),
        ("{name: a, features: north.csv}", "outcome.validate.0.clinical", "missing"),
        ("{name: a/b, features: north.csv, clinical: clinical.csv}", "outcome.validate.0.name", "a/b"),
        ("{name: a, feature: north.csv}", "outcome.validate.0.feature", "unknown key 'feature'"),
        (
            "{name: a, features: north.csv, clinical: clinical.csv, endpoints: [pfs]}",
            "outcome.validate",
            "there is no endpoint 'pfs' to validate; choose from os, mycn",
        ),
        (
            "{name: a, features: north.csv, clinical: clinical.csv}, {name: A, features: f, clinical: c}",
            "outcome.validate",
            "each external cohort needs a different name",
        ),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(folder: Path, entry: str, column: str, words: str) -> None:
    start, _, _ = STUDY.partition("  validate:")
    (folder / "study.yaml").write_text(f"{start}  validate: [{entry}]\n")
    _, problems = read_study(folder / "study.yaml")
    (found,) = [one for one in problems if words in one.problem]
    assert found.column == column
    assert found.row == "10"
    if words.startswith("unknown"):
        assert found.remedy.endswith("Keys allowed here: name, features, clinical, endpoints.")


def test_a_table_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / FEATURES).write_bytes(b"\x00\x01")
    (one,) = problems_of(folder)
    assert (Path(one.file).name, one.severity) == (FEATURES, "error")


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (PARAMS, ""),
        ("featureClass: {firstorder: [], shape: [], glcm: []}\nsetting: {label: 2}\n", ""),
        ("setting: {binWidth: 5}\n", "setting.binWidth is 5 there and 25 (the default) here"),
        ("imageType: {Original: {binWidth: 5}}\n", "imageType.Original.binWidth is 5 there and not set here"),
        ("nbradiomics: {ibsi: true}\n", "nbradiomics.ibsi.rounding is "),
        ("no parameters", ""),
    ],
)
def test_other_parameters_in_the_record_of_a_run_are_a_warning(folder: Path, theirs: str, words: str) -> None:
    (folder / "run").mkdir()
    pd.read_csv(folder / FEATURES).to_parquet(folder / "run/features.parquet")
    (folder / "run/provenance.json").write_text(json.dumps({"parameters": theirs}))
    (folder / "study.yaml").write_text(STUDY.replace("north.csv", "run/features.parquet"))
    found = [one.problem for one in problems_of(folder) if one.severity == "warning"]
    assert len(found) == bool(words)
    assert all(words in problem for problem in found)


def test_external_subjects_without_any_event_or_competing_event_stop_nothing(folder: Path) -> None:
    (folder / "study.yaml").write_text(
        STUDY.replace("event: died}", "event: status, event_value: [relapse], competing: [death]}")
    )
    for name, words in (
        ("clinical.csv", ["relapse", "death", "alive"]),
        ("north_clinical.csv", ["relapse", "lost", "alive"]),
    ):
        edit(folder / name, lambda table, words=words: table.assign(status=words * 10))
    assert [one for one in problems_of(folder) if one.severity == "error"] == []
    edit(folder / "north_clinical.csv", lambda table: table.assign(status=["alive"] * 30))
    problems = problems_of(folder)
    assert [one for one in problems if one.severity == "error"] == []
    assert any("os will not be validated on north: no external subject" in one.problem for one in problems)
