"""Tumours: their properties, random drawing of these, and painting a tumour into an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.synthetic.fields import Field, Grid, Mask, largest_component, smooth_noise

#: Range of the tumour volumes in millilitres: spheres of 15 and 42 mm radius.
VOLUME_RANGE = (14.0, 310.0)


@dataclass(frozen=True)
class Tumour:
    """The true properties of one tumour.

    Attributes
    ----------
    volume_ml
        Volume in millilitres.
    heterogeneity
        Standard deviation over mean of the viable tissue's signal, before the scanner.
    necrotic_fraction
        Fraction of the volume that is necrotic (bright on T2), 0 to 1.
    signal
        Mean signal of viable tissue, in the units of `anatomy`.
    texture_mm
        Smoothness of the viable tissue's texture (see `smooth_noise`), in mm.
    lobules
        Number of lobules besides the main mass.
    """

    volume_ml: float
    heterogeneity: float
    necrotic_fraction: float
    signal: float
    texture_mm: float
    lobules: int


def draw_tumour(rng: np.random.Generator) -> Tumour:
    """Draw the properties of a tumour independently of each other.

    Volume is log-normal (median 70 ml, standard deviation of the logarithm 0.65) within
    `VOLUME_RANGE`; heterogeneity is normal (0.13, 0.045) within 0.04 to 0.26; the necrotic fraction is
    Beta(1.5, 6), at most 0.6.
    """
    return Tumour(
        volume_ml=float(np.clip(rng.lognormal(np.log(70.0), 0.65), *VOLUME_RANGE)),
        heterogeneity=float(np.clip(rng.normal(0.13, 0.045), 0.04, 0.26)),
        necrotic_fraction=float(min(rng.beta(1.5, 6.0), 0.6)),
        signal=float(rng.uniform(290.0, 390.0)),
        texture_mm=float(rng.uniform(2.2, 4.0)),
        lobules=int(rng.integers(2, 6)),
    )


def grow_tumour(tumour: Tumour, grid: Grid, rng: np.random.Generator, *, allowed: Mask) -> Mask:
    """Draw a lobulated mass with the volume of the tumour within the allowed tissue.

    The mass is the union of a main ellipsoid and smaller ones on its surface, with an uneven border,
    filled from the centre outwards until the volume is reached; volume that the surrounding tissue cuts off
    is added elsewhere.

    Returns
    -------
    ndarray of bool
        Axes z, y, x; one face-connected component. Its volume differs from that of the tumour by at most
        one voxel or, if a lobule was cut off, by a few percent.
    """
    radius = (tumour.volume_ml * 1000.0 * 3 / (4 * np.pi)) ** (1 / 3)
    side = rng.choice([-1.0, 1.0])
    centre = np.array(
        [rng.uniform(-18.0, 18.0), rng.uniform(-8.0, 10.0), side * rng.uniform(0.5, 1.0) * 0.9 * radius]
    )
    depth = grid.ellipsoid(centre, radius * rng.uniform([0.85, 0.75, 0.8], [1.2, 1.0, 1.05]))
    for _ in range(tumour.lobules):
        direction = rng.standard_normal(3)
        direction /= np.linalg.norm(direction)
        lobule = centre + direction * radius * rng.uniform(0.5, 0.85)
        depth = np.minimum(depth, grid.ellipsoid(lobule, np.full(3, radius * rng.uniform(0.4, 0.65))))
    depth = depth + 0.06 * smooth_noise(grid, rng, length_mm=5.0)
    candidates = depth[allowed]
    size = min(max(1, round(tumour.volume_ml / grid.voxel_ml)), candidates.size)
    edge = np.partition(candidates, size - 1)[size - 1]
    return largest_component(allowed & (depth <= edge))


def paint_tumour(signal: Field, mask: Mask, tumour: Tumour, grid: Grid, rng: np.random.Generator) -> Field:
    """Return the signal with viable tissue, necrosis and calcification painted inside the mask."""
    texture = smooth_noise(grid, rng, length_mm=tumour.texture_mm)
    inside = texture[mask]
    relative = (texture - inside.mean()) / inside.std()
    painted = np.where(mask, tumour.signal * np.maximum(1 + tumour.heterogeneity * relative, 0.2), signal)
    pattern = smooth_noise(grid, rng, length_mm=6.0)
    bright = mask & (pattern > np.quantile(pattern[mask], 1 - tumour.necrotic_fraction))
    painted[bright] = tumour.signal * 1.45
    calcified = mask & (rng.random(grid.shape) > 0.996)
    painted[calcified] = 60.0
    return np.asarray(painted)
