"""Read and write three-dimensional images.

Everything that is not a finite number on a three-dimensional grid is refused here, once, so that no
later stage has to ask.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.atomic import whole
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Bytes before the voxels in a NIfTI-1 and a NIfTI-2 file.
_NIFTI_HEADERS = (352, 544)


def describe(source: str | Path | sitk.Image) -> str:
    """Name a source in a message: its path, or ``image in memory``."""
    return str(source) if isinstance(source, (str, Path)) else "image in memory"


def read_image(source: str | Path | sitk.Image) -> sitk.Image:
    """Read a three-dimensional image of one number per voxel.

    Parameters
    ----------
    source
        A file that SimpleITK reads (NIfTI, NRRD, MetaImage ...), or an image, which is returned as
        it is.

    Returns
    -------
    SimpleITK.Image
        Physical coordinates in mm, LPS; ``sitk.GetArrayFromImage`` gives axes in the order z, y, x.

    Raises
    ------
    InputError
        When the file is missing or unreadable, or the image is not three-dimensional and scalar.
    """
    import SimpleITK as sitk

    name = describe(source)
    image = source if isinstance(source, sitk.Image) else _read_file(Path(source))
    if image.GetDimension() != 3:
        raise InputError(
            f"{name} has {image.GetDimension()} dimensions; 3 were expected.",
            "Give one volume per file: join slices, or split a time series.",
        )
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            f"{name} has {image.GetNumberOfComponentsPerPixel()} values per voxel; 1 was expected.",
            "Write each component or segment layer to a file of its own.",
        )
    return image


def _read_file(path: Path) -> sitk.Image:
    import SimpleITK as sitk

    if not path.exists():
        raise InputError(f"{path} does not exist.", "Check the path; in a table, paths start at the table.")
    if path.is_dir():
        raise InputError(
            f"{path} is a folder; an image file was expected.",
            "Convert a DICOM series to one NIfTI or NRRD file first.",
        )
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise InputError(
            f"{path} cannot be read as an image.",
            "Open it in a viewer; if it is damaged, export it again.",
        ) from error
    nifti = sitk.ImageFileReader.GetImageIOFromFileName(str(path)) == "NiftiImageIO"
    return _with_lost_values(image, path) if nifti else image


def _with_lost_values(image: sitk.Image, path: Path) -> sitk.Image:
    """Put NaN back where a NIfTI file holds a value that is not finite.

    ITK's NIfTI reader turns such values into 0 without a word, so that a broken image would pass for a
    sound one.
    """
    import nibabel
    import numpy as np
    import SimpleITK as sitk

    if image.GetPixelID() not in (sitk.sitkFloat32, sitk.sitkFloat64):
        return image
    try:
        stored = np.asarray(nibabel.load(path).dataobj.get_unscaled())
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}", "Export or copy it again.") from error
    lost = ~np.isfinite(stored)
    if not lost.any():
        return image
    if stored.size != np.prod(image.GetSize()):
        raise InputError(
            f"{path} holds {int(lost.sum())} values that are no finite number.",
            "Replace them, or export the image again.",
        )
    array = sitk.GetArrayFromImage(image)
    # nibabel's axes are x, y, z, and axes of length 1 may follow.
    array[lost.reshape(image.GetSize()).T] = np.nan
    restored = sitk.GetImageFromArray(array)
    restored.CopyInformation(image)
    return restored


def write_image(image: sitk.Image, path: str | Path) -> Path:
    """Write an image so that a reader sees the whole file or none of it.

    Parameters
    ----------
    image
        What to write; compressed where the format can.
    path
        Where; the ending (``.nii.gz``, ``.nrrd`` ...) tells the format. Folders are made.

    Raises
    ------
    InputError
        When a ``.nii.gz`` file could not be written whole; ITK says nothing of a full disk.
    """
    import SimpleITK as sitk

    path = Path(path)
    with whole(path) as temporary:
        sitk.WriteImage(image, str(temporary), useCompression=True)
        if path.name.lower().endswith(".nii.gz"):
            _require_whole(temporary, image, path)
    return path


def _require_whole(written: Path, image: sitk.Image, path: Path) -> None:
    """Refuse a file of which only a part was written; `path` is for the message."""
    with written.open("rb") as file:
        file.seek(max(written.stat().st_size - 4, 0))
        # A gzip file ends with the length of what is in it, modulo 2^32.
        length = int.from_bytes(file.read(4), "little")
    voxel = image.GetSizeOfPixelComponent() * image.GetNumberOfComponentsPerPixel()
    if (length - voxel * image.GetNumberOfPixels()) % 2**32 not in _NIFTI_HEADERS:
        raise InputError(
            f"{path} could not be written whole: the disk is full, or its quota is used up.",
            "Free space there, or name a folder on another disk; then give the command again.",
        )


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
