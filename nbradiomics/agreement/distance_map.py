"""Map of signed distances: where a mask reaches further than a reference and where it falls short."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.agreement.field import bounding_box, joint_box
from nbradiomics.agreement.nearest import nearest_distances
from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid

#: Voxels that share a face.
_FACES = ndimage.generate_binary_structure(3, 1)


def signed_distance_map(region: sitk.Image, reference: sitk.Image) -> sitk.Image:
    """Signed distance from the reference's boundary to the mask's boundary.

    The boundary of a mask consists of its outermost voxels: voxels of the mask with a face neighbour outside
    it, or at the border of the image. Each boundary voxel of the reference gets the distance, centre to
    centre, to the nearest boundary voxel of the mask: 0 where the two boundaries run through the same voxel,
    positive where the voxel lies deeper inside the mask (the mask reaches further), negative where it lies
    outside the mask (the mask falls short).

    If the mask is larger by k voxels along an axis, the value on that side is k times the spacing; if it is
    smaller by k voxels, the value is minus k times the spacing.

    Parameters
    ----------
    region, reference
        Binary images on the same grid; voxels that are not 0 are inside.

    Returns
    -------
    SimpleITK.Image
        32-bit floating point, mm, on the reference's grid; 0 away from the reference's boundary.

    Raises
    ------
    InputError
        When one of the masks is empty, or the grids differ.

    Notes
    -----
    The map is made for pictures. The mean ``signed_distance_mm`` of the tables is taken over surface elements
    between the voxels and weighted by their area, so it is not the mean of this map.
    """
    require_same_grid(region, reference, names=("the mask", "the reference"))
    volumes = [sitk.GetArrayFromImage(image) != 0 for image in (region, reference)]
    boxes = [bounding_box(volume) for volume in volumes]
    for name, bounds in zip(("mask", "reference"), boxes, strict=True):
        if bounds is None:
            raise InputError(
                f"the {name} is empty: it has no boundary to measure distances from.",
                "Make no map of this pair; the column status of the agreement table shows empty masks.",
            )
    box = joint_box(*boxes)
    inside, expected = (volume[box] for volume in volumes)
    values = np.zeros(volumes[0].shape, dtype=np.float32)
    values[box] = _signed(inside, expected, spacing=reference.GetSpacing()[::-1])
    mapped = sitk.GetImageFromArray(values)
    mapped.CopyInformation(reference)
    return mapped


def _signed(
    inside: NDArray[np.bool_], expected: NDArray[np.bool_], *, spacing: tuple[float, float, float]
) -> NDArray[np.float32]:
    places = np.flatnonzero(_boundary(expected))
    distances = nearest_distances(_boundary(inside), places, spacing)
    values = np.zeros(inside.shape, dtype=np.float32)
    values.flat[places] = np.where(inside.flat[places], distances, 0 - distances)
    return values


def _boundary(volume: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels inside with a face neighbour outside; voxels beyond the border are outside."""
    inner: NDArray[np.bool_] = volume & ~ndimage.binary_erosion(volume, _FACES, border_value=0)
    return inner
