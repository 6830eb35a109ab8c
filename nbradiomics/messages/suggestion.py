"""A guess at what a name that is not known was meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: Likeness (0 to 1) from which a name is offered: `marign` for `margin`, not `age` for `image`.
_LIKE = 0.7
_MOST = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the known words that are most like a name, as a sentence to put before other advice.

    Parameters
    ----------
    name
        What the user wrote.
    known
        What could have been meant. Capitals do not count.

    Returns
    -------
    str
        ``"Did you mean 'margin'? "``, with at most three words; empty where none is like it.
    """
    words = " or ".join(map(repr, close_words(name, known)))
    return f"Did you mean {words}? " if words else ""


def close_words(name: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like a name, three at most; where capitals differ alone, that."""
    folded = {word.casefold(): word for word in reversed(list(known))}
    name = name.casefold().strip()
    like = difflib.get_close_matches(name, folded, n=_MOST, cutoff=_LIKE)
    return [folded[word] for word in ([name] if name in folded else like)]


def like_names(name: str, known: Iterable[str]) -> list[str]:
    """Names of subjects that may be the one of this name, written in another way; three at most.

    P041 is not P040, however alike they look. So names with digits are one where the numbers are the same,
    but for zeros in front, and so are the letters, or one name has more of them in front (``sub-P041``);
    capitals, blanks and signs do not count. Names without digits are one where they are close.
    """
    words = list(known)
    own = _key(name)
    if own[1]:
        return [word for word in words if _same_name(own, _key(word))][:_MOST]
    return close_words(name, [word for word in words if not _key(word)[1]])


def _key(name: str) -> tuple[str, tuple[str, ...]]:
    """Letters and numbers in their order without signs and zeros in front, and the numbers alone."""
    parts = re.findall(r"\d+|[^\W\d_]+", name.casefold())
    parts = [part.lstrip("0") or "0" if part.isdecimal() else part for part in parts]
    return "".join(parts), tuple(part for part in parts if part.isdecimal())


def _same_name(one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]) -> bool:
    ends = one[0].endswith(other[0]) or other[0].endswith(one[0])
    return one[1] == other[1] and ends
