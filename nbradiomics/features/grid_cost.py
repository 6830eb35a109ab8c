"""What the grid on which a region is measured would cost, before it is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError, PassingError
from nbradiomics.features.limits import allowing, count
from nbradiomics.features.parameters import Parameters
from nbradiomics.memory import free_memory

#: Memory at the peak per voxel of the grid, images and temporary copies together. Measured were 62 bytes for
#: the original image, 66 to 70 for most filters, 94 (PyRadiomics: 105) for wavelets.
BYTES_PER_VOXEL = 110
_PAD = 5  # PyRadiomics' default


def require_affordable(region: sitk.Image, parameters: Parameters) -> None:
    """Raise `InputError` where resampling would make a grid beyond all sense, or one that memory cannot hold.

    Parameters
    ----------
    region
        Binary, 1 inside.
    parameters
        They say how fine the grid is, and how many voxels are allowed (`limits.Limits`).
    """
    setting = parameters.content.get("setting") or {}
    spacing = setting.get("resampledPixelSpacing")
    if spacing is None or setting.get("interpolator", "") is None:
        return
    whole = parameters.own.ibsi.resampling or parameters.own.crop != "mask"
    size = grid_size(region, setting, whole=bool(whole))
    voxels = math.prod(size)
    along = " x ".join(f"{number:,}" for number in size)
    told = f"resampledPixelSpacing {_listed(spacing)} mm would make a grid of {along} voxels around the mask"
    wanted, free = voxels * BYTES_PER_VOXEL, free_memory()
    if voxels > parameters.limits.voxels:
        raise InputError(
            f"{told}, {count(voxels)} in all; at most {parameters.limits.voxels:,} were expected.",
            f"Choose larger voxels. {allowing({'voxels': voxels})}".strip(),
        )
    if wanted > free:
        raise PassingError(
            f"{told}, which takes about {_gigabytes(wanted)} of memory; {_gigabytes(free)} are free.",
            "Choose larger voxels, use fewer processes (--jobs), close other programs, or use a larger "
            "machine.",
        )


def grid_size(region: sitk.Image, setting: Mapping[str, Any], *, whole: bool) -> tuple[int, int, int]:
    """Voxels along x, y, z of the grid that PyRadiomics' resampling makes: the region's box, padded.

    Parameters
    ----------
    region
        Binary, 1 inside.
    setting
        `resampledPixelSpacing` (0: as it is), and `padDistance` in voxels of the new grid.
    whole
        Whether the whole image is resampled.
    """
    inside = sitk.GetArrayViewFromImage(region) != 0
    pad = int(setting.get("padDistance", _PAD))
    sizes = []
    wanted = setting["resampledPixelSpacing"]
    for axis, (new, own, length) in enumerate(
        zip(wanted, region.GetSpacing(), region.GetSize(), strict=True)
    ):
        hit = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != 2 - axis)))
        box = length if whole or not hit.size else int(hit[-1] - hit[0] + 1)
        # PyRadiomics leaves an axis as it is along which the region has one slice.
        ratio = 1.0 if new == 0 or box == 1 else own / new
        sizes.append(int(min(math.ceil(box * ratio) + 2 * pad + 1, math.ceil(length * ratio))))
    x, y, z = sizes
    return x, y, z


def _listed(spacing: list[float]) -> str:
    return " x ".join(f"{edge:g}" for edge in spacing)


def _gigabytes(number: int) -> str:
    return f"{number / 1e9:,.3g} GB" if number < 1e12 else f"{number / 1e9:,.0f} GB"
