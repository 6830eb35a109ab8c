"""Simulated readers: each draws the true contour with an individual bias and a smooth random error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.synthetic.fields import Field, Grid, Mask, largest_component, smooth_noise


@dataclass(frozen=True)
class Reader:
    """Errors of a reader.

    Attributes
    ----------
    name
        Name of the reader in the cohort table.
    bias_mm
        Mean distance of the drawn contour from the true one in mm; positive is outwards.
    error_mm
        Standard deviation of the random part of that distance over the surface, in mm.
    length_mm
        Smoothness of the random part (see `smooth_noise`), in mm.
    """

    name: str
    bias_mm: float
    error_mm: float
    length_mm: float = 7.0


#: Standard deviation of the Gaussian that smooths the distance map, in voxels.
SMOOTHING = 0.7

#: The readers of the synthetic cohort.
READERS = (Reader("A", 0.0, 0.7), Reader("B", 0.5, 0.7), Reader("C", -0.5, 0.7))


def draw_contour(truth: sitk.Image, reader: Reader, seed: np.random.SeedSequence | int) -> sitk.Image:
    """Draw the mask of one reader for a true region.

    On the contour the distance from the true surface equals the reader's bias plus a smooth random field.
    Both are in mm, so the errors are the same on grids of any spacing.

    Parameters
    ----------
    truth
        Binary mask, 1 inside.
    reader
        Reader with the errors to simulate.
    seed
        Equal seeds give equal masks.

    Returns
    -------
    SimpleITK.Image
        8-bit, one face-connected component, on the grid of `truth`.

    Raises
    ------
    InputError
        When `truth` is empty, or the errors of the reader remove it completely.
    """
    rng = np.random.default_rng(seed)
    inside = sitk.GetArrayFromImage(truth) > 0
    grid = Grid(inside.shape, truth.GetSpacing()[::-1])
    if not inside.any():
        raise InputError("the true mask is empty.", "Give the mask of a tumour.")
    error = reader.error_mm * smooth_noise(grid, rng, length_mm=reader.length_mm)
    drawn = largest_component(signed_distance(inside, grid) <= reader.bias_mm + error)
    if not drawn.any():
        raise InputError(
            f"the errors of reader {reader.name} remove a region of {int(inside.sum())} voxels completely.",
            "Make the bias and the error smaller than the region.",
        )
    mask = sitk.GetImageFromArray(drawn.astype(np.uint8))
    mask.CopyInformation(truth)
    return mask


def signed_distance(inside: Mask, grid: Grid) -> Field:
    """Return the distance in mm of each voxel centre from the surface of a region, negative inside.

    The surface lies half a voxel before the nearest centre on the other side, so half of the voxel size
    along the normal of the surface is subtracted from the distance between centres. The result is smoothed,
    because a surface of whole voxels has steps and that of a tumour has none, and shifted so that the number
    of voxels inside does not change.
    """
    outwards = ndimage.distance_transform_edt(~inside, sampling=grid.spacing)
    inwards = ndimage.distance_transform_edt(inside, sampling=grid.spacing)
    between = np.asarray(outwards - inwards, dtype=float)
    gradient = np.gradient(ndimage.gaussian_filter(between, SMOOTHING), *grid.spacing)
    length = np.sqrt(sum(part**2 for part in gradient)) + 1e-9
    scaled = sum((part / length / edge) ** 2 for part, edge in zip(gradient, grid.spacing, strict=True))
    edge_along_normal = 1 / np.sqrt(np.maximum(scaled, 1 / max(grid.spacing) ** 2))
    between -= np.where(inside, -0.5, 0.5) * np.minimum(edge_along_normal, np.abs(between))
    distance = ndimage.gaussian_filter(between, SMOOTHING)
    count = int(inside.sum())
    ordered = np.partition(distance.ravel(), (count - 1, count))
    return np.asarray(distance - (ordered[count - 1] + ordered[count]) / 2)
