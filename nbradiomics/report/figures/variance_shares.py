"""Where the variation of features comes from: mean shares of the variance by feature class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import INK, label_rows, make_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colour of a component; its interaction with the subject has the same colour with lines.
_COLOURS = {
    "subject": "#0072B2",
    "site": "#CC79A7",
    "timepoint": "#009E73",
    "repeat": "#F0E442",
    "reader": "#E69F00",
    "variant": "#56B4E9",
    "residual": "#c3c9d0",
}
_INTERACTION = "subject_"
#: A narrower part of a bar has no number.
_NARROW = 0.06


def draw_variance_shares(
    labels: list[str],
    shares: Mapping[str, NDArray[np.float64]],
    *,
    names: Mapping[str, str],
    alt: str,
    caption: tuple[str, ...] = (),
) -> Picture:
    """Draw a bar for each class, divided by component.

    Parameters
    ----------
    labels
        Names of the classes, the first on top.
    shares
        Mean share of each component in each class, 0 to 1, in the order of the bar; NaN for none.
    names
        Name of each component in the legend.
    alt, caption
        As in `Picture`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        left = np.zeros(len(labels))
        for component, values in shares.items():
            widths = np.nan_to_num(values)
            _bars(axes, component, names[component], left, widths)
            left = left + widths
        axes.set(xlim=(0, 1), xlabel="mean share of the variance")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        label_rows(axes, labels)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, columnspacing=1.4, handlelength=1.4)

    return make_picture(draw, size=(7.6, 1.3 + 0.4 * len(labels)), alt=alt, caption=caption)


def _bars(
    axes: Axes, component: str, name: str, left: NDArray[np.float64], widths: NDArray[np.float64]
) -> None:
    colour = _COLOURS[component.removeprefix(_INTERACTION)]
    crossed = component.startswith(_INTERACTION)
    axes.barh(
        np.arange(len(widths)),
        widths,
        left=left,
        height=0.72,
        color=colour,
        hatch="////" if crossed else "",
        edgecolor="white",
        linewidth=0.8,
        label=name,
    )
    for row, (start, width) in enumerate(zip(left, widths, strict=True)):
        if width >= _NARROW:
            colour_of_text = "white" if component == "subject" else INK
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if crossed else None
            text = f"{100 * width:.0f}"
            where = (start + width / 2, row)
            axes.text(*where, text, ha="center", va="center", fontsize=7.5, color=colour_of_text, bbox=box)
