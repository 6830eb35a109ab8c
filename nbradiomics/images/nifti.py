"""Read NIfTI files by the standard (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h).

ITK reads most of them in the same way, and its numbers are used when they agree: they are PyRadiomics' own
to the last bit. In other cases it is wrong without a warning: it takes the spacing from `pixdim` and the
position from the sform when these contradict each other, adds `scl_inter` when `scl_slope` is 0, fills a
truncated file with zeros, turns NaN into 0, and reads ``a.nii`` instead of ``a.nii.gz`` when both exist.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular, require_regular
from nbradiomics.images.itk_formats import NIFTI_READER
from nbradiomics.images.nifti_header import (
    Grid,
    grid_of,
    header_doubts,
    header_errors,
    is_single,
    read_header,
    scaling,
    slice_header,
)
from nbradiomics.images.packed import MOST_OUT, opened
from nbradiomics.images.refusals import complex_numbers, damaged, dimensions, values_per_voxel
from nbradiomics.images.voxel_files import require_inside
from nbradiomics.system.transient import transient_cause

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Endings of the two files of a pair.
_HEADER, _VOXELS = ".hdr", ".img"
#: Smallest number of bytes before the voxels of a single file, by the size of the header.
_FIRST_VOXEL = {348: 352, 540: 544}
_STEP = 1 << 22
#: Begin of a gzip stream: the bits of the last byte are flags, three of which are reserved.
_STREAM = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
#: More bytes than this are unpacked in steps.
_LARGE = 1 << 28


def read_nifti(path: Path) -> sitk.Image:
    """Read a NIfTI file (single or a pair, compressed or not) or an Analyze pair.

    Parameters
    ----------
    path
        The file, or either file of a pair.

    Returns
    -------
    SimpleITK.Image
        Three-dimensional (a file of two dimensions has one slice), with ITK's pixel type: the stored type,
        or single precision if values are scaled (double precision if they are stored so).

    Raises
    ------
    InputError
        When the file is damaged or truncated, its header contradicts itself, or it is not a single volume of
        plain numbers.
    """
    import SimpleITK as sitk

    with _damage_errors(path):
        header, stored = _read(path)
    if stored.ndim == 2:
        header, stored = slice_header(header), stored[:, :, None]
    place = _placed(grid_of(header, str(path)), itk_grid(path, NIFTI_READER))
    image = sitk.GetImageFromArray(_scaled(stored, scaling(header, str(path))).T)
    image.SetSpacing(place.spacing)
    if place.origin is not None and place.direction is not None:
        image.SetOrigin(place.origin)
        image.SetDirection(place.direction)
    return image


def nifti_grid(path: Path) -> Grid | None:
    """Grid in the header of a file that `read_nifti` reads; ``None`` if it is not a single volume."""
    files = nifti_files(path)
    require_regular(files[1])
    with _damage_errors(path), opened(files[0]) as stream:
        header = read_header(stream, str(path))
        if len(_shape(header, path)) == 2:
            header = slice_header(header)
    return _placed(grid_of(header, str(path)), itk_grid(path, NIFTI_READER))


def nifti_doubts(path: Path) -> list[tuple[str, str]]:
    """Ambiguities in the header of a file that `read_nifti` reads: what was found, and what to do."""
    with _damage_errors(path), opened(nifti_files(path)[0]) as stream:
        header = read_header(stream, str(path))
    return header_doubts(header)


def lies_in_one_nifti(path: Path) -> bool:
    """Whether `read_nifti` reads no other file for this one."""
    try:
        with opened(nifti_files(path)[0]) as stream:
            return is_single(read_header(stream, str(path)))
    except (OSError, EOFError, zlib.error, InputError):
        return False


@contextmanager
def _damage_errors(path: Path) -> Iterator[None]:
    """Report a file that cannot be read as damaged."""
    try:
        yield
    except header_errors(OSError, EOFError, ValueError, zlib.error) as error:
        if transient_cause(error) is not None:
            raise
        raise damaged(path, error) from error


def nifti_files(path: Path) -> tuple[Path, Path]:
    """The header file and the voxel file; both are the file itself if it is single, whatever its name."""
    if _is_single_file(path):
        return path, path
    name = path.name.lower()
    for ending, other in ((_HEADER, _VOXELS), (_VOXELS, _HEADER)):
        for packed in ("", ".gz"):
            if name.endswith(ending + packed):
                partner = _partner(path, len(ending + packed), other, packed)
                return (path, partner) if ending == _HEADER else (partner, path)
    return path, path


def _is_single_file(path: Path) -> bool:
    """Whether a file is marked as containing both header and voxels, as in NIfTI-1 and NIfTI-2."""
    try:
        with opened(path) as stream:
            start = stream.read(348)
    except (OSError, EOFError, zlib.error):
        return False
    return start[344:348] == b"n+1\0" or start[4:8] == b"n+2\0"


def _partner(path: Path, cut: int, ending: str, packed: str) -> Path:
    """The other file of a pair in the same folder, preferably with the same compression."""
    stem = path.name[:-cut]
    names = [(stem + ending + suffix).lower() for suffix in (packed, ".gz" if not packed else "")]
    files = {each.name.lower(): each for each in path.parent.iterdir() if each.name[: len(stem)] == stem}
    partner = next((files[name] for name in names if name in files), None)
    # An `.hdr` may be a single file in spite of its name.
    return require_inside(partner, path) if partner is not None else path


def _read(path: Path) -> tuple[Any, npt.NDArray[Any]]:
    """The stored header, and the stored values with axes x, y, z."""
    header_file, voxel_file = nifti_files(path)
    with opened(header_file) as stream:
        header = read_header(stream, str(path))
    single = is_single(header)
    if not single and header_file == voxel_file:
        raise ValueError("its header is that of a pair .hdr and .img, and the other file is missing")
    shape = _shape(header, path)
    dtype = _dtype(header, path)
    offset = float(header["vox_offset"])
    minimum = _FIRST_VOXEL[int(header["sizeof_hdr"])] if single else 0
    if not (offset >= minimum and offset.is_integer()):
        raise ValueError(f"vox_offset is {offset:g}; a whole number from {minimum} was expected")
    content = _voxels(header_file if single else voxel_file, int(offset), math.prod(shape) * dtype.itemsize)
    return header, np.frombuffer(content, dtype).reshape(shape, order="F")


def _voxels(path: Path, first: int, expected: int) -> bytes | bytearray | memoryview:
    """All bytes of a file from the first voxel on; their number must be the one in its header.

    A compressed file is read to its end, where its checksum is, and takes memory only as it is unpacked.
    """
    size = path.stat().st_size
    with opened(path) as stream:
        most = size * MOST_OUT if isinstance(stream, gzip.GzipFile) else size
        if first + expected > most:
            present = max(size - first, 0) if most == size else f"{size} compressed bytes"
            raise ValueError(f"{expected} bytes of voxels were expected, {present} were found")
        content: bytes | bytearray | memoryview | None = None
        if most != size:
            content = _unpacked_at_once(path, first, expected)
        if content is None:
            stream.seek(first)
            content = stream.read(expected + 1) if most == size else _unpacked(stream, expected)
    if len(content) > expected:
        raise ValueError(f"{expected} bytes of voxels were expected, more were found")
    if len(content) < expected:
        raise ValueError(f"{expected} bytes of voxels were expected, {len(content)} were found")
    return content


def _unpacked_at_once(path: Path, first: int, expected: int) -> memoryview | None:
    """Unpack a file of one whole gzip stream and check its checksum, in a third of the time of `gzip`.

    Returns
    -------
    memoryview or None
        The bytes from `first` on; ``None`` for a file that is damaged, may have several streams, or is too
        large to be in memory twice.
    """
    from imagecodecs import DeflateError, gzip_decode

    size = first + expected
    if size > _LARGE:
        return None
    with open_regular(path) as file:
        packed = file.read()
    if _STREAM.search(packed, 1):  # the decoder would stop at the end of the first stream
        return None
    try:
        content = gzip_decode(packed, out=size)
    except DeflateError:
        return None
    # Nothing may follow the stream, which ends with its length.
    whole = len(content) == size and packed.endswith(size.to_bytes(4, "little"))
    return memoryview(content)[first:] if whole else None


def _unpacked(stream: IO[bytes], expected: int) -> bytearray:
    """Bytes to the end of a compressed file, where its checksum is, or one more than expected."""
    content = bytearray()
    while len(content) <= expected and (part := stream.read(min(_STEP, expected + 1 - len(content)))):
        content += part
    return content


def _shape(header: Any, path: Path) -> tuple[int, ...]:
    shape = tuple(int(length) for length in header.get_data_shape())
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if not shape or min(shape) < 1:
        raise ValueError(f"its size is {' x '.join(map(str, shape)) or 'not given'}")
    if len(shape) == 5 and shape[3] == 1:
        raise values_per_voxel(path, shape[4])
    if len(shape) not in (2, 3):
        raise dimensions(path, len(shape))
    return shape


def _dtype(header: Any, path: Path) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = header.get_data_dtype()
    except header_errors(KeyError) as error:
        raise ValueError(f"its datatype {int(header['datatype'])} is unknown") from error
    if dtype.fields:
        raise values_per_voxel(path, len(dtype.fields))
    if dtype.kind == "c":
        raise complex_numbers(path)
    if dtype.itemsize > 8:
        raise ValueError(f"its values have the type {dtype}, which is not supported")
    return dtype


def _scaled(stored: npt.NDArray[Any], scale: tuple[float, float] | None) -> npt.NDArray[Any]:
    """Values in native byte order, scaled as by ITK: rounded to single precision, computed in double."""
    kind = stored.dtype.newbyteorder("=")
    plain = stored.astype(kind, copy=False)
    if scale is None:
        return plain
    slope, intercept = scale
    if kind == np.float64:
        return np.asarray(plain * slope + intercept)
    with np.errstate(over="ignore"):  # too large values become infinite, which is refused later
        return np.asarray(
            (plain.astype(np.float32).astype(np.float64) * slope + intercept).astype(np.float32)
        )


def itk_grid(path: Path, kind: str = "") -> Grid | None:
    """Grid of a three-dimensional image file as ITK reads its header; ``None`` if ITK refuses it.

    With the name of its reader as `kind`, ITK does not try all readers in turn.
    """
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    if kind:
        reader.SetImageIO(kind)
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        if transient_cause(error) is not None:
            raise
        open_regular(path).close()  # raises the system's own error if there is one
        return None
    if reader.GetDimension() != 3:
        return None
    return Grid(reader.GetSpacing(), reader.GetOrigin(), reader.GetDirection())


def _placed(grid: Grid, itk: Grid | None) -> Grid:
    """ITK's grid if it agrees with what the header defines by the standard; else the standard's grid."""
    return itk if itk is not None and _alike(grid, itk) else grid


def _alike(grid: Grid, itk: Grid) -> bool:
    """Whether ITK's grid equals the standard's except for rounding, in all that the header defines."""
    if not np.allclose(grid.spacing, itk.spacing, rtol=1e-5, atol=0):
        return False
    if grid.origin is None or grid.direction is None or itk.origin is None or itk.direction is None:
        return True
    near = np.allclose(grid.origin, itk.origin, rtol=1e-5, atol=1e-3)
    return near and np.allclose(grid.direction, itk.direction, rtol=0, atol=1e-3)
