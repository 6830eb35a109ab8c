"""Place labels that cover nothing: beside points, and at the ends of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

Floats = NDArray[np.float64]
#: Positions of a label around its point, the best first: right, left, above, below, and the corners.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
#: Distances from the point, in points of 1/72 inch; a distant label gets a line to its point.
_REACHES = (7, 14, 24, 36, 52)
_LEADER = 20
_OUTSIDE = 100  # a label outside the axes is worse than one on points
_ROUND = 3.0  # radius of a point, in points of 1/72 inch


def spread_apart(values: ArrayLike, gap: float, low: float, high: float) -> Floats:
    """Move positions as little as needed to keep neighbours `gap` apart.

    Parameters
    ----------
    values
        Positions in any order.
    gap
        Smallest distance between two positions; less if there is no room for it.
    low, high
        Limits of all positions.

    Returns
    -------
    numpy.ndarray
        New positions in the order of `values`.
    """
    given = np.asarray(values, dtype=float)
    gap = min(gap, (high - low) / max(len(given) - 1, 1))
    order = np.argsort(given, kind="stable")
    moved = np.clip(given[order], low, high)
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + gap)
    if len(moved):
        moved[-1] = min(moved[-1], high)
    for place in range(len(moved) - 2, -1, -1):
        moved[place] = min(moved[place], moved[place + 1] - gap)
    result = np.empty_like(given)
    result[order] = moved
    return result


def label_points(
    figure: Figure, axes: Axes, points: Floats, names: Sequence[str], others: Floats, *, fontsize: float = 7.5
) -> None:
    """Label points so that, if possible, no label covers a label or a point, or lies outside the axes.

    Parameters
    ----------
    figure, axes
        Where to draw; the axes have their final limits.
    points
        Shape (names, 2), x and y of the points to name.
    names
        Their names.
    others
        Shape (all, 2): every point that is drawn, and points along the lines.
    """
    figure.draw_without_rendering()  # the layout decides where the axes lie
    taken = _dots(axes, others, _ROUND * figure.dpi / 72)
    for point, name in zip(points, names, strict=True):
        taken.append(_label(axes, point, name, taken, fontsize))


def _dots(axes: Axes, points: Floats, radius: float) -> list[Bbox]:
    from matplotlib.transforms import Bbox

    centres = axes.transData.transform(points) if len(points) else np.empty((0, 2))
    return [Bbox.from_extents(x - radius, y - radius, x + radius, y + radius) for x, y in centres]


def _label(axes: Axes, point: Floats, name: str, taken: Sequence[Bbox], fontsize: float) -> Bbox:
    """Try the positions around a point; keep the first free one, or else the one that covers the least."""
    label = axes.annotate(
        name,
        (float(point[0]), float(point[1])),
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=fontsize,
        annotation_clip=False,
    )
    best = _free_place(label, axes.get_window_extent(), taken)
    _move(label, *best)
    if best[0] > _LEADER:
        label.set(zorder=2)
        axes.annotate(
            "",
            (float(point[0]), float(point[1])),
            xytext=label.get_position(),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": "#7b8794"},
        )
    return label.get_window_extent()


def _free_place(label: Annotation, frame: Bbox, taken: Sequence[Bbox]) -> tuple[int, int, int]:
    """Distance and side at which a label is inside `frame` and covers the fewest boxes."""
    best, least = (_REACHES[0], *_SIDES[0]), np.inf
    for reach in _REACHES:
        for across, up in _SIDES:
            _move(label, reach, across, up)
            box = label.get_window_extent()
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            hidden = box.count_overlaps(taken) + (0 if inside else _OUTSIDE)
            if hidden < least:
                best, least = (reach, across, up), hidden
        if least == 0:
            break
    return best


def _move(label: Annotation, reach: int, across: int, up: int) -> None:
    label.set_position((across * reach, up * reach))
    label.set_horizontalalignment("left" if across > 0 else "right" if across < 0 else "center")
    label.set_verticalalignment("bottom" if up > 0 else "top" if up < 0 else "center")
