"""Read and write three-dimensional images.

Anything other than finite numbers on a three-dimensional grid is refused here, once, so that no later
stage has to check.
"""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.regular_file import open_regular, require_regular
from nbradiomics.files.storage import full
from nbradiomics.images.flat import as_slice
from nbradiomics.images.grid import require_geometry
from nbradiomics.images.itk_formats import NIFTI_READER, read_by_itk, reader_of
from nbradiomics.images.native_output import native_output
from nbradiomics.images.nifti import itk_grid, nifti_doubts, nifti_grid, read_nifti
from nbradiomics.images.refusals import (
    complex_numbers,
    dicom,
    dimensions,
    folder,
    is_dicom,
    missing,
    values_per_voxel,
)
from nbradiomics.system.transient import passing_named

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Bytes before the voxels in a NIfTI-1 and a NIfTI-2 file.
_NIFTI_HEADERS = (352, 544)
_NIFTI_ENDINGS = (".nii", ".nii.gz")


def describe(source: str | Path | sitk.Image) -> str:
    """Name a source in a message: its path, or ``image in memory``."""
    return str(source) if isinstance(source, (str, Path)) else "image in memory"


def read_image(source: str | Path | sitk.Image) -> sitk.Image:
    """Read a three-dimensional image of one number per voxel; a two-dimensional one has one slice.

    Parameters
    ----------
    source
        A file that SimpleITK reads (NIfTI, NRRD, MetaImage ...), or an image, which is returned
        unchanged if it is three-dimensional. An image of two dimensions becomes a slice of 1 mm.

    Returns
    -------
    SimpleITK.Image
        Physical coordinates in mm, LPS; ``sitk.GetArrayFromImage`` gives axes in the order z, y, x.

    Raises
    ------
    InputError
        When the file is missing or unreadable, or the image has more than three dimensions or is not scalar.
    """
    import SimpleITK as sitk

    name = describe(source)
    image = source if isinstance(source, sitk.Image) else read_file(Path(source))
    return require_volume(image, name)


def require_volume(image: sitk.Image, name: str) -> sitk.Image:
    """Return an image if it is scalar, with one slice if it has two dimensions.

    Raises
    ------
    InputError
        When it has more than three dimensions, or several values per voxel; `name` is its name.
    """
    if image.GetDimension() == 2:
        image = as_slice(image, name)
    if image.GetDimension() != 3:
        raise dimensions(name, image.GetDimension())
    if "complex" in image.GetPixelIDTypeAsString():
        raise complex_numbers(name)
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise values_per_voxel(name, image.GetNumberOfComponentsPerPixel())
    require_geometry(image.GetSpacing(), image.GetOrigin(), name)
    return image


def read_file(path: Path) -> sitk.Image:
    """Read an image file of any dimension and number of components per voxel; see `read_image`.

    Raises
    ------
    TransientError
        When the system could not read the file: no memory, too many open files, no permission, a disk error.
    """
    with passing_named(path):
        if not path.exists():
            raise missing(path)
        if path.is_dir():
            raise folder(path)
        require_regular(path)
        if is_dicom(path):
            raise dicom(path)
        kind = NIFTI_READER if _has_nifti_ending(path) else reader_of(path)
        if kind != NIFTI_READER:
            return read_by_itk(path, kind)
        with native_output():
            return read_nifti(path)


def is_nifti(path: Path) -> bool:
    """Whether a file is read as NIfTI."""
    return _has_nifti_ending(path) or reader_of(path) == NIFTI_READER


def _has_nifti_ending(path: Path) -> bool:
    return path.name.lower().endswith(_NIFTI_ENDINGS)


def read_direction(path: Path) -> tuple[float, ...] | None:
    """Direction cosines of a three-dimensional image file by its header; ``None`` if it cannot be read."""
    try:
        with native_output():
            grid = nifti_grid(path) if is_nifti(path) else itk_grid(path)
    except (InputError, OSError):
        return None
    return None if grid is None else grid.direction


def doubts_of(path: Path) -> list[tuple[str, str]]:
    """Ambiguities in the header of a readable image: for each, what was found and what to do."""
    return nifti_doubts(path) if is_nifti(path) else []


def write_image(image: sitk.Image, path: str | Path) -> Path:
    """Write an image so that a reader sees the whole file or none of it.

    Parameters
    ----------
    image
        The image; compressed if the format allows it.
    path
        The file; its ending (``.nii.gz``, ``.nrrd`` ...) determines the format. Missing folders are created.

    Raises
    ------
    StorageError
        When the disk is full or read-only; ITK does not report it.
    """
    import SimpleITK as sitk

    path = Path(path)
    with whole(path) as temporary:
        temporary.touch()  # without permission, the system says so here; ITK would name no reason
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True)
        except RuntimeError:
            _require_room(temporary)
            raise
        if path.name.lower().endswith(".nii.gz"):
            _require_whole(temporary, image, path)
    return path


def _require_room(written: Path) -> None:
    """Let the system say that the disk is full, where ITK only said that the writing failed."""
    with written.open("ab") as file:
        file.write(bytes(1 << 16))
        file.flush()
        os.fsync(file.fileno())


def _require_whole(written: Path, image: sitk.Image, path: Path) -> None:
    """Refuse a file that was written only in part; `path` is its name in the message."""
    with written.open("rb") as file:
        file.seek(max(written.stat().st_size - 4, 0))
        # A gzip file ends with the uncompressed length, modulo 2^32.
        length = int.from_bytes(file.read(4), "little")
    voxel = image.GetSizeOfPixelComponent() * image.GetNumberOfComponentsPerPixel()
    if (length - voxel * image.GetNumberOfPixels()) % 2**32 not in _NIFTI_HEADERS:
        raise full(path)


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with open_regular(Path(path)) as file:
        return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
