"""Random contours: every supervoxel is drawn with the probability that its share in the mask says."""

import numpy as np
import pytest
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.perturbation.contour import ALWAYS, LEAST_INSIDE, NEVER, random_contour, supervoxels
from tests.support.helpers import ball

#: Edges of a voxel in mm along z, y, x.
EDGES = (2.0, 1.0, 1.0)
DRAWS = 150


def tumour(radius: float, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A blurred ball with noise, and its mask."""
    inside = ball(shape, radius) > 0
    image = ndimage.gaussian_filter(100 + 30.0 * inside, 1.0)
    return (image + np.random.default_rng(1).normal(0, 4, shape)).astype(np.float32), inside


def test_supervoxels_are_drawn_with_their_share_of_the_mask() -> None:
    values, inside = tumour(8.0, (26, 40, 40))
    drawn = [random_contour(values, inside, EDGES, np.random.default_rng(n)) for n in range(DRAWS)]
    # The supervoxels are those of the box 10 mm around the mask, which here is the whole image across slices.
    box = tuple(
        slice(max(int(used.min()) - reach, 0), int(used.max()) + reach + 1)
        for used, reach in zip(np.nonzero(inside), (5, 10, 10), strict=True)
    )
    volume = 0.02 * inside.sum() * 2.0
    labels = supervoxels(values[box], EDGES, max(min(250.0, volume), 40.0))
    sizes = np.bincount(labels.ravel())
    shares = np.bincount(labels.ravel(), inside[box].ravel()) / sizes
    often = np.bincount(labels.ravel(), np.mean(drawn, axis=0)[box].ravel()) / sizes
    assert often[shares >= ALWAYS].min() > 0.98  # a piece that is cut off may be lost
    assert often[shares < NEVER].max() == 0
    between = (shares >= NEVER) & (shares < ALWAYS)
    assert between.sum() > 30
    assert np.mean(often[between] - shares[between]) == pytest.approx(0, abs=0.03)
    assert np.corrcoef(often[between], shares[between])[0, 1] > 0.9


def test_the_volume_is_nearly_kept_on_average() -> None:
    """A little is lost: supervoxels with a small share of the mask are never in it."""
    values, inside = tumour(10.0, (28, 44, 44))
    volumes = [random_contour(values, inside, EDGES, np.random.default_rng(n)).sum() for n in range(40)]
    assert np.mean(volumes) / inside.sum() == pytest.approx(0.97, abs=0.04)
    assert len(set(volumes)) > 20


def test_a_mask_of_few_supervoxels_is_refused() -> None:
    values, _ = tumour(6.0, (20, 30, 30))
    small = np.zeros(values.shape, np.uint8)
    small.flat[np.ravel_multi_index((10, 15, 10), small.shape) + np.arange(LEAST_INSIDE - 1)] = 1
    with pytest.raises(InputError, match=f"{LEAST_INSIDE - 1} voxel.*{LEAST_INSIDE} are needed"):
        random_contour(values, small > 0, EDGES, np.random.default_rng(0))
