"""Write a file so that a reader sees all of it or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

#: Characters that the temporary name keeps of a name, its ending among them.
_KEPT = 40


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; afterwards what is there takes the place of `path`.

    The temporary file lies in the same folder, which is made, and keeps the ending, by which libraries choose
    a format. It is removed when the writing fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The end of the name is enough: of the whole the temporary name might be too long for the file system.
    temporary = path.with_name(f".{uuid4().hex}-{path.name[-_KEPT:]}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename is None:  # a full disk does not say which file it was
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Path) -> None:
    """Write a text file in UTF-8, whole or not at all.

    A lone surrogate, which UTF-8 cannot hold, becomes an escape, as JSON writes it.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
