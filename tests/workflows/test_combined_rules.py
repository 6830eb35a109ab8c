"""Studies and rules of a study file: what check finds, what a run writes, what the outcome models use."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.execution.execution import Execution
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.trust import trust_blocks
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.study.checks import check
from nbradiomics.study.checks.reproducibility import check_reproducibility
from nbradiomics.study.file import load_study
from nbradiomics.workflows.folder import RunFolder
from nbradiomics.workflows.run import run
from nbradiomics.workflows.stages.base import Work
from nbradiomics.workflows.stages.outcome import candidates_of
from nbradiomics.workflows.stages.reproducibility import Reproducibility
from tests.support.helpers import two_readers

SUBJECTS = 12
STUDY = """\
cohort: cohort.csv
extract: {{params: params.yaml}}
reproducibility:
  studies: {studies}
  rules: {rules}
outcome:
  clinical: clinical.csv
  endpoints: [{{name: died, target: died}}]
  reader: A
  covariates: [age]
  folds: 2
  repeats: 1
  bootstraps: 0
  refits: 0
"""
PARAMS = "featureClass: {firstorder: [Mean, Range], shape: [MeshVolume, Sphericity]}\n"
NAMES = [
    "original_shape_MeshVolume",
    "original_shape_Sphericity",
    "original_firstorder_Mean",
    "original_firstorder_Range",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    two_readers(tmp_path, SUBJECTS)
    rng = np.random.default_rng(0)
    subjects = [f"s{n}" for n in range(SUBJECTS)]
    clinical = {"subject": subjects, "died": [1, 0] * (SUBJECTS // 2), "age": rng.integers(1, 99, SUBJECTS)}
    pd.DataFrame(clinical).to_csv(tmp_path / "clinical.csv", index=False)
    (tmp_path / "params.yaml").write_text(PARAMS)
    values = rng.normal(size=(SUBJECTS, 1, 4)) * [1, 1, 1, 0.01] + 0.05 * rng.normal(size=(SUBJECTS, 3, 4))
    table = pd.DataFrame(values.reshape(-1, 4), columns=NAMES)
    table.insert(0, "subject", np.repeat(subjects, 3))
    table.insert(1, "variant", ["original", "noise", "rotation"] * SUBJECTS)
    table.to_csv(tmp_path / "perturbed.csv", index=False)
    return tmp_path


def write(folder: Path, studies: str, rules: str) -> Path:
    (folder / "study.yaml").write_text(STUDY.format(studies=studies, rules=rules))
    return folder / "study.yaml"


def test_a_run_uses_only_features_that_meet_every_rule(folder: Path) -> None:
    studies = "{pair: {levels: [A, B]}, perturbed: {across: variant, features: perturbed.csv}}"
    study = write(folder, studies, "[pair.icc >= 0.5, perturbed.icc >= 0.9]")
    done = run(study, folder / "out")
    assert done.failures == []
    table = STABLE.read(folder / "out" / "stable.csv").set_index("feature")
    pair = REPRODUCIBILITY.read(folder / "out" / "reproducibility" / "study_pair.csv").set_index("feature")
    perturbed = REPRODUCIBILITY.read(folder / "out" / "reproducibility" / "study_perturbed.csv")
    expected = (pair["icc"] >= 0.5) & (perturbed.set_index("feature")["icc"] >= 0.9)
    assert table["stable"].to_dict() == expected.to_dict()
    assert 0 < expected.sum() < 4
    summary = json.loads((folder / "out" / "outcome" / "died" / "summary.json").read_text("utf-8"))
    # Both apply: the list of the rules, and the readers' agreement inside each fold.
    assert summary["stability_kind"] == "both"
    assert summary["stability_readers"] == ["A", "B"]
    for text in (
        "Features had to meet the rules",
        "has seen the features, but not the outcomes",
        "A, B reached",
    ):
        assert text in summary["stability"]
    selection = pd.read_csv(folder / "out" / "outcome" / "died" / "selection.csv")
    radiomic = selection[(selection["model"] == "radiomic") & (selection["frequency"] > 0)]
    assert set(radiomic["feature"]) <= set(table.index[table["stable"]])
    assert any("meet all rules" in line for line in done.summary)
    inputs = json.loads((folder / "out" / "provenance.json").read_text("utf-8"))["inputs"]
    assert any("perturbed.csv" in str(entry) for entry in inputs)
    texts = str(trust_blocks(read_run(folder / "out")))
    assert "tests: shape" in texts
    assert "perturbed.icc >= 0.9" in texts


@pytest.mark.parametrize(
    ("studies", "failed", "stable"),
    [
        ("{gone: {across: timepoint}}", ["study gone", "rules"], None),
        ("{gone: {across: timepoint}, pair: {}}", ["study gone"], 0),
    ],
)
def test_a_study_that_fails_leaves_no_feature(
    folder: Path, studies: str, failed: list[str], stable: int | None
) -> None:
    study = load_study(write(folder, studies, "[gone.low >= -1]"))
    features = pd.read_csv(folder / "perturbed.csv").assign(
        variant="original", timepoint="first", roi="tumour"
    )
    features = features.iloc[::3].assign(sequence="T2w", reader="A", reading=1)
    features = pd.concat([features, features.assign(reader="B")])
    work = Work(study, RunFolder(folder / "out"), Execution(), load_cohort(study.cohort), features=features)
    assert [failure.case for failure in Reproducibility().run(work)] == failed
    listed = candidates_of(work)
    assert listed is not None
    assert listed.names == ()
    if stable is None:
        assert "The rules have no result" in listed.text
    else:
        assert work.stable is not None
        assert int(work.stable["stable"].sum()) == stable
        assert work.stable["reason"].str.startswith("gone has no result").all()


@pytest.mark.parametrize(
    ("studies", "rules", "column", "told"),
    [
        ("{pair: {levels: [A, C]}}", "[]", "reproducibility.studies.pair", "no row of reader C"),
        ("{auto: {levels: [auto, A]}}", "[]", "reproducibility.studies.auto", "no row of reader auto"),
        (
            "{r: {across: timepoint, reader: A}}",
            "[]",
            "reproducibility.studies.r",
            "two or more different timepoints",
        ),
        ("{p: {across: reader, timepoint: x}}", "[]", "reproducibility.studies.p", "timepoint 'x'"),
        ("{pair: {}}", "[pear.low >= 0.7]", "reproducibility.rules", "there is no study 'pear'"),
        ("{pair: {acros: reader}}", "[]", "reproducibility.studies.pair.acros", "Did you mean 'across'"),
        ("{p: {features: no.csv}}", "[]", "reproducibility.studies.p.features", "does not exist"),
        (
            "{p: {features: perturbed.csv, across: site}}",
            "[]",
            "reproducibility.studies.p",
            "no column site",
        ),
        ("{p: {table: perturbed.csv}}", "[p.low >= 1]", "reproducibility.studies.p", "lacks the columns"),
    ],
)
def test_check_finds_every_problem(folder: Path, studies: str, rules: str, column: str, told: str) -> None:
    problems = check(write(folder, studies, rules))
    found = problems[problems["column"] == column]
    assert told in " ".join(found["problem"] + " " + found["remedy"])
    assert set(found["severity"]) == {"error"}


def test_masks_of_a_model_to_come_can_be_compared(folder: Path) -> None:
    study = load_study(write(folder, "{auto: {levels: [auto, A]}, all: {levels: [A, B]}}", "[auto.icc >= 0]"))
    cohort = load_cohort(study.cohort).table
    (problem,) = check_reproducibility(study, cohort, folder / "study.yaml")
    assert problem.column == "reproducibility.studies.auto"
    with_model = study.changed(segment={"model": "synthetic-demo"})
    assert check_reproducibility(with_model, cohort, folder / "study.yaml") == []
    # Two timepoints, of which a study of readers must choose one.
    both = pd.concat([cohort, cohort.assign(timepoint="later")])
    problems = check_reproducibility(with_model, both, folder / "study.yaml")
    assert [problem.column for problem in problems] == [
        "reproducibility.studies.auto",
        "reproducibility.studies.all",
    ]
    assert "several values of timepoint" in problems[0].problem


def test_check_reads_the_table_of_repeatability(folder: Path) -> None:
    study = write(folder, "{}", "[]")
    study.write_text(study.read_text() + "needed_agreement: {repeatability: rc.csv, scale: log}\n")
    pd.DataFrame({"feature": NAMES, "rc": 1.0}).to_csv(folder / "rc.csv", index=False)
    problems = check(study)
    found = problems[problems["column"] == "needed_agreement.repeatability"]
    assert found["problem"].tolist() == ["the table of repeatability has no column 'rc_log'."]
    pd.DataFrame({"feature": NAMES, "rc_log": 1.1}).to_csv(folder / "rc.csv", index=False)
    assert not check(study)["column"].str.startswith("needed_agreement").any()


@pytest.mark.parametrize(
    ("of_study", "of_models", "rules", "warned"),
    [
        ("T2w", "T1w", "[p.icc >= 0.9]", True),
        ("T2w", "T2w", "[p.icc >= 0.9]", False),
        ("T2w", "T1w", "[]", False),  # the models do not use the study
    ],
)
def test_rules_about_another_sequence_are_warned_of(
    folder: Path, of_study: str, of_models: str, rules: str, warned: bool
) -> None:
    path = write(folder, f"{{p: {{across: reader, sequence: {of_study}}}}}", rules)
    study = load_study(path)
    assert study.outcome is not None
    study = study.model_copy(update={"outcome": study.outcome.changed(sequence=of_models)})
    problems = check_reproducibility(study, pd.DataFrame(), path)
    assert [problem.column for problem in problems] == ["reproducibility.studies.p.sequence"] * warned
    assert all(problem.severity == "warning" and "'T1w'" in problem.problem for problem in problems)
