"""The agreement that each feature needs, with its interval: one row per feature, or one strip per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import COLOURS, INK, QUIET, make_picture
from nbradiomics.report.figures.strips import spread
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = COLOURS[:5]  # thin lines in yellow are hardly visible
#: Most features with a row each.
_MOST_ROWS = 120
_ROW = 0.165  # height of a row in inches


@dataclass(frozen=True)
class NeededDot:
    """One feature.

    Attributes
    ----------
    name, group
        Its name, and its class.
    needed, low, high
        Needed agreement with its limits; a limit is NaN if it lies beyond the observed agreement.
    reached
        ``inside``, ``everywhere``, ``nowhere``, or empty if nothing is known.
    """

    name: str
    group: str
    needed: float
    low: float
    high: float
    reached: str


def draw_needed_dots(
    dots: Sequence[NeededDot],
    *,
    metric: str,
    ends: tuple[float, float],
    higher_is_better: bool,
    alt: str,
    caption: tuple[str, ...],
) -> Picture:
    """Draw the features, better agreement on the right.

    Parameters
    ----------
    dots
        Features in the order of the rows, classes together.
    metric
        Name of the metric on the axis.
    ends
        Worst and best observed agreement.
    higher_is_better
        Whether a higher value of the metric is better.
    alt, caption
        As in `Picture`.
    """
    groups = list(dict.fromkeys(dot.group for dot in dots))
    single = len(dots) <= _MOST_ROWS
    rows = len(dots) + len(groups) if single else 3 * len(groups)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if single:
            _rows(axes, dots, groups, ends)
        else:
            _strips(axes, dots, groups, ends)
        margin = 0.04 * abs(ends[1] - ends[0])
        low, high = min(ends) - margin, max(ends) + margin
        axes.set_xlim((low, high) if higher_is_better else (high, low))
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"Needed agreement: {metric}")
        _legend(figure)

    return make_picture(draw, size=(7.2, 1.1 + _ROW * max(rows, 6)), alt=alt, caption=caption)


def _rows(axes: Axes, dots: Sequence[NeededDot], groups: Sequence[str], ends: tuple[float, float]) -> None:
    names = dict(zip(range(len(dots)), shorten_apart([dot.name for dot in dots], 34), strict=True))
    labels: list[str] = []
    for number, group in enumerate(groups):
        labels.append(group)
        for place, dot in enumerate(dots):
            if dot.group == group:
                _dot(axes, dot, len(labels), _COLOURS[number % len(_COLOURS)], ends)
                labels.append(names[place])
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    for label in axes.get_yticklabels():
        if label.get_text() in groups:
            label.set(fontweight="bold", fontsize=8)
    axes.set_ylim(len(labels) - 0.4, -0.6)


def _dot(axes: Axes, dot: NeededDot, level: float, colour: str, ends: tuple[float, float]) -> None:
    if not dot.reached:
        axes.text(ends[0], level, "no answer", fontsize=6.5, color=QUIET, va="center")
        return
    low, high = (min(ends), max(ends))
    first = dot.low if np.isfinite(dot.low) else low
    last = dot.high if np.isfinite(dot.high) else high
    axes.plot([first, last], [level, level], color=colour, linewidth=1.3, alpha=0.7)
    for value, end in ((dot.low, low), (dot.high, high)):
        if not np.isfinite(value):  # the interval goes beyond what was observed; the worst is on the left
            marker = "<" if end == ends[0] else ">"
            axes.plot(end, level, marker=marker, color=colour, markersize=3.5, alpha=0.7)
    if dot.reached == "nowhere":
        axes.plot(ends[1], level, marker="x", color=INK, markersize=5)
    else:
        filled = colour if dot.reached == "inside" else "white"
        axes.plot(dot.needed, level, marker="o", color=colour, markerfacecolor=filled, markersize=4.5)


def _strips(axes: Axes, dots: Sequence[NeededDot], groups: Sequence[str], ends: tuple[float, float]) -> None:
    for row, group in enumerate(groups):
        members = [dot for dot in dots if dot.group == group]
        levels = row + 1.6 * spread(len(members), row)
        values = np.array([ends[1] if dot.reached == "nowhere" else dot.needed for dot in members])
        for reached, marker in (("inside", "o"), ("everywhere", "o"), ("nowhere", "x")):
            chosen = np.array([dot.reached == reached for dot in members])
            colour = INK if reached == "nowhere" else _COLOURS[row % len(_COLOURS)]
            axes.plot(
                values[chosen],
                levels[chosen],
                linestyle="none",
                marker=marker,
                markersize=3.5,
                color=colour,
                markerfacecolor="white" if reached == "everywhere" else colour,
                alpha=0.7,
            )
        known = values[np.isfinite(values)]
        if known.size:
            axes.plot([np.median(known)] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=1.8)
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.5, -0.5)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=QUIET, marker="o", linestyle="none", markersize=5, label="needed agreement"),
        Line2D(
            [],
            [],
            color=QUIET,
            marker="o",
            markerfacecolor="white",
            linestyle="none",
            markersize=5,
            label="all observed pairs suffice",
        ),
        Line2D([], [], color=INK, marker="x", linestyle="none", markersize=5, label="not reached"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
