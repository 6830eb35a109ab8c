"""Readers' masks of one scan made into one: by majority, or by STAPLE."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Literal, get_args

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid

ConsensusMethod = Literal["majority", "staple"]
METHODS: tuple[str, ...] = get_args(ConsensusMethod)


def require_methods(methods: Sequence[str]) -> None:
    """Refuse a consensus by another name than those of `METHODS`."""
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        raise InputError(f"unknown consensus {unknown[0]!r}.", f"Use one of {', '.join(METHODS)}.")


def consensus_of(regions: Sequence[sitk.Image], method: str) -> sitk.Image:
    """Consensus of several readers' regions.

    Parameters
    ----------
    regions
        Two or more binary images on one grid; what is not 0 is inside.
    method
        ``majority``: inside where more than half of the readers are; a tie is outside, so that of two
        readers it is what both have drawn. ``staple``: where the probability that STAPLE gives is at
        least 0.5 [1]_, estimated in the box around all regions and one voxel around it: with the whole
        image the readers agree on so much background that the specificity of each is 1, whatever they draw.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside, 0 outside. The order of the readers does not change it.

    References
    ----------
    .. [1] Warfield SK, Zou KH, Wells WM. IEEE Trans Med Imaging 2004;23:903-921. ITK's implementation.
    """
    require_methods([method])
    if len(regions) < 2:
        raise ValueError(f"a consensus needs two regions or more, not {len(regions)}")
    for first, second in combinations(regions, 2):
        require_same_grid(first, second, names=("one reader's mask", "another's"))
    stack = np.stack([sitk.GetArrayViewFromImage(region) != 0 for region in regions])
    votes = stack.sum(axis=0, dtype=np.uint8 if len(regions) < 256 else np.uint32)
    inside = 2 * votes.astype(np.int64) > len(regions) if method == "majority" else _staple(stack, votes)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.CopyInformation(regions[0])
    return image


def _staple(stack: NDArray[np.bool_], votes: NDArray[Any]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = votes == len(stack)
    if not votes.any() or bool((inside == (votes > 0)).all()):
        return inside  # all alike, or all empty: nothing to estimate
    padded = np.pad(stack, ((0, 0), (1, 1), (1, 1), (1, 1)))
    box = ndimage.find_objects(padded.any(axis=0).view(np.uint8))[0]
    # One voxel more on each side: without any background the readers' specificity cannot be estimated.
    box = tuple(slice(side.start - 1, side.stop + 1) for side in box)
    # ITK sums over the readers: in one order, so that the result is free of the order of the table.
    ordered = sorted((region[box].astype(np.uint8) for region in padded), key=lambda array: array.tobytes())
    probability = sitk.STAPLE([sitk.GetImageFromArray(array) for array in ordered], 1.0)
    found = np.zeros(padded.shape[1:], dtype=bool)
    found[box] = sitk.GetArrayViewFromImage(probability) >= 0.5
    return found[1:-1, 1:-1, 1:-1]
