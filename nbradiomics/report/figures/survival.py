"""Kaplan-Meier curves with confidence bands and numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, COLOURS, legend_above, make_picture
from nbradiomics.report.formatting import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
#: Dashes distinguish the curves in grey, too.
_DASHES = ("solid", "dashed", "dashdot", "dotted")
_NAMED = {"high": AUTO_COLOUR, "low": COLOURS[0]}


@dataclass(frozen=True)
class Curve:
    """Kaplan-Meier estimate of one group at ascending times.

    Attributes
    ----------
    group
        Name of the group.
    time
        Times in the unit of the clinical table.
    survival, low, high
        Probability of survival beyond each time with its confidence limits, 0 to 1.
    at_risk
        Subjects at risk just before each time.
    """

    group: str
    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats

    @property
    def people(self) -> int:
        """Subjects at the start."""
        return int(np.nanmax(self.at_risk)) if np.isfinite(self.at_risk).any() else 0


def at_risk(curve: Curve, times: Sequence[float]) -> list[int]:
    """Subjects at risk just before each of `times`; 0 after the last time of the curve."""
    places = np.searchsorted(curve.time, times, side="left")
    return [int(curve.at_risk[place]) if place < len(curve.time) else 0 for place in places]


def draw_survival(
    curves: Sequence[Curve], *, title: str, labels: tuple[str, str], alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw one curve per group over a table of the numbers at risk; `labels` are of time and probability."""

    def draw(figure: Figure) -> None:
        rows = 0.24 * (len(curves) + 1)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.1, rows])
        for position, curve in enumerate(curves):
            _draw_curve(upper, curve, _colour(curve.group, position), _DASHES[position % len(_DASHES)])
        end = max(float(curve.time.max()) for curve in curves)
        upper.set(xlim=(0, end * 1.02), ylim=(0, 1.03), xlabel=labels[0], ylabel=labels[1])
        upper.set_title(shorten(title, 40), pad=22)
        upper.tick_params(labelbottom=True)
        upper.grid()
        legend_above(upper)
        upper.locator_params(axis="x", nbins=5)
        _draw_numbers(lower, curves, [tick for tick in upper.get_xticks() if 0 <= tick <= end])

    return make_picture(draw, size=(4.3, 3.6 + 0.24 * len(curves)), alt=alt, caption=caption)


def _colour(group: str, position: int) -> str:
    return _NAMED.get(group, COLOURS[(position + 1) % len(COLOURS)])


def _draw_curve(axes: Axes, curve: Curve, colour: str, dash: str) -> None:
    """Draw steps that start at 1: a table with event times only has no row for the start."""
    time = np.concatenate(([0.0], curve.time))
    steps = {"low": curve.low, "survival": curve.survival, "high": curve.high}
    low, survival, high = (np.concatenate(([1.0], values)) for values in steps.values())
    label = f"{shorten(curve.group, 12)} risk (n = {curve.people})"
    axes.step(time, survival, where="post", color=colour, linewidth=1.8, linestyle=dash, label=label)
    axes.fill_between(time, low, high, step="post", color=colour, alpha=0.16, linewidth=0)


def _draw_numbers(axes: Axes, curves: Sequence[Curve], ticks: list[float]) -> None:
    axes.set_title("Number at risk", fontsize=8.5, fontweight="normal")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelbottom=False)
    axes.tick_params(axis="y", pad=16)
    axes.set_yticks(range(len(curves)), [shorten(curve.group, 12) for curve in curves])
    axes.set_ylim(len(curves) - 0.4, -0.6)
    for row, curve in enumerate(curves):
        axes.get_yticklabels()[row].set_color(_colour(curve.group, row))
        for tick, people in zip(ticks, at_risk(curve, ticks), strict=True):
            axes.text(tick, row, str(people), ha="center", va="center", fontsize=8.5)
