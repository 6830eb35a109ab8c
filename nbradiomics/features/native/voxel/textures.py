"""Texture maps: features of the box around each voxel, as PyRadiomics' voxel-based extraction gives them."""

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
    """Texture features of the boxes around voxels.

    Memory does not grow with the features: beside the grey levels and the voxels' places it is a bool or two
    for each direction and batch of the GLCM, at most some 26 bytes a voxel (`voxelBatch` 1).

    Parameters
    ----------
    levels
        Grey levels of the whole crop, axes z, y, x, from 1; 0 for voxels that do not count. With
        `maskedKernel` those are the voxels outside the region, without it there are none.
    places
        The region's voxels, as flat indices of the crop, ascending.
    settings
        How neighbours are chosen and counted.
    name
        Class, of `textures.TEXTURES`.
    wanted
        Features; None or nothing for all that are not deprecated. A deprecated one gives no value.
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

    Yields
    ------
    Feature, then its value for each voxel: of `voxel_kernel.CHUNK` voxels after the other
    """
    chosen = chosen_features(name, wanted)
    if not chosen:
        return
    box = kernel(radius, settings.plane)
    if name == "glcm":
        found = glcm_maps(
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
        found = glrlm_maps(levels, places, box, settings, spacing, batch=batch)
    else:
        found = whole_maps(name, levels, places, box, settings)
    for values in found:
        yield {feature: values[feature] for feature in chosen}
