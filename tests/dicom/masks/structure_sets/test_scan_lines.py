"""Polygons filled row by row: areas, edges, holes, keyholes, directions."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.path import Path as Outline

from nbradiomics.dicom.masks.structure_sets.scan_lines import all_pixels, area, crossings_of, filled

SHAPE = (24, 28)
EIGHTHS = st.integers(-40, 260).map(lambda number: number / 8)
POLYGONS = st.lists(st.tuples(EIGHTHS, EIGHTHS), min_size=3, max_size=12).map(np.array)


def fill(*polygons: np.ndarray, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return filled([crossings_of(np.asarray(polygon, float)) for polygon in polygons], shape)


def ellipse(radii: tuple[float, float], centre: tuple[float, float], points: int = 400) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.column_stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)])


def square(low: float, high: float) -> np.ndarray:
    return np.array([[low, low], [high, low], [high, high], [low, high]])


def test_a_square_between_centres_has_its_pixels() -> None:
    expected = np.zeros(SHAPE)
    expected[3:7, 3:7] = 1
    np.testing.assert_array_equal(fill(square(2.5, 6.5)), expected)


def test_centres_on_the_first_sides_are_inside_and_on_the_last_ones_not() -> None:
    expected = np.zeros(SHAPE)
    expected[2:6, 2:6] = 1
    np.testing.assert_array_equal(fill(square(2, 6)), expected)


@settings(max_examples=60, deadline=None)
@given(POLYGONS, st.integers(0, 11))
def test_first_point_and_direction_do_not_matter(polygon: np.ndarray, start: int) -> None:
    once = fill(polygon)
    np.testing.assert_array_equal(once, fill(np.roll(polygon, start, axis=0)))
    np.testing.assert_array_equal(once, fill(polygon[::-1]))


@settings(max_examples=60, deadline=None)
@given(POLYGONS, POLYGONS)
def test_two_polygons_are_their_exclusive_or(one: np.ndarray, other: np.ndarray) -> None:
    np.testing.assert_array_equal(fill(one, other), fill(one) ^ fill(other))
    assert not fill(one, one).any()


@settings(max_examples=60, deadline=None)
@given(POLYGONS, st.tuples(EIGHTHS, EIGHTHS), st.tuples(EIGHTHS, EIGHTHS))
def test_pieces_cut_apart_share_no_pixel_and_lose_none(
    polygon: np.ndarray, one: tuple[float, float], other: tuple[float, float]
) -> None:
    """A triangle from a common edge: the polygon with and without it differ by the triangle alone."""
    first, second, *rest = polygon
    wider = np.array([first, one, second, *rest])
    triangle = np.array([first, one, second])
    np.testing.assert_array_equal(fill(wider), fill(polygon) ^ fill(triangle))
    spur = np.array([first, second, other, second, *rest])  # there and back on the same line
    np.testing.assert_array_equal(fill(spur), fill(polygon))


@settings(max_examples=60, deadline=None)
@given(POLYGONS, st.integers(-9, 9), st.integers(-9, 9))
def test_a_whole_shift_moves_the_pixels(polygon: np.ndarray, across: int, down: int) -> None:
    wide = (70, 70)
    there = fill(polygon + 20, shape=wide)
    moved = fill(polygon + 20 + (across, down), shape=wide)
    np.testing.assert_array_equal(np.roll(there, (down, across), axis=(0, 1)), moved)


@settings(max_examples=60, deadline=None)
@given(POLYGONS)
def test_pixels_of_the_image_and_beyond_are_counted(polygon: np.ndarray) -> None:
    crossings = crossings_of(polygon)
    everywhere = int(fill(polygon + 10, shape=(60, 60)).sum())
    assert crossings.pixels == all_pixels([crossings]) == everywhere
    assert crossings.wound_twice <= 60 * 60


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(-4, 30), st.floats(-4, 30)), min_size=3, max_size=12).map(np.array))
def test_matplotlib_agrees_away_from_the_edges(polygon: np.ndarray) -> None:
    centres = np.stack(np.meshgrid(np.arange(SHAPE[1]), np.arange(SHAPE[0])), axis=-1).reshape(-1, 2)
    closed = np.vstack([polygon, polygon[:1]])
    start, step = closed[:-1], np.diff(closed, axis=0)
    lengths = np.maximum((step**2).sum(axis=1), 1e-30)
    along = np.clip(((centres[:, None] - start) * step).sum(axis=2) / lengths, 0, 1)
    distance = np.linalg.norm(centres[:, None] - start - along[:, :, None] * step, axis=2).min(axis=1)
    inside = Outline(closed).contains_points(centres)
    apart = distance > 1e-6
    np.testing.assert_array_equal(fill(polygon).ravel()[apart], inside[apart])


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.floats(4, 30), st.floats(4, 30)),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.floats(0, np.pi),
)
def test_ellipses_converge_to_their_area(
    radii: tuple[float, float], centre: tuple[float, float], angle: float
) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    truth = np.pi * radii[0] * radii[1]
    for scale in (1, 4):
        polygon = (ellipse(radii, (0, 0)) @ turn.T) * scale + centre
        pixels = crossings_of(polygon).pixels
        assert area(polygon) == pytest.approx(truth * scale**2, rel=1e-3)
        # The error grows as the square root of the length of the border, the area as its square.
        assert abs(pixels - area(polygon)) <= 3 * np.sqrt(2 * np.pi * max(radii) * scale)


@pytest.mark.parametrize("turned", [1, -1])
def test_a_keyhole_is_a_hole_whatever_the_direction_of_its_inner_part(turned: int) -> None:
    outer, inner = ellipse((10, 9), (13, 12)), ellipse((4, 3), (13, 12))[::turned]
    keyhole = np.vstack([outer, outer[:1], inner, inner[:1]])
    np.testing.assert_array_equal(fill(keyhole), fill(outer, inner))
    assert fill(keyhole)[12, 13] == 0
    assert (crossings_of(keyhole).wound_twice > 0) == (turned == 1)


def test_a_loop_is_found() -> None:
    pentagram = ellipse((10, 10), (13, 12), 5)[[0, 2, 4, 1, 3]]
    crossings = crossings_of(pentagram)
    assert fill(pentagram)[12, 13] == 0
    assert 0 < crossings.wound_twice < crossings.pixels
    assert crossings_of(ellipse((10, 9), (13, 12))).wound_twice == 0
