"""Diffusion images of a synthetic tumour with two habitats, whose place, share and ADC are known.

A diffusion image with the b-value b has the signal ``S0 * exp(-b * ADC)`` (Stejskal and Tanner 1965) and the
noise of the scanner. S0 is the ideal signal of the T2-weighted image, so that necrosis, calcification and
texture are the same in both; the habitats are drawn independently of it, so that the T2-weighted image does
not show them. ADC has the same distribution at both sites; the noise is that of each scanner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.synthetic.fields import Field, Grid, Mask, smooth_noise
from nbradiomics.synthetic.scanners import Scanner, magnitude_with_noise, stored_values

#: Names of the habitats, in the order of their numbers (1, 2) in the true label map.
HABITATS = ("cellular", "loose")
#: Mean ADC of each habitat in mm2/s, its standard deviation between subjects, and within a habitat.
MEAN_ADC = (0.85e-3, 1.45e-3)
BETWEEN_SUBJECTS = 0.03e-3
WITHIN = 0.10e-3
#: Range of the share of habitat 1 in the volume of the tumour.
SHARE = (0.25, 0.75)
#: Smoothness of the border between the habitats and of the ADC in them (see `smooth_noise`), in mm.
PATTERN_MM = 6.0
TEXTURE_MM = 2.0
#: ADC of other tissue and of fluid (signal above `FLUID`), and spread of the former, in mm2/s.
TISSUE_ADC, TISSUE_SPREAD, FLUID_ADC = 1.2e-3, 0.2e-3, 2.6e-3
FLUID = 540.0


@dataclass(frozen=True)
class Diffusion:
    """What is acquired as second channel of the synthetic cohort.

    Attributes
    ----------
    b_values
        In s/mm2: two or more, increasing, from 0.
    spacing
        Voxel size in mm in the order x, y, z; that of the T2-weighted image by default.
    shift
        Movement of the subject between the two acquisitions in mm along x, y, z: a point at p in the
        T2-weighted image is at p + shift in the diffusion images.
    """

    b_values: tuple[int, ...] = (0, 50, 400, 800, 1000)
    spacing: tuple[float, float, float] | None = None
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in zip(self.b_values, self.b_values[1:], strict=False))
        if len(self.b_values) < 2 or min(self.b_values) < 0 or not rising:
            raise InputError(
                f"the b-values are {', '.join(map(str, self.b_values)) or 'none'}.",
                "Give two or more, from 0 s/mm2 up, in increasing order.",
            )
        if self.spacing is not None and not all(0 < edge < np.inf for edge in self.spacing):
            raise InputError(f"the voxel size is {self.spacing}.", "Give three sizes above 0 mm.")

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels: ``b0``, ``b50`` ..."""
        return tuple(f"b{value}" for value in self.b_values)


@dataclass(frozen=True)
class HabitatTruth:
    """True habitats of one tumour.

    Attributes
    ----------
    share
        Share of habitat 1 in the volume; that of habitat 2 is the rest.
    adc
        Mean ADC of each habitat in this subject, in mm2/s.
    """

    share: float
    adc: tuple[float, float]


def draw_habitats(rng: np.random.Generator) -> HabitatTruth:
    """Draw share (uniform in `SHARE`) and mean ADC (normal between subjects) of the habitats of a tumour."""
    first, second = (rng.normal(mean, BETWEEN_SUBJECTS) for mean in MEAN_ADC)
    return HabitatTruth(float(rng.uniform(*SHARE)), (float(first), float(second)))


def place_habitats(
    truth: HabitatTruth, mask: Mask, grid: Grid, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Draw the label map of the habitats: 0 outside the tumour, 1 and 2 in it; axes z, y, x.

    The places are where a smooth random field is below or above its quantile, so they are coherent, and the
    share is exact to one voxel.
    """
    pattern = smooth_noise(grid, rng, length_mm=PATTERN_MM)
    first = pattern <= np.quantile(pattern[mask], truth.share)
    return np.where(mask, np.where(first, 1, 2), 0).astype(np.uint8)


def draw_adc(
    truth: HabitatTruth,
    habitats: npt.NDArray[np.uint8],
    signal: Field,
    grid: Grid,
    rng: np.random.Generator,
) -> Field:
    """Draw the true ADC of every voxel in mm2/s; axes z, y, x.

    Parameters
    ----------
    truth, habitats
        From `draw_habitats` and `place_habitats`.
    signal
        Ideal signal of the T2-weighted image, which tells fluid from other tissue.
    """
    around = TISSUE_ADC + TISSUE_SPREAD * smooth_noise(grid, rng, length_mm=PATTERN_MM)
    adc = np.where(signal > FLUID, FLUID_ADC, around)
    texture = WITHIN * smooth_noise(grid, rng, length_mm=TEXTURE_MM)
    for number, mean in enumerate(truth.adc, start=1):
        adc = np.where(habitats == number, mean + texture, adc)
    return np.asarray(np.maximum(adc, 0.1e-3))


def acquire_diffusion(
    signal: Field, adc: Field, scanner: Scanner, diffusion: Diffusion, rng: np.random.Generator
) -> list[npt.NDArray[np.int16]]:
    """Acquire the diffusion images, one for each b-value, on the grid of `diffusion_scanner`.

    The steps are those of the T2-weighted image (`Scanner.acquire`) without the contrast exponent, which
    would change the ratio of two b-values: point spread, receive field, Rician noise, gain. Receive field and
    gain are the same for all b-values.

    Parameters
    ----------
    signal, adc
        Ideal signal without diffusion weighting, and ADC in mm2/s; both on the grid of `scanner`.
    """
    acquiring = diffusion_scanner(scanner, diffusion)
    field = acquiring.receive_field(rng)
    sd, gain = acquiring.draw_noise(rng), acquiring.draw_gain(rng)
    images = []
    for value in diffusion.b_values:
        ideal = ndimage.gaussian_filter(signal * np.exp(-value * adc), scanner.blur)
        shaded = _moved(ideal, scanner, acquiring, diffusion) * field
        images.append(stored_values(magnitude_with_noise(shaded, sd, rng), gain))
    return images


def diffusion_scanner(scanner: Scanner, diffusion: Diffusion) -> Scanner:
    """Return the scanner with the grid of the diffusion images: the same field of view."""
    if diffusion.spacing is None:
        return scanner
    edges = zip(scanner.size, scanner.spacing, diffusion.spacing, strict=True)
    x, y, z = (max(1, round(number * edge / new)) for number, edge, new in edges)
    return replace(scanner, size=(x, y, z), spacing=diffusion.spacing)


def _moved(ideal: Field, scanner: Scanner, acquiring: Scanner, diffusion: Diffusion) -> Field:
    """Interpolate linearly on the grid of the diffusion images, with the subject moved."""
    if acquiring is scanner and not any(diffusion.shift):
        return ideal
    places = [
        (axis - move) / edge + (number - 1) / 2
        for axis, move, edge, number in zip(
            acquiring.grid.axes, diffusion.shift[::-1], scanner.grid.spacing, ideal.shape, strict=True
        )
    ]
    coordinates = np.broadcast_arrays(*places)
    return np.asarray(ndimage.map_coordinates(ideal, coordinates, order=1, mode="nearest"))
