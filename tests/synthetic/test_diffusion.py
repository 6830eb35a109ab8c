"""Synthetic diffusion images: planted habitats are found again, and nothing else of the cohort changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics import load_cohort, make_cohort
from nbradiomics.errors import InputError
from nbradiomics.images.io import file_hash
from nbradiomics.synthetic import SCANNERS, Diffusion, is_another_cohort, make_case
from nbradiomics.synthetic.diffusion import (
    MEAN_ADC,
    SHARE,
    acquire_diffusion,
    diffusion_scanner,
    draw_adc,
    draw_habitats,
    place_habitats,
)
from nbradiomics.tables import read_table
from tests.support.helpers import array

QUIET = replace(SCANNERS[0], noise=0.0, blur=0.0, bias=1e-9)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cohort(tmp_path_factory.mktemp("diffusion"), subjects=2, seed=7, diffusion=True).parent


def read(path: Path) -> np.ndarray:
    return array(sitk.ReadImage(path))


def test_the_other_files_are_those_of_the_cohort_without_diffusion(cohort, tmp_path):
    make_cohort(tmp_path, subjects=2, seed=7)
    for file in [*tmp_path.rglob("*.nii.gz"), tmp_path / "clinical.csv"]:
        assert file_hash(file) == file_hash(cohort / file.relative_to(tmp_path)), file
    plain = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert "diffusion" not in plain
    assert "channel" not in read_table(tmp_path / "cohort.csv").columns


def test_the_masks_belong_to_the_t2_weighted_channel(cohort):
    loaded = load_cohort(cohort / "cohort.csv")
    for scan in loaded.scans():
        assert [channel.name for channel in scan.channels] == ["T2w", "b0", "b50", "b400", "b800", "b1000"]
        assert scan.image == scan.channels[0].image
    assert len(loaded.cases()) == 2 * 3


def test_the_label_map_has_the_shares_and_the_adc_of_the_table(cohort):
    truth = read_table(cohort / "truth.csv").set_index("subject")
    for subject, row in truth.iterrows():
        labels, adc = (
            read(cohort / f"truth/{subject}_habitats.nii.gz"),
            read(cohort / f"truth/{subject}_adc.nii.gz"),
        )
        assert np.array_equal(labels > 0, read(cohort / f"truth/{subject}.nii.gz") > 0)
        assert SHARE[0] <= row["habitat_1_share"] <= SHARE[1]
        for number in (1, 2):
            inside = labels == number
            assert inside.sum() / (labels > 0).sum() == pytest.approx(
                row[f"habitat_{number}_share"], abs=2e-3
            )
            assert adc[inside].mean() == pytest.approx(row[f"habitat_{number}_adc_mm2_s"], abs=0.03e-3)
            assert row[f"habitat_{number}_adc_mm2_s"] == pytest.approx(MEAN_ADC[number - 1], abs=0.15e-3)


def test_the_habitats_are_coherent():
    """A voxel has the habitat of its neighbour far more often than by chance."""
    case = make_case(1, SCANNERS[0])
    rng = np.random.default_rng(0)
    labels = place_habitats(draw_habitats(rng), array(case.mask) > 0, SCANNERS[0].grid, rng)
    both = (labels[:, :, 1:] > 0) & (labels[:, :, :-1] > 0)
    assert np.mean((labels[:, :, 1:] == labels[:, :, :-1])[both]) > 0.85


def test_the_ratio_of_two_images_without_noise_gives_the_adc():
    """The largest gain keeps the rounding to whole numbers below 2 % of the ADC."""
    case, rng = make_case(1, QUIET), np.random.default_rng(0)
    scanner = replace(QUIET, gain=40.0)
    truth = draw_habitats(rng)
    labels = place_habitats(truth, array(case.mask) > 0, scanner.grid, rng)
    adc = draw_adc(truth, labels, case.signal, scanner.grid, rng)
    low, high = acquire_diffusion(case.signal, adc, scanner, Diffusion((100, 700)), rng)
    bright = (labels > 0) & (case.signal > 200)
    found = np.log(low[bright] / high[bright]) / 600
    assert found == pytest.approx(adc[bright], rel=0.02)


def test_noise_makes_the_floor_of_a_magnitude_image():
    """Without signal the mean of a Rician magnitude is sd * sqrt(pi / 2)."""
    scanner = replace(SCANNERS[0], noise=20.0, gain=10.0)
    nothing = np.zeros(scanner.grid.shape)
    first, second = acquire_diffusion(
        nothing, nothing, scanner, Diffusion((0, 500)), np.random.default_rng(3)
    )
    ratio = first.mean() / first.std()
    assert ratio == pytest.approx(np.sqrt(np.pi / 2) / np.sqrt(2 - np.pi / 2), rel=0.01)
    assert first.mean() == pytest.approx(second.mean(), rel=0.01)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("spacing", [None, (2.5, 2.5, 5.0)])
def test_another_grid_and_a_movement_put_the_subject_where_they_say(spacing):
    diffusion = Diffusion((0, 500), spacing=spacing, shift=(6.0, -4.0, 8.0))
    signal = 500.0 * (QUIET.grid.ellipsoid((5.0, 10.0, -15.0), (16.0, 12.0, 14.0)) < 1)
    image, _ = acquire_diffusion(signal, np.zeros_like(signal), QUIET, diffusion, np.random.default_rng(0))
    grid = diffusion_scanner(QUIET, diffusion).grid
    assert image.shape == grid.shape
    centre = [float((axis * image).sum() / image.sum()) for axis in grid.axes]
    assert centre == pytest.approx([5.0 + 8.0, 10.0 - 4.0, -15.0 + 6.0], abs=0.5)
    assert image.sum() * grid.voxel_ml / image.max() == pytest.approx(
        signal.sum() * QUIET.grid.voxel_ml / 500.0, rel=0.05
    )


def test_a_coarser_grid_keeps_the_true_maps_on_the_t2_weighted_one(tmp_path):
    made = make_cohort(tmp_path, subjects=1, seed=7, diffusion=Diffusion(spacing=(3.0, 3.0, 6.0)))
    names = ("images/S001", "truth/S001_habitats", "truth/S001_adc", "diffusion/S001_b0")
    sizes = [sitk.ReadImage(tmp_path / f"{name}.nii.gz").GetSize() for name in names]
    assert sizes == [(88, 72, 32)] * 3 + [(59, 48, 21)]
    assert made.is_file()


def test_another_kind_of_cohort_in_the_folder_is_refused(cohort):
    assert is_another_cohort(cohort, 7)
    assert not is_another_cohort(cohort, 7, Diffusion())
    with pytest.raises(InputError, match="a cohort with diffusion images"):
        make_cohort(cohort, subjects=2, seed=7)
    with pytest.raises(InputError, match="with other diffusion images"):
        make_cohort(cohort, subjects=2, seed=7, diffusion=Diffusion((0, 1000)))


@pytest.mark.parametrize("values", [(), (0,), (800, 400), (-5, 100), (100, 100)])
def test_impossible_b_values_are_refused(values):
    with pytest.raises(InputError, match="b-values"):
        Diffusion(values)


def test_an_impossible_voxel_size_is_refused():
    with pytest.raises(InputError, match="voxel size"):
        Diffusion(spacing=(2.0, 0.0, 2.0))
