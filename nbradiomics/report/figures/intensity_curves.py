"""Curves of the intensities of many images, before and after their preparation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import COLOURS, QUIET, make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Share of the images' range that is drawn: a single image must not hide the others.
_RANGE = (0.02, 0.98)
_DASHES = ("-", "--", ":", "-.")
#: Points of a curve, and standard deviation of its smoothing in points.
_POINTS, _SMOOTH = 200, 5.0


class Curve(NamedTuple):
    """Intensities of one image at some shares of its voxels, before and after; and the image's site."""

    site: str
    shares: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


def draw_curves(curves: Sequence[Curve], *, alt: str, caption: tuple[str, ...]) -> Picture:
    """Draw the distribution of each image's intensities, before on the left and after on the right.

    Parameters
    ----------
    curves
        One for each image, not empty.
    alt, caption
        As in `Picture`.
    """
    sites = sorted({curve.site for curve in curves})
    looks = {
        site: (COLOURS[place % len(COLOURS)], _DASHES[place // len(COLOURS) % len(_DASHES)])
        for place, site in enumerate(sites)
    }

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for axes, title, values in (
            (left, "Before", [curve.before for curve in curves]),
            (right, "After", [curve.after for curve in curves]),
        ):
            _panel(axes, curves, values, looks)
            axes.set_title(title)
            axes.set_xlabel("intensity")
            axes.set_ylabel("density")
            axes.set_yticks([])
        if len(sites) > 1:
            handles = [
                left.plot([], [], color=colour, linestyle=dash, label=site or "site not stated")[0]
                for site, (colour, dash) in looks.items()
            ]
            figure.legend(handles=handles, loc="outside lower center", ncols=min(len(sites), 5))

    return make_picture(draw, size=(7.0, 2.9), alt=alt, caption=caption)


def _panel(
    axes: Axes,
    curves: Sequence[Curve],
    values: Sequence[NDArray[np.float64]],
    looks: dict[str, tuple[str, str]],
) -> None:
    for curve, levels in zip(curves, values, strict=True):
        colour, dash = looks[curve.site]
        middle, density = density_of(curve.shares, levels)
        axes.plot(middle, density, color=colour, linestyle=dash, linewidth=0.9, alpha=0.8)
    low = min(float(np.quantile(levels, _RANGE[0])) for levels in values)
    high = max(float(np.quantile(levels, _RANGE[1])) for levels in values)
    if high > low:
        axes.set_xlim(low, high)
    axes.set_ylim(bottom=0)
    axes.spines["left"].set_color(QUIET)


def density_of(
    shares: NDArray[np.float64], levels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Density of a distribution: slope of a monotone curve through the shares of voxels below each level.

    Levels that coincide are one level, and the slope is smoothed. Each curve has the largest density 1, so
    that images of different units can be compared in one picture.
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.ndimage import gaussian_filter1d

    kept = np.concatenate([[True], np.diff(levels) > 0])
    places, there = levels[kept], shares[kept]
    if len(places) < 2:
        return places, np.ones_like(places)
    fine = np.linspace(places[0], places[-1], _POINTS)
    density = gaussian_filter1d(PchipInterpolator(places, there).derivative()(fine), _SMOOTH, mode="constant")
    return fine, density / density.max()
