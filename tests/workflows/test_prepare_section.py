"""The section `prepare`: what a run writes, what check finds, shards, and a change of the steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.preparation.schemas import INTENSITIES, PREPARATION
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.preparation import preparation_blocks
from nbradiomics.study.checks import check
from nbradiomics.workflows.run import run
from nbradiomics.workflows.shards import run_shard
from tests.support.helpers import two_readers
from tests.tables.test_schemas import require_documented

SUBJECTS = 3
STUDY = "cohort: cohort.csv\nextract: {{params: params.yaml}}\nreaders: {{maps: false}}\nprepare: {section}\n"
PARAMS = "setting: {binWidth: 0.5}\nfeatureClass: {firstorder: [Mean, Energy], shape: [MeshVolume]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return cohort_in(tmp_path, SUBJECTS)


def cohort_in(tmp_path: Path, subjects: int) -> Path:
    two_readers(tmp_path, subjects)
    (tmp_path / "params.yaml").write_text(PARAMS)
    return tmp_path


def write(folder: Path, section: str, more: str = "") -> Path:
    (folder / "study.yaml").write_text(STUDY.format(section=section) + more)
    return folder / "study.yaml"


def test_later_stages_see_the_prepared_images_alone(folder: Path) -> None:
    study, out = write(folder, "{steps: 'nyul:over=image', fit_folds: 3}"), folder / "out"
    done = run(study, out)
    assert done.failures == []
    cohort = load_cohort(out / "cohort.csv").table
    assert set(cohort["variant"]) == {"nyul_over=image"}
    assert set(cohort["in_fit"]) == {"no"}
    assert {Path(image).parent for image in cohort["image"]} == {out / "prepared" / "images"}
    features = pd.read_parquet(out / "features.parquet")
    assert set(features["variant"]) == {"nyul_over=image"}
    assert features["original_firstorder_Mean"].between(0, 100).all()
    assert set(pd.read_csv(out / "agreement.csv")["variant"]) == {"nyul_over=image"}
    for schema in (PREPARATION, INTENSITIES):
        assert len(require_documented(out / "prepared" / schema.file, schema)) >= SUBJECTS
    record = json.loads((out / "provenance.json").read_text("utf-8"))["prepare"]
    assert record["steps"] == ["nyul_over=image"]
    assert len(record["fits"]) == 3
    blocks = str(preparation_blocks(read_run(out)))
    assert "3 images of 3 subjects were prepared" in blocks
    assert "cross-fitted in 3 folds" in blocks
    assert blocks.count("data:image/png") == 3 * 2 + 1


@pytest.mark.slow
def test_another_run_keeps_the_images_and_one_without_the_section_removes_them(folder: Path) -> None:
    study, out = write(folder, "{steps: 'nyul:over=image', fit_folds: 3}"), folder / "out"
    run(study, out)
    images = {path: path.stat().st_mtime_ns for path in (out / "prepared" / "images").iterdir()}
    again = run(study, out)
    assert again.failures == []
    assert {path: path.stat().st_mtime_ns for path in images} == images
    # Without the section the images of the earlier run are not left behind.
    run(write(folder, "null"), out)
    assert not (out / "prepared" / "images").exists()
    assert not (out / "prepared" / "preparation.csv").exists()


@pytest.mark.slow
def test_variants_are_made_from_the_prepared_images(tmp_path: Path) -> None:
    more = (
        "perturbation: {chain: chain.yaml, reader: A}\n"
        "processing: {grid: grid.yaml, reader: A, min_subjects: 5}\n"
        "reproducibility: {min_subjects: 5}\n"
    )
    folder = cohort_in(tmp_path, 5)
    (folder / "chain.yaml").write_text("volume: [-0.1, 0.1]\n")
    grid = "reference: params.yaml\nalterations: {bins: {setting: {binWidth: 1}}}\n"
    (folder / "grid.yaml").write_text(grid)
    out = folder / "out"
    assert run(write(folder, "{steps: 'nyul:over=image', fit_folds: 2}", more), out).failures == []
    features = pd.read_parquet(out / "features.parquet")
    varied = pd.read_parquet(out / "perturbation" / "features.parquet")
    base = varied[varied["variant"] == "original"].set_index("subject")["original_firstorder_Mean"]
    own = features[features["reader"] == "A"].set_index("subject")["original_firstorder_Mean"]
    np.testing.assert_allclose(base.sort_index(), own.sort_index())


def test_shards_refuse_a_fit(folder: Path) -> None:
    with pytest.raises(InputError, match="fits landmarks on images of many subjects"):
        run_shard(write(folder, "{steps: nyul}"), folder / "out", "1/2")


@pytest.mark.slow
def test_shards_prepare_what_needs_no_fit(folder: Path) -> None:
    study, out = write(folder, "{steps: zscore}"), folder / "out"
    for part in ("1/2", "2/2"):
        assert run_shard(study, out, part).failures == []
    images = {path: path.stat().st_mtime_ns for path in (out / "prepared" / "images").iterdir()}
    assert len(images) == SUBJECTS
    whole = run(study, out)
    assert whole.failures == []
    assert {path: path.stat().st_mtime_ns for path in images} == images
    alone = folder / "alone"
    run(study, alone)
    pd.testing.assert_frame_equal(
        pd.read_parquet(out / "features.parquet"), pd.read_parquet(alone / "features.parquet")
    )


@pytest.mark.parametrize(
    ("section", "column", "told"),
    [
        ("{steps: n5}", "prepare.steps", "'n5' is no step"),
        ("{steps: none.yaml}", "prepare.steps", "does not exist"),
        ("{}", "prepare.steps", "missing"),
        ("{steps: zscore, body_roi: body}", "prepare", "no region (body_roi) 'body'"),
        ("{steps: zscore, sequences: [T9]}", "prepare", "no sequence 'T9'"),
        ("{steps: 'register:to=T2'}", "prepare", "no scan of"),
        ("{steps: nyul, fit_on: [s0]}", "prepare.fit_on", "a fit needs 2 subjects or more"),
        ("{steps: nyul, landmarks: none.json}", "prepare.landmarks", "does not exist"),
        ("{steps: nyul, landmarks: params.yaml}", "prepare.landmarks", "is no file of landmarks"),
    ],
)
def test_what_cannot_be_prepared_is_found_before(folder: Path, section: str, column: str, told: str) -> None:
    problems = check(write(folder, section))
    found = problems[problems["column"] == column]
    assert found["problem"].str.contains(told, regex=False).any(), problems.to_dict("records")
    assert set(found["severity"]) == {"error"}


def test_a_variant_that_the_preparation_does_not_make_is_found_before(folder: Path) -> None:
    (folder / "clinical.csv").write_text("subject,t,e\n" + "".join(f"s{n},{n + 1},1\n" for n in range(3)))
    outcome = "{clinical: clinical.csv, endpoints: [{name: os, time: t, event: e}], variant: original}\n"
    problems = check(write(folder, "{steps: zscore}", f"outcome: {outcome}"))
    found = problems[problems["column"] == "outcome.variant"]
    assert list(found["problem"]) == [
        "there is no variant 'original' in the cohort table, as it is after the preparation."
    ]


def test_units_are_told_before(folder: Path) -> None:
    lines = (folder / "cohort.csv").read_text().splitlines()
    table = [f"{lines[0]},unit", *(f"{line},SUV" for line in lines[1:])]
    (folder / "cohort.csv").write_text("\n".join(table) + "\n")
    problems = check(write(folder, "{steps: zscore}"))
    told = " ".join(problems.loc[problems["severity"] == "warning", "problem"])
    assert "the step zscore refuses 3 images with the unit SUV" in told
    assert "normalises" not in told
    (folder / "params.yaml").write_text(PARAMS.replace("{bin", "{normalize: true, bin"))
    told = " ".join(check(write(folder, "{steps: zscore}"))["problem"])
    assert "normalises the prepared images once more" in told
    assert "normalises images with the unit SUV" in told


@pytest.mark.slow
def test_a_model_of_other_images_is_told_before(folder: Path) -> None:
    more = "segment: {model: synthetic-demo, training_subjects: []}\n"
    told = " ".join(check(write(folder, "{steps: zscore}", more))["problem"])
    assert "does not say on what preparation it was trained" in told


def test_a_diffusion_coefficient_without_a_unit_is_told_before(folder: Path) -> None:
    lines = (folder / "cohort.csv").read_text().splitlines()
    table = [f"{lines[0]},sequence", *(f"{line},ADC" for line in lines[1:])]
    (folder / "cohort.csv").write_text("\n".join(table) + "\n")
    told = " ".join(check(write(folder, "{steps: zscore}"))["problem"])
    assert "the step zscore changes the values of ADC, by its name a map of the diffusion" in told
    assert "by its name a map" not in " ".join(check(write(folder, "{steps: ad}"))["problem"])


@pytest.mark.slow
def test_warnings_are_first_in_the_report_and_told_at_the_end(folder: Path) -> None:
    for number in range(SUBJECTS):
        image = sitk.ReadImage(str(folder / f"s{number}.nii.gz"))
        mask = sitk.ReadImage(str(folder / f"s{number}_A.nii.gz"))
        dark = sitk.Mask(image, mask, 0.0, 1)  # masks the tumour out: only the rest is foreground
        sitk.WriteImage(dark, str(folder / f"s{number}.nii.gz"))
    done = run(write(folder, "{steps: 'zscore:over=foreground'}"), folder / "out")
    assert any("3 of 3 images" in note and "less than 50% of the tumour" in note for note in done.notes)
    first = preparation_blocks(read_run(done.folder))[0]
    assert first.tone == "warning"  # type: ignore[union-attr]
    assert first.text in done.notes  # type: ignore[union-attr]


def test_no_prepared_image_ends_the_run(folder: Path) -> None:
    study = write(folder, "{steps: 'zscore:over=body'}")
    with pytest.raises(InputError, match="no image could be prepared; the first: s0"):
        run(study, folder / "out")
