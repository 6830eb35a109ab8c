"""The headers of NRRD and MetaImage files, which are text: what they name, and what they leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from nbradiomics.errors import InputError

#: More than any header holds that people or programs write.
_LONGEST = 1 << 22
_MILLIMETRES = {"", "mm", "millimeter", "millimetre", "millimeters", "millimetres", "?", "none", "???"}


def read_text_header(path: Path) -> dict[str, str] | None:
    """Fields of an NRRD or MetaImage header, keys in small letters; ``None`` for any other file.

    The key ``format`` is ``NRRD`` or ``MetaImage``.
    """
    with path.open("rb") as file:
        content = file.read(_LONGEST)
    if content.startswith(b"NRRD0"):
        return {"format": "NRRD", **_fields(re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0], ":")}
    # ITK reads both signs.
    end = re.search(rb"(?m)^ElementDataFile\s*[=:][^\n]*", content)
    if end is None or not re.search(rb"(?m)^(ObjectType|NDims|DimSize)\s*[=:]", content[: end.start()]):
        return None
    return {"format": "MetaImage", **_fields(content[: end.end()], "=:")}


def _fields(header: bytes, signs: str) -> dict[str, str]:
    lines = header.decode("latin-1").splitlines()
    pairs = [re.split(f"[{signs}]", line, maxsplit=1) for line in lines if re.search(f"[{signs}]", line)]
    return {key.strip().lower(): value.strip() for key, value in pairs}


def holds_its_voxels(fields: Mapping[str, str]) -> bool:
    """Whether the voxels follow the header in the same file."""
    if fields["format"] == "NRRD":
        return not {"data file", "datafile"} & set(fields)
    return fields["elementdatafile"].casefold() == "local"


def require_voxel_size(fields: Mapping[str, str], path: Path) -> None:
    """Raise `InputError` where a header gives no voxel size, or lengths in another unit than mm.

    ITK takes 1 mm where there is none, and does not look at the unit.
    """
    keys = (
        ("spacings", "space directions") if fields["format"] == "NRRD" else ("elementspacing", "elementsize")
    )
    given = [fields[key] for key in keys if key in fields]
    if not any(re.search(r"\d", value) for value in given):
        raise InputError(
            f"{path}: the header gives no voxel size.",
            f"Add the field {keys[0]!r} to the header, in mm; or export the image again.",
        )
    named = f"{fields.get('space units', '')} {fields.get('units', '')} {fields.get('distanceunits', '')}"
    units = {unit.casefold() for unit in re.split(r'[\s"]+', named)}
    if units - _MILLIMETRES:
        other = ", ".join(sorted(units - _MILLIMETRES))
        raise InputError(
            f"{path}: the header gives lengths in {other}; mm were expected.",
            "Write voxel size and origin in mm, and the unit mm.",
        )
