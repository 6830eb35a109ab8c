"""How labels are written: a number, the name of a segment, a list of these, or all."""

from __future__ import annotations

import re
import unicodedata

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted

#: Whole numbers in ASCII digits, in the range that voxels of a mask can have.
_WHOLE = re.compile("-?[0-9]{1,18}")
#: The union of all labels of a mask except 0.
ALL = "all"


def plain_label(text: str | int) -> str | int:
    """One spelling of a label: ``1.0`` is the number 1, ``2; 1`` the list ``1,2``, ``ALL`` is ``all``.

    A name, and a list that contains a name, stay unchanged.
    """
    parts = _numbers(str(text))
    if parts is None:
        return ALL if str(text).strip().casefold() == ALL else text
    labels = sorted(set(parts))
    return labels[0] if len(labels) == 1 else ",".join(map(str, labels))


def split_label(label: str) -> list[str]:
    """Split a list of labels: numbers at comma, semicolon, plus or blank; names at comma or semicolon.

    Raises
    ------
    InputError
        When a label is missing between two separators, or before the first or after the last.
    """
    numbers = _numbers(label)
    if numbers is not None:
        return [str(number) for number in numbers]
    parts = [part.strip() for part in re.split("[,;]", label)]
    if "" in parts:
        raise InputError(
            f"label {label!r} is a list with a missing label.", "Write it as 1,2 or as name,name."
        )
    return parts


def _numbers(text: str) -> list[int] | None:
    """Whole numbers of a list or of a single label; ``None`` if it contains anything else.

    pandas writes whole numbers of a column with gaps as ``1.0``.
    """
    parts = [part.removesuffix(".0") for part in re.split(r"[,;+\s]+", text.strip())]
    return [int(part) for part in parts] if all(map(_WHOLE.fullmatch, parts)) else None


def label_number(text: str) -> int | None:
    """The whole number that a label is; ``None`` for a name."""
    plain = text.strip().removesuffix(".0")
    return int(plain) if _WHOLE.fullmatch(plain) else None


def require_plain_numbers(label: str) -> None:
    """Raise `InputError` if a label, or one label of a list, is a number in another form than ``1``.

    Otherwise ``0x10``, ``+1``, ``1_000``, ``1.5`` and digits of other scripts would be read as segment names.
    """
    for part in re.split("[,;]", label):
        if label_number(part) is None and _is_number(part.strip()):
            raise InputError(
                f"{quoted(part.strip())} is not a label; a whole number such as 1, or a name, was expected.",
                "Write the label with the digits 0 to 9 only.",
            )


def _is_number(text: str) -> bool:
    plain = re.sub("[eE][+-]?[0-9]+$", "", text.lstrip("+-\u2212"))
    if re.fullmatch("0[xXoObB][0-9a-fA-F]+", plain):
        return True
    kinds = [unicodedata.category(letter) for letter in plain if letter not in "._"]
    return bool(kinds) and set(kinds) <= {"Nd", "No"}  # decimal digits of any script, fractions, exponents
