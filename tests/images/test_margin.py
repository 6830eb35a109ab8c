"""Erosion and dilation in mm: Euclidean, with the spacing of the image, and refused when nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.images.grid import SPACING_TOLERANCE
from nbradiomics.images.margin import with_margin
from tests.support.helpers import array, ball, make_image

#: x, y, z in mm.
SPACING = (0.9, 1.1, 3.0)


def by_definition(inside: np.ndarray, margin_mm: float, spacing: tuple[float, ...]) -> np.ndarray:
    """All distances between voxel centres, one by one."""
    places = np.argwhere(np.ones_like(inside)) * np.array(spacing[::-1])
    is_in = inside.ravel() != 0
    seeds = places[is_in] if margin_mm > 0 else places[~is_in]
    near = (np.linalg.norm(places[:, None] - seeds[None], axis=2) <= abs(margin_mm) + SPACING_TOLERANCE).any(
        axis=1
    )
    return (near if margin_mm > 0 else is_in & ~near).reshape(inside.shape)


@given(
    seed=st.integers(0, 1000),
    margin_mm=st.floats(-6, 6).filter(lambda mm: abs(mm) > 0.05),
    spacing=st.tuples(*[st.sampled_from([0.7, 1.0, 2.5])] * 3),
)
def test_as_the_definition_says(seed, margin_mm, spacing):
    rng = np.random.default_rng(seed)
    inside = (ball((6, 7, 8), 2.6) & (rng.random((6, 7, 8)) < 0.9)).astype(np.uint8)
    expected = by_definition(inside, margin_mm, spacing)
    unchanged = np.array_equal(expected, inside != 0)
    if unchanged or not expected.any():
        with pytest.raises(InputError, match="does not change" if unchanged else "vanishes"):
            with_margin(make_image(inside, spacing), margin_mm)
    else:
        np.testing.assert_array_equal(array(with_margin(make_image(inside, spacing), margin_mm)), expected)


def test_thick_slices_are_reached_later():
    inside = np.zeros((5, 9, 9), np.uint8)
    inside[2, 4, 4] = 1
    grown = array(with_margin(make_image(inside, SPACING), 1.2))
    assert grown.sum() == 5
    assert grown[2].sum() == 5
    assert array(with_margin(make_image(inside, SPACING), 3.0))[:, 4, 4].tolist() == [0, 1, 1, 1, 0]


def test_one_voxel_edge_is_reached_although_headers_round():
    inside = np.zeros((5, 9, 9), np.uint8)
    inside[1:4, 2:7, 2:7] = 1
    assert array(with_margin(make_image(inside, (1.00001, 1.00001, 1.0)), -1.0)).sum() == 9


def test_the_image_s_border_is_no_contour():
    inside = np.zeros((4, 6, 6), np.uint8)
    inside[:, :, :3] = 1
    assert np.array_equal(array(with_margin(make_image(inside), -1.0))[0, 0], [1, 1, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("margin_mm", "said"),
    [
        (-9.0, "vanishes when it is eroded by 9 mm"),
        (0.5, r"dilated by 0.5 mm: the voxels of 0.9 x 1.1 x 3 mm"),
    ],
)
def test_refused(margin_mm, said):
    with pytest.raises(InputError, match=said):
        with_margin(make_image(ball(), SPACING), margin_mm)
