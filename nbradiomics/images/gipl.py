"""GIPL files: a header of 256 bytes, then the voxels, all big-endian; the whole file may be gzipped."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

from nbradiomics.images.packed import is_gzip, opened
from nbradiomics.images.refusals import damaged
from nbradiomics.images.voxel_files import Part

_HEADER = 256
#: Byte offsets of the voxel edges (four numbers of single precision) and of the origin (four of double).
_EDGES, _ORIGIN = 10, 204


def gipl_geometry(path: Path) -> tuple[list[float], list[float]]:
    """Voxel edges and origin of the three axes in the header, in mm."""
    try:
        with opened(path) as stream:
            head = stream.read(_HEADER)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged(path, error) from error
    if len(head) < _HEADER:
        raise damaged(path, f"its header has {len(head)} bytes; {_HEADER} were expected")
    edges, origin = struct.unpack_from(">3f", head, _EDGES), struct.unpack_from(">3d", head, _ORIGIN)
    return list(edges), list(origin)


def gipl_part(path: Path) -> Part:
    """The position of the voxels in the file."""
    return Part(path, "gzip", 0, skipped=_HEADER) if is_gzip(path) else Part(path, "", _HEADER)
