"""A child's abdomen in T2-weighted signal: fat, muscle, organs, vessels, and tissue that resembles a tumour.

Signals are in arbitrary units: fluid near 600, fat near 480, muscle near 180. A tumour has 290 to 390, like
kidneys and bowel. Coordinates are in mm along z (superior), y (posterior), x (left).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.synthetic.fields import Field, Grid, Mask, smooth_noise


@dataclass(frozen=True)
class Abdomen:
    """Ideal signal of an abdomen without a tumour, and the region in which a tumour may grow.

    Attributes
    ----------
    signal
        Axes z, y, x; arbitrary units, not negative.
    allowed
        Voxels inside the body wall, but outside bone, spinal canal and great vessels.
    """

    signal: Field
    allowed: Mask


def draw_abdomen(grid: Grid, rng: np.random.Generator) -> Abdomen:
    """Draw a random abdomen; the docstring of the module gives units and axes."""
    half_x, half_y = rng.uniform(74.0, 82.0), rng.uniform(58.0, 66.0)
    wall = rng.uniform(5.0, 9.0)
    body = _cylinder(grid, 0.0, 0.0, half_y, half_x)
    inner = _cylinder(grid, 0.0, 0.0, half_y - wall, half_x - wall)
    signal = np.full(grid.shape, 4.0)
    signal[body] = rng.uniform(420.0, 560.0)
    muscle = rng.uniform(150.0, 210.0) + 18.0 * smooth_noise(grid, rng, length_mm=4.0)
    signal[inner] = muscle[inner]
    _draw_organs(signal, inner, grid, rng)
    _draw_lookalikes(signal, inner, grid, rng)
    forbidden = _draw_spine_and_vessels(signal, inner, half_y, grid, rng)
    return Abdomen(signal=np.maximum(signal, 0.0), allowed=inner & ~forbidden)


def _cylinder(grid: Grid, y: float, x: float, radius_y: float, radius_x: float) -> Mask:
    _, along_y, along_x = grid.axes
    section = ((along_y - y) / radius_y) ** 2 + ((along_x - x) / radius_x) ** 2 < 1
    return np.broadcast_to(section, grid.shape).copy()


def _organ(
    grid: Grid,
    rng: np.random.Generator,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    *,
    uneven: float = 0.0,
) -> Mask:
    distance = grid.ellipsoid(centre, radii)
    if uneven:
        distance = distance + uneven * smooth_noise(grid, rng, length_mm=6.0)
    return np.asarray(distance < 1)


def _draw_organs(signal: Field, inner: Mask, grid: Grid, rng: np.random.Generator) -> None:
    liver = inner & _organ(grid, rng, (rng.uniform(20, 40), -14.0, -34.0), (44, 36, 34), uneven=0.08)
    texture = 10.0 * smooth_noise(grid, rng, length_mm=2.0)
    signal[liver] = rng.uniform(120.0, 165.0) + texture[liver]
    spleen = inner & _organ(grid, rng, (rng.uniform(25, 40), 12.0, 50.0), (22, 18, 13), uneven=0.05)
    signal[spleen] = rng.uniform(230.0, 290.0)
    for side in (-1.0, 1.0):
        place = (rng.uniform(-14, 8), 22.0 + rng.uniform(-4, 4), side * rng.uniform(36, 42))
        kidney = inner & _organ(grid, rng, place, (27, 13, 12), uneven=0.06)
        signal[kidney] = rng.uniform(270.0, 350.0)
        pelvis = inner & _organ(grid, rng, (place[0], place[1], place[2] - side * 4), (8, 4, 4))
        signal[pelvis] = rng.uniform(480.0, 600.0)


def _draw_lookalikes(signal: Field, inner: Mask, grid: Grid, rng: np.random.Generator) -> None:
    """Draw fluid and bowel, whose signal is like that of the tumour or brighter."""
    place = (rng.uniform(-5, 22), -26.0, rng.uniform(-34, -14))
    signal[inner & _organ(grid, rng, place, (12, 8, 8))] = rng.uniform(560.0, 650.0)
    for _ in range(int(rng.integers(6, 10))):
        place = (rng.uniform(-64, 5), rng.uniform(-42, -10), rng.uniform(-46, 46))
        size = rng.uniform(6.0, 13.0, 3)
        loop = inner & _organ(grid, rng, place, (size[0], size[1], size[2]), uneven=0.1)
        signal[loop] = rng.uniform(100.0, 430.0)
    bladder = inner & _organ(grid, rng, (-64.0, -16.0, 0.0), (rng.uniform(10, 22), 17, 20))
    signal[bladder] = rng.uniform(560.0, 650.0)


def _draw_spine_and_vessels(
    signal: Field, inner: Mask, half_y: float, grid: Grid, rng: np.random.Generator
) -> Mask:
    """Draw spine and great vessels, and return their voxels, into which no tumour grows."""
    along_z = grid.axes[0]
    spine = inner & _cylinder(grid, half_y - 27.0, 0.0, 14.0, 15.0)
    signal[spine] = rng.uniform(180.0, 260.0)
    discs = spine & (np.mod(along_z + rng.uniform(0, 22), 22.0) < 5.0)
    signal[discs] = 90.0
    canal = inner & _cylinder(grid, half_y - 13.0, 0.0, 6.0, 7.0)
    signal[canal] = rng.uniform(500.0, 620.0)
    aorta = inner & _cylinder(grid, half_y - 46.0, 5.0, 4.5, 4.5)
    cava = inner & _cylinder(grid, half_y - 46.0, -9.0, 5.0, 6.0)
    signal[aorta] = 40.0
    signal[cava] = 60.0
    return np.asarray(spine | canal | aorta | cava)
