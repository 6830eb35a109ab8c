"""Texture maps: features of the box around each voxel, as PyRadiomics' voxel-based extraction gives them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.textures import TextureSettings, chosen_features
from nbradiomics.features.native.voxel_glcm import glcm_maps
from nbradiomics.features.native.voxel_kernel import kernel
from nbradiomics.features.native.voxel_lengths import glrlm_maps, whole_maps


def voxel_features(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    settings: TextureSettings,
    wanted: Mapping[str, Collection[str] | None],
    *,
    radius: int = 1,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    initial: float = 0.0,
    batch: int = -1,
    advance: Callable[[], None] = lambda: None,
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Texture features of the boxes around voxels.

    Parameters
    ----------
    levels
        Grey levels of the whole crop, axes z, y, x, from 1; 0 for voxels that do not count. With
        `maskedKernel` those are the voxels outside the region, without it there are none.
    centres
        The region's voxels, shape (voxels, 3), z, y, x.
    settings
        How neighbours are chosen and counted.
    wanted
        See `textures.texture_features`.
    radius
        Voxels from the centre of the box to its faces, at least 1: `kernelRadius`.
    spacing
        Voxel edges in mm, z, y, x.
    initial
        Value where PyRadiomics computes none: `initValue`.
    batch
        Voxels that PyRadiomics computes at a time, -1 for all: `voxelBatch`. Two features depend on it: a
        direction in which some boxes of a batch have pairs and others have none makes JointAverage NaN in
        these, and leaves the whole batch without MCC.
    advance
        Called after each `voxel_kernel.CHUNK` of voxels of each class.

    Returns
    -------
    Class, then feature, then its value for each centre
    """
    box = kernel(radius, settings.plane)
    places = np.ascontiguousarray(centres, dtype=np.int64)
    result = {}
    for name, features in wanted.items():
        chosen = chosen_features(name, features)
        computed: dict[str, NDArray[np.float64]] = {}
        if not chosen:
            pass
        elif name == "glcm":
            computed = glcm_maps(
                levels,
                places,
                box,
                settings,
                spacing,
                initial=initial,
                batch=batch,
                correlation="MCC" in chosen,
                advance=advance,
            )
        elif name == "glrlm":
            computed = glrlm_maps(levels, places, box, settings, spacing, batch=batch, advance=advance)
        else:
            computed = whole_maps(name, levels, places, box, settings, advance=advance)
        result[name] = {feature: computed[feature] for feature in chosen}
    return result
