"""Distances in mm, against an exhaustive search, SciPy's distance transform and spheres; cuts and holes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist

from nbradiomics.errors import InputError
from nbradiomics.rings import rim_and_core, ring_around
from nbradiomics.rings.distance import interpolated, near, surface_distances, surface_points
from nbradiomics.rings.shells import without_holes
from nbradiomics.synthetic.fields import Grid

SPACINGS = [(1.0, 1.0, 1.0), (3.3, 1.0, 1.0), (5.0, 1.8, 1.8), (0.5, 2.0, 1.2)]


def sphere(radius: float, spacing: tuple[float, float, float], margin: float = 8.0) -> np.ndarray:
    shape = tuple(int(2 * (radius + margin) / edge) + 1 for edge in spacing)
    return np.asarray(Grid(shape, spacing).ellipsoid((0.1, -0.2, 0.3), (radius,) * 3) <= 1)


def shell_mm3(inner: float, outer: float) -> float:
    return 4 / 3 * np.pi * (outer**3 - inner**3)


def masks(size: int = 6) -> st.SearchStrategy[np.ndarray]:
    bits = st.lists(st.booleans(), min_size=size**3, max_size=size**3)
    return bits.map(lambda drawn: np.array(drawn).reshape((size,) * 3)).filter(
        lambda mask: mask.any() and not mask.all()
    )


def nearly_cubic() -> st.SearchStrategy[tuple[float, float, float]]:
    """Voxel sizes between which no outline is interpolated."""
    return st.builds(
        lambda shortest, *longer: (shortest, *(shortest * each for each in longer)),
        st.floats(0.3, 6.0),
        *[st.floats(1.0, 1.49)] * 2,
    )


@settings(max_examples=30, deadline=None)
@given(masks(), nearly_cubic())
def test_distances_are_those_of_an_exhaustive_search(mask, spacing):
    midpoints = []
    for place in np.argwhere(mask):
        for axis in range(3):
            for step in (-1, 1):
                other = place.copy()
                other[axis] += step
                if 0 <= other[axis] < mask.shape[axis] and not mask[tuple(other)]:
                    midpoints.append((place + other) / 2 * spacing)
    wanted = cdist(np.argwhere(~mask) * spacing, np.array(midpoints)).min(axis=1)
    assert surface_distances(mask, spacing, ~mask) == pytest.approx(wanted)


@settings(max_examples=20, deadline=None)
@given(masks(), nearly_cubic())
def test_distances_are_those_of_a_distance_transform_on_half_voxels(mask, spacing):
    """Centres are the even places of a grid of half voxels, and the points of the surface are others."""
    free = np.ones([2 * size - 1 for size in mask.shape], bool)
    halves = np.array(spacing) / 2
    places = np.round(surface_points(mask, spacing) / halves).astype(int)
    free[tuple(places.T)] = False
    transform = ndimage.distance_transform_edt(free, sampling=halves)[::2, ::2, ::2]
    for side in (mask, ~mask):
        assert surface_distances(mask, spacing, side) == pytest.approx(transform[side])


@settings(max_examples=20, deadline=None)
@given(masks(), st.tuples(*[st.floats(0.3, 6.0)] * 3), st.floats(0.2, 9.0), st.floats(0.0, 5.0))
def test_a_wider_ring_contains_the_narrower_and_never_the_region(mask, spacing, width, more):
    narrow, wide = near(mask, spacing, width), near(mask, spacing, width + more)
    assert not (narrow & ~wide).any()
    assert not (wide & mask).any()
    # The search among possible voxels leaves none out.
    wanted = np.zeros_like(mask)
    wanted[~mask] = surface_distances(mask, spacing, ~mask) <= width + 1e-6
    assert np.array_equal(narrow, wanted)


@settings(max_examples=20, deadline=None)
@given(masks(), st.tuples(*[st.floats(0.3, 6.0)] * 3), st.floats(0.2, 9.0))
def test_rim_and_depth_are_those_of_all_voxels(mask, spacing, depth):
    wide = np.kron(mask, np.ones((2, 2, 2), bool))  # larger masks have an inside
    made, filled = rim_and_core(wide, spacing, depth), without_holes(wide)
    found = np.zeros(wide.shape)
    found[wide] = surface_distances(filled, spacing, wide)
    assert np.array_equal(made.rim, wide & (found <= depth + 1e-6))
    assert made.deepest == pytest.approx(found.max())


@settings(max_examples=20, deadline=None)
@given(masks(5), st.tuples(*[st.floats(0.3, 6.0)] * 3), st.permutations(range(3)), st.integers(0, 2))
def test_another_order_or_direction_of_the_axes_gives_the_same_ring(mask, spacing, order, flipped):
    ring = near(mask, spacing, 2.5)
    turned = near(mask.transpose(order), tuple(spacing[axis] for axis in order), 2.5)
    assert np.array_equal(turned, ring.transpose(order))
    assert np.array_equal(near(np.flip(mask, flipped), spacing, 2.5), np.flip(ring, flipped))


@settings(max_examples=20, deadline=None)
@given(masks(), st.tuples(*[st.floats(0.3, 6.0)] * 3))
def test_the_interpolated_outline_keeps_the_voxels(mask, spacing):
    fine, edges = interpolated(mask, spacing)
    steps = np.round(np.array(spacing) / edges).astype(int)
    assert np.array_equal(fine[tuple(slice(None, None, step) for step in steps)], mask)
    assert set(steps) <= {1, 3, 5, 7, 9}
    assert max(edges) <= 3 * min(edges) * (1 + 1e-9) or max(steps) == 9


def test_the_outline_between_two_slices_lies_between_theirs():
    """Squares of 4 and 12 voxels on slices of 3 mm."""
    region = np.zeros((4, 24, 24), bool)
    region[1, 6:18, 6:18] = region[2, 10:14, 10:14] = True
    fine, _ = interpolated(region, (3.0, 1.0, 1.0))
    areas = [int(fine[slice_].sum()) for slice_ in range(3, 7)]
    assert (areas[0], areas[3]) == (144, 16)
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) == 4


@pytest.mark.parametrize("edge", [1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 20.0])
def test_a_flat_surface_lies_halfway_between_two_slices(edge):
    region = np.zeros((6, 9, 9), bool)
    region[:3] = True
    beyond = np.zeros_like(region)
    beyond[3] = True
    assert surface_distances(region, (edge, 1.0, 1.0), beyond) == pytest.approx(edge / 2)


@pytest.mark.parametrize(("edge", "width", "most"), [(1.0, 2, 0.07), (1.0, 5, 0.07), (0.6, 3, 0.045)])
def test_ring_and_rim_of_a_sphere_have_the_volume_of_the_shell(edge, width, most):
    """Steps of the surface make them a little too large; the error shrinks with the voxels."""
    spacing = (edge, edge, edge)
    region = sphere(15.0, spacing, margin=width + 2)
    ring = ring_around(region, spacing, width)
    divided = rim_and_core(region, spacing, width)
    assert ring.mask.sum() * edge**3 == pytest.approx(shell_mm3(15.0, 15.0 + width), rel=most)
    assert divided.rim.sum() * edge**3 == pytest.approx(shell_mm3(15.0 - width, 15.0), rel=most)
    assert divided.core.sum() * edge**3 == pytest.approx(shell_mm3(0.0, 15.0 - width), rel=most)
    assert np.array_equal(divided.rim ^ divided.core, region)
    assert divided.deepest == pytest.approx(15.0, abs=1.2 * edge)
    assert (ring.outside_image, ring.outside_body, ring.other_lesions, divided.at_border) == (0, 0, 0, 0)


@pytest.mark.parametrize("spacing", [*SPACINGS[1:], (6.0, 0.9, 0.9)])
@pytest.mark.parametrize("width", [3.0, 5.0])
def test_on_thick_slices_it_is_nearer_to_the_shell_than_distances_between_centres(spacing, width):
    region, voxel = sphere(20.0, spacing), np.prod(spacing)
    wanted = shell_mm3(20.0, 20.0 + width)
    between = ndimage.distance_transform_edt(~region, sampling=spacing)
    centres = ((between > 0) & (between <= width)).sum() * voxel
    volume = ring_around(region, spacing, width).mask.sum() * voxel
    assert abs(volume - wanted) < abs(centres - wanted)
    assert volume == pytest.approx(wanted, rel=0.08)


def test_thick_slices_have_whole_slices_or_none():
    region = np.zeros((5, 21, 21), bool)
    region[2, 6:15, 6:15] = True
    thick, thicker = (ring_around(region, (edge, 1.0, 1.0), 3.0).mask for edge in (5.0, 6.5))
    assert thick[1].sum() > 0  # the centre of the next slice is 2.5 mm from the surface
    assert thicker[[0, 1, 3, 4]].sum() == 0  # 3.25 mm
    assert thicker[2, 10].sum() == 6


def test_what_lies_outside_the_image_is_counted():
    spacing = (2.0, 1.0, 1.0)
    whole = sphere(15.0, spacing)
    full = ring_around(whole, spacing, 4.0)
    half = whole[:, whole.shape[1] // 2 :, :]
    cut = ring_around(half, spacing, 4.0)
    # The cut face would have a ring too, which is unknown: its share is counted as missing.
    assert cut.mask.sum() < full.mask.sum() * 0.55
    assert cut.outside_image == pytest.approx(1 - cut.mask.sum() / cut.full)
    assert 0.3 < cut.outside_image < 0.6
    near_border = ring_around(whole[:, 7:], spacing, 4.0)  # 2 mm of the margin are left
    missing = full.mask[:, :7].sum() / full.mask.sum()
    assert near_border.outside_image == pytest.approx(missing)
    assert near_border.full == full.mask.sum()


def test_the_rim_does_not_follow_the_border_of_the_image():
    whole = sphere(15.0, (1.0, 1.0, 1.0))
    middle = whole.shape[0] // 2
    half = rim_and_core(whole[middle:], (1.0, 1.0, 1.0), 4.0)
    full = rim_and_core(whole, (1.0, 1.0, 1.0), 4.0)
    assert not (half.rim & ~full.rim[middle:]).any()
    assert half.rim.sum() == pytest.approx(full.rim[middle:].sum(), rel=0.03)
    assert half.at_border == pytest.approx(15**2 / (15**2 + 3 * 15**2), abs=0.03)  # disc; half of 6 discs
    with pytest.raises(InputError, match="fills the whole image"):
        rim_and_core(np.ones((4, 4, 4), bool), (1.0, 1.0, 1.0), 1.0)


def test_other_lesions_and_the_body_are_not_in_the_ring_and_the_shares_add_up():
    spacing = (2.0, 1.0, 1.0)
    region = sphere(10.0, spacing)
    _z, y, x = np.indices(region.shape)
    others = (x > region.shape[2] * 0.75) & ~region
    body = y < region.shape[1] * 0.7
    ring = ring_around(region, spacing, 5.0, body=body, others=others)
    assert not (ring.mask & (others | ~body | region)).any()
    assert ring.other_lesions > 0.02
    assert ring.outside_body > 0.05
    left = 1 - ring.outside_image - ring.outside_body - ring.other_lesions
    assert ring.mask.sum() == pytest.approx(left * ring.full)


def test_holes_are_neither_ring_nor_rim():
    region = sphere(15.0, (1.0, 1.0, 1.0))
    hole = region & (Grid(region.shape, (1.0, 1.0, 1.0)).ellipsoid((0, 0, 0), (4,) * 3) <= 1)
    hollow = region & ~hole
    assert np.array_equal(
        ring_around(hollow, (1.0,) * 3, 3.0).mask, ring_around(region, (1.0,) * 3, 3.0).mask
    )
    made = rim_and_core(hollow, (1.0,) * 3, 3.0)
    assert np.array_equal(made.rim, rim_and_core(region, (1.0,) * 3, 3.0).rim)
    assert not ((made.rim | made.core) & hole).any()


def test_an_image_of_one_slice_has_a_ring_in_its_plane():
    region = np.zeros((1, 30, 30), bool)
    region[0, 10:20, 10:20] = True
    region[0, 14, 14] = False  # a hole within the slice
    ring = ring_around(region, (5.0, 1.0, 1.0), 2.0)
    assert ring.outside_image == 0
    assert not ring.mask[0, 14, 14]
    assert ring.mask[0, 15].sum() == 4
    assert rim_and_core(region, (5.0, 1.0, 1.0), 2.0).core.sum() == 6 * 6 - 1
