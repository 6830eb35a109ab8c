"""Content of a report: sections made of blocks. The template defines the look of each kind of block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import ClassVar, Literal

Dash = Literal["solid", "dashed", "dotted"]
#: Formats of a figure for a paper.
FigureFormat = Literal["svg", "pdf", "png"]


@dataclass(frozen=True)
class Text:
    """One paragraph; a ``note`` is small print, a ``warning`` or an ``answer`` is shown in a box."""

    kind: ClassVar[str] = "text"
    text: str
    tone: Literal["plain", "note", "warning", "answer"] = "plain"


@dataclass(frozen=True)
class Sentences:
    """A list of sentences."""

    kind: ClassVar[str] = "sentences"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Links:
    """A list of files beside the page: the text of each link, and its path from the page."""

    kind: ClassVar[str] = "links"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Table:
    """A table of formatted text.

    Attributes
    ----------
    columns
        Heading of each column.
    rows
        One tuple of cells per row, as long as `columns`.
    text_columns
        Number of columns, from the left, with left-aligned words; the others contain right-aligned numbers.
    caption
        What the table shows; may be empty.
    name
        Name of its files among the tables for a paper; empty for a table that a paper does not show. Tables
        with the same name are parts of one.
    """

    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1
    caption: str = ""
    name: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture inside the page.

    Attributes
    ----------
    source
        ``data:`` URL that contains the whole picture.
    alt
        Description of the picture for people who cannot see it.
    caption
        Text under the picture, one line per entry; the first line is bold if there are several.
    inches
        Width for which the picture was drawn; its text is readable at this width or wider.
    name
        Name of its files among the figures for a paper.
    render
        Draws the picture again as a figure for a paper, and returns the file; None if it is not a drawing.
    """

    kind: ClassVar[str] = "picture"
    source: str
    alt: str
    caption: tuple[str, ...] = ()
    inches: float = 7.0
    name: str = ""
    render: Callable[[FigureFormat], bytes] | None = field(default=None, compare=False, repr=False)

    def _repr_html_(self) -> str:
        """Show the picture in a notebook."""
        lines = "<br>".join(map(escape, self.caption))
        return f'<img src="{self.source}" alt="{escape(self.alt)}" style="max-width: 100%"><p>{lines}</p>'


@dataclass(frozen=True)
class Key:
    """One entry of a legend: the colour and dash of a line, and its meaning."""

    label: str
    colour: str
    dash: Dash
    heavy: bool = False


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side with one legend.

    Attributes
    ----------
    pictures, legend
        The pictures, and the keys to their lines.
    layout
        ``slices`` are shown about three in a row, ``charts`` two.
    """

    kind: ClassVar[str] = "gallery"
    pictures: tuple[Picture, ...]
    legend: tuple[Key, ...] = ()
    layout: Literal["slices", "charts"] = "slices"


@dataclass(frozen=True)
class Fact:
    """One key figure, with its name and small print."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Facts:
    """The box of key figures at the top."""

    kind: ClassVar[str] = "facts"
    items: tuple[Fact, ...]


@dataclass(frozen=True)
class Step:
    """One step of the cohort flow: the number that remains after it, and what was lost and why."""

    title: str
    number: str
    details: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """The steps from images to outcome."""

    kind: ClassVar[str] = "flow"
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Listing:
    """Text that keeps its line breaks, such as a parameter file."""

    kind: ClassVar[str] = "listing"
    text: str


@dataclass(frozen=True)
class Details:
    """Blocks that are folded until the reader opens them."""

    kind: ClassVar[str] = "details"
    summary: str
    blocks: tuple[Block, ...]


Block = (
    Text | Sentences | Links | Heading | Table | Picture | Gallery | Facts | Flow | Listing | Details
)  #: Anything that a section can contain.


@dataclass(frozen=True)
class Section:
    """One section; without blocks the page says that it was not part of the run."""

    name: str
    title: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Page:
    """The whole report, or a page of one command; `kind` says which."""

    title: str
    subtitle: str
    banners: tuple[str, ...]
    facts: Facts
    sections: tuple[Section, ...]
    kind: str = "report"
