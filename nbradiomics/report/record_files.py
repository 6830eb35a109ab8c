"""Read a record of a run folder, a JSON object; a malformed one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import read_own_json

REMEDY = "Run the stage that writes it again; the report reads these files as the stages write them."


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; empty where the file is not there.

    Raises
    ------
    InputError
        When it is no JSON, or holds something else than an object.
    """
    if not path.exists():
        return {}
    try:
        content = read_own_json(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}", REMEDY) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}; an object was expected.", REMEDY)
    return content
