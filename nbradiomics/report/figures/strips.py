"""Points and boxes of several groups, one panel per metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_LONGEST = 26
_BETWEEN = " vs "


@dataclass(frozen=True)
class Strip:
    """One panel: its title and the values of each group, including missing ones.

    No value is below 0. With `unit_range` the axis ends at 1, the best possible value.
    """

    title: str
    values: Sequence[NDArray[np.float64]]
    unit_range: bool = False


def draw_strips(
    labels: list[str],
    strips: Sequence[Strip],
    *,
    emphasised: Sequence[bool],
    alt: str,
    caption: tuple[str, ...] = (),
) -> Picture:
    """Draw one row per group, with a box of the quartiles over its points."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, len(strips), sharey=True, squeeze=False)[0]
        for axes, strip in zip(panels, strips, strict=True):
            _panel(axes, strip, emphasised)
        label_rows(panels[0], _short(labels))

    height = 0.9 + 0.42 * len(labels)
    return make_picture(draw, size=(7.6, height), alt=alt, caption=caption)


def _short(labels: Sequence[str]) -> list[str]:
    """Shorten the names in labels such as ``auto vs A``; pairs of long names take two lines."""
    if max(map(len, labels), default=0) <= _LONGEST:
        return list(labels)
    parts = sorted({part for label in labels for part in label.split(_BETWEEN)})
    short = dict(zip(parts, shorten_apart(parts, _LONGEST), strict=True))
    return [f"{_BETWEEN}\n".join(short[part] for part in label.split(_BETWEEN)) for label in labels]


def spread(amount: int, seed: int) -> NDArray[np.float64]:
    """Offsets across the row that keep points apart, the same in every report."""
    return np.random.default_rng(seed).uniform(-0.17, 0.17, amount)


def _panel(axes: Axes, strip: Strip, emphasised: Sequence[bool]) -> None:
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.set_title(strip.title)
    for row, (values, strong) in enumerate(zip(strip.values, emphasised, strict=True)):
        finite = values[np.isfinite(values)]
        colour = AUTO_COLOUR if strong else QUIET
        offsets = row + spread(len(finite), row)
        # A point at the end of the axis (a Dice coefficient of 1) is drawn completely.
        axes.scatter(finite, offsets, s=13, color=colour, alpha=0.65, linewidth=0, clip_on=False)
        if finite.size:
            _box(axes, finite, row)
        missing = len(values) - len(finite)
        if missing:
            axes.annotate(
                f"{missing} undefined",
                (1, row - 0.39),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="center",
                fontsize=7,
                color=QUIET,
            )
    low, high = axes.get_xlim()
    axes.set_xlim((max(low, 0.0), 1.0) if strip.unit_range else (0.0, high))


def _box(axes: Axes, values: NDArray[np.float64], row: int) -> None:
    axes.boxplot(
        values,
        positions=[row],
        orientation="horizontal",
        widths=0.5,
        showfliers=False,
        whis=(0, 100),
        manage_ticks=False,
        boxprops={"color": INK, "linewidth": 0.9},
        whiskerprops={"color": INK, "linewidth": 0.9},
        capprops={"color": INK, "linewidth": 0.9},
        medianprops={"color": INK, "linewidth": 2},
    )
