"""Post-processing of masks."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from nbradiomics.settings import Settings

Mask = npt.NDArray[np.bool_]


class PostProcessing(Settings):
    """Post-processing of the mask; the probability and the masks of the folds are not changed.

    Components are sets of voxels that touch by a face, an edge or a corner (26-connected). If two largest
    components are equal, the first from below is kept.
    """

    largest_component: bool = Field(
        default=False,
        description="Keep only the largest component of each mask; this also removes a second tumour.",
    )
    min_volume_ml: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="Remove components with a smaller volume in millilitres; 0 keeps all."
    )

    def apply(self, mask: Mask, voxel_ml: float) -> Mask:
        """Return the mask after post-processing.

        Parameters
        ----------
        mask
            Mask, axes z, y, x.
        voxel_ml
            Volume of a voxel in millilitres.
        """
        if not (self.largest_component or self.min_volume_ml) or not mask.any():
            return mask
        from scipy.ndimage import label

        components, _ = label(mask, structure=np.ones((3, 3, 3)))
        voxels = np.bincount(components.ravel())
        voxels[0] = 0  # the background is not a component
        # Keep a component of exactly the least volume despite rounding of the product.
        keep = voxels * voxel_ml >= self.min_volume_ml * (1 - 1e-9)
        keep[0] = False
        if self.largest_component:
            keep &= np.arange(len(voxels)) == voxels.argmax()
        remaining: Mask = keep[components]
        return remaining
