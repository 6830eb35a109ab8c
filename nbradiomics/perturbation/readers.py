"""Simulated readers: contours that differ as the readers of a cohort differ.

The surface of a mask is shifted by a smooth random field with the estimated disagreement
(`disagreement.Disagreement`). Each simulated reader differs from the mask by the share of one of two readers,
so that two simulated readers differ from each other as two readers do. A slice gets no holes, and no more
pieces, than the mask has in its slices: readers draw closed contours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.perturbation.boxes import Mask, box_around, voxels_in
from nbradiomics.perturbation.disagreement import Disagreement, flatness, radius_mm
from nbradiomics.perturbation.growth import signed_distance
from nbradiomics.perturbation.pieces import largest_pieces

#: Voxels of a slice that share an edge or a corner.
_CORNERS = np.ones((3, 3), dtype=bool)
#: Widest shift of a contour, in standard deviations.
_WIDEST = 4.0
#: Share of the largest depth of a mask that a shift never removes.
_DEEPEST = 0.8


def simulated_reader(
    inside: Mask,
    spacing: Sequence[float],
    disagreement: Disagreement,
    rng: np.random.Generator,
    scale: float = 1.0,
) -> Mask:
    """Draw a region as another reader might have drawn it.

    Parameters
    ----------
    inside
        Voxels of the region, z, y, x; not empty.
    spacing
        Edges of a voxel in mm along z, y, x.
    disagreement
        Disagreement of two readers.
    rng
        Draws the shift.
    scale
        Scale of the disagreement for this tumour (`difficulty`).

    Returns
    -------
    numpy.ndarray
        Never empty, and in no more pieces than the region.
    """
    scale *= (radius_mm(inside, spacing) / disagreement.radius_mm) ** disagreement.exponent
    reach = _WIDEST * max(disagreement.rim_mm, disagreement.end_slices * spacing[0]) * scale / math.sqrt(2)
    box = box_around(inside, voxels_in(reach + max(spacing), spacing))
    part = inside[box]
    distances = signed_distance(part, spacing)
    flat = flatness(distances, spacing) ** 2
    variance = (1 - flat) * disagreement.rim_mm**2 + flat * (disagreement.end_slices * spacing[0]) ** 2
    shift = scale * np.sqrt(variance / 2) * _field(part.shape, spacing, disagreement, rng)
    shift = np.clip(shift, _DEEPEST * distances.min(), reach)
    result = np.zeros_like(inside)
    result[box] = largest_pieces(_as_drawn(distances < shift, like=part), like=part)
    return result


def _as_drawn(inside: Mask, *, like: Mask) -> Mask:
    """Remove, slice by slice, holes and pieces that nobody draws, unless a mask has such too."""
    no_holes = all(np.array_equal(ndimage.binary_fill_holes(part), part) for part in like)
    pieces = max(int(ndimage.label(part, _CORNERS)[1]) for part in like)
    result = inside.copy()
    for part in result:
        if no_holes:
            part[:] = ndimage.binary_fill_holes(part)
        labels, count = ndimage.label(part, _CORNERS)
        if count > pieces:
            sizes = np.bincount(labels.ravel())[1:]
            kept = np.argsort(-sizes, kind="stable")[:pieces] + 1
            part[:] = np.isin(labels, kept)
    return result


def difficulty(disagreement: Disagreement, rng: np.random.Generator) -> float:
    """Scale of the disagreement about one tumour: log-normal, with mean square 1."""
    return math.exp(disagreement.spread * rng.standard_normal() - disagreement.spread**2)


def _field(
    shape: tuple[int, ...], spacing: Sequence[float], disagreement: Disagreement, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Gaussian field of variance 1 with the correlation of the disagreement."""
    lengths = (disagreement.length_slices, *(disagreement.length_mm / edge for edge in spacing[1:]))
    # White noise that was smoothed with standard deviation s is correlated as exp(-h^2 / (4 s^2)).
    sigma = [length / math.sqrt(2) for length in lengths]
    margin = [math.ceil(3 * width) for width in sigma]
    noise = rng.standard_normal([size + 2 * more for size, more in zip(shape, margin, strict=True)])
    smooth = ndimage.gaussian_filter(noise, sigma, mode="constant", truncate=3.0)
    inner = tuple(slice(more, more + size) for size, more in zip(shape, margin, strict=True))
    local = smooth[inner] / math.sqrt(math.prod(_sum_of_squares(width) for width in sigma))
    shared = disagreement.shared
    return np.asarray(math.sqrt(shared) * rng.standard_normal() + math.sqrt(1 - shared) * local)


def _sum_of_squares(sigma: float) -> float:
    """Sum of the squared weights of a Gaussian filter along one axis: the variance that it leaves."""
    reach = int(3.0 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return float(np.sum((weights / weights.sum()) ** 2))
