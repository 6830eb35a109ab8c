"""A region at another place of the image."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import box_around

Mask = NDArray[np.bool_]
#: Smallest share of a displaced region that must lie in tissue without tumour: bodies have dark bone, air and
#: vessels, and without this tolerance the region of a large tumour has no place.
LEAST_SHARE = 0.9
#: Voxels of the coarse image in which places are searched, and how much less share a place may have there.
_COARSE, _SLACK = 200_000, 0.03
#: Places that are looked at voxel by voxel.
_TRIES = 200


def displaced(region: Mask, free: Mask, rng: np.random.Generator) -> Mask:
    """Move a region, by whole voxels, to another place in the image.

    All places are searched in a coarse image, and candidates are tried in random order. Only if there is no
    place for the region as it is, it is also mirrored along axes of the image, which changes no volume and no
    shape.

    Parameters
    ----------
    region
        Voxels inside, axes z, y, x; not empty.
    free
        Tissue without tumour.
    rng
        Random numbers.

    Returns
    -------
    ndarray of bool
        The same shape at a random place, with at least `LEAST_SHARE` of it in tissue without tumour.

    Raises
    ------
    InputError
        When there is no such place.
    """
    part = region[box_around(region, (0, 0, 0))]
    step = _steps(region.shape)
    for mirrored in _mirrored(part):
        for place in _places(mirrored, free, step, rng):
            if free[place][mirrored].mean() >= LEAST_SHARE:
                moved = np.zeros_like(region)
                moved[place] = mirrored
                return moved
    raise InputError(
        f"the region has no other place in the image, as it is or mirrored, with {LEAST_SHARE:.0%} of it in "
        "tissue without tumour.",
        "Use images that show more around the tumour, or the control neighbourhood, which needs less room.",
    )


def _mirrored(part: Mask) -> Iterator[Mask]:
    """The region as it is first, then mirrored along one, two and three axes."""
    ways = sorted(product((1, -1), repeat=3), key=lambda way: -sum(way))
    return (part[::z, ::y, ::x] for z, y, x in ways)


def _steps(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Steps along z, y, x that make a coarse image small: the longest axis is thinned first."""
    steps = [1, 1, 1]
    while np.prod(coarse := [-(-size // step) for size, step in zip(shape, steps, strict=True)]) > _COARSE:
        steps[int(np.argmax(coarse))] += 1
    return steps[0], steps[1], steps[2]


def _places(
    part: Mask, free: Mask, step: tuple[int, int, int], rng: np.random.Generator
) -> Iterator[tuple[slice, slice, slice]]:
    """Boxes of the image in which a region may lie, in random order."""
    z, y, x = (slice(None, None, each) for each in step)
    inside = part[z, y, x].astype(np.float64)
    if not inside.any():
        inside = np.ones((1, 1, 1))  # a small region between the voxels of the coarse image
    # Whole numbers, whatever the processor rounds: the same places on each machine.
    found = np.rint(fftconvolve(free[z, y, x].astype(np.float64), inside[::-1, ::-1, ::-1], mode="valid"))
    good = np.argwhere(found >= np.ceil((LEAST_SHARE - _SLACK) * inside.sum())) * step
    good = good[(good + part.shape <= free.shape).all(axis=1)]
    for first in good[rng.permutation(len(good))[:_TRIES]]:
        lower, upper = first.tolist(), (first + part.shape).tolist()
        yield slice(lower[0], upper[0]), slice(lower[1], upper[1]), slice(lower[2], upper[2])
