"""Whether a DICOM file was cut off; pydicom reads one that was without an error."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from nbradiomics.files.regular_file import open_regular
from nbradiomics.system.quiet import quiet

#: Larger elements are passed over, not read.
_DEFER = "16 KB"


class WatchedFile:
    """A file that notices how its reading ended; pydicom reads a file that was cut off without an error.

    A complete file ends with one attempt to read the next element, which gives nothing. One that was cut off
    ends with a read that gives less than was asked for, with several that give nothing, or behind its end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size = file, os.fstat(file.fileno()).st_size
        self._short, self._partial = 0, False

    def read(self, number: int = -1) -> bytes:
        """Read bytes."""
        found = self._file.read(number)
        if number > 0:
            is_short = len(found) < number
            self._short = self._short + 1 if is_short else 0
            self._partial = is_short and (self._partial or bool(found))
        return found

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(place, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    @property
    def ended(self) -> bool:
        """Whether the reading ended as that of a complete file."""
        return self._short <= 1 and not self._partial and self.tell() == self._size


def is_cut_off(path: Path) -> bool:
    """Whether a DICOM file ends within an element; large elements are not read.

    Raises
    ------
    Exception
        When the file is damaged otherwise: errors of every kind.
    """
    import pydicom

    with open_regular(path) as file, quiet():
        watched = WatchedFile(file)
        pydicom.dcmread(watched, defer_size=_DEFER, force=True)
        return not watched.ended
