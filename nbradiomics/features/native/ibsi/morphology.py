"""The family `morph`: size and form of a region, and how its intensities lie within it.

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, section 3.1). The mesh
is that of the class `shape`, which complies with the reference values. Size and form are those of the
morphological mask; the centre of mass of the intensities, the integrated intensity and the spatial
autocorrelation use the voxels of the intensity mask, which re-segmentation may have made smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.shape import (
    axis_features,
    farthest_corners,
    mesh_area_and_volume,
    mesh_corners,
    principal_variances,
)
from nbradiomics.features.native.ibsi.autocorrelation import autocorrelation_features
from nbradiomics.features.native.ibsi.boxes import convex_hull, smallest_box
from nbradiomics.features.native.ibsi.ellipsoids import (
    ellipsoid_area,
    ellipsoid_volume,
    enclosing_ellipsoid,
)

Floats = NDArray[np.float64]
Spacing = tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """The morphological mask and its mesh.

    Attributes
    ----------
    inside
        The mask in its box, axes z, y, x.
    spacing
        Voxel edges in mm, z, y, x.
    area, volume
        Of the mesh, in mm^2 and mm^3.
    """

    inside: NDArray[np.bool_]
    spacing: Spacing
    area: float
    volume: float


@dataclass(frozen=True)
class IntensityMask:
    """Voxels whose intensities are measured.

    Attributes
    ----------
    image
        Intensities in the box of the mask, axes z, y, x.
    inside
        The mask, the same shape.
    offset
        First voxel of the box, counted from the first voxel of the box of the morphological mask, z, y, x.
    """

    image: Floats
    inside: NDArray[np.bool_]
    offset: tuple[int, int, int]


def morphology_features(
    region: NDArray[np.bool_], intensities: IntensityMask, spacing: Spacing
) -> dict[str, float]:
    """Compute the family `morph`.

    Parameters
    ----------
    region
        The morphological mask, axes z, y, x, with at least one voxel.
    intensities
        The intensity mask with its intensities.
    spacing
        Voxel edges in mm, z, y, x.

    Returns
    -------
    dict
        Value by the name in the tables of the IBSI, without the family; NaN if it is undefined: a ratio with
        a mesh without volume or a body without extent.
    """
    padded = np.pad(region, 1)
    body = Body(region, spacing, *mesh_area_and_volume(padded, spacing))
    corners = mesh_corners(padded, spacing)
    values = intensities.image[intensities.inside]
    return {
        **_surface_features(body),
        "com": _centre_shift(body, intensities),
        "diam": farthest_corners(corners),
        **_axes_and_densities(body, corners),
        "integ_int": float(values.mean()) * body.volume,
        **autocorrelation_features(intensities.image, intensities.inside, spacing),
    }


def _surface_features(body: Body) -> dict[str, float]:
    """Compute volume, surface and their ratios to those of a ball."""
    area, volume = body.area, body.volume
    known = volume > 0  # slits in the mesh of a few separate voxels can make the volume 0
    compactness = 36 * math.pi * volume**2 / area**3
    sphericity = compactness ** (1 / 3)
    values = {
        "av": area / volume if known else math.nan,
        "comp_1": volume / (area**1.5 * math.sqrt(math.pi)),
        "comp_2": compactness,
        "sph_dispr": 1 / sphericity if known else math.nan,
        "sphericity": sphericity,
        "asphericity": 1 / sphericity - 1 if known else math.nan,
    }
    approximate = np.count_nonzero(body.inside) * math.prod(body.spacing)
    return {"volume": volume, "vol_approx": approximate, "area_mesh": area, **values}


def _centre_shift(body: Body, intensities: IntensityMask) -> float:
    """Compute the distance in mm of the centres of the mask and of its intensities."""
    image = np.where(intensities.inside, intensities.image, 0.0)
    total = float(image.sum())
    if total == 0:
        return math.nan
    centre = _centre(body.inside.astype(np.float64))
    of_intensities = _centre(image) + intensities.offset
    return float(np.linalg.norm((of_intensities - centre) * body.spacing))


def _centre(weights: Floats) -> Floats:
    """Compute the weighted mean of the voxel indices, z, y, x."""
    total = weights.sum()
    along = (weights.sum(axis=tuple(other for other in range(3) if other != axis)) for axis in range(3))
    return np.array([sums @ np.arange(len(sums)) / total for sums in along])


def _axes_and_densities(body: Body, corners: Floats) -> dict[str, float]:
    """Compute the principal axes, and the ratios of the body to simpler bodies around it."""
    # Even the vertices around a single voxel span three dimensions, so that the hull is never flat.
    hull = convex_hull(corners)
    number = int(np.count_nonzero(body.inside))
    # The variances are divided by N - 1, as those of the reference values; one voxel has no extent.
    variances = principal_variances(body.inside, body.spacing) * (
        number / (number - 1) if number > 1 else 1.0
    )
    semi_axes = 2 * np.sqrt(variances)
    around = enclosing_ellipsoid(hull.corners)
    bodies = {
        "aabb": _box(np.ptp(hull.corners, axis=0)),
        "ombb": _box(smallest_box(hull)),
        "aee": (ellipsoid_volume(semi_axes), ellipsoid_area(semi_axes)),
        "mvee": (ellipsoid_volume(around), ellipsoid_area(around)),
        "conv_hull": (hull.volume, hull.area),
    }
    axes = axis_features(variances)
    return {
        "pca_maj_axis": axes["MajorAxisLength"],
        "pca_min_axis": axes["MinorAxisLength"],
        "pca_least_axis": axes["LeastAxisLength"],
        "pca_elongation": axes["Elongation"],
        "pca_flatness": axes["Flatness"],
        **{f"vol_dens_{name}": _ratio(body.volume, volume) for name, (volume, _) in bodies.items()},
        **{f"area_dens_{name}": _ratio(body.area, area) for name, (_, area) in bodies.items()},
    }


def _box(edges: Floats) -> tuple[float, float]:
    """Compute volume and surface of a box."""
    a, b, c = edges.tolist()
    return a * b * c, 2 * (a * b + a * c + b * c)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else math.nan
