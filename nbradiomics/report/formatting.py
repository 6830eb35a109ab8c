"""Text formats of the pages: quartiles in a cell, times, names that fit a picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike

from nbradiomics.messages.wording import MISSING, Form, interval, number


def quartiles(values: ArrayLike, *, digits: int = 2, form: Form = number) -> str:
    """Format the median and quartiles of the values that are not missing (linear interpolation)."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return MISSING
    low, middle, high = np.quantile(finite, (0.25, 0.5, 0.75))
    return interval(middle, low, high, digits=digits, form=form)


def moment(text: str) -> str:
    """Format an ISO 8601 time as ``2026-11-23 07:54 UTC``; any other text stays unchanged."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    # Without a zone, or without a time of day, there is nothing to convert.
    return text if time.tzinfo is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def excerpt(text: str, length: int) -> str:
    """Cut off the end of a text that is too long."""
    return text if len(text) <= length else text[: length - 1] + "…"


def shorten(text: str, length: int = 26) -> str:
    """Shorten a long name in its middle, so that it fits a picture: its ends distinguish it from others."""
    end = (length - 1) // 2
    return text if len(text) <= length else f"{text[: length - 1 - end]}…{text[len(text) - end :]}"


def shorten_apart(names: Sequence[str], length: int = 26) -> list[str]:
    """Shorten names like `shorten`, but keep different names different; number them if nothing else helps."""
    for longer in range(length, 2 * length):
        cut = [shorten(name, longer) for name in names]
        if len(set(cut)) == len(set(names)):
            return cut
    return [f"{shorten(name, length - 4)} #{place + 1}" for place, name in enumerate(names)]
