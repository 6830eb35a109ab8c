"""Estimates with their intervals, one per row: the order of each model, or ratios of covariates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.messages.wording import Form, against, concordance, interval, number
from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import INK, QUIET, label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOUR = "#0072B2"
Estimates = Mapping[str, tuple[float, float, float]]
#: Ratios outside of this range are beyond the axis, and an arrow says so.
_WIDEST = (0.02, 50.0)
_MOST_TICKS = 7


def draw_forest(values: Estimates, *, name: str, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw C-indices or ROC areas (value, lower and upper limit) with the line of chance at 0.5."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _draw_rows(axes, values, concordance, line=0.5)
        finite = _finite(values)
        limits = max(min(0.38, *finite) - 0.02, 0.0), min(max(0.9, *finite) + 0.02, 1.0)
        axes.set(xlim=limits, xlabel=name)
        axes.locator_params(axis="x", nbins=5)
        label_rows(axes, shorten_apart(list(values), 16))

    return make_picture(draw, size=(5.2, 0.9 + 0.4 * len(values)), alt=alt, caption=caption)


def draw_ratios(values: Estimates, *, name: str, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw hazard or odds ratios (value, lower and upper limit) on a log axis with the line at 1."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_xscale("log")
        low, high = ratio_limits(_finite(values))
        _draw_rows(axes, values, against(number, 1), line=1.0, limits=(low, high))
        ticks = ratio_ticks(low, high)
        axes.set(xlim=(low, high), xlabel=f"{name} (log axis)")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        label_rows(axes, shorten_apart(list(values), 24))

    return make_picture(draw, size=(5.2, 0.9 + 0.34 * len(values)), alt=alt, caption=caption)


def ratio_limits(finite: list[float]) -> tuple[float, float]:
    """Choose the ends of a log axis that shows the ratios, and half and twice as much."""
    low, high = min(0.5, *finite) / 1.15, max(2.0, *finite) * 1.15
    return max(low, _WIDEST[0]), min(high, _WIDEST[1])


def ratio_ticks(low: float, high: float) -> list[float]:
    """Choose the marks of a log axis: 1, 2 and 5 of each power of ten, or 1 alone if they are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for leading in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{one}e{power}") for power in powers for one in leading]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= _MOST_TICKS:
            break
    return inside


def _draw_rows(
    axes: Axes,
    values: Estimates,
    form: Form,
    *,
    line: float,
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> None:
    """Draw each estimate with its interval and its numbers; an arrow where it goes beyond the limits."""
    first, last = limits
    axes.axvline(line, color=QUIET, linestyle="dashed", linewidth=1)
    axes.grid(axis="x")
    for row, (value, low, high) in enumerate(values.values()):
        if np.isfinite(low) and np.isfinite(high):
            ends = [min(max(end, first), last) for end in (low, high)]
            axes.plot(ends, [row, row], color=_COLOUR, linewidth=2, solid_capstyle="butt")
            for beyond, end, marker in ((low < first, first, "<"), (high > last, last, ">")):
                if beyond:
                    axes.plot(end, row, marker=marker, color=_COLOUR, markersize=6, clip_on=False)
        if np.isfinite(value) and first <= value <= last:
            axes.plot(value, row, marker="s", color=_COLOUR, markersize=7)
        axes.annotate(
            interval(value, low, high, form=form),
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=INK,
            annotation_clip=False,
        )


def _finite(values: Estimates) -> list[float]:
    return [limit for triple in values.values() for limit in triple if np.isfinite(limit)]
