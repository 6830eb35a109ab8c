"""Texture maps: features of the box around each voxel, as in PyRadiomics' voxel-based extraction."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.textures import TextureSettings, chosen_features
from nbradiomics.features.native.voxel.glcm import glcm_maps
from nbradiomics.features.native.voxel.kernel import kernel
from nbradiomics.features.native.voxel.lengths import glrlm_maps, whole_maps


def voxel_features(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    settings: TextureSettings,
    name: str,
    wanted: Collection[str] | None = None,
    *,
    radius: int = 1,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    initial: float = 0.0,
    batch: int = -1,
) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Compute the texture features of the boxes around voxels.

    The needed memory does not depend on the number of features: apart from the grey levels and the voxels'
    indices it is one or two bools for each direction and batch of the GLCM, at most some 26 bytes per voxel
    (`voxelBatch` 1).

    Parameters
    ----------
    levels
        Grey levels of the whole crop, axes z, y, x, from 1; 0 for voxels that are not counted. With
        `maskedKernel` these are the voxels outside the region, without it there are none.
    places
        The region's voxels, as flat indices of the crop, ascending.
    settings
        Choice and counting of neighbours.
    name
        Class, one of `textures.TEXTURES`.
    wanted
        Features; None or no feature for all that are not deprecated. A deprecated feature has no value.
    radius
        Voxels from the centre of the box to its faces, at least 1: `kernelRadius`.
    spacing
        Voxel edges in mm, z, y, x.
    initial
        Value of voxels for which PyRadiomics computes none: `initValue`.
    batch
        Number of voxels that PyRadiomics computes at a time, -1 for all: `voxelBatch`. Two features depend on
        it: if some boxes of a batch have pairs in a direction and others have none, JointAverage is NaN in
        the latter, and the whole batch has no MCC.

    Yields
    ------
    Feature, then its value for each voxel, for `kernel.CHUNK` voxels at a time
    """
    chosen = chosen_features(name, wanted)
    if not chosen:
        return
    box = kernel(radius, settings.plane)
    if name == "glcm":
        maps = glcm_maps(
            levels,
            places,
            box,
            settings,
            spacing,
            initial=initial,
            batch=batch,
            correlation="MCC" in chosen,
        )
    elif name == "glrlm":
        maps = glrlm_maps(levels, places, box, settings, spacing, batch=batch)
    else:
        maps = whole_maps(name, levels, places, box, settings)
    for values in maps:
        yield {feature: values[feature] for feature in chosen}
