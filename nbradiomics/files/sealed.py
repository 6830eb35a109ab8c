"""JSON files of this package with a seal that reveals damage: the kind of content, and its checksum.

The first line names the kind of content and the SHA-256 of the second line, which is the content. The seal is
broken if a file was changed, truncated, exchanged for another or written by another program.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.regular_file import read_whole

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: Largest number of bytes that are read, far above any result of this package, to protect the memory.
LARGEST = 256 * 1024**2


class BrokenSealError(Exception):
    """A file is not the one that was written under its name."""


def write_sealed(path: Path, kind: str, content: Any) -> None:
    """Write JSON content; afterwards the complete file is on the disk, even if the machine then stops.

    Parameters
    ----------
    path
        The file; a folder in its place is moved aside.
    kind
        Kind of content, which distinguishes the file from other files of this package.
    content
        Anything that JSON can store, including NaN.
    """
    text = json.dumps(content).encode()
    if path.is_dir() and not path.is_symlink():
        os.replace(path, path.with_name(f"{path.name}.aside"))
    with whole(path) as temporary, open(temporary, "wb") as file:
        file.writelines((_seal(kind, text), text))


def read_sealed(path: Path, kind: str, schema: Any) -> Any:
    """Read the content of a file that `write_sealed` wrote.

    Parameters
    ----------
    path, kind
        As in `write_sealed`.
    schema
        Type of the content in JSON, such as a ``TypedDict`` (that of typing_extensions).

    Raises
    ------
    BrokenSealError
        When the path is another file, or its content is damaged or has another type.
    FileNotFoundError
        When the path does not exist.
    """
    from pydantic import ValidationError

    text = _unsealed(path, kind)
    try:
        _adapter(schema).validate_json(text, strict=True)
        return json.loads(text)
    except (ValidationError, ValueError, RecursionError) as error:
        raise BrokenSealError(str(path)) from error


@cache
def _adapter(schema: Any) -> TypeAdapter[Any]:
    """Validator of a type, cached: making it takes milliseconds, and a cohort has thousands of results."""
    from pydantic import TypeAdapter

    return TypeAdapter(schema)


def _unsealed(path: Path, kind: str) -> bytes:
    try:
        content = read_whole(path, LARGEST + 1)
    except FileNotFoundError:
        if path.is_symlink():  # to a missing file
            raise BrokenSealError(str(path)) from None
        raise
    except (OSError, InputError) as error:
        raise BrokenSealError(str(path)) from error
    first, end, text = content.partition(b"\n")
    if len(content) > LARGEST or first + end != _seal(kind, text):
        raise BrokenSealError(str(path))
    return text


def _seal(kind: str, text: bytes) -> bytes:
    seal = {"holds": kind, "sha256": hashlib.sha256(text).hexdigest()}
    return json.dumps(seal).encode() + b"\n"
