"""What all steps keep to: the input stays, bad images are refused by name, threads do not matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.preparation.apply import apply_steps, fit_steps
from nbradiomics.preparation.reading import STEPS, read_steps
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.volume import Volume, fingerprint
from tests.support.helpers import array, ball, make_image

SHAPE = (12, 32, 28)
SPACING = (1.5, 1.5, 3.0)
GIVEN = {"resample": "resample:spacing=2", "register": "register:to=T1"}
ALL = [GIVEN.get(kind, kind) for kind in STEPS]


@cache
def volume(seed: int = 1, kind: type = np.float32) -> Volume:
    """A bright ball in a darker body, with noise; the target is shifted by 1.5 mm along x."""
    z, y, x = np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij")
    body = ball(SHAPE, 12.0)
    values = 40.0 + 300.0 * body + 200.0 * ball(SHAPE, 4.0) + 60 * np.sin(x / 3) * np.cos(y / 4 + z / 3)
    noise = np.random.default_rng(seed).normal(0, 8, SHAPE)
    image = make_image(np.round(np.maximum(values + noise, 1)).astype(kind), SPACING)
    other = sitk.Resample(
        image, image, sitk.TranslationTransform(3, (-1.5, 0.0, 0.0)), sitk.sitkLinear, 40.0, sitk.sitkFloat32
    )
    masks = [make_image(mask, SPACING) for mask in (body, ball(SHAPE, 4.0), 3 * ball(SHAPE, 2.0))]
    return Volume(image, body=masks[0], reference=masks[1], masks=(masks[2],), name="P7", target=other)


@cache
def step_of(text: str) -> Step:
    (step,) = fit_steps(read_steps(text), {"P1": volume(2), "P2": volume(3)})
    return step


def images_of(one: Volume) -> list[str]:
    return [fingerprint(image) for image in (one.image, one.body, one.reference, *one.masks, one.target)]


@pytest.mark.parametrize("text", ALL)
def test_the_input_stays_and_the_result_is_on_one_grid(text: str) -> None:
    before = volume()
    prints = images_of(before)
    step = step_of(text)
    done = step.apply(before)
    assert images_of(before) == prints
    assert before.records == ()
    assert [record.step for record in done.records] == [step.name]
    assert np.isfinite(array(done.image)).all()
    assert done.image.GetPixelID() == sitk.sitkFloat32
    assert step.changes_grid or done.image.GetSize() == before.image.GetSize()
    for mask in (done.body, done.reference, *done.masks):
        assert mask is not None
        assert mask.GetSize() == done.image.GetSize()
        assert mask.GetOrigin() == pytest.approx(done.image.GetOrigin())
    assert set(np.unique(array(done.masks[0]))) == {0, 3}
    assert not np.array_equal(array(done.image), array(before.image))


@pytest.mark.parametrize("text", ALL)
def test_the_result_does_not_depend_on_threads(text: str) -> None:
    step = step_of(text)
    prints = []
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    try:
        for threads in (1, 5):
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
            prints.append(images_of(step.apply(volume())))
            assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == threads
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
    assert prints[0] == prints[1]


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.float64])
def test_the_type_of_the_voxels_does_not_matter(text: str, kind: type) -> None:
    """The values are whole numbers, which all types represent."""
    step = step_of(text)
    assert array(step.apply(volume(kind=kind)).image) == pytest.approx(
        array(step.apply(volume()).image), rel=1e-5, abs=1e-4
    )


def _with_nan(one: Volume) -> Volume:
    values = array(one.image)
    values[1, 2, 3] = np.nan
    return replace(one, image=make_image(values, SPACING))


def _elsewhere(one: Volume) -> Volume:
    body = sitk.Image(one.body)
    body.SetOrigin((5.0, 0.0, 0.0))
    return replace(one, body=body)


BAD: list[tuple[Callable[[Volume], Volume], str]] = [
    (lambda one: replace(one, image=one.image * 0 + 5), "all voxels of the image have the value 5"),
    (_with_nan, "not finite"),
    (lambda one: replace(one, body=one.body * 0), "the mask of the body is empty"),
    (lambda one: replace(one, reference=one.reference * 0), "the mask of the reference tissue is empty"),
    (_elsewhere, "the mask of the body and the image have different grids: origin"),
    (lambda one: replace(one, body=one.body[:-1]), "different grids: size"),
]


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize(("spoil", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_case_is_refused_by_name(text: str, spoil: Callable[[Volume], Volume], message: str) -> None:
    step = step_of(text)
    with pytest.raises(InputError, match=f"^P7, step {step.kind}.*{message}"):
        step.apply(spoil(volume()))


def test_steps_are_applied_in_their_order() -> None:
    steps = read_steps("n4,ad,zscore,resample:spacing=2")
    done = apply_steps(volume(), steps)
    assert [record.step for record in done.records] == ["n4", "ad", "zscore", "resample_spacing=2x2x2"]
    assert done.image.GetSpacing() == pytest.approx((2, 2, 2))


def test_a_result_that_is_not_finite_is_refused() -> None:
    """Diffusion has single precision, which ends at 3e38."""
    huge = np.random.default_rng(0).normal(1e39, 1e38, SHAPE)
    with pytest.raises(InputError, match="P7, step ad: the result has values that are not finite"):
        step_of("ad").apply(Volume(make_image(huge), name="P7"))
