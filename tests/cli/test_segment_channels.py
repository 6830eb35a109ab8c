"""Segmenting scans that have several channels, lie differently or fit no model; and as a stage of a study."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.images.io import write_image
from nbradiomics.segmentation import load_model
from nbradiomics.segmentation.cohort import segment_cohort
from nbradiomics.segmentation.model_files.card import Card, with_training_subjects, write_card
from nbradiomics.study.checks import check
from nbradiomics.workflows.run import run
from tests.support.helpers import array, call, make_image, write_cohort
from tests.support.random_model import make_model

pytestmark = pytest.mark.usefixtures("one_thread")

HEADER = "subject,channel,image,reader,mask"


def write_noise(folder: Path, name: str, seed: int, orientation: str = "LPS", **grid: Any) -> str:
    """Write an image of smooth noise and give its name."""
    voxels = np.random.default_rng(seed).normal(300, 60, (16, 26, 28)).astype(np.float32)
    image = sitk.DiscreteGaussian(make_image(voxels, grid.get("spacing", (2.2, 2.4, 3.7))), 9.0)
    image.SetOrigin(grid.get("origin", (0.0, 0.0, 0.0)))
    write_image(sitk.DICOMOrient(image, orientation), folder / name)
    return name


# --- several channels, training subjects, orientations, folds ---------------------------------------


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans of T2w and ADC: well, on two grids, shifted, without ADC, with one more; and a model."""
    folder = tmp_path_factory.mktemp("channels")
    rows = []
    for number, subject in enumerate(("well", "grids", "shifted", "lacking", "more")):
        rows.append(f"{subject},t2w,{write_noise(folder, f'{subject}_t2w.nii.gz', number)},,")
        grid: dict[str, Any] = {"spacing": (2.3, 2.5, 3.9)} if subject == "grids" else {}
        if subject == "shifted":
            grid["origin"] = (50.0, 0.0, 0.0)
        if subject != "lacking":
            file = write_noise(folder, f"{subject}_adc.nii.gz", 10 + number, **grid)
            rows.append(f"{subject},ADC,{file},,")
        if subject == "more":
            rows.append(f"{subject},DWI,{write_noise(folder, 'more_dwi.nii.gz', 99)},,")
    make_model(folder / "model", channels=("ADC", "T2w"))
    return write_cohort(folder, rows, HEADER)


def test_scans_whose_channels_do_not_fit_fail_and_the_others_go_on(channels: Path, tmp_path: Path) -> None:
    done = segment_cohort(load_cohort(channels), model=channels.parent / "model", masks=tmp_path)
    table = done.table.set_index("subject")
    assert table["status"].isna().to_dict() == {
        "well": False,
        "grids": False,
        "shifted": True,
        "lacking": True,
        "more": False,
    }
    assert set(table["channels"].dropna()) == {"ADC, T2w"}
    assert table.loc[["well", "grids", "more"], "resampled"].tolist() == ["", "ADC", ""]
    assert table.loc[["well", "grids", "more"], "unused"].tolist() == ["", "", "DWI"]
    causes = {failure.case.split("/")[0]: failure.cause for failure in done.failures}
    assert "channel ADC is missing: the model needs ADC, T2w; given: t2w" in causes["lacking"]
    assert "of the voxels of" in causes["shifted"]
    assert "shifted_adc.nii.gz (ADC); at most 5% are allowed" in causes["shifted"]
    told = " ".join(done.warnings)
    assert "does not use DWI, which was ignored in 1 scan (more/baseline/unspecified)" in told
    assert "ADC had a grid different from the first channel" in told
    assert done.cohort.readers() == ["auto"]
    model, folder = load_model(channels.parent / "model"), channels.parent
    expected = model.predict({"ADC": folder / "well_adc.nii.gz", "T2w": folder / "well_t2w.nii.gz"})
    assert np.array_equal(array(tmp_path / "well_baseline_unspecified.nii.gz"), array(expected.mask))


