"""Write a file so that a reader sees either the complete file or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

#: Last characters of a name, including its ending, that its temporary name keeps.
_NAME_END = 40


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; afterwards the written file replaces `path`.

    The temporary file is in the same folder, which is created if missing, and has the same ending, by which
    libraries choose a format. It is removed if the writing fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Only the end of the name: with the whole name the temporary name might be too long for the file system.
    temporary = path.with_name(f".{uuid4().hex}-{path.name[-_NAME_END:]}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename is None:  # the error of a full disk names no file
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Path) -> None:
    """Write a text file in UTF-8, completely or not at all.

    A lone surrogate, which UTF-8 cannot encode, is written as an escape sequence, as in JSON.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
