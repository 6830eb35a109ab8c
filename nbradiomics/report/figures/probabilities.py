"""Predicted probabilities at a horizon: calibration and decision curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import COLOURS, INK, QUIET, legend_above, make_picture
from nbradiomics.report.formatting import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES = ("solid", "dashed", "dashdot", "dotted")
_MARKERS = ("o", "s", "^", "D")
_SIZE = (4.3, 3.9)


def draw_calibration(
    groups: Mapping[str, pd.DataFrame], *, of: str, title: str, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw predicted against observed probability of groups of subjects; the diagonal is right.

    `groups` has the columns ``predicted`` and ``observed`` of each model, `of` names what is predicted.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="dashed")
        for place, (model, points) in enumerate(groups.items()):
            _line(axes, points["predicted"], points["observed"], model, place, marker=True)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=f"Predicted {of}", ylabel=f"Observed {of}")
        _finish(axes, title)

    return make_picture(draw, size=_SIZE, alt=alt, caption=caption)


def draw_decision(
    curves: Mapping[str, pd.DataFrame], *, title: str, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw the net benefit of each model, of treating everybody and of treating nobody.

    `curves` has the columns ``threshold``, ``net_benefit`` and ``treat_all`` of each model.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        some = next(iter(curves.values()))
        axes.plot(some["threshold"], some["treat_all"], color=INK, linewidth=1, label="treat all")
        axes.axhline(0, color=QUIET, linewidth=1, linestyle="dashed", label="treat none")
        for place, (model, curve) in enumerate(curves.items()):
            _line(axes, curve["threshold"], curve["net_benefit"], model, place, marker=False)
        top = np.nanmax([0.05, *(curve["net_benefit"].max() for curve in curves.values())])
        ends = [curve["threshold"].where(curve["net_benefit"].notna()).max() for curve in curves.values()]
        last = float(np.nanmax(ends))
        axes.set(
            xlim=(0, min(1.0, last + 0.05)),
            ylim=(-0.3 * top, 1.1 * top),
            xlabel="Threshold probability",
            ylabel="Net benefit",
        )
        _finish(axes, title)

    return make_picture(draw, size=_SIZE, alt=alt, caption=caption)


def _line(axes: Axes, x: pd.Series, y: pd.Series, model: str, place: int, *, marker: bool) -> None:
    axes.plot(
        x.to_numpy(dtype=float),
        y.to_numpy(dtype=float),
        color=COLOURS[place % len(COLOURS)],
        linestyle=_DASHES[place % len(_DASHES)],
        linewidth=1.6,
        marker=_MARKERS[place % len(_MARKERS)] if marker else "",
        markersize=5,
        label=shorten(model, 16),
    )


def _finish(axes: Axes, title: str) -> None:
    rows = -(-len(axes.get_legend_handles_labels()[1]) // 2)
    axes.set_title(shorten(title, 40), pad=8 + 14 * rows)
    axes.grid()
    legend_above(axes)
