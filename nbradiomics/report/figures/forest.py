"""Estimates with their intervals, one model per row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.messages.wording import concordance, interval
from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import INK, QUIET, label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOUR = "#0072B2"


def draw_forest(
    values: Mapping[str, tuple[float, float, float]], *, name: str, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw C-indices or ROC areas (value, lower and upper limit) with the line of chance at 0.5."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.axvline(0.5, color=QUIET, linestyle="dashed", linewidth=1)
        axes.grid(axis="x")
        for row, (value, low, high) in enumerate(values.values()):
            if np.isfinite(low) and np.isfinite(high):
                axes.plot([low, high], [row, row], color=_COLOUR, linewidth=2, solid_capstyle="butt")
            if np.isfinite(value):
                axes.plot(value, row, marker="s", color=_COLOUR, markersize=7)
            axes.annotate(
                interval(value, low, high, form=concordance),
                (1.02, row),
                xycoords=("axes fraction", "data"),
                va="center",
                color=INK,
                annotation_clip=False,
            )
        finite = [limit for triple in values.values() for limit in triple if np.isfinite(limit)]
        limits = max(min(0.38, *finite) - 0.02, 0.0), min(max(0.9, *finite) + 0.02, 1.0)
        axes.set(xlim=limits, xlabel=name)
        axes.locator_params(axis="x", nbins=5)
        label_rows(axes, shorten_apart(list(values), 16))

    return make_picture(draw, size=(5.2, 0.9 + 0.4 * len(values)), alt=alt, caption=caption)
