"""Suggest a known name for an unknown one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: Least similarity (0 to 1) of a name that is suggested: `marign` for `margin`, not `age` for `image`.
_LIKE = 0.7
_MOST = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the known words that are most similar to a name, in a sentence that precedes other advice.

    Parameters
    ----------
    name
        What the user wrote.
    known
        Words that the user may have meant. Upper and lower case do not matter.

    Returns
    -------
    str
        ``"Did you mean 'margin'? "``, with at most three words; empty if none is similar.
    """
    words = " or ".join(map(repr, close_words(name, known)))
    return f"Did you mean {words}? " if words else ""


def close_words(name: str, known: Iterable[str]) -> list[str]:
    """The (at most three) known words that are most similar to a name; only one if just its case differs."""
    folded = {word.casefold(): word for word in reversed(list(known))}
    name = name.casefold().strip()
    similar = difflib.get_close_matches(name, folded, n=_MOST, cutoff=_LIKE)
    return [folded[word] for word in ([name] if name in folded else similar)]


def like_names(name: str, known: Iterable[str]) -> list[str]:
    """Find names that may be another spelling of a subject's name; at most three.

    P041 is not P040, although they look similar. Names with digits match if their numbers are the same,
    except for leading zeros, and their letters are the same or one name has more of them in front
    (``sub-P041``); upper and lower case, blanks and signs do not matter. Names without digits match if they
    are similar.
    """
    words = list(known)
    key = _key(name)
    if key[1]:
        return [word for word in words if _same_name(key, _key(word))][:_MOST]
    return close_words(name, [word for word in words if not _key(word)[1]])


def _key(name: str) -> tuple[str, tuple[str, ...]]:
    """Letters and numbers in their order, without signs and leading zeros; and the numbers alone."""
    parts = re.findall(r"\d+|[^\W\d_]+", name.casefold())
    parts = [part.lstrip("0") or "0" if part.isdecimal() else part for part in parts]
    return "".join(parts), tuple(part for part in parts if part.isdecimal())


def _same_name(one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]) -> bool:
    ends = one[0].endswith(other[0]) or other[0].endswith(one[0])
    return one[1] == other[1] and ends
