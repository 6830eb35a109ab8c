"""The formats that ITK reads for this package, with checks for damage that ITK does not notice.

ITK verifies no checksum, replaces missing voxels by zeros, and uses 1 mm for a voxel size that is not a
number. So each file is compared with its header before it is read, and the unpacked voxels with the file's
checksum.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.gipl import gipl_geometry, gipl_part
from nbradiomics.images.grid import require_geometry, right_angled
from nbradiomics.images.native_output import native_output
from nbradiomics.images.packed import (
    fits_checksum,
    in_both_orders,
    must_be_unpacked,
    require_room,
    require_sound,
    require_text,
)
from nbradiomics.images.refusals import DICOM_READER, complex_numbers, damaged, dicom, unreadable
from nbradiomics.images.stored import Stored
from nbradiomics.images.text_header import geometry_of, read_text_header, require_voxel_size
from nbradiomics.images.voxel_files import Part, parts_of
from nbradiomics.images.vtk import require_vtk, vtk_geometry
from nbradiomics.system.transient import transient_cause

if TYPE_CHECKING:
    import SimpleITK as sitk

NIFTI_READER = "NiftiImageIO"
_NRRD, _META, _GIPL, _VTK = "NrrdImageIO", "MetaImageIO", "GiplImageIO", "VTKImageIO"
#: ITK's readers of the accepted formats: they give voxel sizes in mm, and files can be verified. TIFF,
#: PNG and similar formats do not store the slice distance; lengths in MRC are not millimetres. After a
#: damaged MINC or HDF5 file ITK cannot read intact ones; an HDF5 file may also name any other file for its
#: voxels, and its index cannot be verified.
READERS = (_NRRD, _META, _GIPL, _VTK)
#: Readers of pictures, which the room `pictures` converts.
PICTURES = ("PNGImageIO", "JPEGImageIO", "TIFFImageIO", "BMPImageIO")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_START = 16
_STEP = 1 << 20


def reader_of(path: Path) -> str:
    """ITK's name of the reader that accepts a file; empty if no reader does."""
    import SimpleITK as sitk

    with open_regular(path) as file:
        start = file.read(_START)
    if start.startswith(_HDF5):
        return "HDF5ImageIO"  # ITK must not open it
    # These are recognised here too: ITK tries all readers in turn, which takes as long as reading a mask.
    if start.startswith(b"NRRD0"):
        return _NRRD
    if path.suffix in (".mha", ".mhd") and start.startswith((b"ObjectType", b"NDims")):
        return _META
    with native_output(), _itk_errors(path, [path]):
        name = str(sitk.ImageFileReader.GetImageIOFromFileName(str(path)))
        if not name:
            open_regular(path).close()  # raises the system's own error if there is one
        return name


def read_by_itk(path: Path, kind: str) -> sitk.Image:
    """Read an image of one of the formats `READERS`, of any dimension and number of components.

    Parameters
    ----------
    path
        The file.
    kind
        The result of `reader_of` for it.

    Raises
    ------
    InputError
        When the file is damaged, truncated or of another format, or its header is implausible.
    """
    import SimpleITK as sitk

    _require_format(path, kind)
    parts, spacing, origin = _header_geometry(path, kind)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(kind)
    reader.SetFileName(str(path))
    with native_output() as complaints, _itk_errors(path, [path, *(part.file for part in parts)]):
        reader.ReadImageInformation()
        stored = Stored.of(reader)
        _require_geometry_of_header(stored, spacing, origin, path)
        if kind == _VTK:
            require_vtk(path, stored)
        before = _require_parts(parts, stored, path)
        image = reader.Execute()
    if complaints:
        raise damaged(path, complaints[0])
    _require_voxels(image, parts, stored, before, path)
    if image.GetDimension() == 3:
        right_angled(image.GetDirection(), path)
    return image


def _header_geometry(path: Path, kind: str) -> tuple[list[Part], list[float], list[float]]:
    """Parts with the voxels, voxel edges and origin, before ITK opens any file that the header names."""
    header = read_text_header(path) if kind not in (_GIPL, _VTK) else None
    if header is not None:
        require_voxel_size(header, path)
        parts, (spacing, origin) = parts_of(header, path), geometry_of(header, path)
    elif kind == _GIPL:
        parts, (spacing, origin) = [gipl_part(path)], gipl_geometry(path)
    elif kind == _VTK:
        parts, (spacing, origin) = [], vtk_geometry(path)
    else:
        raise unreadable(path)
    # An axis that is not spatial may have no length; ITK reports which axes these are.
    edges, place = ([one for one in numbers if not math.isnan(one)] for numbers in (spacing, origin))
    require_geometry(edges, place, path)
    return parts, spacing, origin


