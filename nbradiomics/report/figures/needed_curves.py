"""Differences of features between two masks against the agreement of the masks, one panel per feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.messages.wording import share as share_text
from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import INK, QUIET, make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
_CURVE = "#0072B2"
_NEEDED = "#D55E00"
#: Panels side by side: of up to six panels, and of more.
_COLUMNS = (3, 4)
#: Differences outside of this range, as multiples of the limit, are drawn at its ends.
_LOWEST, _HIGHEST = 0.02, 20.0
_TICKS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class NeededPanel:
    """One feature.

    Attributes
    ----------
    title
        Name of the feature, and below it the needed agreement.
    agreement, ratios
        Metric of each pair and its difference as a multiple of the limit, shape (pairs,); infinite if the
        feature is undefined for one mask.
    curve, multiples
        The curve: the agreement needed for each multiple of the limit, shape (points,).
    needed, low, high
        Needed agreement with its limits; NaN if there is none.
    """

    title: str
    agreement: Floats
    ratios: Floats
    curve: Floats
    multiples: Floats
    needed: float
    low: float
    high: float


def draw_needed_curves(
    panels: Sequence[NeededPanel],
    *,
    metric: str,
    higher_is_better: bool,
    share: float,
    alt: str,
    caption: tuple[str, ...],
) -> Picture:
    """Draw the panels; better agreement is on the right."""
    columns = min(len(panels), _COLUMNS[len(panels) > 6])
    rows = -(-len(panels) // columns)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.ravel()[len(panels) :]:
            axes.set_visible(False)
        for axes, panel in zip(grid.ravel(), panels, strict=False):
            _panel(axes, panel)
        _axes(grid[0, 0], panels, higher_is_better=higher_is_better)
        for place in range(len(panels)):
            axes = grid[divmod(place, columns)]
            if place + columns >= len(panels):
                axes.set_xlabel(metric)
                axes.tick_params(labelbottom=True)
        for row in range(rows):
            grid[row, 0].set_ylabel("Difference / limit")
        _legend(figure, share)

    height = 0.7 + 2.2 * rows
    return make_picture(draw, size=(min(1.4 + 2.35 * columns, 8.6), height), alt=alt, caption=caption)


def _panel(axes: Axes, panel: NeededPanel) -> None:
    axes.set_yscale("log")
    shown = np.clip(panel.ratios, _LOWEST, _HIGHEST)
    inside = (panel.ratios >= _LOWEST) & (panel.ratios <= _HIGHEST)
    size = float(np.clip(2500 / max(len(shown), 1), 3, 14))
    axes.scatter(panel.agreement[inside], shown[inside], s=size, color=QUIET, alpha=0.4, linewidth=0)
    for outside, marker in ((panel.ratios > _HIGHEST, "^"), (panel.ratios < _LOWEST, "v")):
        axes.scatter(panel.agreement[outside], shown[outside], s=9, color=QUIET, marker=marker, linewidth=0)
    axes.axhline(1, color=INK, linewidth=1, linestyle="dashed")
    drawn = (panel.multiples >= _LOWEST) & (panel.multiples <= _HIGHEST)
    axes.plot(panel.curve[drawn], panel.multiples[drawn], color=_CURVE, linewidth=1.8)
    if np.isfinite(panel.needed):
        axes.axvline(panel.needed, color=_NEEDED, linewidth=1.4)
        first, last = float(panel.agreement.min()), float(panel.agreement.max())
        low = panel.low if np.isfinite(panel.low) else first
        high = panel.high if np.isfinite(panel.high) else last
        axes.axvspan(low, high, color=_NEEDED, alpha=0.13, linewidth=0)
    axes.set_title(panel.title, fontsize=8.5)


def _axes(axes: Axes, panels: Sequence[NeededPanel], *, higher_is_better: bool) -> None:
    """Ticks of the shared axes; the worst half percent of the pairs may lie beyond."""
    values = np.concatenate([panel.agreement for panel in panels])
    if higher_is_better:
        low, high = float(np.quantile(values, 0.005)), float(values.max())
    else:
        low, high = float(values.min()), float(np.quantile(values, 0.995))
    margin = 0.03 * max(high - low, 1e-6)
    ends = (low - margin, high + margin)
    axes.set_xlim(ends if higher_is_better else ends[::-1])
    axes.set_ylim(_LOWEST / 1.3, _HIGHEST * 1.3)
    axes.set_yticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    axes.set_yticks([], minor=True)


def _legend(figure: Figure, share: float) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=QUIET, marker="o", linestyle="none", markersize=4, label="pair of masks"),
        Line2D([], [], color=_CURVE, linewidth=1.8, label=f"{share_text(share)} of pairs are below"),
        Line2D([], [], color=INK, linewidth=1, linestyle="dashed", label="limit"),
        Line2D([], [], color=_NEEDED, linewidth=1.4, label="needed agreement, interval shaded"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8)
