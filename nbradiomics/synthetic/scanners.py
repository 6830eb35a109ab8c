"""The two scanners of the synthetic cohort, and the effect of a scanner on an ideal image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nbradiomics.synthetic.fields import Field, Grid, smooth_bias

#: Signal before the scanner's gain that the contrast exponent does not change.
REFERENCE_SIGNAL = 300.0


@dataclass(frozen=True)
class Scanner:
    """One site's scanner.

    Attributes
    ----------
    site
        Name of the site, as in the cohort table.
    size, spacing
        Number of voxels and voxel size in mm, in the order x, y, z (left, posterior, superior).
    gain
        Factor on all intensities; MR intensities have no unit.
    contrast
        Exponent of signal / `REFERENCE_SIGNAL`; below 1 the signals of tissues are closer together.
    noise
        Standard deviation of the noise of each of the two channels of the complex signal, before gain.
    bias
        Standard deviation of the logarithm of the receive field over the volume.
    blur
        Standard deviation of the point-spread function, in voxels.
    """

    site: str
    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    gain: float
    contrast: float
    noise: float
    bias: float
    blur: float

    @property
    def grid(self) -> Grid:
        """Sampling grid with axes z, y, x."""
        return Grid(shape=self.size[::-1], spacing=self.spacing[::-1])

    def acquire(self, signal: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int16]:
        """Convert ideal tissue signal into the stored values of this scanner.

        The steps are point spread, contrast, receive field, Rician noise (the magnitude of a complex signal
        with Gaussian noise in both channels; Gudbjartsson and Patz 1995) and gain. Gain and noise level of
        each examination vary around those of the scanner.

        Parameters
        ----------
        signal
            Axes z, y, x, not negative.

        Returns
        -------
        ndarray of int16
            Axes z, y, x; whole numbers, as scanners store them.
        """
        blurred = ndimage.gaussian_filter(signal, self.blur)
        contrasted = REFERENCE_SIGNAL * (blurred / REFERENCE_SIGNAL) ** self.contrast
        shaded = contrasted * self.receive_field(rng)
        magnitude = magnitude_with_noise(shaded, self.draw_noise(rng), rng)
        return stored_values(magnitude, self.draw_gain(rng))

    def receive_field(self, rng: np.random.Generator) -> Field:
        """Draw the receive field of one examination, a factor on the signal; axes z, y, x."""
        return np.asarray(np.exp(smooth_bias(self.grid, rng, sd=self.bias)))

    def draw_noise(self, rng: np.random.Generator) -> float:
        """Draw the standard deviation of the noise of one examination, within 15 % of the scanner's."""
        return float(self.noise * rng.uniform(0.85, 1.15))

    def draw_gain(self, rng: np.random.Generator) -> float:
        """Draw the gain of one examination, within 20 to 25 % of the scanner's."""
        return float(self.gain * rng.uniform(0.8, 1.25))


def magnitude_with_noise(signal: Field, sd: float, rng: np.random.Generator) -> Field:
    """Return the magnitude of a complex signal with Gaussian noise in both channels: Rician noise."""
    real, imaginary = rng.normal(0.0, sd, (2, *signal.shape))
    return np.asarray(np.hypot(signal + real, imaginary))


def stored_values(magnitude: Field, gain: float) -> npt.NDArray[np.int16]:
    """Apply the gain and round to whole numbers, as scanners store them."""
    stored = np.round(gain * magnitude)
    return np.asarray(np.clip(stored, 0, np.iinfo(np.int16).max), dtype=np.int16)


#: Both fields of view are about 176 x 144 x 128 mm.
SCANNERS = (
    Scanner("north", (88, 72, 32), (2.0, 2.0, 4.0), gain=1.0, contrast=1.0, noise=13.0, bias=0.10, blur=0.45),
    Scanner(
        "south", (98, 80, 26), (1.8, 1.8, 5.0), gain=1.7, contrast=0.85, noise=20.0, bias=0.18, blur=0.60
    ),
)
