"""Readable JSON files for other cohorts, such as landmarks and models, with a checksum of their content.

A digit that was changed in such a file gives another number that looks right. So the file has the key
`sha256`: the hash of everything else in it, whatever its layout.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbradiomics.files.atomic import write_text
from nbradiomics.files.regular_file import read_own_json

_SUM = "sha256"


def write_checked(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON content with its checksum.

    Raises
    ------
    ValueError
        When a number is not finite.
    """
    checked = {**content, _SUM: _sum_of(content)}
    write_text(json.dumps(checked, indent=1, allow_nan=False) + "\n", path)


def read_checked(path: Path) -> dict[str, Any]:
    """Content of a file that `write_checked` wrote, without the checksum.

    Raises
    ------
    ValueError
        When it is another file, or its content is not what was written.
    OSError
        When the path does not exist, or may not be read.
    """
    content = read_own_json(path)
    if not isinstance(content, dict):
        raise ValueError("it has no JSON object")
    found = content.pop(_SUM, None)
    if found is None:
        raise ValueError(f"it has no checksum (key {_SUM})")
    if found != _sum_of(content):
        raise ValueError("its content does not have its checksum: it is damaged, or was changed")
    return content


def in_short(error: ValueError) -> str:
    """The first problem of a content that a pydantic model refuses, or the error itself, without a period."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error).rstrip(".")
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))} {first['msg']}".strip()


def _sum_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
