"""Values of the controls that change the voxels inside a region, and nothing outside of it.

Welch ML et al. Radiother Oncol 2019;130:2-9 showed with shuffled and random voxels that a known signature was
the volume of the tumour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError

Values = NDArray[Any]
#: Fewest voxels from which the values of a neighbourhood are drawn.
LEAST_NEIGHBOURS = 50


def shuffled(inside: Values, rng: np.random.Generator) -> Values:
    """Give the values of a region to other voxels of it: the same values in a random order.

    Parameters
    ----------
    inside
        Values of the voxels of the region, shape (voxels,).
    rng
        Random numbers.
    """
    return rng.permutation(inside)


def between_extremes(inside: Values, rng: np.random.Generator) -> Values:
    """Draw each value between the lowest and the highest of the region, all equally likely.

    Whole numbers are drawn for an image of whole numbers. The parameters are those of `shuffled`.
    """
    low, high = inside.min(), inside.max()
    if np.issubdtype(inside.dtype, np.integer):
        whole = rng.integers(int(low), int(high), size=len(inside), endpoint=True, dtype=np.int64)
        return whole.astype(inside.dtype)
    return rng.uniform(float(low), float(high), size=len(inside)).astype(inside.dtype)


def from_neighbours(inside: Values, around: Values, rng: np.random.Generator) -> Values:
    """Draw each value of a region from the values around it, with replacement.

    Parameters
    ----------
    inside, rng
        As for `shuffled`.
    around
        Values of the voxels around the region, shape (voxels around,).

    Raises
    ------
    InputError
        When there are fewer than `LEAST_NEIGHBOURS` values around the region.
    """
    if len(around) < LEAST_NEIGHBOURS:
        raise InputError(
            f"there are {len(around)} voxels of tissue around the region to draw from; at least "
            f"{LEAST_NEIGHBOURS} were expected.",
            "Make the ring wider (ring_mm), use images that show more around the tumour, or leave out the "
            "control neighbourhood.",
        )
    return rng.choice(around, size=len(inside)).astype(inside.dtype)
