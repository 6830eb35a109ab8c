"""Pieces of a region: voxels that share a face, an edge or a corner belong to one piece."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from nbradiomics.perturbation.boxes import Mask
from nbradiomics.perturbation.kept import kept

_TOUCHING = np.ones((3, 3, 3), dtype=bool)


def number_of_pieces(inside: Mask) -> int:
    """Count the pieces of a region."""
    return int(ndimage.label(inside, _TOUCHING)[1])


#: The same for a region that is asked for several times.
pieces_of_mask = kept(number_of_pieces)


def largest_pieces(inside: Mask, *, like: Mask) -> Mask:
    """Keep the largest pieces of a region: as many as another region has."""
    labels, count = ndimage.label(inside, _TOUCHING)
    pieces = pieces_of_mask(like)
    if count <= pieces:
        return inside
    sizes = np.bincount(labels.ravel())[1:]
    largest = np.argsort(-sizes, kind="stable")[:pieces] + 1
    return np.asarray(np.isin(labels, largest))
