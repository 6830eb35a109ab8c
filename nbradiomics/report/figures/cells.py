"""Cells of a heat map of shares: the darker, the larger, with a text in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.figures.picture import INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

#: One hue from light to dark: the shares keep their order in grey and for every colour vision.
_COLOURS = "Blues"
#: Share above which the background is dark and the text on it is white.
_DARK = 0.6


def cells_of_counts(
    counts: NDArray[np.int64], totals: NDArray[np.int64]
) -> tuple[NDArray[np.float64], list[list[str]]]:
    """Return the shares of counts, shape (rows, columns), and texts: ``3/14``, or a dash without a total."""
    shares = np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)
    texts = [
        [f"{count}/{total}" if total else "–" for count, total in zip(row, all_of_row, strict=True)]
        for row, all_of_row in zip(counts.tolist(), totals.tolist(), strict=True)
    ]
    return shares, texts


def draw_cells(axes: Axes, shares: NDArray[np.float64], texts: Sequence[Sequence[str]]) -> AxesImage:
    """Draw shares from 0 to 1 as colours, and the texts on them.

    Parameters
    ----------
    axes
        Where to draw; its frame and the marks of its ticks are removed.
    shares
        Shape (rows, columns); NaN for a cell without a share, which stays white.
    texts
        Text of each cell.
    """
    picture = axes.imshow(np.ma.masked_invalid(shares), cmap=_COLOURS, vmin=0, vmax=1, aspect="auto")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for (row, column), share in np.ndenumerate(shares):
        known = np.isfinite(share)
        colour = "white" if known and share > _DARK else INK if known else QUIET
        axes.text(column, row, texts[row][column], ha="center", va="center", fontsize=8, color=colour)
    return picture
