"""The spatial interaction matrix by counting, and its features by scikit-image."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from skimage.feature import graycoprops

from nbradiomics.habitats.interaction import (
    NO_VALUE,
    border_shares,
    interaction_features,
    interaction_matrix,
)


def counted(labels: np.ndarray, habitats: int, neighbours: int) -> np.ndarray:
    """Every voxel and every neighbour, one by one; the world outside the array is outside."""
    counts = np.zeros((habitats + 1, habitats + 1), dtype=int)
    padded = np.pad(labels, 1)
    for place in np.ndindex(padded.shape):
        for step in product((-1, 0, 1), repeat=3):
            far = sum(map(abs, step))
            if far == 0 or (neighbours == 6 and far > 1):
                continue
            other = tuple(np.add(place, step))
            if not all(0 <= x < n for x, n in zip(other, padded.shape, strict=True)):
                continue
            pair = padded[place], padded[other]
            if NO_VALUE not in pair and any(pair):
                counts[pair] += 1
    return counts


maps = arrays(np.uint8, st.tuples(*[st.integers(1, 4)] * 3), elements=st.sampled_from([0, 1, 2, 3, NO_VALUE]))


@given(maps, st.sampled_from([6, 26]))
def test_pairs_are_counted_as_one_by_one(labels: np.ndarray, neighbours: int) -> None:
    matrix = interaction_matrix(labels, 3, neighbours)
    np.testing.assert_array_equal(matrix, counted(labels, 3, neighbours))
    np.testing.assert_array_equal(matrix, matrix.T)
    assert matrix[0, 0] == 0


@given(maps)
def test_features_are_those_of_scikit_image(labels: np.ndarray) -> None:
    matrix = interaction_matrix(labels, 3)
    inside = matrix[1:, 1:]
    found = interaction_features(matrix)
    if not inside.any():
        assert np.isnan(found).all()
        return
    p = (inside / inside.sum())[:, :, None, None]
    assert found.contrast == pytest.approx(graycoprops(p, "contrast")[0, 0])
    assert found.homogeneity == pytest.approx(graycoprops(p, "homogeneity")[0, 0])
    assert found.energy == pytest.approx(graycoprops(p, "ASM")[0, 0])
    if np.isnan(found.correlation):
        assert (inside.sum(axis=0) > 0).sum() == 1
    else:
        assert found.correlation == pytest.approx(graycoprops(p, "correlation")[0, 0])
    assert 0 <= found.interface <= 1
    shares = border_shares(matrix)
    assert ((shares >= 0) & (shares <= 1))[matrix[1:].sum(axis=1) > 0].all()


def test_a_ball_of_two_halves_by_hand() -> None:
    labels = np.ones((2, 2, 2), dtype=np.uint8)
    labels[:, :, 1] = 2
    matrix = interaction_matrix(labels, 2, 6)
    np.testing.assert_array_equal(matrix, [[0, 12, 12], [12, 8, 4], [12, 4, 8]])
    found = interaction_features(matrix)
    assert (found.interface, found.contrast) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert border_shares(matrix) == pytest.approx([0.5, 0.5])
