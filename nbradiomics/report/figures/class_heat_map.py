"""Heat map of the share of stable features: a row for each test or alteration, a column for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.cells import draw_cells
from nbradiomics.report.figures.picture import QUIET, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    shares: NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    *,
    alt: str,
    caption: tuple[str, ...],
) -> Picture:
    """Draw shares from 0 to 1 as colours, with a text in each cell.

    Parameters
    ----------
    rows, columns
        Names.
    shares
        Shape (rows, columns); NaN for a cell without features, which stays white.
    texts
        Text of each cell.
    alt, caption
        As in `Picture`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        picture = draw_cells(axes, shares, texts)
        axes.set_yticks(range(len(rows)), shorten_apart(rows, 34))
        axes.set_xticks(range(len(columns)), columns)
        axes.xaxis.tick_top()
        axes.hlines(np.arange(len(rows) + 1) - 0.5, -0.5, len(columns) - 0.5, color="white", linewidth=1.5)
        axes.vlines(np.arange(len(columns) + 1) - 0.5, -0.5, len(rows) - 0.5, color="white", linewidth=1.5)
        bar = figure.colorbar(picture, ax=axes, ticks=[0, 0.5, 1], fraction=0.03, pad=0.02)
        bar.ax.set_yticklabels(["0 %", "50 %", "100 %"])
        bar.outline.set_edgecolor(QUIET)

    return make_picture(draw, size=(8.4, 1.0 + 0.34 * len(rows)), alt=alt, caption=caption)
