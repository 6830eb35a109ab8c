"""Bland-Altman picture of two volumes: their ratio against their mean, both on logarithmic axes.

Tumour volumes span several orders of magnitude and their differences grow with the volume, so limits of
agreement in ml would describe only the largest tumours. The ratio is the logarithmic form that Bland and
Altman give for this (Stat Methods Med Res 1999;8:135, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.messages.wording import signed_percent
from nbradiomics.report.content import Picture
from nbradiomics.report.figures.labels import spread_apart
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, make_picture
from nbradiomics.report.formatting import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
_SIZE = (4.3, 3.4)
_LINE = 0.055  # height of a line's label, as a share of the axis
_NARROWEST = 1.25  # as a ratio: axes never magnify differences of a few percent
_TICKS = (1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0)


@dataclass(frozen=True)
class VolumePair:
    """Volumes of the same cases by two readers, or by the model and a reader.

    Attributes
    ----------
    first, second
        Their names.
    volumes, reference
        Shape (cases,), ml, above 0.
    bias, low, high
        Mean ratio and limits of agreement, first over second, as ratios; NaN where there is none.
    emphasised
        Whether the model is one of the two.
    """

    first: str
    second: str
    volumes: Floats
    reference: Floats
    bias: float
    low: float
    high: float
    emphasised: bool

    @property
    def reach(self) -> float:
        """Largest ratio to show, in either direction."""
        shown = [*(self.volumes / self.reference), self.bias, self.low, self.high]
        logs = [abs(np.log(value)) for value in shown if np.isfinite(value) and value > 0]
        return float(np.exp(max(logs, default=0.0)))


def draw_bland_altman(pair: VolumePair, *, reach: float, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw one pair; `reach` is the ratio at the ends of the axis, the same for pairs side by side."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        colour = AUTO_COLOUR if pair.emphasised else QUIET
        mean = np.sqrt(pair.volumes * pair.reference)
        axes.set(xscale="log", yscale="log")
        axes.axhline(1, color=QUIET, linewidth=0.8)
        lines = {pair.low: "dashed", pair.high: "dashed", pair.bias: "solid"}
        drawn = [value for value in lines if np.isfinite(value) and value > 0]
        for value in drawn:
            axes.axhline(value, color=INK, linewidth=1.2, linestyle=lines[value])
        axes.scatter(mean, pair.volumes / pair.reference, s=18, color=colour, alpha=0.75, linewidth=0)
        _ratio_axis(axes, max(reach, _NARROWEST) ** 1.12)
        _name_lines(axes, drawn)
        _volume_axis(axes, mean)
        names = f"{shorten(pair.first, 14)} over {shorten(pair.second, 14)}"
        axes.set(ylabel=f"Volume: {names}", xlabel="Mean of the two volumes (ml)")

    return make_picture(draw, size=_SIZE, alt=alt, caption=caption)


def _name_lines(axes: Axes, values: list[float]) -> None:
    """Write the ratios beside their lines; if lines are close together, their labels are moved apart."""
    bottom, top = (float(np.log(end)) for end in axes.get_ylim())
    heights = (np.log(values) - bottom) / (top - bottom)
    for value, height in zip(values, spread_apart(heights, _LINE, 0.0, 1.0), strict=True):
        axes.text(
            1.01,
            height,
            signed_percent(100 * (value - 1)),
            transform=axes.transAxes,
            va="center",
            fontsize=8,
            color=INK,
        )


def _ratio_axis(axes: Axes, reach: float) -> None:
    inside = [tick for tick in _TICKS if tick < reach]
    chosen = inside[-3:] if len(inside) > 3 else inside
    ratios = [1 / tick for tick in reversed(chosen)] + [1.0] + chosen
    axes.set_ylim(1 / reach, reach)
    axes.set_yticks(ratios, [f"{100 * (ratio - 1):+.0f} %" if ratio != 1 else "0 %" for ratio in ratios])
    axes.set_yticks([], minor=True)
    axes.grid(axis="y")


def _volume_axis(axes: Axes, mean: Floats) -> None:
    low, high = (float(mean.min()), float(mean.max())) if mean.size else (1.0, 10.0)
    low, high = low / 1.3, high * 1.3
    axes.set_xlim(low, high)
    steps = (1, 2, 5) if high / low < 30 else (1,)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_xticks([], minor=True)
