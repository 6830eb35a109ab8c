"""Random contours: the supervoxels of an image decide what belongs to a region.

Supervoxels are small groups of neighbouring voxels with similar intensity. Their borders follow edges of
the image, where readers can disagree. Each supervoxel belongs to the new region with a probability that is
the share of its voxels in the old one: surely from `ALWAYS`, never below `NEVER` (Zwanenburg et al. 2019
[1]_).

References
----------
.. [1] Zwanenburg A et al. Assessing robustness of radiomic features by image perturbation. Sci Rep
   2019;9:614.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import Mask, box_around, require_finite, voxels_in
from nbradiomics.perturbation.kept import kept
from nbradiomics.perturbation.pieces import largest_pieces

#: Share of a supervoxel in the mask from which it is always, and below which it is never, in the new mask.
ALWAYS, NEVER = 0.90, 0.20
#: Volume of a supervoxel in mm3, and its largest share of the volume of the mask.
SUPERVOXEL_MM3, LARGEST_SHARE = 250.0, 0.02
#: Smallest number of voxels of a supervoxel.
LEAST_VOXELS = 20
#: Smallest number of voxels of a mask: fewer are in so few supervoxels that all draws are alike, or none is.
LEAST_INSIDE = 5 * LEAST_VOXELS
#: Width of the surroundings in which supervoxels are made, in mm.
_MARGIN_MM = 10.0
#: Weight of the distance between voxels against the difference of their intensities, which is 1 between the
#: 1st and 99th percentile.
_COMPACTNESS = 0.2
_ITERATIONS = 5


def random_contour(
    values: NDArray[Any], inside: Mask, spacing: Sequence[float], rng: np.random.Generator
) -> Mask:
    """Draw a new region from the supervoxels of an image.

    Parameters
    ----------
    values
        Intensities of the image, z, y, x.
    inside
        Voxels of the region, z, y, x.
    spacing
        Edges of a voxel in mm along z, y, x.
    rng
        Draws which supervoxels belong to the new region.

    Returns
    -------
    numpy.ndarray
        Never empty, and in no more pieces than the region.

    Raises
    ------
    InputError
        When the region has fewer than `LEAST_INSIDE` voxels, or the image has values that are not finite.
    """
    if (found := int(inside.sum())) < LEAST_INSIDE:
        raise InputError(
            f"the mask has {found} voxel(s), too few for a contour along supervoxels of at least "
            f"{LEAST_VOXELS} voxels; {LEAST_INSIDE} are needed.",
            "Use a chain without random contours (C), or exclude lesions of this size.",
        )
    box = box_around(inside, voxels_in(_MARGIN_MM, spacing))
    part = inside[box]
    drawn = np.zeros_like(inside)
    drawn[box] = _drawn(_candidates(values[box], part, spacing), part, rng)
    return drawn


@dataclass(frozen=True)
class _Candidates:
    """The supervoxels that can belong to a new region.

    Attributes
    ----------
    shares
        Share of each supervoxel in the old region.
    places, labels
        Flat places of the voxels of these supervoxels in the array, and numbers of their supervoxels.
    """

    shares: NDArray[np.float64]
    places: NDArray[np.intp]
    labels: NDArray[np.intp]


@kept
def _candidates(values: NDArray[Any], inside: Mask, spacing: Sequence[float]) -> _Candidates:
    labels = supervoxels(values, spacing, _supervoxel_mm3(inside, spacing)).ravel()
    shares = np.bincount(labels, inside.ravel()) / np.bincount(labels)
    possible = shares >= NEVER
    if not possible.any():
        possible[shares.argmax()] = True
    places = np.flatnonzero(possible[labels])
    return _Candidates(shares, places, labels[places])


def supervoxels(values: NDArray[Any], spacing: Sequence[float], volume_mm3: float) -> NDArray[np.intp]:
    """Divide an array into supervoxels by simple linear iterative clustering (SLIC).

    Parameters
    ----------
    values
        Intensities, z, y, x.
    spacing
        Edges of a voxel in mm along z, y, x.
    volume_mm3
        Volume that a supervoxel should have.

    Returns
    -------
    numpy.ndarray
        Numbers of the supervoxels, from 0.
    """
    require_finite(values)
    low, high = np.percentile(values, [1, 99])
    scaled = (np.clip(values, low, high) - low) / (high - low or 1.0)
    edge = volume_mm3 ** (1 / 3)
    steps = [
        int(np.clip(round(edge / along), 1, size)) for along, size in zip(spacing, values.shape, strict=True)
    ]
    slic = sitk.SLICImageFilter()
    slic.SetNumberOfThreads(1)  # the clusters are sums, whose order must not depend on the machine
    slic.SetSuperGridSize(steps[::-1])
    slic.SetSpatialProximityWeight(_COMPACTNESS)
    slic.SetMaximumNumberOfIterations(_ITERATIONS)
    slic.SetEnforceConnectivity(True)
    slic.SetInitializationPerturbation(False)
    found = slic.Execute(sitk.GetImageFromArray(scaled.astype(np.float32)))
    return np.unique(sitk.GetArrayViewFromImage(found), return_inverse=True)[1].reshape(values.shape)


def _supervoxel_mm3(inside: Mask, spacing: Sequence[float]) -> float:
    """Volume of a supervoxel; smaller in a small tumour, which a few large ones would not describe."""
    voxel = float(np.prod(spacing))
    share = LARGEST_SHARE * int(inside.sum()) * voxel
    return max(min(SUPERVOXEL_MM3, share), LEAST_VOXELS * voxel)


def _drawn(candidates: _Candidates, inside: Mask, rng: np.random.Generator) -> Mask:
    shares = candidates.shares
    chosen = (shares >= ALWAYS) | ((shares >= NEVER) & (rng.random(len(shares)) < shares))
    if not chosen.any():
        chosen[shares.argmax()] = True
    drawn = np.zeros_like(inside)
    drawn.ravel()[candidates.places] = chosen[candidates.labels]
    return largest_pieces(drawn, like=inside)
