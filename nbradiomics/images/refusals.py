"""Errors for files that are not a readable volume."""

from __future__ import annotations

import re
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular

DICOM_READER = "GDCMImageIO"
#: DICOM classes of segmentations, by their identifier.
_SEGMENTATIONS = {
    b"1.2.840.10008.5.1.4.1.1.481.3": "a DICOM RTSTRUCT (outlines)",
    b"1.2.840.10008.5.1.4.1.1.66.4": "a DICOM SEG (segmentation)",
}
#: Number of files of a folder that are examined.
_EXAMINED = 50


def is_dicom(path: Path) -> bool:
    """Whether a file begins as DICOM files do."""
    try:
        with open_regular(path) as file:
            return file.read(132)[128:] == b"DICM"
    except (OSError, InputError):
        return False


def dicom(path: Path) -> InputError:
    """The error for a DICOM file, depending on its content."""
    with open_regular(path) as file:
        start = file.read(4096)
    for identifier, kind in _SEGMENTATIONS.items():
        if re.search(re.escape(identifier) + rb"(?![0-9.])", start):
            return InputError(
                f"{path} is {kind}; a mask file was expected.",
                "Convert it to a NIfTI or NRRD mask on the image's grid first (3D Slicer or plastimatch).",
            )
    return InputError(
        f"{path} is a DICOM file, usually one slice of a series; a file of the whole volume was expected.",
        "Convert the series to NIfTI or NRRD first (nbradiomics ingest, dcm2niix, 3D Slicer).",
    )


def folder(path: Path) -> InputError:
    """The error for a folder."""
    files = sorted(each for each in path.rglob("*") if each.is_file())[:_EXAMINED]
    slices = [each for each in files if is_dicom(each)]
    if len(slices) == 1:
        refusal = dicom(slices[0])
        return InputError(f"{path} is a folder: {refusal.problem}", refusal.remedy)
    if slices:
        return InputError(
            f"{path} is a folder of DICOM files; an image file was expected.",
            "Convert the series to NIfTI or NRRD first (nbradiomics ingest, dcm2niix, 3D Slicer).",
        )
    return InputError(f"{path} is a folder; an image file was expected.", "Name a file in it.")


def missing(path: Path) -> InputError:
    """The error for a path that does not exist."""
    if re.search(r"\\|/[A-Za-z]:/", str(path)):
        return InputError(
            f"{path} does not exist: it is a Windows path, which this system cannot use.",
            "Write the path with /; in a table, relative paths start at the table's folder.",
        )
    return InputError(
        f"{path} does not exist.", "Check the path; in a table, relative paths start at the table's folder."
    )


def unreadable(path: object, why: str = "") -> InputError:
    """The error for a file that cannot be read as an image."""
    return InputError(
        f"{path} cannot be read as an image{': ' if why else ''}{why}.",
        "Open it in a viewer; if it is damaged, export it again.",
    )


def damaged(path: object, why: object) -> InputError:
    """The error for an image file that is incomplete or contradicts itself."""
    return InputError(f"{path} is damaged: {why}.", "Export or copy it again.")


def values_per_voxel(name: object, number: int) -> InputError:
    """The error for an image with several values per voxel."""
    return InputError(
        f"{name} has {number} values per voxel; 1 was expected.",
        "Write each component or segment layer to a separate file.",
    )


def complex_numbers(name: object) -> InputError:
    """The error for an image of complex numbers."""
    return InputError(
        f"{name} has complex numbers; 1 real number per voxel was expected.",
        "Write the required part (such as the magnitude) to a separate file.",
    )


def dimensions(name: object, number: int) -> InputError:
    """The error for an image that is neither a slice nor a volume."""
    return InputError(
        f"{name} has {number} dimensions; 2 or 3 were expected.",
        "Give one image or volume per file: split a time series.",
    )


def sheared(name: object, degrees: float) -> InputError:
    """The error for an image whose axes are not at right angles."""
    return InputError(
        f"{name}: the image's axes are not at right angles (sheared): two form an angle of {degrees:.1f} "
        "degrees; 90 were expected.",
        "Resample image and mask onto a grid with right angles (the mask with nearest neighbours). "
        "Or, in a NIfTI file whose qform is right, delete the sform (set its code to 0).",
    )
