"""Resampling to another voxel size, on the lattice on which PyRadiomics resamples.

The corners of the first voxels of the two grids are the same point, as in PyRadiomics
(`resampledPixelSpacing`), so that features of the prepared image are those that PyRadiomics' own resampling
with the same voxels and interpolator gives. Masks are resampled by nearest neighbours, as there; a new voxel
whose centre lies exactly between two old ones takes either, as rounding decides, here and there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import SimpleITK as sitk
from pydantic import BeforeValidator, Field

from nbradiomics.errors import InputError
from nbradiomics.images.grid import PLAUSIBLE
from nbradiomics.perturbation.grid import image_on
from nbradiomics.perturbation.noise import SINGLE
from nbradiomics.preparation.moved_masks import with_moved_masks
from nbradiomics.preparation.steps.step import SHORT_LIST, Step
from nbradiomics.preparation.volume import Volume

#: Most voxels of a resampled image: 16 GB in double precision.
MOST_VOXELS = 2**31
#: Sizes are compared with whole numbers to this part of a voxel.
_ROUNDING = 1e-6

Edge = Annotated[float, Field(ge=0, le=PLAUSIBLE[1])]


def _three(value: Any) -> Any:
    """One edge stands for three."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (value,) * 3
    return tuple(value) * 3 if isinstance(value, tuple | list) and len(value) == 1 else value


class Resample(Step):
    """Interpolate the image onto voxels of another size."""

    kind: ClassVar[str] = "resample"
    changes_grid: ClassVar[bool] = True

    spacing: Annotated[tuple[Edge, Edge, Edge], BeforeValidator(_three), SHORT_LIST] = Field(
        description="Edges of the new voxels along x, y, z in mm, or one edge for all; 0 keeps an edge.",
    )
    interpolator: Literal["bspline", "linear", "nearest"] = Field(
        default="bspline", description="Cubic B-splines as in PyRadiomics, linear, or nearest neighbours."
    )

    def _applied(self, volume: Volume) -> Volume:
        grid = resampled_grid(volume.image, self.spacing)
        if self.interpolator == "bspline":
            image = image_on(volume.image, grid)
        else:
            image = _interpolated(volume.image, grid, self.interpolator)
        moved, emptied = with_moved_masks(volume, grid, sitk.Transform())
        found = {"share_beyond": _share_beyond(volume.image, image), "masks_emptied": float(emptied)}
        record = self.record(found)
        return replace(moved, image=image, records=(*volume.records, record))


def resampled_grid(image: sitk.Image, spacing: Sequence[float]) -> sitk.Image:
    """Grid with other voxels that begins at the same corner and covers the image (8-bit zeros).

    Raises
    ------
    InputError
        When the grid would have too many voxels.
    """
    old = np.array(image.GetSpacing())
    new = np.where(np.array(spacing) > 0, spacing, old)
    size = np.maximum(np.ceil(np.array(image.GetSize()) * old / new - _ROUNDING), 1)
    if new.min() < PLAUSIBLE[0] or size.prod() > MOST_VOXELS:
        raise InputError(
            f"the resampled image would have {size.prod():.3g} voxels; at most {MOST_VOXELS:,} were "
            "expected.",
            "Give larger voxels, in mm.",
        )
    grid = sitk.Image(size.astype(int).tolist(), sitk.sitkUInt8)
    grid.SetSpacing(new.tolist())
    grid.SetDirection(image.GetDirection())
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint((0.5 * (new - old) / old).tolist()))
    return grid


def _share_beyond(image: sitk.Image, resampled: sitk.Image) -> float:
    """Share of the new voxels outside the range of the original's values: B-splines overshoot at edges."""
    old, new = sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(resampled)
    return float(np.mean((new < old.min()) | (new > old.max())))


def _interpolated(image: sitk.Image, grid: sitk.Image, interpolator: str) -> sitk.Image:
    kind = sitk.sitkFloat32 if image.GetPixelID() in SINGLE else sitk.sitkFloat64
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(grid)
    resampler.SetInterpolator(sitk.sitkLinear if interpolator == "linear" else sitk.sitkNearestNeighbor)
    resampler.SetUseNearestNeighborExtrapolator(True)
    resampler.SetOutputPixelType(kind)
    return resampler.Execute(image)
