"""Consensus of the readers' masks of one scan: by majority, or by STAPLE."""

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
    """Raise `InputError` for a consensus method that is not in `METHODS`."""
    unknown = [name for name in methods if name not in METHODS]
    if unknown:
        raise InputError(f"unknown consensus {unknown[0]!r}.", f"Choose from: {', '.join(METHODS)}.")


def consensus_of(regions: Sequence[sitk.Image], method: str) -> sitk.Image:
    """Consensus of several readers' regions.

    Parameters
    ----------
    regions
        Two or more binary images on one grid; voxels that are not 0 are inside.
    method
        ``majority``: a voxel is inside if more than half of the readers drew it; a tie is outside, so the
        consensus of two readers is the intersection of their masks. ``staple``: a voxel is inside if its
        STAPLE probability is at least 0.5 [1]_. STAPLE runs in the box around all regions, enlarged by one
        voxel: in the whole image the readers agree on so much background that every specificity is 1.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside, 0 outside. It does not depend on the order of the readers.

    References
    ----------
    .. [1] Warfield SK, Zou KH, Wells WM. IEEE Trans Med Imaging 2004;23:903-921. ITK's implementation.
    """
    require_methods([method])
    if len(regions) < 2:
        raise ValueError(f"a consensus needs at least two regions, not {len(regions)}")
    for first, second in combinations(regions, 2):
        require_same_grid(first, second, names=("the mask of one reader", "the mask of another"))
    stack = np.stack([sitk.GetArrayViewFromImage(region) != 0 for region in regions])
    votes = stack.sum(axis=0, dtype=np.uint8 if len(regions) < 256 else np.uint32)
    inside = 2 * votes.astype(np.int64) > len(regions) if method == "majority" else _staple(stack, votes)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.CopyInformation(regions[0])
    return image


def _staple(stack: NDArray[np.bool_], votes: NDArray[Any]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = votes == len(stack)
    if not votes.any() or bool((inside == (votes > 0)).all()):
        return inside  # all masks are equal, or all are empty: STAPLE has nothing to estimate
    padded = np.pad(stack, ((0, 0), (1, 1), (1, 1), (1, 1)))
    box = ndimage.find_objects(padded.any(axis=0).view(np.uint8))[0]
    # One more voxel on each side: without background the specificity of the readers cannot be estimated.
    box = tuple(slice(side.start - 1, side.stop + 1) for side in box)
    # ITK sums over the readers. A fixed order makes the result independent of the order of the table.
    ordered = sorted((region[box].astype(np.uint8) for region in padded), key=lambda array: array.tobytes())
    probability = sitk.STAPLE([sitk.GetImageFromArray(array) for array in ordered], 1.0)
    consensus = np.zeros(padded.shape[1:], dtype=bool)
    consensus[box] = sitk.GetArrayViewFromImage(probability) >= 0.5
    return consensus[1:-1, 1:-1, 1:-1]
