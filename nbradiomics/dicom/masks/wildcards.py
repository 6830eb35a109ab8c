"""Patterns with wildcards for texts that people typed into a scanner or a planning system."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable


def normal_form(text: str) -> str:
    """Lower-case text in which blanks, ``_`` and ``-`` are one space: ``GTV_ 1`` and ``gtv-1`` are equal."""
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    return re.sub(r"[\s_\-\0]+", " ", folded).strip()


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Whether a text matches one of some patterns as a whole.

    Parameters
    ----------
    text
        Any text.
    patterns
        ``*`` stands for any characters, ``?`` for one, ``[12]`` for one of these. Upper and lower case, and
        which of blank, ``_`` and ``-`` separates words, do not matter.
    """
    name = normal_form(text)
    return any(fnmatch.fnmatchcase(name, _normal_pattern(pattern)) for pattern in patterns)


def _normal_pattern(pattern: str) -> str:
    """The normal form of a pattern; a range such as ``[1-3]`` keeps its sign."""
    parts = re.split(r"(\[[^\]]*\])", pattern)
    kept = [part.casefold() if place % 2 else _inner(part) for place, part in enumerate(parts)]
    return "".join(kept).strip()


def _inner(part: str) -> str:
    folded = unicodedata.normalize("NFKC", part).casefold()
    return re.sub(r"[\s_\-]+", " ", folded)
