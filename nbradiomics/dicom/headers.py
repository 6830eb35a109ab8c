"""Read the header of a DICOM file, whatever the file is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.dicom.discreet import discreet
from nbradiomics.files.regular_file import open_regular

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

#: Larger elements are read only when they are used.
_DEFER = "64 KB"
#: Bytes before the mark of a DICOM file, and the mark.
_PREAMBLE, _MARK = 128, b"DICM"
#: First bytes of a dataset that old programs wrote without a mark: an element of group 0002 or 0008.
_BARE = (
    b"\x02\x00\x00\x00",
    b"\x08\x00\x00\x00",
    b"\x08\x00\x05\x00",
    b"\x08\x00\x08\x00",
    b"\x08\x00\x16\x00",
)


def is_bare(start: bytes) -> bool:
    """Whether a file may be a DICOM dataset without the usual mark, by its first bytes."""
    return start[_PREAMBLE : _PREAMBLE + len(_MARK)] != _MARK and start[:4] in _BARE


def _starts_bare(path: Path) -> bool:
    with open_regular(path) as file:
        return is_bare(file.read(_PREAMBLE + len(_MARK)))


def read_header(path: Path) -> FileDataset:
    """Read a DICOM file without its pixels.

    Raises
    ------
    pydicom.errors.InvalidDicomError
        When the file is not DICOM.
    OSError, InputError
        When the file cannot be read, or is not a regular file.
    """
    import pydicom

    bare = _starts_bare(path)
    with discreet():  # about values that do not keep to their VR: they are read all the same
        return pydicom.dcmread(path, stop_before_pixels=True, defer_size=_DEFER, force=bare)


def read_whole(path: Path) -> FileDataset:
    """Read a DICOM file with its pixels; errors as `read_header`."""
    import pydicom

    bare = _starts_bare(path)
    with discreet():
        return pydicom.dcmread(path, force=bare)