def _require_format(path: Path, kind: str) -> None:
    if kind == DICOM_READER:
        raise dicom(path)
    if not kind:
        raise unreadable(path)
    if kind in PICTURES:
        raise InputError(
            f"{path} is a {kind.removesuffix('ImageIO')} file, which does not state the pixel size in mm.",
            "Convert image and mask by `nbradiomics ingest-pictures`, with the pixel size that you know.",
        )
    if kind not in READERS:
        raise InputError(
            f"{path} is a file of the format {kind.removesuffix('ImageIO')}, which does not give the voxel "
            "size in mm, or cannot be read reliably.",
            "Convert it to NIfTI, NRRD or MetaImage with the program that made it.",
        )


@contextmanager
def _itk_errors(path: Path, files: Iterable[Path]) -> Iterator[None]:
    """Report a file that ITK refuses as unreadable, unless the system could not read its bytes."""
    try:
        yield
    except RuntimeError as error:
        if transient_cause(error) is None:
            for file in files:
                with open_regular(file) as stream:
                    while stream.read(_STEP):
                        pass
            raise unreadable(path) from error
        raise


def _require_geometry_of_header(
    stored: Stored, spacing: Sequence[float], origin: Sequence[float], path: Path
) -> None:
    """Raise `InputError` unless the header's geometry is plausible and equal to what ITK read from it."""
    if stored.complex:
        raise complex_numbers(path)
    if not stored.bytes:
        raise damaged(path, f"its size is {' x '.join(map(str, stored.size))}")
    axes = len(stored.size)
    # Axes that are not spatial, such as the axis of layers, have no length.
    spacing, origin = (_spatial(numbers, axes) for numbers in (spacing, origin))
    require_geometry(spacing, origin, path)
    for name, given, read in (("voxel size", spacing, stored.spacing), ("origin", origin, stored.origin)):
        if len(given) == axes and not all(map(_alike, given, read)):
            raise damaged(path, f"its header gives the {name} {given}, which is read as {list(read)}")


def _alike(given: float, read: float) -> bool:
    """Whether two lengths are equal except for rounding and sign; ITK's axes may point the other way."""
    return math.isclose(abs(given), abs(read), rel_tol=1e-5, abs_tol=1e-5)


def _spatial(numbers: Sequence[float], axes: int) -> list[float]:
    spatial = list(numbers)
    while len(spatial) > axes and not all(map(math.isfinite, spatial)):
        spatial.remove(next(number for number in spatial if not math.isfinite(number)))
    return spatial


def _require_parts(parts: Sequence[Part], stored: Stored, path: Path) -> int | None:
    """Compare the files of the voxels with the header's claims, before memory is allocated for them.

    Returns the CRC-32 of the voxels if they had to be unpacked for this, else ``None``.
    """
    if stored.bytes % max(len(parts), 1):
        raise damaged(path, f"its header names {len(parts)} data files for an image of {stored.size}")
    for part in parts:
        require_room(part, stored.bytes // len(parts), path)
    for part in parts:
        if part.packing in ("text", "hex"):
            require_text(part, stored.numbers // len(parts), stored.bytes // len(parts), path)
    if any(must_be_unpacked(part, stored.bytes) for part in parts):
        return _unpacked(parts, stored, path)
    return None


def _unpacked(parts: Sequence[Part], stored: Stored, path: Path) -> int:
    crc = 0
    for part in parts:
        crc = require_sound(part, stored.bytes // len(parts), path, crc)
    return crc


def _require_voxels(
    image: sitk.Image, parts: Sequence[Part], stored: Stored, before: int | None, path: Path
) -> None:
    """Compare the voxels from ITK with the checksum of the files; `before` is the CRC-32 if already known."""
    import SimpleITK as sitk

    if not parts or parts[0].packing not in ("gzip", "zlib"):
        return
    voxels = sitk.GetArrayViewFromImage(image)
    if before is None and len(parts) == 1 and fits_checksum(parts[0], voxels):
        return
    expected = _unpacked(parts, stored, path) if before is None else before
    # ITK may exchange the axes of an image with several numbers per voxel.
    if stored.components == 1 and all(expected != zlib.crc32(order) for order in in_both_orders(voxels)):
        raise damaged(path, "it is compressed in several pieces, and not all of them are read")
