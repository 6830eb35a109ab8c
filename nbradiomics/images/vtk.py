"""Legacy VTK files of structured points: header lines of text, then the voxels as bytes or as text."""

from __future__ import annotations

import re
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.packed import require_numbers
from nbradiomics.images.refusals import damaged
from nbradiomics.images.stored import Stored

#: Largest length of the header: the title has at most 256 characters, the other lines are short.
_LONGEST = 4096
_VOXELS = re.compile(rb"(?im)^(SCALARS|VECTORS|TENSORS|COLOR_SCALARS)[^\n]*\n([ \t]*LOOKUP_TABLE[^\n]*\n)?")
#: Keywords of the sections that may follow the voxels.
_NEXT = re.compile(
    rb"(?im)^\s*(METADATA|CELL_DATA|POINT_DATA|FIELD|SCALARS|VECTORS|TENSORS|NORMALS|LOOKUP_TABLE|"
    rb"COLOR_SCALARS|TEXTURE_COORDINATES)\b"
)


def vtk_geometry(path: Path) -> tuple[list[float], list[float]]:
    """Voxel edges and origin in the header, in mm.

    Raises
    ------
    InputError
        When the header gives no voxel size, or a value that is not a number.
    """
    head, _ = _header(path)
    edges, origin = (_numbers(head, key, path) for key in (rb"SPACING|ASPECT_RATIO", rb"ORIGIN"))
    if not edges:
        raise InputError(
            f"{path}: the header gives no voxel size.",
            "Add the line SPACING to the header, in mm; or export the image again.",
        )
    return edges, origin


def require_vtk(path: Path, stored: Stored) -> None:
    """Raise `InputError` unless the file has exactly the voxels that its header promises."""
    head, start = _header(path)
    kind = head.splitlines()[2].strip().upper() if head.count(b"\n") > 2 else b""
    length = path.stat().st_size - start
    if length < stored.numbers * (stored.width if kind == b"BINARY" else 2) - 1:
        raise damaged(path, f"{stored.numbers} voxels were expected, {length} bytes were found for them")
    with open_regular(path) as file:
        file.seek(start)
        if kind == b"ASCII":
            text = file.read()
            after = _NEXT.search(text)
            require_numbers(text[: after.start()] if after else text, stored.numbers, path)
            return
        file.seek(start + stored.bytes - 1)
        rest = file.read(_LONGEST)
    if not rest:
        raise damaged(path, f"{stored.bytes} bytes of voxels were expected, {length} were found")
    if rest[1:].strip() and not _NEXT.match(rest[1:]):
        raise damaged(path, f"{stored.bytes} bytes of voxels were expected, {length} were found")


def _header(path: Path) -> tuple[bytes, int]:
    """The header lines, and the byte at which the voxels begin."""
    with open_regular(path) as file:
        start = file.read(_LONGEST)
    match = _VOXELS.search(start)
    if match is None:
        raise damaged(path, "its header names no voxels (SCALARS)")
    return start[: match.end()], match.end()


def _numbers(head: bytes, key: bytes, path: Path) -> list[float]:
    match = re.search(rb"(?im)^(?:" + key + rb")\b([^\n]*)", head)
    try:
        return [float(word) for word in match[1].split()] if match else []
    except ValueError as error:
        line = match[0].decode("latin-1") if match else ""
        raise damaged(path, f"its header has the line {line!r}; numbers were expected") from error
