"""Stable features by image filter and class: one field for each, with its count, shaded by its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.cells import cells_of_counts, draw_cells
from nbradiomics.report.figures.picture import label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FilterGrid:
    """Counts of one comparison.

    Attributes
    ----------
    name
        The comparison.
    stable, features
        Shape (image types, classes): number of stable features, and of all features.
    """

    name: str
    stable: NDArray[np.int64]
    features: NDArray[np.int64]


def draw_filters(
    filters: Sequence[str],
    classes: Sequence[str],
    grids: Sequence[FilterGrid],
    *,
    alt: str,
    caption: tuple[str, ...],
) -> Picture:
    """Draw one grid per comparison, side by side: a row per image type, a column per class."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, len(grids), sharey=True, squeeze=False)[0]
        for axes, grid in zip(panels, grids, strict=True):
            _grid(axes, grid, classes)
        label_rows(panels[0], shorten_apart(filters))

    width = 1.9 + 0.55 * max(len(classes), 4) * len(grids)
    return make_picture(draw, size=(width, 1.2 + 0.3 * len(filters)), alt=alt, caption=caption)


def _grid(axes: Axes, grid: FilterGrid, classes: Sequence[str]) -> None:
    draw_cells(axes, *cells_of_counts(grid.stable, grid.features))
    axes.set_title(grid.name)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
