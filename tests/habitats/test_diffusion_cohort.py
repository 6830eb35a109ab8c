"""ADC maps of a cohort: channels of the table, noise, failures."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import Channel, Scan, load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.habitats.cohort import find_habitats
from nbradiomics.habitats.diffusion.b_values import b_value_of, diffusion_images
from nbradiomics.habitats.diffusion.cohort import fit_adc
from tests.support.habitat_phantoms import PLANTED, write_planted
from tests.support.helpers import array


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted"), 2)


def test_the_maps_are_channels_and_cover_the_planted_values(cohort: Path, tmp_path: Path) -> None:
    done = fit_adc(cohort, out=tmp_path / "maps", workspace=Workspace(tmp_path / "work"))
    assert not done.failures
    rows = done.cohort.table[done.cohort.table["channel"].isin(["ADC", "ADC_error"])]
    assert len(rows) == 4
    assert (rows["mask"] == "").all()
    assert set(rows["unit"]) == {"mm2/s"}
    assert set(done.cohort.table["unit"]) == {"mm2/s", ""}
    written = load_cohort(done.cohort.write(tmp_path / "c.csv").path)
    assert len(written.cases()) == len(load_cohort(cohort).cases())
    assert [channel.name for channel in written.scans()[0].channels][-2:] == ["ADC", "ADC_error"]
    truth = array(cohort.parent / "s0_truth.nii.gz")
    adc, error = (
        array(tmp_path / "maps" / f"s0_baseline_unspecified_original_{n}.nii.gz")
        for n in ("ADC", "ADC_error")
    )
    for label, value in enumerate(PLANTED, start=1):
        inside = (truth == label) & (adc > 0)
        assert np.median(adc[inside]) == pytest.approx(value, rel=0.06)
        assert (np.abs(adc - value)[inside] < 1.96 * np.hypot(error, 0.08 * value)[inside]).mean() > 0.9
    assert ((adc == 0) == (error == 0)).all()
    row = done.table.iloc[0]
    assert (row["noise_source"], row["region"]) == ("residuals", "masks")
    assert row["sigma"] == pytest.approx(60, rel=0.1)
    reasons = ["fitted", "no_signal", "not_converged", "at_noise", "negative", "too_large"]
    assert row[reasons].sum() == row["voxels"]
    again = fit_adc(cohort, out=tmp_path / "maps", workspace=Workspace(tmp_path / "work"))
    pd.testing.assert_frame_equal(again.table, done.table)


def test_two_images_without_residuals_have_no_error_map_unless_the_noise_is_known(
    cohort: Path, tmp_path: Path
) -> None:
    two = fit_adc(cohort, out=tmp_path, b_values=("0", "1000"), noise="residuals")
    assert set(two.cohort.table["channel"]) >= {"ADC"}
    assert "ADC_error" not in set(two.cohort.table["channel"])
    assert "the noise could not be estimated" in two.notes[0]
    assert two.table["adc_error"].isna().all()
    given = fit_adc(cohort, out=tmp_path, b_values=("b0", "b1000"), sigma=60)
    assert (given.table["noise_source"] == "given").all()
    assert given.table["adc_error"].notna().all()


def test_images_of_one_scan_that_do_not_fit_are_a_failure_of_this_scan(cohort: Path, tmp_path: Path) -> None:
    table = load_cohort(cohort).to_frame()
    image = sitk.ReadImage(str(cohort.parent / "s0_b400.nii.gz"))
    image.SetOrigin((5, 0, 0))
    sitk.WriteImage(image, str(tmp_path / "moved.nii.gz"))
    chosen = (table["subject"] == "s0") & (table["channel"] == "b400")
    table.loc[chosen, "image"] = str(tmp_path / "moved.nii.gz")
    done = fit_adc(table, out=tmp_path / "maps")
    assert [failure.case for failure in done.failures] == ["s0/baseline/unspecified"]
    assert "different grids" in done.failures[0].cause
    assert list(done.table["subject"]) == ["s1"]


def test_a_mask_that_cannot_be_read_is_left_out_of_the_noise_and_told(cohort: Path, tmp_path: Path) -> None:
    table = load_cohort(cohort).to_frame()
    drawn = table[(table["subject"] == "s0") & (table["mask"] != "")].iloc[0].to_dict()
    gone = {**drawn, "reader": "C", "mask": str(tmp_path / "gone.nii.gz")}
    table = pd.concat([table, pd.DataFrame([gone])], ignore_index=True)
    done = fit_adc(table, out=tmp_path / "maps", workspace=Workspace(tmp_path / "stored"))
    assert list(done.table["subject"]) == ["s0", "s1"]
    assert [failure.case.partition("/")[0] for failure in done.failures] == ["s0"]
    assert "gone.nii.gz does not exist" in done.failures[0].cause
    maps = done.cohort.table[done.cohort.table["channel"].isin(["ADC", "ADC_error"])]
    assert set(maps["unit"]) == {"mm2/s"}


def test_a_sequence_without_diffusion_images_is_told_and_no_failure(cohort: Path, tmp_path: Path) -> None:
    table = load_cohort(cohort).to_frame()
    other = table[table["channel"] == "T2w"].assign(sequence="T1w", channel="")
    table = pd.concat([table, other], ignore_index=True)
    done = fit_adc(table, out=tmp_path / "maps", noise_floor=False)
    assert not done.failures
    assert done.notes[0] == "2 scans of T1w left out: no scan of it has the diffusion images."
    options = {"channels": ("ADC",), "clusters": 2, "sample": 1000, "errors": "none", "fit_on": ("s0", "s1")}
    drawn = other[other["subject"] == "s0"].iloc[[0]].assign(reader="A", mask=table["mask"].max())
    mixed = pd.concat([done.cohort.table, drawn], ignore_index=True)
    found = find_habitats(mixed, out=tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not found.failures
    assert "of T1w left out: no scan of it has the channels ADC." in " ".join(found.notes)


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (lambda image: image * 0 + 7, r"all voxels of the channel b400 .* have the value 7"),
        (lambda image: -image, r"no voxel of the masks has a valid ADC: \d+ with a signal of 0 or less"),
        (lambda image: image * 1e9, r"no voxel of the masks has a valid ADC: \d+ "),
        (lambda image: np.where(image > 0, np.nan, image), r"\d+ with a signal of 0 or less, or none"),
    ],
)
def test_a_scan_without_any_value_is_a_failure_and_no_map_of_zeros(
    values, cause: str, cohort: Path, tmp_path: Path
) -> None:
    table = load_cohort(cohort).to_frame()
    image = sitk.ReadImage(str(cohort.parent / "s0_b400.nii.gz"))
    spoilt = sitk.GetImageFromArray(values(sitk.GetArrayFromImage(image)).astype(np.float32))
    spoilt.CopyInformation(image)
    sitk.WriteImage(spoilt, str(tmp_path / "spoilt.nii.gz"))
    chosen = (table["subject"] == "s0") & (table["channel"] == "b400")
    table.loc[chosen, "image"] = str(tmp_path / "spoilt.nii.gz")
    done = fit_adc(table, out=tmp_path / "maps", b_values=("b0", "b400"))
    assert [failure.case for failure in done.failures] == ["s0/baseline/unspecified"]
    assert re.search(cause, done.failures[0].cause)
    assert not list((tmp_path / "maps").glob("s0_*"))
    assert list(done.table["subject"]) == ["s1"]


def test_cohorts_that_cannot_be_fitted_are_refused(cohort: Path, tmp_path: Path) -> None:
    done = fit_adc(cohort, out=tmp_path)
    with pytest.raises(InputError, match="has the channel ADC and ADC_error already"):
        fit_adc(done.cohort, out=tmp_path)
    table = load_cohort(cohort).to_frame()
    with pytest.raises(InputError, match="no scan has diffusion images"):
        fit_adc(table[table["channel"].isin(["b0", "T2w"])], out=tmp_path)
    with pytest.raises(InputError, match="has no channel 'b900'"):
        fit_adc(cohort, out=tmp_path, b_values=("b0", "b900"))


def test_b_values_are_read_from_names_or_stated() -> None:
    assert [b_value_of(name) for name in ("b0", "B_50", "b=1000.5", "T2w", "adc", "b")] == [
        0,
        50,
        1000.5,
        None,
        None,
        None,
    ]
    scan = Scan("s", "t", "q", tuple(Channel(name, Path(name)) for name in ("b0", "dwi", "b800")))
    assert [image.b_value for image in diffusion_images(scan, None)] == [0, 800]
    assert [image.channel for image in diffusion_images(scan, ("dwi=1000", "0"))] == ["b0", "dwi"]
    named = Scan("s", "t", "q", tuple(Channel(name, Path(name)) for name in ("0", "b=50", "1000")))
    stated = diffusion_images(named, ("0=0", "b=50", "1000=1000"))
    assert [image.b_value for image in stated] == [0, 50, 1000]
    with pytest.raises(InputError, match="in s/m2 are divided by 1,000,000"):
        diffusion_images(scan, ("b0", "dwi=1000000000"))
    for wrong in (("dwi", "b0"), ("b0", "0"), ("b0", "dwi=40"), ("b0",)):
        with pytest.raises(InputError):
            diffusion_images(scan, wrong)
