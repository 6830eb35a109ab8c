"""The key `per_slice` of a study: features of slices go through all stages; what does not fit is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.evidence.write import read_evidence
from nbradiomics.features.slices.extract import extract_slices
from nbradiomics.study.checks import check
from nbradiomics.workflows.run import run
from nbradiomics.workflows.shards import run_shard
from nbradiomics.workflows.status import status
from tests.support.helpers import two_readers

SUBJECTS = 10
PARAMS = """\
setting: {force2D: true}
featureClass: {firstorder: [Mean, Energy], shape2D: [PixelSurface], glcm: [Contrast]}
"""
STUDY = """\
cohort: cohort.csv
extract: {{params: params.yaml, {extract}}}
outcome:
  {{clinical: clinical.csv, endpoints: [{{name: os, time: t, event: e}}], reader: B, folds: 2,
   repeats: 1, refits: 0, bootstraps: 0, penalizer: 0.2, l1_ratio: 0{outcome}}}
{more}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    two_readers(tmp_path, SUBJECTS)
    (tmp_path / "params.yaml").write_text(PARAMS)
    clinical = pd.DataFrame({"subject": [f"s{number}" for number in range(SUBJECTS)]})
    clinical.assign(t=np.arange(1, SUBJECTS + 1), e=1).to_csv(tmp_path / "clinical.csv", index=False)
    return tmp_path


def write(folder: Path, extract: str = "per_slice: largest", outcome: str = "", more: str = "") -> Path:
    text = STUDY.format(extract=extract, outcome=outcome, more=more)
    (folder / "study.yaml").write_text(text)
    return folder / "study.yaml"


def test_a_run_of_the_largest_slices_resumes_and_knows_when_it_is_stale(folder: Path) -> None:
    study, out = write(folder), folder / "out"
    # A shard before the run: what it stored is found again.
    run_shard(study, out, shard="1/2", jobs=1)
    done = run(study, out, jobs=1)
    assert [one for one in done.failures if one.stage == "extract"] == []
    table = pd.read_parquet(out / "features.parquet")
    cohort = str(folder / "cohort.csv")
    alone = extract_slices(cohort, params=folder / "params.yaml", per_slice="largest", jobs=1)
    pd.testing.assert_frame_equal(table, alone.table)
    assert set(table["variant"]) == {"largest_slice"}
    record = json.loads((out / "provenance.json").read_text("utf-8"))["slices"]
    assert (record["per_slice"], record["min_slice_voxels"]) == ("largest", 16)
    used = pd.read_csv(out / "reproducibility" / "readers.csv")
    assert len(used) == 4
    summary = json.loads((out / "outcome" / "os" / "summary.json").read_text("utf-8"))
    assert summary["rows"]["variant"] == ["largest_slice"]
    fact = read_evidence(out).fact("parity")
    assert fact is not None
    assert "no row is a whole region" in fact.text
    assert status(out).complete
    # Nothing is computed again, and an edited study is not current.
    before = {path: path.stat().st_mtime_ns for path in (out / "cache" / "extract").iterdir()}
    run(study, out, jobs=1)
    assert {path: path.stat().st_mtime_ns for path in (out / "cache" / "extract").iterdir()} == before
    write(folder, "per_slice: median, min_slice_voxels: 20")
    assert not status(out).complete
    run(study, out, jobs=1)
    again = pd.read_parquet(out / "features.parquet")
    assert set(again["variant"]) == {"median_of_slices"}
    assert (again["original_firstorder_Energy"] != table["original_firstorder_Energy"]).any()
    told = pd.read_csv(out / "check.csv")
    (note,) = told.loc[told["column"] == "extract.per_slice", "problem"]
    assert "have fewer than 20 voxels" in note


@pytest.mark.parametrize(
    ("changes", "column", "part"),
    [
        ({"more": "perturbation: {chain: RT, reader: A}"}, "perturbation", "measures whole regions"),
        ({"more": "controls: {kinds: [shuffled]}"}, "controls", "measures whole regions"),
        ({"outcome": ", drawing: {folds: true}"}, "outcome.drawing.folds", "measures whole regions"),
        ({"extract": "per_slice: each"}, "extract.per_slice", "slices are no subjects"),
    ],
)
def test_what_does_not_fit_slices_is_refused(
    folder: Path, changes: dict[str, str], column: str, part: str
) -> None:
    problems = check(write(folder, **changes), jobs=1)
    errors = problems[(problems["column"] == column) & (problems["severity"] == "error")]
    assert errors["problem"].str.contains(part, regex=False).sum() == 1
    with pytest.raises(InputError, match=re.escape(part)):
        run(folder / "study.yaml", folder / "out", jobs=1)


def test_parameters_of_three_dimensions_are_refused_before_anything_is_computed(folder: Path) -> None:
    (folder / "params.yaml").write_text("featureClass: {shape: [Sphericity]}\n")
    problems = check(write(folder), jobs=1).set_index("column")
    assert "need `force2D: true`" in problems.loc["extract.per_slice", "problem"]


def test_a_key_without_effect_is_told(folder: Path) -> None:
    problems = check(write(folder, "min_slice_voxels: 20"), jobs=1).set_index("column")
    assert "has no effect without per_slice" in problems.loc["extract.min_slice_voxels", "problem"]
    assert problems.loc["extract.min_slice_voxels", "severity"] == "warning"
