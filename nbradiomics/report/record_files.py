"""Read a record of a run folder, a JSON object; the error for a malformed file names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import read_own_json

REMEDY = "Run the stage that writes this file again; the report reads the files as the stages write them."


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; return an empty one if the file does not exist.

    Raises
    ------
    InputError
        When the file is not JSON, or contains something other than an object.
    """
    if not path.exists():
        return {}
    try:
        content = read_own_json(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}", REMEDY) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} contains a {type(content).__name__}; an object was expected.", REMEDY)
    return content
