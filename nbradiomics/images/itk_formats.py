"""The formats that ITK reads for us, and what it does not notice of them.

ITK verifies no checksum, fills what is missing with zeros, and takes 1 mm for a voxel size that is no number.
So a file is held against its header before it is read, and what was unpacked against the file's checksum.
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
#: ITK's readers of the formats that are taken: they give voxels in mm, and can be verified. TIFF,
#: PNG and the like do not hold the distance of the slices; MRC's lengths are no millimetres. After a damaged
#: MINC or HDF5 file ITK cannot read sound ones; an HDF5 file may also name any other file for its voxels, and
#: nothing tells whether its index is sound.
READERS = (_NRRD, _META, _GIPL, _VTK)
_HDF5 = b"\x89HDF\r\n\x1a\n"
_START = 16
_STEP = 1 << 20


def reader_of(path: Path) -> str:
    """ITK's name of the reader that takes a file; empty where none does."""
    import SimpleITK as sitk

    with open_regular(path) as file:
        start = file.read(_START)
    if start.startswith(_HDF5):
        return "HDF5ImageIO"  # not for ITK to look at
    # These are as plain, and ITK, which tries one reader after the other, takes as long as to read a mask.
    if start.startswith(b"NRRD0"):
        return _NRRD
    if path.suffix in (".mha", ".mhd") and start.startswith((b"ObjectType", b"NDims")):
        return _META
    with native_output(), _itk_s(path, [path]):
        name = str(sitk.ImageFileReader.GetImageIOFromFileName(str(path)))
        if not name:
            open_regular(path).close()  # or the system says why nothing takes it
        return name


def read_by_itk(path: Path, kind: str) -> sitk.Image:
    """Read an image of one of the formats `READERS`, of any dimension and number of components.

    Parameters
    ----------
    path
        The file.
    kind
        What `reader_of` says of it.

    Raises
    ------
    InputError
        When the file is damaged, cut or of another format, or its header cannot be right.
    """
    import SimpleITK as sitk

    _require_format(path, kind)
    parts, spacing, origin = _by_header(path, kind)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(kind)
    reader.SetFileName(str(path))
    with native_output() as complaints, _itk_s(path, [path, *(part.file for part in parts)]):
        reader.ReadImageInformation()
        stored = Stored.of(reader)
        _require_promise(stored, spacing, origin, path)
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


def _by_header(path: Path, kind: str) -> tuple[list[Part], list[float], list[float]]:
    """Where the voxels lie, and voxel edges and origin, before ITK opens any file that the header names."""
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
    # An axis that is none of space may have no length; ITK says which those are.
    edges, place = ([one for one in numbers if not math.isnan(one)] for numbers in (spacing, origin))
    require_geometry(edges, place, path)
    return parts, spacing, origin


def _require_format(path: Path, kind: str) -> None:
    if kind == DICOM_READER:
        raise dicom(path)
    if not kind:
        raise unreadable(path)
    if kind not in READERS:
        raise InputError(
            f"{path} is a file of the format {kind.removesuffix('ImageIO')}, which does not give the size "
            "of the voxels in mm, or is not read reliably.",
            "Convert it to NIfTI, NRRD or MetaImage from where it was made.",
        )


@contextmanager
def _itk_s(path: Path, files: Iterable[Path]) -> Iterator[None]:
    """Say of what ITK refuses that it cannot be read, unless the system could not give its bytes."""
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


def _require_promise(stored: Stored, spacing: Sequence[float], origin: Sequence[float], path: Path) -> None:
    """Raise `InputError` unless the header's geometry can be, and is what ITK has taken from it."""
    if stored.complex:
        raise complex_numbers(path)
    if not stored.bytes:
        raise damaged(path, f"its size is {' x '.join(map(str, stored.size))}")
    axes = len(stored.size)
    # Axes that are none of space, such as that of the layers, have no length.
    spacing, origin = (_spatial(numbers, axes) for numbers in (spacing, origin))
    require_geometry(spacing, origin, path)
    for name, own, taken in (("voxel size", spacing, stored.spacing), ("origin", origin, stored.origin)):
        if len(own) == axes and not all(map(_alike, own, taken)):
            raise damaged(path, f"its header gives the {name} {own}, which is read as {list(taken)}")


def _alike(own: float, taken: float) -> bool:
    """Whether two lengths are one but for rounding; the axes may point elsewhere in ITK's manner."""
    return math.isclose(abs(own), abs(taken), rel_tol=1e-5, abs_tol=1e-5)


def _spatial(numbers: Sequence[float], axes: int) -> list[float]:
    kept = list(numbers)
    while len(kept) > axes and not all(map(math.isfinite, kept)):
        kept.remove(next(number for number in kept if not math.isfinite(number)))
    return kept


def _require_parts(parts: Sequence[Part], stored: Stored, path: Path) -> int | None:
    """Hold the files of the voxels against what the header promises, before memory is taken for it.

    What is packed so that this must be unpacked for it gives its CRC-32; else ``None``.
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
    """Hold what ITK has unpacked against the checksum of the files; `before` is what was unpacked already."""
    import SimpleITK as sitk

    if not parts or parts[0].packing not in ("gzip", "zlib"):
        return
    voxels = sitk.GetArrayViewFromImage(image)
    if before is None and len(parts) == 1 and fits_checksum(parts[0], voxels):
        return
    wanted = _unpacked(parts, stored, path) if before is None else before
    # ITK may exchange the axes of an image with several numbers per voxel.
    if stored.components == 1 and all(wanted != zlib.crc32(order) for order in in_both_orders(voxels)):
        raise damaged(path, "it is packed in several pieces, of which not all are read")
