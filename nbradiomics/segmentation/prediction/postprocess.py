"""What may be done to a mask before it counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PostProcessing:
    """What is done to the mask; to the probability and to the folds' own masks nothing.

    Components are sets of voxels that touch by a face, an edge or a corner (26-connected).

    Attributes
    ----------
    largest_component
        Keep the largest component only; of two that are equal the one that comes first, counted from below.
        It removes what a second tumour is, too.
    min_volume_ml
        Components smaller than this, in millilitres, are removed; 0 keeps all.
    """

    largest_component: bool = False
    min_volume_ml: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.min_volume_ml) and self.min_volume_ml >= 0):
            raise InputError(
                f"the least volume is {self.min_volume_ml} ml.", "Give a number from 0 on, in millilitres."
            )

    def apply(self, mask: Mask, voxel_ml: float) -> Mask:
        """Give the mask that is left.

        Parameters
        ----------
        mask
            Axes z, y, x.
        voxel_ml
            Volume of a voxel in millilitres.
        """
        if not (self.largest_component or self.min_volume_ml) or not mask.any():
            return mask
        from scipy.ndimage import label

        components, _ = label(mask, structure=np.ones((3, 3, 3)))
        voxels = np.bincount(components.ravel())
        voxels[0] = 0  # the background is no component
        # A component of just the least volume stays, whatever the last bit of the product is.
        keep = voxels * voxel_ml >= self.min_volume_ml * (1 - 1e-9)
        keep[0] = False
        if self.largest_component:
            keep &= np.arange(len(voxels)) == voxels.argmax()
        kept: Mask = keep[components]
        return kept
