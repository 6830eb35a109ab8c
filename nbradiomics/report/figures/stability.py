"""Stable features by class: their share, and the ICC of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, label_rows, make_picture
from nbradiomics.report.figures.strips import spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STABLE_COLOUR = "#0072B2"
_SHARE_COLOURS = ("#0072B2", AUTO_COLOUR)
_HATCHES = ("", "////")  # the colours look the same in grey


@dataclass(frozen=True)
class Comparison:
    """One set of raters: ICC and stability of the features of each class."""

    name: str
    icc: Sequence[NDArray[np.float64]]
    stable: Sequence[NDArray[np.bool_]]


def draw_stability(
    classes: list[str], comparisons: Sequence[Comparison], *, alt: str, caption: tuple[str, ...]
) -> Picture:
    """Draw the share of stable features, and one panel of ICCs per comparison."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, 1 + len(comparisons), sharey=True, squeeze=False)[0]
        _shares(panels[0], comparisons)
        low = _lowest(comparisons)
        for axes, comparison in zip(panels[1:], comparisons, strict=True):
            _points(axes, comparison, low)
        label_rows(panels[0], classes)
        _legend(figure, comparisons)

    height = 1.5 + 0.5 * len(classes)
    return make_picture(draw, size=(8.4, height), alt=alt, caption=caption)


def _shares(axes: Axes, comparisons: Sequence[Comparison]) -> None:
    thickness = 0.76 / len(comparisons)
    for position, comparison in enumerate(comparisons):
        offset = (position - (len(comparisons) - 1) / 2) * thickness
        for row, stable in enumerate(comparison.stable):
            if not stable.size:
                continue
            share = 100 * stable.mean()
            level = row + offset
            axes.barh(
                level,
                share,
                height=thickness * 0.9,
                color=_SHARE_COLOURS[position],
                hatch=_HATCHES[position],
                edgecolor="white",
                alpha=0.85,
                linewidth=0,
            )
            text = f"{int(stable.sum())}/{stable.size}"
            axes.text(share + 2, level, text, va="center", fontsize=7.5, color=INK)
    axes.set(xlim=(0, 122), xticks=[0, 50, 100], title="Stable features", xlabel="% of the class")
    axes.grid(axis="x")


def _lowest(comparisons: Sequence[Comparison]) -> float:
    values = np.concatenate([icc for comparison in comparisons for icc in comparison.icc])
    finite = values[np.isfinite(values)]
    return min(float(finite.min()) if finite.size else 0.0, 0.0)


def _points(axes: Axes, comparison: Comparison, low: float) -> None:
    axes.tick_params(axis="y", length=0)
    for row, (icc, stable) in enumerate(zip(comparison.icc, comparison.stable, strict=True)):
        offsets = row + 1.6 * spread(len(icc), row)
        finite = np.isfinite(icc)
        for chosen, colour, marker in ((stable, STABLE_COLOUR, "o"), (~stable, QUIET, "x")):
            shown = finite & chosen
            edge = 0 if marker == "o" else 1
            axes.scatter(
                icc[shown], offsets[shown], s=14, color=colour, marker=marker, alpha=0.8, linewidths=edge
            )
        if finite.any():
            median = float(np.median(icc[finite]))
            axes.plot([median, median], [row - 0.36, row + 0.36], color=INK, linewidth=1.8)
        if not finite.all():
            axes.text(
                low, row + 0.36, f"{int((~finite).sum())} undefined", fontsize=7, color=QUIET, va="center"
            )
    margin = 0.03 * (1 - low)
    axes.set(xlim=(low - margin, 1 + margin), title=comparison.name, xlabel="ICC")
    axes.grid(axis="x")


def _legend(figure: Figure, comparisons: Sequence[Comparison]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=comparison.name.lower(), alpha=0.85)
        for colour, hatch, comparison in zip(_SHARE_COLOURS, _HATCHES, comparisons, strict=False)
    ]
    handles.append(Line2D([], [], color=STABLE_COLOUR, marker="o", linestyle="none", label="stable"))
    handles.append(Line2D([], [], color=QUIET, marker="x", linestyle="none", label="not stable"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=8)
