"""A guess at what a name that is not known was meant to be."""

from __future__ import annotations

import difflib
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
    folded = {word.casefold(): word for word in reversed(list(known))}
    name = name.casefold().strip()
    like = difflib.get_close_matches(name, folded, n=_MOST, cutoff=_LIKE)
    close = [name] if name in folded else like
    words = " or ".join(repr(folded[word]) for word in close)
    return f"Did you mean {words}? " if words else ""
