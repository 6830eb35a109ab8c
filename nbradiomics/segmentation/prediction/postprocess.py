"""What may be done to a mask before it counts."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from nbradiomics.settings import Settings

Mask = npt.NDArray[np.bool_]


class PostProcessing(Settings):
    """What is done to the mask; to the probability and to the folds' own masks nothing.

    Components are sets of voxels that touch by a face, an edge or a corner (26-connected). Of two largest
    components that are equal the one is kept that comes first, counted from below.
    """

    largest_component: bool = Field(
        default=False,
        description="Keep the largest component of each mask only; it removes what a second tumour is, too.",
    )
    min_volume_ml: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="Components that are smaller, in millilitres, are removed; 0 keeps all."
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
