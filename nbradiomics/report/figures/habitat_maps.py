"""Habitats of a case over a slice of its image, with their confidence; shares of the habitats; thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import COLOURS, QUIET, legend_above, make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Plane = NDArray[np.float64]
_MARGIN = 6


@dataclass(frozen=True)
class HabitatSlice:
    """A slice with the largest part of the region: image, labels (0 outside) and confidence (NaN without)."""

    image: Plane
    labels: NDArray[np.int64]
    confidence: Plane
    pixel: tuple[float, float]


def colour_of(habitat: int) -> str:
    """Colour of a habitat by its number."""
    return COLOURS[(habitat - 1) % len(COLOURS)]


def draw_habitats(content: HabitatSlice, *, habitats: int, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw the slice three times: alone, with the habitats, with the confidence."""
    rows, columns = (_range(np.asarray(content.labels.any(axis=axis))) for axis in (1, 0))
    image, labels, confidence = (
        plane[rows, columns] for plane in (content.image, content.labels, content.confidence)
    )
    finite = image[np.isfinite(image)]
    low, high = np.percentile(finite, (1, 99)) if finite.size else (0.0, 1.0)
    x, y = content.pixel

    def draw(figure: Figure) -> None:
        from matplotlib.colors import ListedColormap

        panels = figure.subplots(1, 3)
        for axes, title in zip(panels, ("image", "habitats", "confidence"), strict=True):
            axes.imshow(image, cmap="gray", vmin=low, vmax=high, aspect=y / x, interpolation="nearest")
            axes.set_title(title)
            axes.set_axis_off()
        colours = ListedColormap([colour_of(number) for number in range(1, habitats + 1)])
        shown = np.where(labels > 0, labels, np.nan)
        look = {"aspect": y / x, "interpolation": "nearest"}
        panels[1].imshow(shown, cmap=colours, vmin=0.5, vmax=habitats + 0.5, alpha=0.75, **look)
        drawn = panels[2].imshow(confidence, cmap="viridis", vmin=1 / habitats, vmax=1, **look)
        figure.colorbar(drawn, ax=panels[2], shrink=0.8)

    return make_picture(draw, size=(7.2, 2.7), alt=alt, caption=caption)


def _range(used: NDArray[np.bool_]) -> slice:
    (places,) = np.nonzero(used)
    if not places.size:
        return slice(None)
    return slice(max(int(places[0]) - _MARGIN, 0), int(places[-1]) + 1 + _MARGIN)


def draw_shares(
    names: Sequence[str], shares: Mapping[int, Sequence[float]], *, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw one bar per region with the share of each habitat."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        left = np.zeros(len(names))
        for habitat, values in shares.items():
            widths = np.nan_to_num(np.asarray(values, dtype=float))
            colour, name = colour_of(habitat), f"habitat {habitat}"
            axes.barh(range(len(names)), widths, left=left, color=colour, label=name)
            left += widths
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of the voxels with a value")
        legend_above(axes)

    return make_picture(draw, size=(6.0, 0.9 + 0.2 * len(names)), alt=alt, caption=caption)


def draw_thresholds(
    thresholds: Sequence[float],
    kept: Sequence[float],
    shares: Mapping[int, Sequence[float]],
    *,
    stated: float,
    alt: str,
    caption: tuple[str, ...],
) -> Picture:
    """Draw how much is kept, and the share of each habitat in it, against the least confidence."""

    def draw(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        axes.plot(thresholds, kept, color="black", linestyle="--", label="voxels kept")
        for habitat, values in shares.items():
            axes.plot(thresholds, values, color=colour_of(habitat), label=f"habitat {habitat} in these")
        axes.axvline(stated, color=QUIET, linewidth=0.8)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("least confidence of a voxel")
        axes.set_ylabel("share (median of regions)")
        legend_above(axes)

    return make_picture(draw, size=(5.5, 3.2), alt=alt, caption=caption)
