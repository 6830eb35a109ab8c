"""Words of a page, so that it can be compared with the same page made again."""

from __future__ import annotations

import re

#: Kinds of pages have no file as large as this.
LARGEST = 256 << 20


def words(page: str) -> list[str]:
    """Words and numbers of a page or a part of it, without its pictures, styles and tags."""
    without = re.sub(r"<(svg|style|head)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return without.split()


def first_difference(ours: list[str], theirs: list[str]) -> str:
    """Say where the words of two pages part."""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            before = " ".join(ours[max(0, place - 4) : place])
            return f"after {before!r} it says {one!r}, the tables give {other!r}"
    return f"it has {len(ours)} words, the tables give {len(theirs)}"
