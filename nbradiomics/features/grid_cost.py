"""Size and memory of the resampled grid of a region, estimated before the grid is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.pieces import threads
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.limits import allowing, count
from nbradiomics.system.memory import require_memory

#: Peak memory in bytes per voxel of the grid, images and temporary copies together. Measured values: 62 bytes
#: for the original image, 66 to 70 for most filters, 94 (PyRadiomics: 105) for wavelets.
BYTES_PER_VOXEL = 110
#: The same for each further thread, which has a filtered image and the matrices of its region in memory;
#: measured: 2 to 15 bytes.
BYTES_PER_THREAD = 40
_PAD = 5  # PyRadiomics' default


def require_affordable(region: sitk.Image, parameters: Parameters) -> None:
    """Raise `InputError` if resampling would make a grid that is implausibly large or does not fit in memory.

    Parameters
    ----------
    region
        Binary, 1 inside.
    parameters
        They contain the voxel size of the grid and the largest allowed number of voxels (`limits.Limits`).
    """
    setting = parameters.content.get("setting") or {}
    spacing = setting.get("resampledPixelSpacing")
    if spacing is None or setting.get("interpolator", "") is None:
        return
    whole = parameters.own.ibsi.resampling or parameters.own.crop != "mask"
    size = grid_size(region, setting, whole=bool(whole))
    voxels = math.prod(size)
    along = " x ".join(f"{number:,}" for number in size)
    cause = f"resampledPixelSpacing {_listed(spacing)} mm would make a grid of {along} voxels around the mask"
    if voxels > parameters.limits.voxels:
        raise InputError(
            f"{cause}, {count(voxels)} in total; at most {parameters.limits.voxels:,} were expected.",
            f"Choose larger voxels. {allowing({'voxels': voxels})}".strip(),
        )
    remedy = (
        "Choose larger voxels, use fewer processes (--jobs) or threads, close other programs, or use a "
        "larger machine."
    )
    require_memory(voxels * (BYTES_PER_VOXEL + (threads() - 1) * BYTES_PER_THREAD), cause, remedy)


def grid_size(region: sitk.Image, setting: Mapping[str, Any], *, whole: bool) -> tuple[int, int, int]:
    """Return the number of voxels along x, y, z of PyRadiomics' resampled grid: the region's box, padded.

    Parameters
    ----------
    region
        Binary, 1 inside.
    setting
        `resampledPixelSpacing` (0: unchanged), and `padDistance` in voxels of the new grid.
    whole
        Whether the whole image is resampled.
    """
    pad = int(setting.get("padDistance", _PAD))
    around = None if whole else Box.around(sitk.GetArrayViewFromImage(region) != 0)
    boxes = around.size[::-1] if around else region.GetSize()
    wanted = setting["resampledPixelSpacing"]
    sizes = []
    for new, own, length, box in zip(wanted, region.GetSpacing(), region.GetSize(), boxes, strict=True):
        # PyRadiomics does not resample an axis along which the region has one slice.
        ratio = 1.0 if new == 0 or box == 1 else own / new
        sizes.append(int(min(math.ceil(box * ratio) + 2 * pad + 1, math.ceil(length * ratio))))
    x, y, z = sizes
    return x, y, z


def _listed(spacing: list[float]) -> str:
    return " x ".join(f"{edge:g}" for edge in spacing)
