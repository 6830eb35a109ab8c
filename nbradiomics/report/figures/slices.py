"""One slice of an image with the readers' contours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Key, Picture
from nbradiomics.report.figures.picture import make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN_MM = 15.0
SMALLEST_SIDE_MM = 50.0
WINDOW = (1, 99)  # percentiles of the part that is shown
_SCALE_BAR_MM = 20.0
#: A slice with this share of the model's largest area shows the model's mask well enough.
SEEN = 0.9
_INCHES = 3.1

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slice:
    """Content of one picture.

    Attributes
    ----------
    image
        Grey values, axes y, x; y grows downwards.
    masks
        Region of each reader on the same grid; may be empty.
    spacing
        Distance of neighbouring pixels in mm, in the order x, y.
    ends
        Letters (L, R, A, P, S, I) towards which x and y grow.
    notes
        Lines of text on the picture: which contours are not visible.
    """

    image: NDArray[np.float64]
    masks: Mapping[str, Mask]
    spacing: tuple[float, float]
    ends: tuple[str, str]
    notes: tuple[str, ...] = ()


def largest_slice(masks: Mapping[str, NDArray[np.bool_]], slices: int) -> int:
    """Index of the slice (first axis of z, y, x arrays) with the largest area, summed over readers.

    The middle slice if all masks are empty.
    """
    areas = np.zeros(slices)
    for mask in masks.values():
        areas += mask.sum(axis=(1, 2))
    return int(areas.argmax()) if areas.any() else slices // 2


def informative_slices(masks: Mapping[str, NDArray[np.bool_]], auto: str, slices: int) -> dict[int, str]:
    """Choose the slices of a case: the readers' largest area, and the model's if the first is not enough.

    Parameters
    ----------
    masks
        Region of each reader, axes z, y, x.
    auto
        Name of the model among them.
    slices
        Number of slices.

    Returns
    -------
    dict of int to str
        Position of one or two slices, and the reason for each; empty text if one slice is enough. The model
        has a separate slice if its area in the readers' slice is less than `SEEN` of its largest area.
    """
    drawn = {name: mask for name, mask in masks.items() if mask.any()}
    readers = {name: mask for name, mask in drawn.items() if name != auto}
    first = largest_slice(readers or drawn, slices)
    areas = drawn[auto].sum(axis=(1, 2)) if auto in drawn else np.zeros(slices)
    if areas[first] >= SEEN * areas.max():
        return {first: ""}
    return {first: "largest area of the readers", int(areas.argmax()): "largest area of the model"}


def window_mm(masks: Mapping[str, Mask], shape: tuple[int, int], spacing: tuple[float, float]) -> list[float]:
    """Square around all contours with a margin: left, right, top, bottom in mm; the image if empty.

    A square that would extend beyond the image is moved inside; one that is wider than the image is centred
    on it and extends beyond it.
    """
    extent = (shape[1] * spacing[0], shape[0] * spacing[1])
    inside = np.any(list(masks.values()), axis=0) if masks else np.zeros(shape, dtype=bool)
    if not inside.any():
        half = max(extent) / 2
        centre = (extent[0] / 2, extent[1] / 2)
    else:
        rows, columns = np.nonzero(inside)
        low = (columns.min() * spacing[0], rows.min() * spacing[1])
        high = ((columns.max() + 1) * spacing[0], (rows.max() + 1) * spacing[1])
        half = max(SMALLEST_SIDE_MM, high[0] - low[0] + 2 * MARGIN_MM, high[1] - low[1] + 2 * MARGIN_MM) / 2
        centre = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    across, down = (
        length / 2 if 2 * half > length else min(max(middle, half), length - half)
        for middle, length in zip(centre, extent, strict=True)
    )
    return [across - half, across + half, down - half, down + half]


def reaches_beyond(content: Slice) -> bool:
    """Whether the picture of a slice extends beyond the image."""
    (rows, columns), (width, height) = shape_of(content), content.spacing
    view = window_mm(content.masks, (rows, columns), content.spacing)
    return min(view) < 0 or view[1] > columns * width or view[3] > rows * height


def draw_slice(content: Slice, legend: tuple[Key, ...], *, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw a slice with its contours; `legend` has the colour and dash of each reader."""

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1), facecolor="black")
        view = window_mm(content.masks, shape_of(content), content.spacing)
        draw_grey_values(axes, content, view)
        for key in legend:
            mask = content.masks.get(key.label)
            if mask is not None and mask.any():
                draw_contour(axes, mask, content.spacing, key)
        axes.set(xlim=view[:2], ylim=(view[3], view[2]), aspect="equal", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        draw_scale(axes, content.ends)
        draw_notes(axes, content.notes)

    return make_picture(draw, size=(_INCHES, _INCHES), alt=alt, caption=caption)


def shape_of(content: Slice) -> tuple[int, int]:
    """Rows and columns of a slice."""
    return content.image.shape[0], content.image.shape[1]


def draw_grey_values(axes: Axes, content: Slice, view: list[float]) -> None:
    """Draw the grey values at their size in mm, with a grey window for the part in `view`."""
    width, height = content.spacing
    rows, columns = shape_of(content)
    shown = content.image[
        max(int(view[2] / height), 0) : int(view[3] / height) + 1,
        max(int(view[0] / width), 0) : int(view[1] / width) + 1,
    ]
    low, high = np.percentile(shown, WINDOW)
    axes.imshow(
        content.image,
        cmap="gray",
        vmin=low,
        vmax=high,
        extent=(0, columns * width, rows * height, 0),
        interpolation="bilinear",
    )


def draw_contour(axes: Axes, mask: Mask, spacing: tuple[float, float], key: Key) -> None:
    """Draw the outline of a mask in the colour, dash and weight of its key, with a dark edge."""
    from matplotlib import patheffects

    x, y, padded = contour_grid(mask, spacing)
    width = 3.4 if key.heavy else 1.6
    lines = axes.contour(
        x, y, padded, levels=[0.5], colors=[key.colour], linewidths=width, linestyles=[key.dash]
    )
    # The dark edge separates every colour from bright tissue.
    lines.set_path_effects([patheffects.withStroke(linewidth=width + 1.0, foreground="black")])


def contour_grid(mask: Mask, spacing: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
    """Centres of the pixels (x, y, in mm) and values of a mask, with a border of background.

    The border closes the contour of a mask that touches the image's edge.
    """
    padded: Floats = np.pad(mask, 1).astype(np.float64)
    x = np.asarray((np.arange(padded.shape[1]) - 0.5) * spacing[0], dtype=np.float64)
    y = np.asarray((np.arange(padded.shape[0]) - 0.5) * spacing[1], dtype=np.float64)
    return x, y, padded


def draw_notes(axes: Axes, notes: Sequence[str], top: float = 0.97) -> None:
    """Write lines over the picture, the first at `top` (share of the height), on a dark background."""
    for line, text in enumerate(notes):
        axes.text(
            0.5,
            top - 0.075 * line,
            text,
            transform=axes.transAxes,
            ha="center",
            va="top",
            fontsize=9,
            color="white",
            bbox={"facecolor": "black", "alpha": 0.65, "linewidth": 0, "pad": 2},
        )


def draw_scale(axes: Axes, ends: tuple[str, str]) -> None:
    """Draw a bar of 20 mm and the letters of the two axes."""
    from matplotlib import patheffects

    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    side = right - left
    outlined = [patheffects.withStroke(linewidth=2, foreground="black")]
    start, level = left + 0.05 * side, bottom + 0.06 * (top - bottom)
    axes.plot(
        [start, start + _SCALE_BAR_MM], [level, level], color="white", linewidth=2, path_effects=outlined
    )
    style: dict[str, Any] = {
        "color": "white",
        "fontsize": 9,
        "path_effects": outlined,
        "transform": axes.transAxes,
    }
    bar = f"{_SCALE_BAR_MM:.0f} mm"
    axes.text(start, level - 0.02 * side, bar, color="white", fontsize=8, path_effects=outlined)
    axes.text(0.98, 0.5, ends[0], ha="right", va="center", **style)
    axes.text(0.5, 0.02, ends[1], ha="center", va="bottom", **style)
