"""Files that are no volume which can be read, and what they are instead."""

from __future__ import annotations

import re
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular

DICOM_READER = "GDCMImageIO"
#: Classes of DICOM objects that hold a segmentation, by their identifier.
_SEGMENTATIONS = {
    b"1.2.840.10008.5.1.4.1.1.481.3": "a DICOM RTSTRUCT (outlines)",
    b"1.2.840.10008.5.1.4.1.1.66.4": "a DICOM SEG (segmentation)",
}
#: Files of a folder that are looked at.
_LOOKED_AT = 50


def is_dicom(path: Path) -> bool:
    """Whether a file begins as DICOM files do."""
    try:
        with open_regular(path) as file:
            return file.read(132)[128:] == b"DICM"
    except (OSError, InputError):
        return False


def dicom(path: Path) -> InputError:
    """The refusal of a DICOM file, by what is in it."""
    with open_regular(path) as file:
        start = file.read(4096)
    for identifier, kind in _SEGMENTATIONS.items():
        if re.search(re.escape(identifier) + rb"(?![0-9.])", start):
            return InputError(
                f"{path} is {kind}; a mask file was expected.",
                "Convert it to a NIfTI or NRRD mask on the image's grid first (3D Slicer or plastimatch).",
            )
    return InputError(
        f"{path} is a DICOM file, most often one slice of a series; a file of the whole volume was expected.",
        "Convert the series to one NIfTI or NRRD file first (dcm2niix or 3D Slicer), and name that file.",
    )


def folder(path: Path) -> InputError:
    """The refusal of a folder."""
    files = sorted(each for each in path.rglob("*") if each.is_file())[:_LOOKED_AT]
    slices = [each for each in files if is_dicom(each)]
    if len(slices) == 1:
        refusal = dicom(slices[0])
        return InputError(f"{path} is a folder: {refusal.problem}", refusal.remedy)
    if slices:
        return InputError(
            f"{path} is a folder of DICOM files; an image file was expected.",
            "Convert the series to one NIfTI or NRRD file first (dcm2niix or 3D Slicer), and name that file.",
        )
    return InputError(f"{path} is a folder; an image file was expected.", "Name the file in it.")


def missing(path: Path) -> InputError:
    """The refusal of a path under which nothing lies."""
    if re.search(r"\\|/[A-Za-z]:/", str(path)):
        return InputError(
            f"{path} does not exist: it is a path of Windows, and nothing lies there on this system.",
            "Write the path with / and as this system has it; in a table, paths start at the table.",
        )
    return InputError(f"{path} does not exist.", "Check the path; in a table, paths start at the table.")


def unreadable(path: object, why: str = "") -> InputError:
    """The refusal of a file that is no image which can be read."""
    return InputError(
        f"{path} cannot be read as an image{': ' if why else ''}{why}.",
        "Open it in a viewer; if it is damaged, export it again.",
    )


def damaged(path: object, why: object) -> InputError:
    """The refusal of an image file that is not whole, or contradicts itself."""
    return InputError(f"{path} is damaged: {why}.", "Export or copy it again.")


def values_per_voxel(name: object, number: int) -> InputError:
    """The refusal of an image with several values per voxel."""
    return InputError(
        f"{name} has {number} values per voxel; 1 was expected.",
        "Write each component or segment layer to a file of its own.",
    )


def complex_numbers(name: object) -> InputError:
    """The refusal of an image of complex numbers."""
    return InputError(
        f"{name} holds complex numbers; 1 plain number per voxel was expected.",
        "Write the part that is meant (the magnitude, say) to a file of its own.",
    )


def dimensions(name: object, number: int) -> InputError:
    """The refusal of an image that is no volume."""
    return InputError(
        f"{name} has {number} dimensions; 3 were expected.",
        "Give one volume per file: join slices, or split a time series.",
    )


def sheared(name: object, degrees: float) -> InputError:
    """The refusal of an image whose axes are not at right angles."""
    return InputError(
        f"{name}: the image's axes are not at right angles (sheared): two meet at {degrees:.1f} degrees; 90 "
        "were expected.",
        "Resample the image onto a grid with right angles, the mask with nearest-neighbour interpolation. "
        "Or, in a NIfTI file whose qform is right, delete the sform (set its code to 0).",
    )
