"""WhiteStripe-like normalisation: a mode of the histogram becomes 0, the spread around it 1.

After Shinohara et al. 2014 (10.1016/j.nicl.2014.08.008), whose stripe is normal-appearing white matter of the
brain. Outside the brain no tissue has that role: here the mode is that of the chosen voxels, a reference
tissue drawn by the user or the body. Whether images are comparable afterwards depends on whether this mode
is the same tissue in each of them, which no number of this step can tell.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.tissue import LEAST_VOXELS, OVER, Over, voxels_over
from nbradiomics.preparation.volume import Volume, values_of

_BINS = 2000
#: Percentiles between which modes are searched: single bright voxels would stretch the bins.
_RANGE = (0.1, 99.9)
#: A mode counts if its density is at least this share of the highest, and stands out by half of that.
_LEAST_HEIGHT, _LEAST_PROMINENCE = 0.2, 0.1


class WhiteStripe(Step):
    """Subtract the mean of the voxels around a mode, and divide by their standard deviation."""

    kind: ClassVar[str] = "whitestripe"
    normalises: ClassVar[bool] = True

    over: Over = Field(default="foreground", description=OVER)
    peak: Literal["last", "largest"] = Field(
        default="largest",
        description="Mode of the histogram: the brightest (white matter in T1 of the brain) or the highest.",
    )
    width: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.05, description="Share of the voxels on each side of the mode that form the stripe."
    )

    def _applied(self, volume: Volume) -> Volume:
        values = values_of(volume.image)
        measured = values[voxels_over(volume, self.over)]
        mode = mode_of(measured, self.peak)
        place = float(np.mean(measured <= mode))
        limits = np.quantile(measured, [max(place - self.width, 0.0), min(place + self.width, 1.0)])
        stripe = measured[(measured >= limits[0]) & (measured <= limits[1])]
        if stripe.size < LEAST_VOXELS or stripe.min() == stripe.max():
            raise InputError(
                f"the {stripe.size} voxels around the mode {mode:g} have no spread.",
                "Choose other voxels (`over`), or a larger width.",
            )
        mean, deviation = float(stripe.mean()), float(stripe.std())
        found = {"mode": mode, "mean": mean, "standard_deviation": deviation, "voxels": float(stripe.size)}
        return volume.with_values((values - mean) / deviation, self.record(found))


def mode_of(values: NDArray[np.float64], peak: str) -> float:
    """Mode of a smoothed histogram: the brightest or the highest; bandwidth by Silverman's rule."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    low, high = np.percentile(values, _RANGE)
    if not low < high:
        raise InputError(
            f"nearly all measured voxels have the value {low:g}.", "Choose other voxels (`over`)."
        )
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    quartiles = np.percentile(values, [25, 75])
    spread = min(float(values.std()), float(np.ptp(quartiles)) / 1.34) or float(values.std())
    bandwidth = 0.9 * spread * values.size**-0.2
    density = gaussian_filter1d(
        counts.astype(np.float64), max(bandwidth / (edges[1] - edges[0]), 1.0), mode="constant"
    )
    peaks, _ = find_peaks(
        np.pad(density, 1), height=_LEAST_HEIGHT * density.max(), prominence=_LEAST_PROMINENCE * density.max()
    )
    modes = peaks - 1
    chosen = modes[-1] if peak == "last" else modes[np.argmax(density[modes])]
    return float((edges[chosen] + edges[chosen + 1]) / 2)
