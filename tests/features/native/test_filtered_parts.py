"""Filtered images of a box: the same values as in the images of the whole."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from nbradiomics.features.native.filters.filters import filtered_images
from nbradiomics.features.native.grid.box import Box
from tests.support.helpers import ball, make_image

TYPES = {
    "Original": {},
    "Square": {},
    "SquareRoot": {},
    "Logarithm": {},
    "Exponential": {},
    "Gradient": {},
    "LoG": {"sigma": [1.0, 3.0]},
    "Wavelet": {},
    "LBP2D": {"force2D": True},
}


def test_a_box_has_the_values_of_the_whole_image() -> None:
    image = make_image(np.random.default_rng(1).normal(200, 40, (12, 15, 17)).astype(np.float32))
    mask = sitk.Cast(make_image(ball((12, 15, 17), 4).astype(np.uint8)), sitk.sitkUInt8)
    box = Box((3, 0, 4), (9, 14, 11))
    wholes = list(filtered_images(image, mask, TYPES, {}))
    parts = list(filtered_images(image, mask, TYPES, {}, box))
    assert [name for _, name, _ in parts] == [name for _, name, _ in wholes]
    assert len(parts) == 7 + 2 + 8
    inner = Box((4, 2, 5), (8, 10, 11))
    for (part, name, _), (whole, _, _) in zip(parts, wholes, strict=True):
        assert (part.box, part.spacing, whole.box.size) == (box, whole.spacing, (12, 15, 17)), name
        np.testing.assert_array_equal(part.values, whole.values[box.slices], strict=True)
        np.testing.assert_array_equal(part.crop(inner), whole.crop(inner), strict=True)
        assert part.crop(inner).flags.c_contiguous
