"""Files and folders that only their owner may read, because they identify patients."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.owned_folder import MARK
from nbradiomics.tables.spreadsheet import guarded_table

#: Files that the folder of a run or an ingest contains.
_RESULTS = (MARK, "provenance.json", "acquisition.csv")


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write; when it is on the disk, it takes its name, and only its owner may read it."""
    with whole(path) as temporary, open(temporary, "x+b", opener=_open_privately) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_private_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that only its owner may read."""
    with private_file(path) as file:
        guarded_table(table).to_csv(file, index=False)


def private_folder(folder: Path) -> bool:
    """Make a folder that only its owner may open; return whether nobody else may.

    The rights of a folder that exists are left as they are.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise InputError(f"{folder} is a file; a folder was expected.", "Choose a new folder.") from None
    return os.name == "nt" or folder.stat().st_mode & 0o077 == 0


def require_outside_results(path: Path) -> None:
    """Refuse a place inside the results of a run or an ingest, which are passed on without identifiers."""
    real = Path(os.path.realpath(path))
    for folder in (real, *real.parents):
        if any((folder / name).is_file() for name in _RESULTS):
            raise InputError(
                f"{path} is inside {folder}, which holds results without identifiers; this holds identifiers "
                "of patients.",
                "Choose a place elsewhere, that only you can read.",
            )
