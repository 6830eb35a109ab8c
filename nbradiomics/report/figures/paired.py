"""Per case: how well the readers agree among themselves, and how well the model agrees with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.labels import label_points
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, legend_above, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
_SIZE = (4.3, 4.1)
_NAMED = 3
#: How far the axes reach beyond the middle 90 % of the values, in units of the range of these values.
_BEYOND = 1.0


@dataclass(frozen=True)
class PairedCases:
    """One point per case.

    Attributes
    ----------
    names
        Name of each case.
    readers, auto
        Shape (cases,): mean of the metric over the pairs of readers, and of the model over the readers.
    metric
        Label of the metric.
    margin
        Non-inferiority margin, in units of the metric; ``None`` draws no line.
    higher_is_better
        Whether higher values of the metric are better.
    unit_range
        Whether the metric lies between 0 and 1.
    """

    names: tuple[str, ...]
    readers: NDArray[np.float64]
    auto: NDArray[np.float64]
    metric: str
    margin: float | None = None
    higher_is_better: bool = True
    unit_range: bool = True


def draw_paired(cases: PairedCases, *, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw the cases, the diagonal and the line of the margin; label the worst few cases."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        low, high = limits(cases)
        ends = np.array([low, high])
        axes.plot(ends, ends, color=QUIET, linewidth=1, label="as good as a reader")
        if cases.margin is not None:
            below = ends - cases.margin if cases.higher_is_better else ends + cases.margin
            axes.plot(ends, below, color=INK, linewidth=1, linestyle="dashed", label="worse by the margin")
        shown = _clipped(cases, low, high)
        inside = (shown[0] == cases.readers) & (shown[1] == cases.auto)
        style: dict[str, Any] = {"color": AUTO_COLOUR, "linewidth": 0, "clip_on": False}
        axes.scatter(cases.readers[inside], cases.auto[inside], s=20, alpha=0.7, **style)
        arrow = "v" if cases.higher_is_better else "^"
        axes.scatter(shown[0][~inside], shown[1][~inside], s=34, marker=arrow, **style)
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        axes.set(
            xlabel=f"{cases.metric}, readers among themselves", ylabel=f"{cases.metric}, model and readers"
        )
        axes.grid()
        legend_above(axes)
        _name_worst(figure, axes, cases, shown)

    return make_picture(draw, size=_SIZE, alt=alt, caption=caption)


def limits(cases: PairedCases) -> tuple[float, float]:
    """Ends of both axes; a few very bad cases lie outside and are drawn as arrows."""
    values = np.concatenate([cases.readers, cases.auto])
    worst, best = float(values.min()), float(values.max())
    few, many = (float(end) for end in np.quantile(values, (0.05, 0.95)))
    if cases.higher_is_better:
        low, high = max(worst, few - _BEYOND * (many - few)), best
    else:
        low, high = worst, min(best, many + _BEYOND * (many - few))
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.05  # the smallest numbers have no 6 %
    # A Dice coefficient has a best value: the axis ends there, and its points are drawn completely.
    return max(low - room, 0.0), 1.0 if cases.unit_range else high + room


def beyond(cases: PairedCases) -> int:
    """Count the cases outside the axes."""
    shown = _clipped(cases, *limits(cases))
    return int(((shown[0] != cases.readers) | (shown[1] != cases.auto)).sum())


def _clipped(cases: PairedCases, low: float, high: float) -> tuple[Floats, Floats]:
    return np.clip(cases.readers, low, high), np.clip(cases.auto, low, high)


def _name_worst(figure: Figure, axes: Axes, cases: PairedCases, shown: tuple[Floats, Floats]) -> None:
    """Label the cases that are worse by more than the margin, at most three of them."""
    shortfall = cases.readers - cases.auto if cases.higher_is_better else cases.auto - cases.readers
    worst = np.argsort(-shortfall, kind="stable")[:_NAMED]
    named = [at for at in worst if shortfall[at] > (cases.margin or 0.0)]
    points = np.column_stack(shown)
    ends = [np.asarray(line.get_xydata(), dtype=float) for line in axes.lines]
    lines = [np.linspace(first, last, 150) for first, last in ends]
    names = shorten_apart([cases.names[at] for at in named], 18)
    label_points(figure, axes, points[named], names, np.concatenate([points, *lines]))
