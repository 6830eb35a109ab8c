"""Draw with matplotlib, without changing its global state, into a picture inside the page."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nbradiomics.report.content import FigureFormat, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1f2933"
QUIET = "#7b8794"
#: Okabe and Ito's colours (2008), distinct for all common types of colour vision. The model has its own.
AUTO_COLOUR = "#D55E00"
COLOURS = ("#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
#: Colours of the readers' contours, light ones first: they are drawn on grey values, with a dark edge.
READER_COLOURS = ("#56B4E9", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#E69F00")
DOTS_PER_INCH = 170
#: Widths of a figure in journals: one column, one and a half, the page [inches]; and its resolution.
PAPER_WIDTHS = (3.5, 5.5, 7.2)
PAPER_DOTS_PER_INCH = 300
#: Largest part of its width by which a picture shrinks to fit a journal.
_SHRINKS = 0.2

_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    # A case may be called ``a_$1``: names are not formulas.
    "text.parse_math": False,
}
#: In a paper text stays text, so that a journal can edit it, and equal figures are equal files.
_PAPER_STYLE: dict[str, Any] = {
    **_STYLE,
    "font.size": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "svg.fonttype": "none",
    "svg.hashsalt": "nbradiomics",
    "pdf.fonttype": 42,
}
#: Fields that would differ between equal files.
_UNDATED: dict[FigureFormat, dict[str, None]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}


def make_picture(
    draw: Callable[[Figure], None], *, size: tuple[float, float], alt: str, caption: tuple[str, ...] = ()
) -> Picture:
    """Draw on a new figure and return it as a picture.

    Parameters
    ----------
    draw
        Function that draws on an empty figure.
    size
        Width and height in inches.
    alt, caption
        As in `Picture`.
    """
    png = _draw(draw, size, _STYLE, format="png", dpi=DOTS_PER_INCH, metadata=_UNDATED["png"])
    encoded = base64.b64encode(png).decode("ascii")
    return Picture(
        source=f"data:image/png;base64,{encoded}",
        alt=alt,
        caption=caption,
        inches=size[0],
        render=partial(_draw_for_paper, draw, size),
    )


def _draw_for_paper(draw: Callable[[Figure], None], size: tuple[float, float], kind: FigureFormat) -> bytes:
    """Draw in the width of a journal, with the proportions of the page's picture."""
    width = next((each for each in PAPER_WIDTHS if each >= (1 - _SHRINKS) * size[0]), PAPER_WIDTHS[-1])
    scaled = (width, size[1] * width / size[0])
    saving = {"format": kind, "dpi": PAPER_DOTS_PER_INCH, "metadata": _UNDATED[kind]}
    return _draw(draw, scaled, _PAPER_STYLE, **saving)


def _draw(
    draw: Callable[[Figure], None], size: tuple[float, float], look: Mapping[str, Any], **saving: Any
) -> bytes:
    from matplotlib import style
    from matplotlib.figure import Figure

    # The user's style (a notebook's dark theme) must not affect the page, nor the page's style the user.
    with style.context(["default", dict(look)]), warnings.catch_warnings():
        # Characters that the bundled font lacks are drawn as boxes; the tables show them correctly.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, **saving)
    return buffer.getvalue()


def label_rows(axes: Axes, labels: list[str]) -> None:
    """Name the rows 0, 1, ... of a horizontal plot, the first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def legend_above(axes: Axes) -> None:
    """Put the legend above the axes, where it covers no point and no line."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.7, ncols=2, columnspacing=1.4)


def reader_colours(readers: list[str], auto: str) -> dict[str, str]:
    """Choose one colour per reader; the model always has the same colour."""
    others = [reader for reader in readers if reader != auto]
    colours = {
        reader: READER_COLOURS[position % len(READER_COLOURS)] for position, reader in enumerate(others)
    }
    return {reader: AUTO_COLOUR if reader == auto else colours[reader] for reader in readers}
