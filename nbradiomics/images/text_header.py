"""Read and check the headers of NRRD and MetaImage files, which are text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.refusals import damaged

#: Largest number of bytes that are searched for a header; real headers are shorter.
_LONGEST = 1 << 22
_STEP = 1 << 14
_MILLIMETRES = {"", "mm", "millimeter", "millimetre", "millimeters", "millimetres", "?", "none", "???"}
#: The last field of a MetaImage header; ITK reads both signs.
_LAST = re.compile(rb"(?m)^ElementDataFile[ \t]*[=:][^\n]*(\n|\Z)")
_META = re.compile(rb"(?m)^(ObjectType|NDims|DimSize|Comment)[ \t]*[=:]")
_BLANK = re.compile(rb"\r?\n\r?\n")
#: Fields of a MetaImage header that define the voxels and their position.
_COUNTED = re.compile(
    "Element.*|NDims|DimSize|HeaderSize|Binary.*|Compressed.*|DistanceUnits|Offset|Position|Origin|"
    "TransformMatrix|Rotation|Orientation"
)


@dataclass(frozen=True)
class TextHeader:
    """The header of an NRRD or MetaImage file.

    Attributes
    ----------
    format
        ``NRRD`` or ``MetaImage``.
    fields
        Keys in lower case (NRRD), or unchanged, since ITK compares them exactly (MetaImage).
    end
        Length in bytes; after it come the voxels, or the names of their files.
    """

    format: str
    fields: Mapping[str, str]
    end: int

    @property
    def data_file(self) -> str | None:
        """The field that names the files of the voxels; ``None`` if the voxels follow the header."""
        if self.format == "NRRD":
            return self.fields.get("data file", self.fields.get("datafile"))
        name = self.fields["ElementDataFile"]
        return None if name in ("LOCAL", "Local", "local") else name


def read_text_header(path: Path) -> TextHeader | None:
    """Header of an NRRD or MetaImage file; ``None`` for any other file.

    Raises
    ------
    InputError
        When a field occurs twice with different values, so that programs may use either.
    """
    with open_regular(path) as file:
        content = bytearray(file.read(_STEP))
        nrrd = content.startswith(b"NRRD0")
        if not nrrd and not _META.search(content):
            return None
        end = _BLANK if nrrd else _LAST
        match, more = end.search(content), b"more"
        # The last field may continue after the bytes read so far; searched bytes are not searched again.
        while (match is None or match.end() == len(content)) and len(content) < _LONGEST and more:
            begin = max(content.rfind(b"\n", 0, max(len(content) - 4, 0)), 0)
            more = file.read(_STEP)
            content += more
            match = end.search(content, begin)
    if nrrd:
        # A header that names data files may lack the blank line.
        head = bytes(content[: match.start()] if match else content)
        return TextHeader("NRRD", _nrrd_fields(head, path), match.end() if match else len(content))
    if match is None:
        return None
    return TextHeader("MetaImage", _meta_fields(bytes(content[: match.end()]), path), match.end())


def _nrrd_fields(head: bytes, path: Path) -> dict[str, str]:
    """Fields, without comments and free ``key:=value`` pairs."""
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", "surrogateescape").split("\n")[1:]:
        match = re.match(r"([^:#][^:]*):(?:\s(.*)|$)", line)
        if match:
            _add(fields, match[1].strip().casefold(), (match[2] or "").strip(), path)
            if fields.get("data file", fields.get("datafile", "")).startswith("LIST"):
                break  # names of files follow
    return fields


def _meta_fields(head: bytes, path: Path) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", "surrogateescape").split("\n"):
        key, *value = re.split("[=:]", line, maxsplit=1)
        if value and (_COUNTED.fullmatch(key.strip()) or key.strip() not in fields):
            _add(fields, key.strip(), value[0].strip(), path)
    return fields


def _add(fields: dict[str, str], key: str, value: str, path: Path) -> None:
    if fields.get(key, value) != value:
        raise damaged(path, f"its header has {key!r} twice, as {fields[key]!r} and {value!r}")
    fields[key] = value


def require_voxel_size(header: TextHeader, path: Path) -> None:
    """Raise `InputError` if a header gives no voxel size, or lengths in another unit than mm.

    ITK uses 1 mm if there is no voxel size, and ignores the unit.
    """
    fields = header.fields
    keys = ("spacings", "space directions") if header.format == "NRRD" else ("ElementSpacing", "ElementSize")
    given = [fields[key] for key in keys if key in fields]
    if not any(re.search(r"\d", value) for value in given):
        raise InputError(
            f"{path}: the header gives no voxel size.",
            f"Add the field {keys[0]!r} to the header, in mm; or export the image again.",
        )
    units = [fields.get(key, "") for key in ("space units", "units", "DistanceUnits")]
    named = {unit.casefold() for unit in re.split(r'[\s"]+', " ".join(units))}
    if named - _MILLIMETRES:
        other = ", ".join(sorted(named - _MILLIMETRES))
        raise InputError(
            f"{path}: the header gives lengths in {other}; mm were expected.",
            "Write voxel size and origin in mm, and the unit mm.",
        )


def geometry_of(header: TextHeader, path: Path) -> tuple[list[float], list[float]]:
    """Voxel edges and origin by the axes of the header, unchanged; empty if it gives none.

    Raises
    ------
    InputError
        When one of them is not a number.
    """
    fields = header.fields
    if header.format == "MetaImage":
        for key in ("TransformMatrix", "Rotation", "Orientation"):
            _numbers(fields, key, path)
        edges = _numbers(fields, "ElementSpacing", path) or _numbers(fields, "ElementSize", path)
        places = [_numbers(fields, key, path) for key in ("Offset", "Position", "Origin")]
        return edges, next(filter(None, places), [])
    # The meaning of `axis mins` depends on the centring, so only a value that is not a number is returned.
    lowest = _numbers(fields, "axis mins", path)
    origin = _numbers(fields, "space origin", path) or ([] if np.all(np.isfinite(lowest)) else lowest)
    if "space directions" not in fields:
        return _numbers(fields, "spacings", path), origin
    vectors = re.findall(r"\([^()]*\)", fields["space directions"])
    axes = [_numbers({"space directions": vector}, "space directions", path) for vector in vectors]
    return [float(np.linalg.norm(axis)) for axis in axes], origin


def _numbers(fields: Mapping[str, str], key: str, path: Path) -> list[float]:
    text = fields.get(key, "")
    try:
        return [float(word) for word in re.split(r"[\s(),]+", text) if word]
    except ValueError as error:
        raise damaged(path, f"its header gives {key!r} as {text!r}") from error
