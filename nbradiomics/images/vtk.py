"""Legacy VTK files of structured points: a header of text lines, then voxels as bytes or as text."""

from __future__ import annotations

import re
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.packed import require_numbers
from nbradiomics.images.refusals import damaged
from nbradiomics.images.stored import Stored

#: The title has 256 characters at most, the other lines are short.
_LONGEST = 4096
_VOXELS = re.compile(rb"(?im)^(SCALARS|VECTORS|TENSORS|COLOR_SCALARS)[^\n]*\n([ \t]*LOOKUP_TABLE[^\n]*\n)?")
#: What may follow the voxels: another part of the file.
_NEXT = re.compile(
    rb"(?im)^\s*(METADATA|CELL_DATA|POINT_DATA|FIELD|SCALARS|VECTORS|TENSORS|NORMALS|LOOKUP_TABLE|"
    rb"COLOR_SCALARS|TEXTURE_COORDINATES)\b"
)


def vtk_geometry(path: Path) -> tuple[list[float], list[float]]:
    """Voxel edges and origin as the header has them, in mm.

    Raises
    ------
    InputError
        When it gives no voxel size, or something that is no number.
    """
    head, _ = _parted(path)
    edges, origin = (_numbers(head, key, path) for key in (rb"SPACING|ASPECT_RATIO", rb"ORIGIN"))
    if not edges:
        raise InputError(
            f"{path}: the header gives no voxel size.",
            "Add the line SPACING, in mm; or export it again.",
        )
    return edges, origin


def require_vtk(path: Path, stored: Stored) -> None:
    """Raise `InputError` unless the voxels that the header promises are there, and nothing else."""
    head, start = _parted(path)
    kind = head.splitlines()[2].strip().upper() if head.count(b"\n") > 2 else b""
    held = path.stat().st_size - start
    if held < stored.numbers * (stored.width if kind == b"BINARY" else 2) - 1:
        raise damaged(path, f"{stored.numbers} voxels were expected, and {held} bytes are there for them")
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
        raise damaged(path, f"{stored.bytes} bytes of voxels were expected, and {held} are there")
    if rest[1:].strip() and not _NEXT.match(rest[1:]):
        raise damaged(path, f"its header promises {stored.bytes} bytes of voxels, and {held} are there")


def _parted(path: Path) -> tuple[bytes, int]:
    """The header's lines, and where the voxels begin."""
    with open_regular(path) as file:
        start = file.read(_LONGEST)
    found = _VOXELS.search(start)
    if found is None:
        raise damaged(path, "its header names no voxels (SCALARS)")
    return start[: found.end()], found.end()


def _numbers(head: bytes, key: bytes, path: Path) -> list[float]:
    found = re.search(rb"(?im)^(?:" + key + rb")\b([^\n]*)", head)
    try:
        return [float(word) for word in found[1].split()] if found else []
    except ValueError as error:
        raise damaged(path, f"its header holds {found[0].decode('latin-1') if found else ''!r}") from error
