"""The sections `adc`, `habitats` and `rois` of a study: files, rows, check, and a run that is continued."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics import check, load_cohort, run
from nbradiomics.errors import InputError
from nbradiomics.habitats.clusters import number
from nbradiomics.report.build import make_page
from nbradiomics.report.content import Picture, Sentences, Table
from nbradiomics.report.run_files import read_run
from nbradiomics.report.sections.diffusion import diffusion_blocks
from nbradiomics.report.sections.habitats import habitats_blocks
from nbradiomics.study.file import load_study
from nbradiomics.synthetic.scanners import magnitude_with_noise
from nbradiomics.workflows.stages.habitats import _settings
from tests.support.helpers import ball, make_image, two_readers, write_cohort

SHAPE = (12, 20, 20)
SUBJECTS = 5
B_VALUES = (0, 400, 800)
EXTRACT = "extract: {params: params.yaml}\n"
PARAMS = "featureClass: {firstorder: [Mean, Median], shape: [VoxelVolume]}\n"


def diffusion_cohort(folder: Path) -> Path:
    """Two readers; the tumour of a subject has a low ADC where x is small, and a high one elsewhere."""
    rows = []
    for place in range(SUBJECTS):
        rng = np.random.default_rng(place)
        masks = {"A": ball(SHAPE, 4.6), "B": ball(SHAPE, 4.2)}
        x = np.indices(SHAPE)[2]
        adc = np.where(x < 8 + place, 0.8e-3, 1.6e-3)
        name = f"s{place}"
        sitk.WriteImage(
            make_image(rng.normal(100, 10, SHAPE).astype(np.float32)), str(folder / f"{name}.nii.gz")
        )
        for reader, mask in masks.items():
            sitk.WriteImage(make_image(mask), str(folder / f"{name}_{reader}.nii.gz"))
            rows.append(f"{name},{name}.nii.gz,{reader},{name}_{reader}.nii.gz,T2w")
        for value in B_VALUES:
            image = magnitude_with_noise(600 * np.exp(-value * adc), 12.0, rng).astype(np.float32)
            sitk.WriteImage(make_image(image), str(folder / f"{name}_b{value}.nii.gz"))
            rows.append(f"{name},{name}_b{value}.nii.gz,,,b{value}")
    (folder / "params.yaml").write_text(PARAMS, encoding="utf-8")
    return write_cohort(folder, rows, "subject,image,reader,mask,channel")


def study_of(folder: Path, sections: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(f"cohort: cohort.csv\n{EXTRACT}{sections}", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    diffusion_cohort(folder)
    return folder


SECTIONS = """\
adc: {}
habitats: {channels: [ADC], clusters: 2, confidence: 0.5, fit_folds: 2, sample: 500}
rois: {ring: 2, rim: 1}
"""


@pytest.fixture(scope="module")
def done(folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number, "RESAMPLES", 3)  # the number is stated, and its stability tested elsewhere
        return run(study_of(folder, SECTIONS), folder / "out").folder


def test_a_run_writes_regions_tables_and_features(done):
    cohort = load_cohort(done / "cohort.csv")
    derived = {"habitat-1", "habitat-2", "ring-2mm", "rim-1mm", "core-1mm"}
    assert set(cohort.table.loc[cohort.table["mask"] != "", "roi"]) == {"tumour", *derived}
    features = pd.read_parquet(done / "features.parquet")
    assert features.groupby("roi").size().to_dict() == dict.fromkeys(["tumour", *derived], SUBJECTS * 2)
    for name in ("rois/rois.csv", "adc/diffusion.csv", "habitats/habitats.csv", "habitats/model.json"):
        assert (done / name).is_file()
    record = json.loads((done / "provenance.json").read_text(encoding="utf-8"))
    assert record["study"]["rois"]["ring"] == 2
    assert record["study"]["habitats"]["clusters"] == 2
    fits = record["habitats"]["fits"]
    assert not any(set(fits[name]["fitted_on"]) & set(fits[name]["applied_to"]) for name in fits)
    applied = [subject for one in fits.values() for subject in one["applied_to"]]
    assert sorted(applied) == [f"s{number}" for number in range(SUBJECTS)]
    assert set(record["habitats"]["models"]) == {"fold-1", "fold-2", "all"}
    files = [*(done / "habitats").glob("model*.json"), *(done / "habitats").glob("*.failures.csv")]
    assert len(files) == 3
    assert not any(f'"s{number}"' in file.read_text("utf-8") for file in files for number in range(SUBJECTS))


def test_the_report_has_the_fits_and_the_notes(done):
    run_files = read_run(done)
    (text, table) = diffusion_blocks(run_files)
    assert text.text == f"The ADC of {SUBJECTS} scans was fitted to diffusion images."
    assert table.rows[0][:3] == ("s0/baseline/unspecified", "0, 400, 800", "residuals")
    notes = run_files.provenance["habitats"]["notes"]
    noted = replace(run_files, provenance={"habitats": {"notes": ["they are not stable"]}})
    assert habitats_blocks(noted)[0].text == "Note: they are not stable"
    assert not notes or habitats_blocks(run_files)[0].text.endswith(notes[0])


def test_the_diffusion_images_that_adc_left_out_are_not_fitted_again(folder):
    """Unless the section names them itself."""
    kept = "adc: {b_values: [b0, b800]}\nhabitats: {channels: [ADC], "
    for stated, wanted in (("}", ("b0", "b800")), ("b_values: [b0, b400]}", ("b0", "b400"))):
        study = load_study(study_of(folder, f"seed: 3\n{kept}{stated}\n"))
        settings = _settings(study.habitats, SimpleNamespace(study=study))
        assert (settings.b_values, settings.seed) == (wanted, 3)


def test_the_habitats_are_those_that_were_planted(done):
    table = pd.read_csv(done / "habitats" / "habitats.csv")
    low = table[(table["habitat"] == 1) & (table["reader"] == "A")].set_index("subject")["fraction"]
    mask = ball(SHAPE, 4.6) > 0
    for place in range(SUBJECTS):
        wanted = (mask & (np.indices(SHAPE)[2] < 8 + place)).sum() / mask.sum()
        assert low[f"s{place}"] == pytest.approx(wanted, abs=0.08)


def test_readers_are_compared_on_each_region_and_judged_on_lesions(done):
    agreement = pd.read_csv(done / "agreement.csv")
    assert agreement.groupby("roi").size().to_dict()["habitat-1"] == SUBJECTS * 2
    cases = pd.read_csv(done / "readers" / "cases.csv")
    assert set(cases["roi"]) <= {"tumour"}
    assert not len(list(done.glob("failures.csv"))) or not len(pd.read_csv(done / "failures.csv"))


def test_the_report_shows_habitats_and_rings(done):
    page = make_page(read_run(done))
    sections = {section.name: section.blocks for section in page.sections}
    pictures = [block for block in sections["habitats"] if isinstance(block, Picture)]
    assert len(pictures) == 4 + 2  # cases; shares and thresholds
    assert "cross-fitted: 2 models" in sections["habitats"][0].text
    table = next(block for block in sections["rois"] if isinstance(block, Table))
    assert [row[:3] for row in table.rows] == [
        ("core-1mm", "10", "0"),
        ("rim-1mm", "10", "0"),
        ("ring-2mm", "10", "0"),
    ]


def test_a_case_whose_map_is_gone_is_named(done, tmp_path):
    shutil.copytree(done, tmp_path / "copy")
    for file in (tmp_path / "copy" / "habitats").glob("*_habitats.nii.gz"):
        file.unlink()
    blocks = habitats_blocks(read_run(tmp_path / "copy"))
    named = next(block for block in blocks if isinstance(block, Sentences))
    assert "is not shown" in named.items[0]


def test_reproducibility_has_a_table_per_region_with_each_subject_once(done):
    tables = sorted((done / "reproducibility").glob("readers*.csv"))
    assert len(tables) == 6
    for table in tables:
        assert set(pd.read_csv(table)["subjects"]) == {SUBJECTS}


@pytest.mark.slow
def test_a_finished_run_makes_nothing_again_and_gives_the_same(folder, done):
    before = {path: path.read_bytes() for path in done.rglob("*.csv")}
    images = {path: path.stat().st_mtime_ns for path in done.rglob("*.nii.gz")}
    run(study_of(folder, SECTIONS), folder / "out")
    assert {path: path.read_bytes() for path in before} == before
    assert {path: path.stat().st_mtime_ns for path in images} == images


@pytest.mark.slow
def test_a_section_that_is_left_out_leaves_no_masks_behind(tmp_path):
    two_readers(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    out = run(study_of(tmp_path, "rois: {ring: 1}\n"), tmp_path / "out").folder
    assert len(list((out / "rois").glob("*.nii.gz"))) == 6
    run(study_of(tmp_path, ""), tmp_path / "out")
    assert not (out / "rois").exists()
    assert set(load_cohort(out / "cohort.csv").table["roi"]) == {"tumour"}


OUTCOME = "outcome: {clinical: clinical.csv, endpoints: [{name: os, time: t, event: e}], reader: A}\n"


@pytest.mark.parametrize(
    ("sections", "column", "part"),
    [
        (f"rois: {{ring: 2}}\n{OUTCOME}", "outcome.roi", "Add `roi: ring-2mm`"),
        (f"habitats: {{channels: [b0]}}\n{OUTCOME}", "outcome.roi", "Add `roi: habitat-1`"),
        ("habitats: {channels: [ADC]}\n", "habitats.channels", "the section `adc` makes ADC"),
        ("habitats: {}\n", "habitats.channels", "Name those of the habitats"),
    ],
)
def test_the_check_finds_what_cannot_work(folder, sections, column, part):
    clinical = [f"s{place},{10 + place},{place % 2}" for place in range(SUBJECTS)]
    (folder / "clinical.csv").write_text("\n".join(["subject,t,e", *clinical]), encoding="utf-8")
    problems = check(study_of(folder, sections))
    errors = problems[(problems["severity"] == "error") & (problems["column"] == column)]
    assert len(errors) == 1
    assert part in errors["remedy"].iloc[0]


def test_regions_that_are_there_already_and_a_section_without_a_width_are_refused(folder, done):
    path = folder / "again.yaml"
    path.write_text(f"cohort: {done}/cohort.csv\n{EXTRACT}rois: {{ring: 2}}\n", encoding="utf-8")
    with pytest.raises(InputError, match="already has the regions ring-2mm"):
        run(path, folder / "again")
    with pytest.raises(InputError, match="neither `ring` nor `rim`"):
        run(study_of(folder, "rois: {}\n"), folder / "none")
