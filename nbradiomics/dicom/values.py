"""Values of a DICOM dataset as plain numbers and texts; what is missing or malformed is ``None`` or empty."""

from __future__ import annotations

import math
import re
from collections.abc import MutableSequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?")
_ZONE = re.compile(r"([+-])(\d{2})(\d{2})\s*$")
_DATE = re.compile(r"(\d{4})[-.]?(\d{2})[-.]?(\d{2})")


def raw(data: Dataset | None, name: str | tuple[int, int]) -> Any:
    """Value of an element by its keyword or tag; ``None`` if it is missing, empty or cannot be decoded."""
    try:
        if data is None or name not in data:
            return None
        value = data[name].value
    except Exception:  # a malformed value may raise anything; one element must not lose the file
        return None
    return None if value is None or (isinstance(value, str) and not value.strip()) else value


def numbers(data: Dataset | None, name: str | tuple[int, int]) -> tuple[float, ...]:
    """All finite numbers of an element; none if one of them is not a number."""
    value = raw(data, name)
    if value is None or isinstance(value, bytes):
        return ()
    parts = [value] if isinstance(value, (str, int, float)) or not hasattr(value, "__iter__") else list(value)
    try:
        found = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        return ()
    return found if all(map(math.isfinite, found)) else ()


def number(data: Dataset | None, name: str | tuple[int, int]) -> float | None:
    """First number of an element."""
    found = numbers(data, name)
    return found[0] if found else None


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


def private_tag(data: Dataset, owner: str, group: int, element: int) -> tuple[int, int] | None:
    """Tag of a private element, found by the owner of its block, whose capitals differ between exports."""
    blocks = [tag.element for tag in list(data.keys()) if tag.group == group and 0x10 <= tag.element < 0x100]
    named = (block for block in blocks if text(data, (group, block)).casefold() == owner.casefold())
    return next(((group, (block << 8) + element) for block in named), None)


def private_number(data: Dataset, owner: str, group: int, element: int) -> float | None:
    """First number of a private element.

    It may be written as text, or as bytes whose type the file does not state.
    """
    tag = private_tag(data, owner, group, element)
    value: Any = None if tag is None else raw(data, tag)
    try:
        if isinstance(value, bytes):
            value = value.decode("ascii").strip("\0 ")
        if isinstance(value, str):
            value = value.split("\\")[0]
        elif hasattr(value, "__iter__"):
            value = next(iter(value))
        found = float(value)
    except (TypeError, ValueError, StopIteration):
        return None
    return found if math.isfinite(found) else None


def text(data: Dataset | None, name: str | tuple[int, int]) -> str:
    """Element as one line of text; several values are joined by a backslash, as in the file."""
    return "\\".join(texts(data, name))


def texts(data: Dataset | None, name: str | tuple[int, int]) -> tuple[str, ...]:
    """Values of an element as texts without spaces around them."""
    value = raw(data, name)
    if value is None or isinstance(value, bytes):
        return ()
    # A person's name is one value, though its letters can be walked.
    parts = value if isinstance(value, MutableSequence | tuple) else [value]
    return tuple(" ".join(str(part).replace("\0", " ").split()) for part in parts)


def items(data: Dataset | None, name: str | tuple[int, int]) -> list[Dataset]:
    """Items of a sequence."""
    value = raw(data, name)
    return list(value) if value is not None and type(value).__name__ == "Sequence" else []


def first_item(data: Dataset | None, *names: str | tuple[int, int]) -> Dataset | None:
    """First item of a sequence within the first item of another, and so on."""
    for name in names:
        found = items(data, name)
        if not found:
            return None
        data = found[0]
    return data


def date_of(written: str) -> datetime | None:
    """Date of an element of type DA or DT."""
    found = _DATE.match(written)
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def moment(date: str, time: str) -> datetime | None:
    """Date and time of two elements of type DA and TM; ``None`` if either is missing or impossible."""
    day, found = date_of(date), _TIME.match(time)
    if day is None or found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    micro = int((found.group(4) or "0").ljust(6, "0"))
    return day + timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)


def moment_of(written: str, zone: timedelta | None = None) -> datetime | None:
    """Date and time of an element of type DT; ``None`` without a time.

    Parameters
    ----------
    written
        The element. A time zone in it counts only if `zone` is given.
    zone
        Time zone of the other elements of the file, in which the result is.
    """
    found, own = moment(written[:8], written[8:]), zone_of(written)
    return found if found is None or own is None or zone is None else found + (zone - own)


def zone_of(written: str) -> timedelta | None:
    """Time zone at the end of an element: its difference from UTC; ``None`` if it states none."""
    found = _ZONE.search(written)
    if found is None:
        return None
    difference = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -difference if found[1] == "-" else difference