def test_a_subject_that_the_card_names_was_in_training(channels: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(channels.parent / "model", tmp_path / "model")
    for card, expected in (
        (Card(), [pd.NA, pd.NA]),
        (with_training_subjects(Card(), ["well"]), [True, False]),
        (with_training_subjects(Card(training_images=("0" * 64,)), ["more"]), [False, True]),
    ):
        write_card(card, folder)
        table = segment_cohort(load_cohort(channels), model=folder, masks=tmp_path / "masks").table
        assert table.set_index("subject").loc[["well", "more"], "in_training"].tolist() == expected


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three images, one of which lies otherwise; a model that knows no orientation, its folds apart."""
    folder = tmp_path_factory.mktemp("lying")
    rows = [
        f"S{number},{write_noise(folder, f'{number}.nii.gz', number, axes)},,"
        for number, axes in enumerate(("LPS", "LPS", "RAI"))
    ]
    make_model(folder / "model")
    return write_cohort(folder, rows)


def test_a_sequence_that_is_called_otherwise_than_the_models_input_is_a_warning(
    channels: Path, tmp_path: Path
) -> None:
    model = make_model(tmp_path / "model", channels=("T2w",), folds=1)
    rows = ["a,t2w,well_t2w.nii.gz", "b,T1w,grids_t2w.nii.gz", "c,,shifted_t2w.nii.gz"]
    table = channels.with_name("sequences.csv")
    table.write_text("\n".join(["subject,sequence,image", *rows]) + "\n")
    done = segment_cohort(load_cohort(table), model=model, masks=tmp_path / "masks")
    assert [warning for warning in done.warnings if "T1w (1)" in warning and "t2w" not in warning]


def test_maps_of_an_earlier_model_do_not_stay_beside_new_masks(channels: Path, tmp_path: Path) -> None:
    image = channels.with_name("well_t2w.nii.gz")
    (tmp_path / "good.nii.gz").write_bytes(image.read_bytes())
    (tmp_path / "bad.nii.gz").write_bytes(image.read_bytes())
    table = write_cohort(tmp_path, ["g,good.nii.gz", "b,bad.nii.gz"], "subject,image")
    model, out = make_model(tmp_path / "model"), tmp_path / "out.csv"
    call("segment", table, "--model", model, "--out", out)
    maps = tmp_path / "out_maps"
    assert len(list(maps.glob("*.nii.gz"))) == 8
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    call("segment", table, "--model", model, "--out", out)
    assert {file.name[0] for file in maps.glob("[!.]*")} == {"g"}
    assert [file.name[0] for file in (tmp_path / "out_masks").glob("[!.]*")] == ["g"]
    call("segment", table, "--model", model, "--out", out, "--no-maps")
    assert not list(maps.glob("[!.]*"))


def test_orientations_that_differ_are_a_warning_where_the_model_records_none(
    lying: Path, tmp_path: Path
) -> None:
    done = segment_cohort(load_cohort(lying), model=lying.parent / "model", masks=tmp_path)
    assert done.table["orientation"].tolist() == ["LPS", "LPS", "RAI"]
    assert "LPS 2 (such as S0/baseline/unspecified); RAI 1 (such as S2" in done.warnings[0]
    assert done.provenance["segmentation"]["warnings"] == done.warnings
    folder = shutil.copytree(lying.parent / "model", tmp_path / "model")
    write_card(Card(orientation="LPS"), folder)
    done = segment_cohort(load_cohort(lying), model=folder, masks=tmp_path / "masks")
    assert not any("different voxel axes" in warning for warning in done.warnings)


def test_cases_whose_folds_disagree_are_named_the_worst_first(
    lying: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "c.csv"
    assert call("segment", lying, "--model", lying.parent / "model", "--out", out, "--no-maps") == 0
    table = pd.read_csv(tmp_path / "c.segmentation.csv")
    assert (table["fold_dice"] < 0.8).all(), "two networks of random weights"
    worst = table.sort_values("fold_dice")
    cases = ", ".join(
        f"{row.subject}/baseline/unspecified: {row.fold_dice:.2f}" for row in worst.itertuples()
    )
    told = " ".join(capsys.readouterr().out.split())
    assert f"Warning: The folds disagree in 3 scans ({cases}): their mean Dice is below 0.8." in told
    assert "Warning: The images have different voxel axes" in told
    assert "does not record its training subjects" in told


def test_no_tumour_is_an_empty_mask_and_a_row_that_says_so(lying: Path, tmp_path: Path) -> None:
    model = make_model(tmp_path / "model", offset=-40.0)
    done = segment_cohort(load_cohort(lying), model=model, masks=tmp_path / "m", maps=tmp_path / "p")
    assert done.table["status"].tolist() == ["empty"] * 3
    assert done.table["volume_ml"].tolist() == [0.0] * 3
    assert done.failures == []
    assert array(tmp_path / "m" / "S0_baseline_unspecified.nii.gz").max() == 0
    assert (tmp_path / "p" / "S0_baseline_unspecified_probability.nii.gz").is_file()


# --- as a stage of a study --------------------------------------------------------------------------


def test_check_tells_of_orientations_and_channels_before_anything_runs(
    lying: Path, channels: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(f"cohort: {lying}\nsegment: {{model: {lying.parent / 'model'}}}\n")
    found = check(study)
    assert found["severity"].tolist() == ["warning"]
    assert "different voxel axes" in found["problem"].iloc[0]
    study.write_text(f"cohort: {channels}\nsegment: {{model: {channels.parent / 'model'}}}\n")
    errors = check(study).query("severity == 'error'")
    assert errors["column"].tolist() == ["channel"]
    assert errors["row"].tolist() == ["8"]
    assert (
        "lacking/baseline/unspecified cannot be segmented: channel ADC is missing"
        in errors["problem"].iloc[0]
    )
    study.write_text(f"cohort: {lying}\nsegment: {{model: {channels.parent / 'model'}}}\n")
    errors = check(study).query("column == 'segment.model'")
    assert "channel ADC, T2w is missing" in errors["problem"].iloc[0]
    with pytest.raises(InputError, match="channel ADC, T2w is missing"):
        run(study, tmp_path / "run")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("precision: fp16, device: cpu", "precision is fp16, but the device is a CPU"),
        ("precision: int8", "segment.precision"),
        ("min_volume_ml: -1", "segment.min_volume_ml"),
        ("maps: perhaps", "segment.maps"),
        ("mirror: true", "Did you mean 'mirroring'?"),
    ],
)
def test_a_study_that_asks_for_what_cannot_be_is_refused(
    lying: Path, tmp_path: Path, key: str, message: str
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(f"cohort: {lying}\nsegment: {{model: {lying.parent / 'model'}, {key}}}\n")
    with pytest.raises(InputError, match=message):
        run(study, tmp_path / "run")


def test_check_finds_a_model_in_another_folder(lying: Path, tmp_path: Path) -> None:
    shutil.copytree(lying.parent / "model", tmp_path / "models" / "mine")
    study = tmp_path / "study.yaml"
    study.write_text(f"cohort: {lying}\nsegment: {{model: mine}}\n")
    assert call("check", study, "--models", tmp_path / "models") == 0
    assert call("check", study) == 1


@pytest.mark.slow
def test_a_study_writes_maps_and_records_how_the_network_was_run(lying: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    options = "precision: fp32, resampling: stock, largest_component: true, min_volume_ml: 0.1"
    shutil.copytree(lying.parent / "model", tmp_path / "models" / "mine")
    study.write_text(f"cohort: {lying}\nsegment: {{model: mine, {options}}}\n")
    run(study, tmp_path / "run", models=tmp_path / "models")
    assert len(list((tmp_path / "run" / "maps").iterdir())) == 3 * 4
    record = json.loads((tmp_path / "run" / "provenance.json").read_text(encoding="utf-8"))
    assert record["segmentation"]["inference"]["precision"] == "fp32"
    assert record["segmentation"]["postprocessing"] == {"largest_component": True, "min_volume_ml": 0.1}
    assert "different voxel axes" in record["segmentation"]["warnings"][0]
    assert "different voxel axes" in (tmp_path / "run" / "check.csv").read_text(encoding="utf-8")
    assert "different voxel axes" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    shutil.rmtree(tmp_path / "run")
    study.write_text(f"cohort: {lying}\nsegment: {{model: mine, maps: false}}\n")
    run(study, tmp_path / "run", models=tmp_path / "models")
    assert not (tmp_path / "run" / "maps").exists()
