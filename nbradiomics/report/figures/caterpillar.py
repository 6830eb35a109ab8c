"""Risks of the subjects in their order, each with its range over several masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, legend_above, make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOUR = "#0072B2"
#: Up to so many subjects, their names are written.
_NAMED = 45
#: The axis is as long as the middle 98 % of all ends, and this share of them more on each side.
_ROOM = 0.15


@dataclass(frozen=True)
class Ranges:
    """Risks of subjects with their ranges.

    Attributes
    ----------
    names
        Name of each subject.
    risk, low, high
        Shape (subjects,): risk beyond the cut-off with the mask of the models' reader, and the lowest and
        highest one over the masks; missing without a second mask.
    changes
        Shape (subjects,): whether the subject is in another group with one of the masks.
    axis
        Label of the risk axis.
    """

    names: tuple[str, ...]
    risk: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    changes: NDArray[np.bool_]
    axis: str


def draw_caterpillar(ranges: Ranges, *, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw the subjects by their risk, the cut-off at 0, and those who change the group in another colour."""
    order = np.lexsort((np.array(ranges.names), ranges.risk))
    number = len(order)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.axhline(0, color=INK, linestyle="dashed", linewidth=1, label="cut-off between low and high risk")
        for changed, colour, label, marker in (
            (False, _COLOUR, "same group with all masks", "o"),
            (True, AUTO_COLOUR, "changes the group", "D"),
        ):
            places = np.flatnonzero(ranges.changes[order] == changed)
            who = order[places]
            axes.vlines(places, ranges.low[who], ranges.high[who], color=colour, linewidth=2, alpha=0.75)
            axes.plot(places, ranges.risk[who], marker, color=colour, markersize=_size(number), label=label)
        axes.set(xlim=(-0.8, number - 0.2), ylabel=ranges.axis, ylim=_limits(ranges))
        axes.grid(axis="y")
        _name(axes, [ranges.names[place] for place in order])
        legend_above(axes)

    return make_picture(draw, size=(min(10.0, max(5.2, 1.2 + 0.19 * number)), 3.9), alt=alt, caption=caption)


def beyond(ranges: Ranges) -> int:
    """Count the subjects whose risk or range reaches beyond the axis."""
    first, last = _limits(ranges)
    values = np.stack([ranges.risk, ranges.low, ranges.high])
    outside = (values < first) | (values > last)  # a comparison with nan is false
    return int(outside.any(axis=0).sum())


def _limits(ranges: Ranges) -> tuple[float, float]:
    """Ends of the axis: a few extreme risks must not flatten all others."""
    ends = np.concatenate([ranges.risk, ranges.low, ranges.high, [0.0]])
    ends = ends[np.isfinite(ends)]
    first, last = (float(end) for end in np.quantile(ends, (0.01, 0.99)))
    room = _ROOM * (last - first) or 1.0
    return max(first - room, float(ends.min()) - room / 3), min(last + room, float(ends.max()) + room / 3)


def _size(number: int) -> float:
    return 4.5 if number <= _NAMED else 3.0


def _name(axes: Axes, names: list[str]) -> None:
    if len(names) <= _NAMED:
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6.5)
        axes.tick_params(axis="x", length=0)
        return
    axes.set_xticks([])
    axes.set_xlabel(f"{len(names)} subjects, by their risk", color=QUIET)
