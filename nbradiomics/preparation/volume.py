"""An image on its way through the steps, with the masks that the steps need and what was recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid
from nbradiomics.perturbation.noise import SINGLE


@dataclass(frozen=True)
class StepRecord:
    """What a step found in an image, and did to it.

    Attributes
    ----------
    step
        Name of the step with its parameters, such as ``n4_shrink=2``.
    values
        Named numbers and words, such as ``mean`` of a z-score or ``rotation_degrees`` of a registration.
    notes
        Sentences about what a reader of the results should know.
    """

    step: str
    values: Mapping[str, float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Volume:
    """An image, the masks that belong to it, and the records of the steps that were applied.

    Attributes
    ----------
    image
        Three-dimensional, one number per voxel, coordinates in mm (LPS).
    body
        Mask of the body on the grid of the image (not 0: inside); ``None`` if there is none.
    reference
        Mask of a reference tissue on the grid of the image; ``None`` if there is none.
    masks
        Any other masks, such as those of readers; labels are allowed. Steps that change the grid move them
        too, in this order.
    unit
        Unit of the voxels (``HU``, ``SUV``, ``mm2/s`` ...); empty for arbitrary numbers, as in most MR.
    name
        Name of the case in messages.
    target
        Image of another channel onto which a registration moves this one.
    covered
        Voxels of the target's grid at which a registered image was measured (8-bit, not 0); ``None`` for all.
    records
        One for each step that was applied.
    """

    image: sitk.Image
    body: sitk.Image | None = None
    reference: sitk.Image | None = None
    masks: tuple[sitk.Image, ...] = ()
    unit: str = ""
    name: str = "the image"
    target: sitk.Image | None = None
    covered: sitk.Image | None = None
    records: tuple[StepRecord, ...] = ()

    def with_values(self, values: NDArray[np.floating[Any]], record: StepRecord) -> Volume:
        """Return the volume with other intensities (z, y, x) on the same grid, in floating point."""
        with np.errstate(over="ignore"):  # what becomes infinite is refused with its reason
            image = sitk.GetImageFromArray(values.astype(float_kind(self.image), copy=False))
        image.CopyInformation(self.image)
        return replace(self, image=image, records=(*self.records, record))


def float_kind(image: sitk.Image) -> type[np.floating[Any]]:
    """Floating-point type of a prepared image: single precision if it represents the image's type exactly."""
    return np.float32 if image.GetPixelID() in SINGLE else np.float64


def values_of(image: sitk.Image) -> NDArray[np.float64]:
    """Intensities in double precision, z, y, x: a copy."""
    return np.array(sitk.GetArrayViewFromImage(image), dtype=np.float64)


def fingerprint(image: sitk.Image) -> str:
    """SHA-256, in hexadecimal, of an image in memory: type, grid, voxels."""
    grid = (image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    digest = hashlib.sha256(f"{image.GetPixelIDTypeAsString()};{grid};".encode())
    digest.update(np.ascontiguousarray(sitk.GetArrayViewFromImage(image)).data.cast("B"))
    return digest.hexdigest()


def require_values(image: sitk.Image, what: str) -> None:
    """Raise `InputError` if an image is constant or not finite; `what` names it."""
    values = sitk.GetArrayViewFromImage(image)
    if not np.isfinite(values).all():
        raise InputError(
            f"{what} has values that are not finite (NaN, infinity).",
            "Look at the file; replace the values, or leave the image out.",
        )
    if values.min() == values.max():
        raise InputError(
            f"all voxels of {what} have the value {values.flat[0]:g}.", "Look at the file, or leave it out."
        )


def require_usable(volume: Volume) -> None:
    """Raise `InputError` if an image is constant or not finite, or a mask is empty or on another grid."""
    require_values(volume.image, "the image")
    for what, mask in (("body", volume.body), ("reference tissue", volume.reference)):
        if mask is None:
            continue
        require_same_grid(mask, volume.image, names=(f"the mask of the {what}", "the image"))
        if not sitk.GetArrayViewFromImage(mask).any():
            raise InputError(f"the mask of the {what} is empty.", "Draw it, or leave the image out.")
