"""A region at another place of the image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError

Mask = NDArray[np.bool_]
Shift = NDArray[np.intp]
#: Places that are tried.
TRIES = 20_000
#: Smallest share of a displaced region that must lie in tissue: bodies have dark bone, air and vessels.
LEAST_SHARE = 0.9
#: Voxels of the region by which a place is judged first, and the share of them that is worth a closer look.
#: A place with 90 % in tissue has less than 80 % of 256 random voxels there in one of a million cases.
_SAMPLE, _WORTH = 256, 0.8


def displaced(region: Mask, tissue: Mask, drawn: Mask, rng: np.random.Generator) -> Mask:
    """Move a region, by whole voxels and without turning it, to another place in the image.

    Parameters
    ----------
    region
        Voxels inside, axes z, y, x; not empty.
    tissue
        Voxels of the body.
    drawn
        Voxels of all tumours, of which the region must not meet any, such as its own.
    rng
        Random numbers.

    Returns
    -------
    ndarray of bool
        The same shape at the first of 20,000 random places with `LEAST_SHARE` of the region in tissue, and
        without a voxel of a tumour: each such place is equally likely.

    Raises
    ------
    InputError
        When none of the places is good.
    """
    voxels = np.argwhere(region)
    sample = rng.choice(voxels, size=min(_SAMPLE, len(voxels)), replace=False)
    shifts = _shifts(voxels, region.shape, rng)
    for shift in _worth_a_look(sample, shifts, tissue, drawn):
        place = tuple((voxels + shift).T)
        if not drawn[place].any() and tissue[place].mean() >= LEAST_SHARE:
            moved = np.zeros_like(region)
            moved[place] = True
            return moved
    raise InputError(
        f"the region has no other place in the image: none of {TRIES:,} random places has "
        f"{LEAST_SHARE:.0%} of it in tissue and no voxel of a tumour.",
        "Use images that show more around the tumour, or leave out the control displaced.",
    )


def _shifts(voxels: Shift, shape: tuple[int, ...], rng: np.random.Generator) -> Shift:
    """Shifts that keep a region in the image, shape (`TRIES`, 3)."""
    low, high = voxels.min(axis=0), voxels.max(axis=0)
    ends = [(-first, size - 1 - last) for first, last, size in zip(low, high, shape, strict=True)]
    return np.stack([rng.integers(first, last, size=TRIES, endpoint=True) for first, last in ends], axis=1)


def _worth_a_look(sample: Shift, shifts: Shift, tissue: Mask, drawn: Mask) -> Iterator[Shift]:
    """Shifts, in their order, that some voxels of the region do not rule out."""
    for part in np.array_split(shifts, 20):
        z, y, x = np.moveaxis(part[:, None, :] + sample[None, :, :], -1, 0)
        good = ~drawn[z, y, x].any(axis=1) & (tissue[z, y, x].mean(axis=1) >= _WORTH)
        yield from part[good]
