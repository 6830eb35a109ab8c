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
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.flow import flow_blocks
from nbradiomics.report.sections.missing_parts import why_no_needed_agreement
from nbradiomics.study.checks import check
from nbradiomics.workflows.run import run
from nbradiomics.workflows.shards import run_shard
from nbradiomics.workflows.status import status
from tests.support.helpers import two_readers

SUBJECTS = 3
PARAMS = """\
setting: {force2D: true}
featureClass: {firstorder: [Mean, Energy], shape2D: [PixelSurface], glcm: [Contrast]}
"""
STUDY = """\
cohort: cohort.csv
extract: {{params: params.yaml, {extract}}}
{more}
"""
OUTCOME = """\
outcome:
  {{clinical: clinical.csv, endpoints: [{{name: os, time: t, event: e}}], reader: B, folds: 2,
   repeats: 1, refits: 0, bootstraps: 0, penalizer: 0.2, l1_ratio: 0{more}}}
"""


def made(folder: Path, subjects: int) -> Path:
    two_readers(folder, subjects)
    (folder / "params.yaml").write_text(PARAMS)
    clinical = pd.DataFrame({"subject": [f"s{number}" for number in range(subjects)]})
    clinical.assign(t=np.arange(1, subjects + 1), e=1).to_csv(folder / "clinical.csv", index=False)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path, SUBJECTS)


def write(folder: Path, extract: str = "per_slice: largest", more: str = "") -> Path:
    (folder / "study.yaml").write_text(STUDY.format(extract=extract, more=more))
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
    assert not (out / "needed_agreement").exists()
    page = read_run(out)
    assert "of the largest slice of each region" in str(flow_blocks(page))
    assert "masks are compared whole" in why_no_needed_agreement(page)
    assert [one for one in done.failures if one.stage == "needed_agreement"] == []
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


@pytest.mark.slow
def test_outcome_models_use_the_slices(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write(made(tmp_path, 10), more=OUTCOME.format(more="")), out, jobs=1)
    summary = json.loads((out / "outcome" / "os" / "summary.json").read_text("utf-8"))
    assert summary["rows"]["variant"] == ["largest_slice"]


@pytest.mark.parametrize(
    ("changes", "column", "part"),
    [
        ({"more": "perturbation: {chain: RT, reader: A}"}, "perturbation", "measures whole regions"),
        (
            {"more": f"controls: {{kinds: [shuffled]}}\n{OUTCOME.format(more='')}"},
            "controls",
            "measures whole regions",
        ),
        (
            {"more": OUTCOME.format(more=", drawing: {folds: true}")},
            "outcome.drawing.folds",
            "measures whole regions",
        ),
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


def test_a_section_that_is_left_out_is_told(folder: Path) -> None:
    problems = check(write(folder, more="needed_agreement: {share: 0.8}"), jobs=1).set_index("column")
    assert "it is not computed" in problems.loc["needed_agreement", "problem"]


def test_a_key_without_effect_is_told(folder: Path) -> None:
    problems = check(write(folder, "min_slice_voxels: 20"), jobs=1).set_index("column")
    assert "has no effect without per_slice" in problems.loc["extract.min_slice_voxels", "problem"]
    assert problems.loc["extract.min_slice_voxels", "severity"] == "warning"
