"""Connected components of a region: the lesions of a mask that does not distinguish them.

Voxels are connected through faces, edges and corners (26 neighbours). Components are numbered by decreasing
volume for each reader: component 2 of one reader may not be component 2 of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Smallest volume of a measured component in millilitres: a ball with a diameter of 5.8 mm.
MINIMUM_ML = 0.1
_NAME = "component-"


def component_region(number: int, region: str | None = None) -> str:
    """Name of a component in the column `roi`, after the name of its region if there are several."""
    return f"{region}-{_NAME}{number}" if region else f"{_NAME}{number}"


def is_component(roi: object) -> bool:
    """Whether a value of the column `roi` names a component."""
    return component_of(str(roi)) is not None


def component_of(roi: str) -> tuple[str, int] | None:
    """Region (empty if it is not named) and number of the component that a value of `roi` names."""
    match = re.fullmatch(rf"(?:(.*)-)?{_NAME}([0-9]+)", roi, re.DOTALL)
    return (match[1] or "", int(match[2])) if match else None


def refuse_components(rois: Iterable[object]) -> None:
    """Raise `InputError` if values of `roi` name components, by which readers cannot be compared."""
    components = [str(roi) for roi in rois if is_component(roi)]
    if components:
        raise InputError(
            f"{components[0]} of one reader may not be {components[0]} of another: components are "
            "numbered by volume.",
            "Compare features of whole masks (lesions: union), or give each lesion a row with its own `roi`.",
        )


def component_volumes(region: sitk.Image) -> list[float]:
    """Volumes of the components of a binary region in millilitres, largest first."""
    import SimpleITK as sitk

    _, voxels = _numbered(sitk.GetArrayViewFromImage(region))
    voxel_ml = float(np.prod(region.GetSpacing())) / 1000
    return [int(amount) * voxel_ml for amount in voxels]


def keep_component(region: sitk.Image, number: int, minimum_ml: float) -> sitk.Image:
    """Select one component of a binary region, on its grid; an empty region is returned unchanged.

    Parameters
    ----------
    region
        8-bit, 1 inside.
    number
        1 is the largest; components of equal volume are in the order of their voxels (z, y, x).
    minimum_ml
        Minimum volume in millilitres.

    Raises
    ------
    InputError
        When the component is smaller than the minimum volume.
    """
    import SimpleITK as sitk

    places, voxels = _numbered(sitk.GetArrayViewFromImage(region))
    if not len(voxels):
        return region
    if not 1 <= number <= len(voxels):
        raise InputError(
            f"the mask has no component {number}; it has {len(voxels)}.",
            "The mask is not that from which the components were numbered; extract the features again.",
        )
    volume = int(voxels[number - 1]) * float(np.prod(region.GetSpacing())) / 1000
    if not reaches(volume, minimum_ml):
        raise InputError(
            f"no component of the mask has {minimum_ml:g} ml; the largest has {volume:.3g} ml.",
            "Lower the minimum volume of a component, or check the mask.",
        )
    component = sitk.GetImageFromArray((places == number).astype(np.uint8))
    component.CopyInformation(region)
    return component


def reaches(volume_ml: float, minimum_ml: float) -> bool:
    """Whether a component has at least the minimum volume, within rounding."""
    return volume_ml >= minimum_ml * (1 - 1e-9)


def _numbered(mask: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of the component of each voxel (0 outside), and number of voxels of each component."""
    from scipy.ndimage import label

    labels, count = label(mask, structure=np.ones((3, 3, 3)))
    voxels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-voxels, kind="stable")
    rank = np.zeros(count + 1, dtype=np.int64)
    rank[order + 1] = np.arange(1, count + 1)
    return rank[labels], voxels[order]
