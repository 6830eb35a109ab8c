"""The section `processing`: the tables of the command, of the chosen masks; what check finds."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.processing import processing_of_run_blocks
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.study.checks import check
from nbradiomics.workflows.processing.run import study_processing
from nbradiomics.workflows.run import run
from tests.support.helpers import two_readers

SUBJECTS = 6
STUDY = "cohort: cohort.csv\nextract: {{params: params.yaml}}\nprocessing: {section}\n"
PARAMS = "setting: {binWidth: 1.5}\nfeatureClass: {firstorder: [Mean, Energy], shape: [MeshVolume]}\n"
GRID = "reference: params.yaml\nalterations: {bins: {setting: {binWidth: 3}}, rim: {mask_mm: 1}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    two_readers(tmp_path, SUBJECTS)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "grid.yaml").write_text(GRID)
    return tmp_path


def write(folder: Path, section: str) -> Path:
    (folder / "study.yaml").write_text(STUDY.format(section=section))
    return folder / "study.yaml"


def test_a_run_writes_what_the_command_writes(folder: Path) -> None:
    study = write(folder, "{grid: grid.yaml, reader: B, threshold: 0.5, min_subjects: 5}")
    out = folder / "out"
    done = run(study, out)
    assert done.failures == []
    alone = study_processing(
        folder / "cohort.csv",
        folder / "grid.yaml",
        folder / "alone",
        reader="B",
        threshold=0.5,
        min_subjects=5,
    )
    for schema in (PROCESSING, PROCESSING_CLASSES):
        written = schema.read(out / "processing" / schema.file)
        pd.testing.assert_frame_equal(written, schema.read(folder / "alone" / schema.file))
    features = pd.read_parquet(out / "processing" / "features.parquet")
    pd.testing.assert_frame_equal(features, alone.features)
    assert set(features["reader"]) == {"B"}
    record = json.loads((out / "provenance.json").read_text("utf-8"))
    assert any("grid.yaml" in str(entry) for entry in record["inputs"])
    assert record["processing"]["grid"] == GRID
    blocks = str(processing_of_run_blocks(read_run(out)))
    assert alone.sentences[0] in blocks
    assert "masks of B" in blocks
    assert "CCC of at least 0.5" in blocks
    assert any("stable against every alteration" in line for line in done.summary)


@pytest.mark.parametrize(
    ("section", "column", "told"),
    [
        ("{grid: grid.yaml}", "processing", "masks of several readers: A, B"),
        ("{grid: grid.yaml, reader: C}", "processing", "no row with reader 'C'"),
        ("{grid: no.yaml, reader: A}", "processing.grid", "does not exist"),
        ("{grid: params.yaml, reader: A}", "processing.grid", "reference"),
        ("{reader: A}", "processing.grid", "missing"),
        ("{grid: grid.yaml, reader: A, treshold: 1}", "processing.treshold", "Did you mean 'threshold'"),
        ("{grid: grid.yaml, reader: A, threshold: 2}", "processing.threshold", "less than or equal to 1"),
    ],
)
def test_check_finds_every_problem(folder: Path, section: str, column: str, told: str) -> None:
    problems = check(write(folder, section))
    found = problems[(problems["column"] == column) & (problems["severity"] == "error")]
    assert told in " ".join(found["problem"] + " " + found["remedy"])


def test_check_warns_of_few_subjects_and_of_another_reference(folder: Path) -> None:
    study = write(folder, "{grid: grid.yaml, reader: A, min_subjects: 5}")
    assert not check(study)["column"].str.startswith("processing").any()
    write(folder, "{grid: grid.yaml, reader: A}")
    (folder / "grid.yaml").write_text(GRID.replace("params.yaml", "t2w_mr_1mm"))
    told = check(study)
    warned = told[told["column"].str.startswith("processing")].set_index("column")["problem"]
    assert "6 subjects; 10 are needed" in warned["processing"]
    assert "other settings than the extraction" in warned["processing.grid"]
    study.write_text(study.read_text() + "lesions: components\n")
    errors = check(study).query("severity == 'error' and column == 'processing'")
    assert "numbered by volume" in errors["problem"].iloc[0]
