"""The trial of a model: its value on each set of features, and beside it what the features cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.messages.wording import Form, against, concordance, interval, number
from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, COLOURS, INK, QUIET, label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAND = "#dbe9f4"
_SIZE = 7.5


@dataclass(frozen=True)
class Tried:
    """One set of features; nan where something is undefined.

    Attributes
    ----------
    name
        Its name.
    value, cost
        Value and limits, and cost and limits, each shape (3,).
    is_real, is_chance
        Whether it is the real features, or the permuted outcome.
    """

    name: str
    value: tuple[float, float, float]
    cost: tuple[float, float, float]
    is_real: bool = False
    is_chance: bool = False


def draw_trial(
    tried: Sequence[Tried], *, order: str, margin: float, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw the sets, the first on top: values on the left, costs on the right.

    Parameters
    ----------
    tried
        The sets.
    order
        Name of the metric.
    margin
        Largest cost that counts as none; it is drawn as a band.
    alt, caption
        As in `Picture`.
    """

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        for row, one in enumerate(tried):
            colour = AUTO_COLOUR if one.is_real else QUIET if one.is_chance else COLOURS[0]
            _estimate(left, row, one.value, colour, dashed=one.is_chance)
            _estimate(right, row, one.cost, colour)
        _values(left, tried, order)
        _costs(right, tried, order, margin)
        label_rows(left, shorten_apart([one.name for one in tried], 20))
        right.tick_params(axis="y", length=0)

    return make_picture(draw, size=(7.2, 1.1 + 0.42 * len(tried)), alt=alt, caption=caption)


def estimate_text(estimate: tuple[float, float, float], form: Form) -> str:
    """Write a value with its limits, or alone if it has none."""
    return interval(*estimate, form=form) if np.isfinite(estimate[1]) else form(estimate[0], 2)


def _estimate(
    axes: Axes, row: int, estimate: tuple[float, float, float], colour: str, *, dashed: bool = False
) -> None:
    value, low, high = estimate
    if np.isfinite(low) and np.isfinite(high):
        style = "dotted" if dashed else "solid"
        axes.plot([low, high], [row, row], color=colour, linewidth=2, linestyle=style)
    if np.isfinite(value):
        axes.plot(value, row, marker="s", color=colour, markersize=6, linestyle="none")


def _values(axes: Axes, tried: Sequence[Tried], order: str) -> None:
    axes.axvline(0.5, color=QUIET, linestyle="dashed", linewidth=1)
    finite = [number for one in tried for number in one.value if np.isfinite(number)]
    low, high = min(0.45, *finite), max(0.75, *finite)
    axes.set(xlim=(max(low - 0.02, 0), min(high + 0.02, 1)), xlabel=order)
    _write(axes, [estimate_text(one.value, concordance) for one in tried])


def _costs(axes: Axes, tried: Sequence[Tried], order: str, margin: float) -> None:
    if np.isfinite(margin):
        axes.axvspan(0, margin, color=_BAND, zorder=0)
    axes.axvline(0, color=QUIET, linestyle="dashed", linewidth=1)
    finite = [number for one in tried for number in one.cost if np.isfinite(number)]
    low, high = min(-0.06, *finite), max(0.11, *finite)
    axes.set(xlim=(low - 0.02, high + 0.02), xlabel=f"Cost: {order} of the real features minus this")
    form = against(number, 0, margin) if np.isfinite(margin) else against(number, 0)
    texts = [estimate_text(one.cost, form) if np.isfinite(one.cost[0]) else "" for one in tried]
    _write(axes, texts)


def _write(axes: Axes, texts: Sequence[str]) -> None:
    """Write the numbers above the marks of each row."""
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=5)
    for row, text in enumerate(texts):
        axes.annotate(
            text,
            (1.0, row - 0.33),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            color=INK,
            fontsize=_SIZE,
            annotation_clip=False,
        )
