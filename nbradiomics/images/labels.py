"""How a label is written: a number, a segment's name, several of these, or all."""

from __future__ import annotations

import re

from nbradiomics.errors import InputError

#: Every label of a mask but 0, united.
ALL = "all"


def plain_label(text: str | int) -> str | int:
    """One spelling of a label: ``1.0`` is the number 1, ``2; 1`` the list ``1,2``, ``ALL`` is ``all``.

    A name, and a list with names, stay as they are written.
    """
    parts = _numbers(str(text))
    if parts is None:
        return ALL if str(text).strip().casefold() == ALL else text
    labels = sorted(set(parts))
    return labels[0] if len(labels) == 1 else ",".join(map(str, labels))


def split_label(label: str) -> list[str]:
    """Labels of a list: numbers apart by comma, semicolon, plus or blank; names by comma or semicolon.

    Raises
    ------
    InputError
        When nothing stands between two separators, or after the last.
    """
    numbers = _numbers(label)
    if numbers is not None:
        return [str(number) for number in numbers]
    parts = [part.strip() for part in re.split("[,;]", label)]
    if "" in parts:
        raise InputError(
            f"label {label!r} is a list in which a label is missing.", "Write it as 1,2 or as name,name."
        )
    return parts


def _numbers(text: str) -> list[int] | None:
    """Whole numbers of a list, or of one; ``None`` where anything else stands in it.

    pandas writes whole numbers of a column with gaps as ``1.0``.
    """
    parts = [part.removesuffix(".0") for part in re.split(r"[,;+\s]+", text.strip())]
    return [int(part) for part in parts] if all(re.fullmatch(r"-?[0-9]+", part) for part in parts) else None
