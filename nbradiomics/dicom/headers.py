"""Read the header of a DICOM file, whatever the file is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.files.regular_file import require_regular
from nbradiomics.system.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

#: Larger elements are read only when they are used.
_DEFER = "64 KB"


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

    require_regular(path)
    with quiet():  # about values that do not keep to their VR: they are read all the same
        return pydicom.dcmread(path, stop_before_pixels=True, defer_size=_DEFER)


def read_whole(path: Path) -> FileDataset:
    """Read a DICOM file with its pixels; errors as `read_header`."""
    import pydicom

    require_regular(path)
    with quiet():
        return pydicom.dcmread(path)
