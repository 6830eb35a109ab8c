"""What drove the risk of one subject: each column's part of the linear predictor, among those of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.messages.wording import counted, signed
from nbradiomics.report.content import Picture
from nbradiomics.report.figures.picture import AUTO_COLOUR, INK, QUIET, label_rows, make_picture
from nbradiomics.report.formatting import shorten_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 12
_SUM = "sum"
#: Letters of a line of the title.
_LETTERS = 88


@dataclass(frozen=True)
class Part:
    """Part of the linear predictor of a subject.

    Attributes
    ----------
    name
        The column.
    value
        Part of the subject.
    others
        5, 25, 50, 75 and 95 % of the parts of the training subjects; empty if unknown.
    """

    name: str
    value: float
    others: tuple[float, ...] = ()


def draw_contributions(
    parts: Sequence[Part],
    total: Part,
    *,
    unit: str,
    alt: str,
    caption: tuple[str, ...] = (),
    title: str = "",
) -> Picture:
    """Draw the largest parts, the rest as one row, and their sum.

    Parameters
    ----------
    parts
        One per column of the model.
    total
        The linear predictor.
    unit
        What the parts add up to, such as ``log hazard``.
    alt, caption
        As in `Picture`.
    title
        Text over the rows, for a picture that stands alone.
    """
    rows = shown_parts(parts)

    lines = wrap(title, _LETTERS)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if lines:
            figure.suptitle("\n".join(lines), fontsize=8.5, x=0.01, ha="left")
        axes.axvline(0, color=QUIET, linestyle="dashed", linewidth=1)
        axes.grid(axis="x")
        everything = [*rows, total]
        for row, part in enumerate(everything):
            _draw_row(axes, row, part, strong=part is total)
        axes.axhline(len(rows) - 0.5, color=QUIET, linewidth=0.8)
        axes.set_xlabel(f"added to the {unit} (0: mean of the training subjects)")
        label_rows(axes, [*shorten_apart([part.name for part in rows], 34), _SUM])

    height = 1.0 + 0.3 * (len(rows) + 1) + 0.18 * len(lines)
    return make_picture(draw, size=(6.6, height), alt=alt, caption=caption)


def shown_parts(parts: Sequence[Part]) -> list[Part]:
    """The largest parts first, and all others as one."""
    ordered = sorted(parts, key=lambda part: (-abs(part.value), part.name))
    if len(ordered) <= _SHOWN + 1:
        return ordered
    rest = ordered[_SHOWN:]
    return [
        *ordered[:_SHOWN],
        Part(counted(len(rest), "more column"), float(sum(part.value for part in rest))),
    ]


def _draw_row(axes: Axes, row: int, part: Part, *, strong: bool) -> None:
    if part.others:
        low, first, middle, third, high = part.others
        axes.plot([low, high], [row, row], color="#cbd2d9", linewidth=3, solid_capstyle="butt", zorder=1)
        axes.plot([first, third], [row, row], color="#9aa5b1", linewidth=7, solid_capstyle="butt", zorder=2)
        axes.plot([middle, middle], [row - 0.22, row + 0.22], color="white", linewidth=1.6, zorder=3)
    if np.isfinite(part.value):
        colour = INK if strong else AUTO_COLOUR
        axes.plot(part.value, row, marker="D" if strong else "o", color=colour, markersize=7, zorder=4)
    axes.annotate(
        signed(part.value, 2),
        (1.02, row),
        xycoords=("axes fraction", "data"),
        va="center",
        color=INK,
        annotation_clip=False,
    )
