"""The ICC of some features with its interval, in each of several tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import COLOURS, QUIET, label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: An estimate with its lower and upper limit; nan if undefined.
Estimate = tuple[float, float, float]
_MARKERS = ("o", "s", "^", "D", "v", "P")
_LOWEST = -0.2
_LONGEST_NAME, _LONGEST_TEST = 34, 30


def draw_icc_forest(
    features: Sequence[str],
    tests: Mapping[str, Sequence[Estimate]],
    *,
    threshold: float | None,
    alt: str,
    caption: tuple[str, ...] = (),
) -> Picture:
    """Draw a row for each feature, with a mark and a line for each test.

    Parameters
    ----------
    features
        Names, the first on top.
    tests
        By test: estimate and limits of each feature.
    threshold
        Lower limit that a stable feature reaches, drawn as a line; ``None`` for no line.
    alt, caption
        As in `Picture`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if threshold is not None:
            axes.axvline(threshold, color=QUIET, linestyle="dashed", linewidth=1)
        step = 0.6 / max(len(tests), 1)
        for place, (name, estimates) in enumerate(tests.items()):
            offset = (place - (len(tests) - 1) / 2) * step
            _marks(axes, shorten_apart([name], _LONGEST_TEST)[0], estimates, place, offset)
        label_rows(axes, shorten_apart(list(features), _LONGEST_NAME))
        axes.grid(axis="x")
        axes.set(xlim=(_first(tests), 1.02), xlabel="ICC")
        if len(tests) > 1:
            figure.legend(loc="outside lower center", ncols=min(len(tests), 3))

    height = 1.2 + (0.2 + 0.13 * len(tests)) * len(features)
    return make_picture(draw, size=(7.0, height), alt=alt, caption=caption)


def _marks(axes: Axes, name: str, estimates: Sequence[Estimate], place: int, offset: float) -> None:
    colour, marker = COLOURS[place % len(COLOURS)], _MARKERS[place % len(_MARKERS)]
    values, lows, highs = (np.array(column, dtype=float) for column in zip(*estimates, strict=True))
    rows = np.arange(len(values)) + offset
    known = np.isfinite(values)
    lows = np.where(np.isfinite(lows), np.maximum(lows, _LOWEST), _LOWEST)
    axes.hlines(rows[known], lows[known], highs[known], color=colour, linewidth=1.6)
    axes.plot(values[known], rows[known], marker, color=colour, markersize=4.5, label=name, linestyle="none")
    for row in rows[~known]:
        axes.text(0.99, row, "undefined", fontsize=6.5, color=colour, va="center", ha="right")


def _first(tests: Mapping[str, Sequence[Estimate]]) -> float:
    """Left end of the axis: the fifth below the lowest limit, but not below `_LOWEST`."""
    lows = [low for estimates in tests.values() for _, low, _ in estimates if np.isfinite(low)]
    return max(float(np.floor(5 * min([0.8, *lows])) / 5) - 0.02, _LOWEST)
