"""Simulated readers: they disagree as the readers from whom they were estimated."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.perturbation.cohort import perturb_cohort
from nbradiomics.perturbation.disagreement import Disagreement, estimate_disagreement, pair_moments
from nbradiomics.perturbation.reader_model import drawn_pairs, estimate_readers
from nbradiomics.perturbation.readers import difficulty, simulated_reader
from tests.support.helpers import ball, make_image, two_readers, write_cohort, write_scan

SPACING = (2.0, 1.0, 1.0)
TRUTH = Disagreement(
    rim_mm=1.2,
    end_slices=0.7,
    shared=0.3,
    length_mm=4.0,
    length_slices=1.0,
    radius_mm=9.0,
    exponent=0.0,
    spread=0.0,
    pairs=1,
)


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def phantom() -> np.ndarray:
    z, y, x = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in (19, 36, 36)], indexing="ij")
    return (2 * z) ** 2 + y**2 + x**2 <= 9.0**2


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten tumours, each drawn by two readers of known disagreement about the same ball."""
    folder = tmp_path_factory.mktemp("readers")
    rows = []
    for number in range(10):
        for reader, name in enumerate("AB"):
            mask = simulated_reader(phantom(), SPACING, TRUTH, rng(number, reader))
            image = make_image(mask.astype(np.uint8), SPACING[::-1])
            sitk.WriteImage(image, str(folder / f"s{number}_{name}.nii.gz"))
            rows.append(f"s{number},s{number}.nii.gz,{name},s{number}_{name}.nii.gz")
        noise = rng(number).normal(100, 9, phantom().shape).astype(np.float32)
        sitk.WriteImage(make_image(noise, SPACING[::-1]), str(folder / f"s{number}.nii.gz"))
    return write_cohort(folder, rows)


def test_simulated_readers_disagree_as_the_readers_of_the_cohort(drawn: Path) -> None:
    cases = load_cohort(drawn).cases()
    found, failures = estimate_readers(cases, label=1, seed=0, execution=Execution())
    assert failures == []
    assert found.pairs == len(drawn_pairs(cases)) == 10
    # Median Dice of new pairs from the truth, and from the estimate.
    from_truth, from_estimate = (
        [
            dice(*(simulated_reader(phantom(), SPACING, model, rng(99, number, reader)) for reader in (0, 1)))
            for number in range(16)
        ]
        for model in (TRUTH, found.changed(spread=0.0))
    )
    assert np.median(from_estimate) == pytest.approx(np.median(from_truth), abs=0.03)


def test_the_offset_and_the_correlation_are_recognised() -> None:
    """Readers who differ by a constant offset share it everywhere; others have a local field."""
    far = {}
    for shared in (0.0, 1.0):
        model = TRUTH.changed(shared=shared, rim_mm=1.5)
        moments = []
        for number in range(12):
            pair = [simulated_reader(phantom(), SPACING, model, rng(number, reader)) for reader in (0, 1)]
            moments.append(pair_moments(*pair, SPACING, rng(number)))
        found = estimate_disagreement(moments)
        # Correlation of two places at opposite sides.
        far[shared] = found.shared + (1 - found.shared) * np.exp(-((16 / found.length_mm) ** 2) / 2)
    assert far[0.0] < 0.3
    assert far[1.0] > 0.8


def test_equal_masks_have_no_disagreement() -> None:
    moments = [pair_moments(phantom(), phantom(), SPACING, rng(number)) for number in range(6)]
    found = estimate_disagreement(moments)
    assert (found.rim_mm, found.end_slices) == (0.0, 0.0)
    assert np.array_equal(simulated_reader(phantom(), SPACING, found, rng(0)), phantom())


@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_a_simulated_mask_is_never_empty_or_in_pieces(scale: float) -> None:
    from scipy import ndimage

    for number in range(10):
        mask = simulated_reader(ball((11, 20, 20), 3.0) > 0, SPACING, TRUTH, rng(number), scale)
        assert mask.any()
        assert ndimage.label(mask, np.ones((3, 3, 3)))[1] == 1


def test_the_difficulty_has_mean_square_one() -> None:
    model = TRUTH.changed(spread=0.4)
    scales = np.array([difficulty(model, rng(number)) for number in range(4000)])
    assert np.mean(scales**2) == pytest.approx(1, abs=0.06)
    assert np.log(scales).std() == pytest.approx(0.4, abs=0.02)


def test_too_few_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"3 tumour\(s\).*at least 5"):
        perturb_cohort(two_readers(tmp_path, 3), out=tmp_path / "out", chain="S")


def test_many_pairs_of_few_tumours_are_too_few(tmp_path: Path) -> None:
    """Four readers of two tumours make twelve pairs, which say nothing about other tumours."""
    rows = []
    for number in range(2):
        masks = {name: ball((10, 20, 20), 3.0 + 0.4 * place) for place, name in enumerate("ABCD")}
        files = write_scan(tmp_path, f"s{number}", masks, seed=number)
        rows += [f"s{number},{files['image']},{name},{files[name]}" for name in "ABCD"]
    cohort = write_cohort(tmp_path, rows)
    assert len(drawn_pairs(load_cohort(cohort).cases())) == 12
    with pytest.raises(InputError, match=r"2 tumour\(s\).*at least 5"):
        perturb_cohort(cohort, out=tmp_path / "out", chain="S")


def test_pairs_are_of_different_readers_and_independent(tmp_path: Path) -> None:
    rows = ["s0,i.nii,A,a.nii,1,", "s0,i.nii,A,a2.nii,2,", "s0,i.nii,B,b.nii,1,", "s0,i.nii,C,c.nii,1,edited"]
    rows.append("s0,i.nii,auto,d.nii,1,")
    header = "subject,image,reader,mask,reading,reference_kind"
    pairs = drawn_pairs(load_cohort(write_cohort(tmp_path, rows, header)).cases())
    assert [(pair.first.reader, pair.first.reading, pair.second.reader) for pair in pairs] == [("A", 1, "B")]
