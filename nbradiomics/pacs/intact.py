"""Whether a DICOM file is complete, and the instance that it should be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nbradiomics.dicom.discreet import discreet
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.pacs.refusals import CutOffError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Larger elements are passed over, not read.
_DEFER = "16 KB"
_AGAIN = "Run the command again; if it stays, ask who runs the server."
#: Classes with pixels whose name does not contain `Image Storage`.
_WITH_PIXELS = ("Segmentation Storage", "Parametric Map Storage")
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData", "PixelDataProviderURL")


class _Watched:
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


def require_intact(path: Path, sop_instance: str) -> None:
    """Raise `InputError` unless a file is one complete DICOM instance with this UID.

    Parameters
    ----------
    path
        The file. Large elements are not read.
    sop_instance
        SOP Instance UID that it should have.

    Raises
    ------
    CutOffError
        When the file ends too early.
    InputError
        When it is not DICOM, or another instance.
    """
    import pydicom

    try:
        with open_regular(path) as file, discreet():
            watched = _Watched(file)
            dataset = pydicom.dcmread(watched, defer_size=_DEFER)
            is_complete = watched.ended
            lacks_pixels = _is_image(dataset) and not any(name in dataset for name in _PIXELS)
            found = str(dataset.get("SOPInstanceUID", "")).strip()
    except (OSError, InputError):
        raise
    except Exception as error:  # pydicom raises exceptions of many classes, whose messages quote the file
        raise InputError(f"The file is not DICOM, or is damaged ({type(error).__name__}).", _AGAIN) from None
    if lacks_pixels or not is_complete:
        raise CutOffError("The file is cut off.", _AGAIN)
    if found != sop_instance:
        raise InputError("The file is another instance than the one that was asked for.", _AGAIN)


def _is_image(dataset: Dataset) -> bool:
    """Whether an object has pixels, by its class; a file may be cut off before its number of rows."""
    from pydicom.uid import UID

    name = str(UID(str(dataset.get("SOPClassUID", ""))).name)
    return "Rows" in dataset or "Image Storage" in name or name in _WITH_PIXELS


def is_intact(path: Path, sop_instance: str) -> bool:
    """Whether a file is there, complete, and the instance with this UID."""
    try:
        require_intact(path, sop_instance)
    except (InputError, OSError):
        return False
    return True
