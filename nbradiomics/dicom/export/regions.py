"""What an export holds of a region, and who or what made it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.export.uids import uid_of


@dataclass(frozen=True)
class Algorithm:
    """Name and version of an algorithm, each of at most 64 characters."""

    name: str
    version: str


@dataclass(frozen=True)
class Author:
    """Who made the masks of an object: reader and reading, as in the cohort table."""

    reader: str
    reading: int

    @property
    def title(self) -> str:
        """Description of the author in an object, at most 40 characters."""
        return plain(f"reader {self.reader}" + (f", reading {self.reading}" if self.reading > 1 else ""), 40)


@dataclass(frozen=True)
class Region:
    """A region and how it was made.

    Attributes
    ----------
    array
        z, y, x of 0 and 1.
    kind
        ``MANUAL`` (a reader), ``SEMIAUTOMATIC`` (an edited automatic mask, a consensus of readers) or
        ``AUTOMATIC`` (the model).
    algorithm
        What made the mask; ``None`` for a reader.
    """

    array: npt.NDArray[np.uint8]
    kind: str = "MANUAL"
    algorithm: Algorithm | None = None


def tracking_uid(series: str, author: Author, roi: str) -> str:
    """UID by which a region is the same in all objects: of a source series, a reader, a reading, a region."""
    return uid_of("region", series, author.reader, author.reading, roi)


def plain(text: str, most: int = 64) -> str:
    """Text as DICOM allows it in a short text: without backslashes and control characters, not too long."""
    allowed = "".join("/" if letter == "\\" else letter for letter in text if letter.isprintable())
    return allowed[:most].strip() or "-"
