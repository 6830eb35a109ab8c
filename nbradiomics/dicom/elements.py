"""Values of a data set that may be damaged: text, sequences, numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def text_of(dataset: Any, keyword: str) -> str:
    """Text of an element without spaces around it; empty if it is absent or has no value."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip(" \0")


def items_of(dataset: Any, keyword: str) -> list[Any]:
    """Items of a sequence; none if it is absent, empty or not a sequence."""
    value = dataset.get(keyword)
    items = value if isinstance(value, (list, tuple)) or hasattr(value, "__iter__") else ()
    return [item for item in items if hasattr(item, "get_item")]


def whole_number(dataset: Any, keyword: str) -> int | None:
    """A whole number; ``None`` if it is absent or not one."""
    try:
        return int(dataset.get(keyword))
    except (TypeError, ValueError, OverflowError):
        return None


def numbers_of(dataset: Any, keyword: str) -> npt.NDArray[np.float64]:
    r"""Numbers of an element, which may be text separated by ``\``; empty if it is absent.

    Long texts are not converted by pydicom, which makes an object of each number.

    Raises
    ------
    ValueError
        When a value is not a number.
    """
    element = dataset.get_item(keyword)
    value = None if element is None else element.value
    if value is None:
        return np.empty(0)
    if isinstance(value, bytes):
        value = value.strip(b" \0")
        value = value.split(b"\\") if value else []
    elif isinstance(value, str):
        value = value.split("\\") if value.strip() else []
    return np.array([float(number) for number in np.atleast_1d(value)], dtype=np.float64)
