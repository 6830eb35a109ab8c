"""File names for things that are named by several words."""

from __future__ import annotations

import re
from collections.abc import Sequence


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
