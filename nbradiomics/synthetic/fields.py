"""Grids in mm and random smooth fields on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Regular grid centred on zero.

    Attributes
    ----------
    shape
        Voxels along z, y, x.
    spacing
        Voxel size in mm along z, y, x.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    @cached_property
    def axes(self) -> tuple[Field, Field, Field]:
        """Coordinates in mm along z, y, x, ready to broadcast; 0 at the centre of the grid."""
        z, y, x = (
            np.asarray((np.arange(n) - (n - 1) / 2) * edge, dtype=np.float64)
            for n, edge in zip(self.shape, self.spacing, strict=True)
        )
        return z[:, None, None], y[None, :, None], x[None, None, :]

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in millilitres."""
        return float(np.prod(self.spacing)) / 1000.0

    def ellipsoid(self, centre: npt.ArrayLike, radii: npt.ArrayLike) -> Field:
        """Scaled distance from `centre`: 1 on the ellipsoid, less inside; both arguments in mm, z, y, x."""
        parts = zip(self.axes, np.asarray(centre, float), np.asarray(radii, float), strict=True)
        return np.asarray(np.sqrt(sum(((axis - middle) / radius) ** 2 for axis, middle, radius in parts)))


def smooth_noise(grid: Grid, rng: np.random.Generator, *, length_mm: float) -> Field:
    """Return a Gaussian random field with mean 0 and standard deviation 1 over the grid.

    Parameters
    ----------
    length_mm
        Standard deviation of the Gaussian filter for the white noise; so the smoothness in mm is the same
        on every grid.
    """
    sigma = [length_mm / edge for edge in grid.spacing]
    noise = ndimage.gaussian_filter(rng.standard_normal(grid.shape), sigma, truncate=3.0)
    return np.asarray((noise - noise.mean()) / noise.std())


def smooth_bias(grid: Grid, rng: np.random.Generator, *, sd: float) -> Field:
    """Return a sum of eight cosine waves of 150 to 350 mm length, with standard deviation `sd`."""
    field = np.zeros(grid.shape)
    for _ in range(8):
        direction = rng.standard_normal(3)
        wave = 2 * np.pi * direction / np.linalg.norm(direction) / rng.uniform(150.0, 350.0)
        phase = sum(axis * k for axis, k in zip(grid.axes, wave, strict=True))
        field += rng.uniform(0.5, 1.0) * np.cos(phase + rng.uniform(0, 2 * np.pi))
    return np.asarray(sd * (field - field.mean()) / field.std())


def largest_component(mask: Mask) -> Mask:
    """Keep the largest of the face-connected components; an empty mask stays empty."""
    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())
