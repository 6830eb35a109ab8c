"""One slice with the model's contour, and readers' contours coloured by their distance from the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Dash, Key, Picture
from nbradiomics.report.figures.picture import make_picture
from nbradiomics.report.figures.slices import (
    Mask,
    Slice,
    contour_grid,
    draw_contour,
    draw_grey_values,
    draw_notes,
    draw_scale,
    shape_of,
    window_mm,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
MODEL_COLOUR = "#F0E442"
_COLOURS = "RdBu_r"  # red where the model reaches further, blue where less far, white where both agree
_INCHES = 3.4
_WIDTH = 3.0
#: Lengths of line and gap, as shares of the picture's side.
_DASHES: dict[Dash, tuple[float, float]] = {
    "solid": (1.0, 0.0),
    "dashed": (0.03, 0.014),
    "dotted": (0.010, 0.010),
}


@dataclass(frozen=True)
class SignedSlice:
    """Content of one picture.

    Attributes
    ----------
    content
        Grey values and masks, including the model's mask.
    distances
        By reader: signed distance in mm at the pixels of the reader's surface (axes y, x), positive where the
        model reaches further; NaN elsewhere.
    limit
        Distance at the ends of the colours, mm.
    """

    content: Slice
    distances: Mapping[str, Floats]
    limit: float


def draw_signed_slice(
    shown: SignedSlice, model: Key, dashes: Mapping[str, Dash], *, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw the model's contour, and each reader's contour coloured by distance with the reader's dash."""

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1), facecolor="black")
        content = shown.content
        view = window_mm(content.masks, shape_of(content), content.spacing)
        draw_grey_values(axes, content, view)
        mask = content.masks.get(model.label)
        if mask is not None and mask.any():
            draw_contour(axes, mask, content.spacing, model)
        side = view[1] - view[0]
        for reader, distances in shown.distances.items():
            pattern = tuple(side * part for part in _DASHES[dashes[reader]])
            _coloured_contour(axes, content.masks[reader], content.spacing, distances, shown.limit, pattern)
        axes.set(xlim=view[:2], ylim=(view[3], view[2]), aspect="equal", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        draw_scale(axes, content.ends)
        _colour_bar(figure, shown.limit)
        draw_notes(axes, content.notes, top=0.84)

    return make_picture(draw, size=(_INCHES, _INCHES), alt=alt, caption=caption)


def contour_lines(mask: Mask, spacing: tuple[float, float]) -> Iterator[Floats]:
    """Outlines of a mask, each of shape (points, 2): x and y in mm."""
    from contourpy import contour_generator

    x, y, values = contour_grid(mask, spacing)
    for line in contour_generator(x, y, values).lines(0.5):
        yield np.asarray(line, dtype=float)


def along_contour(points: Floats, distances: Floats, spacing: tuple[float, float]) -> Floats:
    """Distance at each segment of an outline: the distance at the nearest pixel that has one.

    Parameters
    ----------
    points
        Shape (points, 2), x and y in mm.
    distances
        Axes y, x; NaN where there is none.
    spacing
        Of the pixels in mm, x and y.

    Returns
    -------
    numpy.ndarray
        Shape (points - 1,); all NaN if no pixel has a distance.
    """
    from scipy.spatial import cKDTree

    rows, columns = np.nonzero(np.isfinite(distances))
    middles = (points[1:] + points[:-1]) / 2
    if not rows.size:
        return np.full(len(middles), np.nan)
    centres = np.column_stack([(columns + 0.5) * spacing[0], (rows + 0.5) * spacing[1]])
    nearest = cKDTree(centres).query(middles)[1]
    return np.asarray(distances[rows[nearest], columns[nearest]], dtype=float)


def _coloured_contour(
    axes: Axes,
    mask: Mask,
    spacing: tuple[float, float],
    distances: Floats,
    limit: float,
    pattern: tuple[float, ...],
) -> None:
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection

    # Grey if there is no distance: the model's mask is empty.
    colours = colormaps[_COLOURS].with_extremes(bad="#9aa5b1")
    for points in contour_lines(mask, spacing):
        pieces = np.stack([points[:-1], points[1:]], axis=1)
        values = along_contour(points, distances, spacing)
        lengths = np.hypot(*(points[1:] - points[:-1]).T)
        drawn = (np.cumsum(lengths) - lengths / 2) % sum(pattern) < pattern[0]
        edge = LineCollection(list(pieces[drawn]), colors="black", linewidths=_WIDTH + 1.2, capstyle="round")
        line = LineCollection(list(pieces[drawn]), cmap=colours, linewidths=_WIDTH, capstyle="round")
        line.set_array(values[drawn])
        line.set_clim(-limit, limit)
        axes.add_collection(edge, autolim=False)
        axes.add_collection(line, autolim=False)


def _colour_bar(figure: Figure, limit: float) -> None:
    from matplotlib import patheffects

    bar = figure.add_axes((0.05, 0.93, 0.42, 0.035))
    bar.imshow(np.linspace(-1, 1, 256)[None], cmap=_COLOURS, aspect="auto", extent=(-limit, limit, 0, 1))
    bar.set(yticks=[], xticks=[])
    bar.spines[:].set_visible(True)
    style: dict[str, Any] = {
        "color": "white",
        "fontsize": 8,
        "va": "top",
        "path_effects": [patheffects.withStroke(linewidth=2, foreground="black")],
    }
    for value, side in ((-limit, "left"), (0.0, "center"), (limit, "right")):
        text = f"{value:+.0f} mm" if value == limit else f"{value:+.0f}" if value else "0"
        bar.text(value, -0.35, text, ha=side, **style)
