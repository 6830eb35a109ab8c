"""Whether a DICOM file is complete, and the instance that it should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.dicom.watched_file import WatchedFile
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.pacs.refusals import CutOffError
from nbradiomics.system.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Larger elements are passed over, not read.
_DEFER = "16 KB"
_AGAIN = "Run the command again; if it stays, ask who runs the server."
#: Classes with pixels whose name does not contain `Image Storage`.
_WITH_PIXELS = ("Segmentation Storage", "Parametric Map Storage")
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData", "PixelDataProviderURL")


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
        with open_regular(path) as file, quiet():
            watched = WatchedFile(file)
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
