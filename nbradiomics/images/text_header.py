"""The headers of NRRD and MetaImage files, which are text: what they name, and what they leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.refusals import damaged

#: More than any header holds that people or programs write.
_LONGEST = 1 << 22
_STEP = 1 << 14
_MILLIMETRES = {"", "mm", "millimeter", "millimetre", "millimeters", "millimetres", "?", "none", "???"}
#: The last field of a MetaImage header; ITK reads both signs.
_LAST = re.compile(rb"(?m)^ElementDataFile[ \t]*[=:][^\n]*(\n|\Z)")
_META = re.compile(rb"(?m)^(ObjectType|NDims|DimSize|Comment)[ \t]*[=:]")
_BLANK = re.compile(rb"\r?\n\r?\n")
#: Fields of a MetaImage header that say where the voxels lie and what they are.
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
        Keys in small letters (NRRD), or as they stand, since ITK takes none other (MetaImage).
    end
        Bytes of the file that it takes; what follows are voxels, or the names of files that hold them.
    """

    format: str
    fields: Mapping[str, str]
    end: int

    @property
    def data_file(self) -> str | None:
        """What names the files of the voxels; ``None`` where they follow the header."""
        if self.format == "NRRD":
            return self.fields.get("data file", self.fields.get("datafile"))
        named = self.fields["ElementDataFile"]
        return None if named in ("LOCAL", "Local", "local") else named


def read_text_header(path: Path) -> TextHeader | None:
    """Header of an NRRD or MetaImage file; ``None`` for any other file.

    Raises
    ------
    InputError
        When a field stands in it twice, so that programs may take either.
    """
    with open_regular(path) as file:
        content = bytearray(file.read(_STEP))
        nrrd = content.startswith(b"NRRD0")
        if not nrrd and not _META.search(content):
            return None
        end = _BLANK if nrrd else _LAST
        found, more = end.search(content), b"more"
        # The last field may go on behind what was read; what was searched is not searched again.
        while (found is None or found.end() == len(content)) and len(content) < _LONGEST and more:
            begin = max(content.rfind(b"\n", 0, max(len(content) - 4, 0)), 0)
            more = file.read(_STEP)
            content += more
            found = end.search(content, begin)
    if nrrd:
        # The header of a file that names others may lack the blank line.
        head = bytes(content[: found.start()] if found else content)
        return TextHeader("NRRD", _nrrd_fields(head, path), found.end() if found else len(content))
    if found is None:
        return None
    return TextHeader("MetaImage", _meta_fields(bytes(content[: found.end()]), path), found.end())


def _nrrd_fields(head: bytes, path: Path) -> dict[str, str]:
    """Fields, without comments and the free pairs ``key:=value``."""
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", "surrogateescape").split("\n")[1:]:
        found = re.match(r"([^:#][^:]*):(?:\s(.*)|$)", line)
        if found:
            _add(fields, found[1].strip().casefold(), (found[2] or "").strip(), path)
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
        raise damaged(path, f"its header holds {key!r} twice, as {fields[key]!r} and {value!r}")
    fields[key] = value


def require_voxel_size(header: TextHeader, path: Path) -> None:
    """Raise `InputError` where a header gives no voxel size, or lengths in another unit than mm.

    ITK takes 1 mm where there is none, and does not look at the unit.
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
    """Voxel edges and origin by the axes of the header, as they stand; empty where it gives none.

    Raises
    ------
    InputError
        When one of them is no number.
    """
    fields = header.fields
    if header.format == "MetaImage":
        for key in ("TransformMatrix", "Rotation", "Orientation"):
            _numbers(fields, key, path)
        edges = _numbers(fields, "ElementSpacing", path) or _numbers(fields, "ElementSize", path)
        places = [_numbers(fields, key, path) for key in ("Offset", "Position", "Origin")]
        return edges, next(filter(None, places), [])
    # What `axis mins` mean depends on the centring; but no image begins at what is no number.
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
