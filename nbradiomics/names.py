"""File names for things that are named by several words, and paths as tables name them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from nbradiomics.regular_file import exists


def file_stems(parts: Sequence[Sequence[object]]) -> list[str]:
    """Give each thing a file name of its own, without the ending.

    The words are joined by ``_``, and what a file system may not take becomes ``-``. Things whose names would
    be one (also where capitals count for nothing) get a number.
    """
    taken: set[str] = set()
    stems = []
    for words in parts:
        plain = re.sub(r"[^\w.+ -]", "-", "_".join(map(str, words))).strip(". ") or "-"
        stem, number = plain, 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{plain}_{number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def absolute_path(folder: Path, named: str | Path) -> Path:
    r"""Path of a file that a table or study file names, from the folder of that file on.

    Links are not followed: a linked file may lack the ending that tells its format. ``images\a.nii``, as
    Windows writes it, is ``images/a.nii`` where that is there.
    """
    as_written = Path(os.path.abspath(folder / named))
    if os.sep != "\\" and "\\" in str(named) and not exists(as_written):
        here = Path(os.path.abspath(folder / str(named).replace("\\", "/")))
        return here if exists(here) else as_written
    return as_written
