"""What a report is made of: sections of blocks. The template knows how each kind of block looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Dash = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True)
class Text:
    """One paragraph; a ``note`` is small print, a ``warning`` stands in a box, and so does an ``answer``."""

    kind: ClassVar[str] = "text"
    text: str
    tone: Literal["plain", "note", "warning", "answer"] = "plain"


@dataclass(frozen=True)
class Sentences:
    """A list of sentences."""

    kind: ClassVar[str] = "sentences"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Table:
    """A table of finished text.

    Attributes
    ----------
    columns
        Head of each column.
    rows
        One tuple of cells per row, as long as `columns`.
    text_columns
        The first so many columns hold words and stand left; the others hold numbers and stand right.
    caption
        What the table shows; may be empty.
    """

    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture inside the page.

    Attributes
    ----------
    source
        ``data:`` address that holds the whole picture.
    alt
        What the picture shows, in words, for who cannot see it.
    caption
        Text under the picture, one line per entry; the first is set in bold where there are several.
    inches
        Width that the picture was drawn for; its text is readable at this width and above.
    """

    kind: ClassVar[str] = "picture"
    source: str
    alt: str
    caption: tuple[str, ...] = ()
    inches: float = 7.0


@dataclass(frozen=True)
class Key:
    """One entry of a legend: a line of some colour and dash, and what it stands for."""

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
        The pictures, and the lines in them.
    of
        ``slices`` stand three or so in a row, ``charts`` two.
    """

    kind: ClassVar[str] = "gallery"
    pictures: tuple[Picture, ...]
    legend: tuple[Key, ...] = ()
    of: Literal["slices", "charts"] = "slices"


@dataclass(frozen=True)
class Fact:
    """One figure that matters, with its name and small print."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Facts:
    """The box of figures at the top."""

    kind: ClassVar[str] = "facts"
    items: tuple[Fact, ...]


@dataclass(frozen=True)
class Step:
    """One step of the cohort flow: what is left after it, and what was lost and why."""

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
    """Text that keeps its lines, such as a parameter file."""

    kind: ClassVar[str] = "listing"
    text: str


@dataclass(frozen=True)
class Details:
    """Blocks that are folded away until asked for."""

    kind: ClassVar[str] = "details"
    summary: str
    blocks: tuple[Block, ...]


Block = (
    Text | Sentences | Heading | Table | Picture | Gallery | Facts | Flow | Listing | Details
)  #: Anything that a section can hold.


@dataclass(frozen=True)
class Section:
    """One section; without blocks it was not part of the run, and the page says so."""

    name: str
    title: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Page:
    """The whole report, or a page of one command: `of` tells which."""

    title: str
    subtitle: str
    banners: tuple[str, ...]
    facts: Facts
    sections: tuple[Section, ...]
    of: str = "report"
