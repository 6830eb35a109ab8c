"""Z-score, percentiles, WhiteStripe and Nyul: against intensity-normalization, and by their properties."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.preparation.apply import fit_steps
from nbradiomics.preparation.reading import read_steps
from nbradiomics.preparation.steps.nyul import Nyul, NyulLandmarks
from nbradiomics.preparation.steps.percentile import Percentile
from nbradiomics.preparation.steps.step import Measured, Step
from nbradiomics.preparation.steps.white_stripe import WhiteStripe, mode_of
from nbradiomics.preparation.steps.z_score import ZScore
from nbradiomics.preparation.volume import Volume, fingerprint
from tests.support.helpers import array, make_image
from tests.support.intensity_normalization_witness import images, inside

WITNESS = json.loads(
    (Path(__file__).parents[1] / "support" / "intensity_normalization_witness.json").read_text()
)
PLACES = (slice(None, None, 5), slice(None, None, 11), slice(None, None, 13))
SCALES = st.tuples(st.floats(0.01, 100), st.floats(-1000, 1000))
OVER_BODY: list[Step] = [
    ZScore(over="body"),
    Percentile(over="body"),
    WhiteStripe(over="body"),
    WhiteStripe(over="body", peak="last"),
]


def volume(values: np.ndarray, *, unit: str = "") -> Volume:
    body = make_image(inside().astype(np.uint8))
    return Volume(make_image(values), body=body, reference=body, unit=unit, name="P1")


@cache
def landmarks() -> NyulLandmarks:
    training = {f"P{number}": volume(image) for number, image in enumerate(images()[1:], 2)}
    (fitted,) = fit_steps([Nyul(over="body")], training)
    assert isinstance(fitted, NyulLandmarks)
    return fitted


def seen(step: Step, values: np.ndarray) -> np.ndarray:
    return array(step.apply(volume(values)).image)


def test_z_score_is_that_of_the_witness() -> None:
    found = seen(ZScore(over="body"), images()[0])[PLACES].ravel()
    assert found == pytest.approx(WITNESS["zscore"], rel=1e-6, abs=1e-6)


def test_landmarks_and_mapped_values_are_those_of_the_witness() -> None:
    fitted = landmarks()
    assert fitted.scale == pytest.approx(WITNESS["nyul_scale"], abs=1e-4)  # it stores single precision
    assert seen(fitted, images()[0])[PLACES].ravel() == pytest.approx(WITNESS["nyul"], rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("peak", ["last", "largest"])
def test_white_stripe_finds_the_tissue_of_the_witness(peak: str) -> None:
    """The witness looks for the mode on 80 places of a random sample: so near, and not nearer."""
    found = seen(WhiteStripe(over="body", peak=peak), images()[0])[PLACES].ravel()
    expected = np.array(WITNESS["whitestripe"][peak])
    assert np.corrcoef(found, expected)[0, 1] == pytest.approx(1, abs=1e-9)
    slope, offset = np.polyfit(expected, found, 1)
    assert slope == pytest.approx(1, abs=0.25)
    assert abs(offset) < 1.5


def test_a_mode_is_where_the_tissue_was_planted() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([rng.normal(100, 8, 30_000), rng.normal(200, 10, 20_000)])
    assert mode_of(values, "largest") == pytest.approx(100, abs=2)
    assert mode_of(values, "last") == pytest.approx(200, abs=2)


@given(scale=SCALES)
@settings(max_examples=5)
@pytest.mark.parametrize("step", OVER_BODY, ids=lambda step: step.name)
def test_gain_and_offset_of_an_image_do_not_matter(step: Step, scale: tuple[float, float]) -> None:
    gain, offset = scale
    values = images()[0]
    # Bins of the histogram move by rounding: a mode may be one bin further.
    allowed = 0.05 if isinstance(step, WhiteStripe) else 1e-7
    assert seen(step, gain * values + offset) == pytest.approx(seen(step, values), abs=allowed)


@given(scale=SCALES)
@settings(max_examples=5)
def test_gain_and_offset_of_any_image_do_not_matter_to_nyul(scale: tuple[float, float]) -> None:
    gain, offset = scale
    first, second, third, fourth = images()
    changed = {"a": volume(gain * second + offset), "b": volume(third), "c": volume(fourth)}
    (fitted,) = fit_steps([Nyul(over="body")], changed)
    assert isinstance(fitted, NyulLandmarks)
    assert fitted.scale == pytest.approx(landmarks().scale, abs=1e-7)
    assert seen(fitted, gain * first + offset) == pytest.approx(seen(landmarks(), first), abs=1e-6)


def test_nyul_is_increasing_beyond_the_landmarks_too() -> None:
    values = images()[0]
    values[0, 0, :3] = (-500.0, 5_000.0, 50_000.0)
    mapped = seen(landmarks(), values)
    assert (np.diff(mapped.ravel()[np.argsort(values, axis=None)]) >= 0).all()
    assert mapped[0, 0, 0] < 0
    assert mapped[0, 0, 2] > mapped[0, 0, 1] > 100


def test_an_image_that_is_not_fitted_moves_no_landmark() -> None:
    fitted = landmarks()
    before = fitted.model_dump_json()
    for factor in (1.0, 40.0):
        fitted.apply(volume(factor * images()[0]))
    assert fitted.model_dump_json() == before == landmarks().model_dump_json()
    own = fitted.apply(volume(images()[1]))
    assert own.records[-1].notes == ("the landmarks were fitted on this image too",)
    assert fitted.apply(volume(images()[0])).records[-1].notes == ()


def test_landmarks_do_not_depend_on_the_order_of_the_images() -> None:
    training = {f"P{number}": volume(image) for number, image in enumerate(images()[1:], 2)}
    (other,) = fit_steps([Nyul(over="body")], dict(reversed(training.items())))
    assert other == landmarks()


def test_landmarks_are_stored_with_who_was_fitted(tmp_path: Path) -> None:
    fitted = landmarks()
    fitted.save(tmp_path / "landmarks.json")
    again = NyulLandmarks.load(tmp_path / "landmarks.json")
    assert again == fitted
    assert again.fitted_on["P2"] == fingerprint(make_image(images()[1]))
    assert (tmp_path / "landmarks.json").stat().st_size < 2000


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-20],
        lambda text: text.replace('"scale": [', '"scale": [5000.0, '),
        lambda text: text.replace("nbradiomics Nyul landmarks 1", "something else"),
        lambda _: "[]",
    ],
)
def test_a_changed_file_of_landmarks_is_refused(tmp_path: Path, change) -> None:
    file = tmp_path / "landmarks.json"
    landmarks().save(file)
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError, match="no file of Nyul landmarks"):
        NyulLandmarks.load(file)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        NyulLandmarks.load(tmp_path / "none.json")


def test_nyul_needs_two_different_images() -> None:
    one = Nyul(over="body").measure(volume(images()[0]))
    for measured in ({}, {"P1": one}, {"P1": one, "P1 again": one}):
        with pytest.raises(InputError, match="at least 2 different ones"):
            Nyul(over="body").fit(measured)
    with pytest.raises(InputError, match="was not fitted"):
        Nyul().apply(volume(images()[0]))


def test_measurements_can_be_stored() -> None:
    measured = Nyul(over="body").measure(volume(images()[0]))
    assert Measured.model_validate_json(measured.model_dump_json()) == measured


def test_coinciding_landmarks_are_refused() -> None:
    values = images()[0]
    values[:6] = 0.0
    with pytest.raises(InputError, match="P1, step nyul_over=image: landmarks of the image coincide"):
        Nyul(over="image").measure(volume(values))


@pytest.mark.parametrize("unit", ["HU", "SUV", "mm2/s", "1e-6 mm2/s"])
@pytest.mark.parametrize("step", [*OVER_BODY, landmarks()], ids=lambda step: step.name)
def test_intensities_with_a_unit_are_not_normalised(step: Step, unit: str) -> None:
    with pytest.raises(InputError, match=f"P1, step {step.kind}.*: the voxels have the unit {unit}"):
        step.apply(volume(images()[0], unit=unit))


@pytest.mark.parametrize("step", [*OVER_BODY, landmarks()], ids=lambda step: step.name)
def test_a_constant_tissue_is_refused(step: Step) -> None:
    values = images()[0]
    values[inside()] = 7.1
    with pytest.raises(InputError, match="P1, step"):
        step.apply(volume(values))


@pytest.mark.parametrize("over", ["body", "reference"])
def test_a_mask_that_is_needed_and_missing_is_no_other_mask(over: str) -> None:
    with pytest.raises(InputError, match="there is no mask of the"):
        ZScore(over=over).apply(Volume(make_image(images()[0])))


def test_foreground_is_above_a_threshold_of_the_image() -> None:
    values = np.full((10, 20, 20), 3.0)
    values[3:7] = np.random.default_rng(1).normal(200, 10, (4, 20, 20))
    found = ZScore(over="foreground").apply(Volume(make_image(values))).records[-1].values
    assert found["voxels"] == 4 * 20 * 20
    assert found["mean"] == pytest.approx(200, abs=1)


def test_percentiles_become_0_and_100() -> None:
    values = np.arange(1001.0).repeat(2).reshape(2, 7, 143)
    done = Percentile().apply(Volume(make_image(values)))
    assert np.percentile(array(done.image), [1, 99]) == pytest.approx([0, 100])
    assert array(done.image).max() > 100
    clipped = array(Percentile(clip=True).apply(Volume(make_image(values))).image)
    assert (clipped.min(), clipped.max()) == (0, 100)
    assert done.records[-1].values["share_beyond"] == pytest.approx(0.02, abs=0.002)


def test_whole_numbers_become_floating_point() -> None:
    whole = Volume(sitk.Cast(make_image(images()[0]), sitk.sitkInt16))
    done = ZScore().apply(whole).image
    assert done.GetPixelID() == sitk.sitkFloat32
    assert array(done).mean() == pytest.approx(0, abs=1e-5)
    assert array(done).std() == pytest.approx(1, abs=1e-5)


def test_steps_before_a_fit_are_applied_to_the_training_images() -> None:
    training = {f"P{number}": volume(image) for number, image in enumerate(images()[1:], 2)}
    smooth, fitted = fit_steps(read_steps("ad,nyul:over=body"), training)
    assert isinstance(fitted, NyulLandmarks)
    expected = Nyul(over="body").measure(smooth.apply(training["P2"]))
    assert fitted.fitted_on["P2"] == expected.fingerprint
