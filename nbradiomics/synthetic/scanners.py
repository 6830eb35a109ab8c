"""The two scanners of the synthetic cohort, and the effect of a scanner on an ideal image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nbradiomics.synthetic.fields import Grid, smooth_bias

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
        shaded = contrasted * np.exp(smooth_bias(self.grid, rng, sd=self.bias))
        sd = self.noise * rng.uniform(0.85, 1.15)
        real, imaginary = rng.normal(0.0, sd, (2, *signal.shape))
        magnitude = np.hypot(shaded + real, imaginary)
        stored = np.round(self.gain * rng.uniform(0.8, 1.25) * magnitude)
        return np.asarray(np.clip(stored, 0, np.iinfo(np.int16).max), dtype=np.int16)


#: Both fields of view are about 176 x 144 x 128 mm.
SCANNERS = (
    Scanner("north", (88, 72, 32), (2.0, 2.0, 4.0), gain=1.0, contrast=1.0, noise=13.0, bias=0.10, blur=0.45),
    Scanner(
        "south", (98, 80, 26), (1.8, 1.8, 5.0), gain=1.7, contrast=0.85, noise=20.0, bias=0.18, blur=0.60
    ),
)
