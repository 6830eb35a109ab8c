"""JSON of ours under a seal, so that damage shows: what it is, and the checksum of its content.

The first line says what the file holds and gives the SHA-256 of the second, which is the content. A file that
was changed, cut, taken for another or written by something else breaks its seal.
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
from nbradiomics.files.regular_file import open_regular

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: Bytes; no result of ours comes near, and a file of any size must not fill the memory.
LARGEST = 256 * 1024**2


class BrokenSealError(Exception):
    """A file is not what was written under its name."""


def write_sealed(path: Path, what: str, content: Any) -> None:
    """Write content that JSON can hold: afterwards it is there whole, even if the machine stops now.

    Parameters
    ----------
    path
        The file; a folder in its place is moved aside.
    what
        What it holds, which tells it from another file of ours.
    content
        NaN included.
    """
    text = json.dumps(content).encode()
    if path.is_dir() and not path.is_symlink():
        os.replace(path, path.with_name(f"{path.name}.aside"))
    with whole(path) as temporary, open(temporary, "wb") as file:
        file.write(_seal(what, text) + text)
        file.flush()
        os.fsync(file.fileno())


def read_sealed(path: Path, what: str, schema: Any) -> Any:
    """Content of a file that `write_sealed` wrote.

    Parameters
    ----------
    path, what
        As it was written.
    schema
        Type of the content as JSON has it, such as a ``TypedDict`` (that of typing_extensions).

    Raises
    ------
    BrokenSealError
        When anything else lies there, what was written is damaged, or it is of another type.
    FileNotFoundError
        When nothing lies there.
    """
    from pydantic import ValidationError

    text = _unsealed(path, what)
    try:
        _adapter(schema).validate_json(text, strict=True)
        return json.loads(text)
    except (ValidationError, ValueError, RecursionError) as error:
        raise BrokenSealError(str(path)) from error


@cache
def _adapter(schema: Any) -> TypeAdapter[Any]:
    """What validates a type: making it takes milliseconds, and a cohort has thousands of results."""
    from pydantic import TypeAdapter

    return TypeAdapter(schema)


def _unsealed(path: Path, what: str) -> bytes:
    try:
        with open_regular(path) as file:
            found = file.read(LARGEST + 1)
    except FileNotFoundError:
        if path.is_symlink():  # to nothing
            raise BrokenSealError(str(path)) from None
        raise
    except (OSError, InputError) as error:
        raise BrokenSealError(str(path)) from error
    first, end, text = found.partition(b"\n")
    if len(found) > LARGEST or first + end != _seal(what, text):
        raise BrokenSealError(str(path))
    return text


def _seal(what: str, text: bytes) -> bytes:
    seal = {"holds": what, "sha256": hashlib.sha256(text).hexdigest()}
    return json.dumps(seal).encode() + b"\n"
