"""The section `controls`: controls of the masks of the outcome models; what check finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.controls.extract import extract_controls
from nbradiomics.messages.problem import Problem
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.flow import flow_blocks
from nbradiomics.study.checks import check, check_tables
from nbradiomics.study.file import load_study
from nbradiomics.tables import INDEX
from nbradiomics.workflows.run import run
from nbradiomics.workflows.shards import run_shard
from nbradiomics.workflows.stages import STAGES
from tests.support.helpers import two_readers

SUBJECTS = 6
PARAMS = "featureClass: {firstorder: [Mean], glcm: [Contrast], shape: [MeshVolume]}\n"
STUDY = """\
cohort: cohort.csv
seed: 3
extract: {{params: params.yaml}}
controls: {controls}
outcome:
  {{clinical: clinical.csv, endpoints: [{{name: os, time: t, event: e}}], reader: {reader}, folds: 2,
   repeats: 1, refits: 0, bootstraps: 0, penalizer: 0.2, l1_ratio: 0}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    two_readers(tmp_path, SUBJECTS)
    (tmp_path / "params.yaml").write_text(PARAMS)
    clinical = pd.DataFrame({"subject": [f"s{number}" for number in range(SUBJECTS)]})
    clinical.assign(t=np.arange(1, SUBJECTS + 1), e=1).to_csv(tmp_path / "clinical.csv", index=False)
    return tmp_path


def write(folder: Path, controls: str = "{kinds: [shuffled, random]}", reader: str = "B") -> Path:
    (folder / "study.yaml").write_text(STUDY.format(controls=controls, reader=reader))
    return folder / "study.yaml"


def test_a_run_has_the_controls_of_the_masks_of_the_models(folder: Path) -> None:
    """A control that cannot be made is a failure; without the section the table of an earlier run goes."""
    out, kinds = folder / "out", ("shuffled", "random", "displaced")
    study = write(folder, "{kinds: [shuffled, random, displaced]}", "A")
    done = run(study, out, jobs=1)
    table = pd.read_parquet(out / "controls" / "features.parquet")
    cohort, params = str(folder / "cohort.csv"), folder / "params.yaml"
    alone = extract_controls(cohort, params=params, reader="A", kinds=kinds, seed=3, jobs=1)
    pd.testing.assert_frame_equal(table, alone.table)
    lost = table["original_firstorder_Mean"].isna()
    assert set(table.loc[lost, "variant"]) == {"control-displaced"}
    assert 0 < lost.sum() == len([one for one in done.failures if one.stage == "controls"])
    record = json.loads((out / "provenance.json").read_text("utf-8"))["controls"]
    assert record == {"kinds": [*kinds], "ring_mm": 10, "reader": "A", "seed": 3, "masks": SUBJECTS}
    told = str(flow_blocks(read_run(out)))
    assert "Negative controls" in told
    assert f"displaced: {SUBJECTS - lost.sum()}" in told
    assert "no other place" in told
    study.write_text(study.read_text().replace("controls: {kinds: [shuffled, random, displaced]}\n", ""))
    done = run(study, out, jobs=1)
    assert not (out / "controls" / "features.parquet").exists()
    assert "controls" not in {failure.stage for failure in done.failures}


def test_the_stage_stands_between_the_features_and_the_outcome() -> None:
    names = [stage.name for stage in STAGES]
    order = [StageName.EXTRACT, StageName.CONTROLS, StageName.OUTCOME]
    assert [name for name in names if name in order] == order
    assert [name for name in StageName if name in order] == order


def test_shards_and_a_second_run_compute_nothing_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write(folder)
    for shard in ("1/2", "2/2"):
        assert run_shard(study, folder / "out", shard, jobs=1).failures == []
    monkeypatch.setattr("nbradiomics.features.controls.extract._extract", None)
    run(study, folder / "out", jobs=1)
    table = pd.read_parquet(folder / "out" / "controls" / "features.parquet")
    assert table.drop(columns=list(INDEX)).notna().all(axis=None)


@pytest.mark.parametrize(
    ("controls", "reader", "column", "told"),
    [
        ("{kinds: [noise]}", "A", "controls.kinds.0", "'shuffled'"),
        ("{ring: 3}", "A", "controls.ring", "Did you mean"),
        ("{kinds: [ring, ring]}", "A", "controls.kinds", "named twice"),
        ("{}", "C", "controls: outcome.reader", "no row with reader 'C'"),
    ],
)
def test_check_finds_every_problem(folder: Path, controls: str, reader: str, column: str, told: str) -> None:
    problems = check(write(folder, controls, reader))
    found = problems[(problems["column"] == column) & (problems["severity"] == "error")]
    assert told in " ".join(found["problem"] + " " + found["remedy"]), problems.to_string()


def test_check_warns_of_several_variants_unless_one_is_chosen(folder: Path) -> None:
    study, cohort = write(folder), pd.read_csv(folder / "cohort.csv")
    pd.concat([cohort.assign(variant=name) for name in ("original", "noise")]).to_csv(
        folder / "cohort.csv", index=False
    )
    (found,) = variant_problems(study)
    assert found.severity == "warning"
    assert "several values of variant: noise, original" in found.problem
    study.write_text(study.read_text().replace("reader: B", "reader: B, variant: noise"))
    assert variant_problems(study) == []


def variant_problems(study: Path) -> list[Problem]:
    return [one for one in check_tables(load_study(study), study) if one.column == "outcome.variant"]


def test_check_finds_what_controls_cannot_work_with(folder: Path) -> None:
    study = write(folder)
    assert check(study).query("column.str.contains('controls|params')").empty
    (folder / "params.yaml").write_text("nbradiomics: {crop: union}\nfeatureClass: {glcm: [Contrast]}\n")
    assert "crop: union" in " ".join(check(study)["problem"])
    (folder / "params.yaml").write_text("featureClass: {shape: [MeshVolume]}\n")
    warned = check(study).query("column == 'controls.kinds'")
    assert list(warned["severity"]) == ["warning", "warning"]
    assert warned["problem"].str.contains("keeps all features").all()
    study.write_text(study.read_text().split("outcome:")[0])
    assert "no section `outcome`" in " ".join(check(study)["problem"])
