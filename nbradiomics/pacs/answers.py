"""Read the answers of a search: DICOM in JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbradiomics.errors import InputError

#: An answer: elements by their tags.
Answer = Mapping[str, Any]

_UID = re.compile(r"[0-9.]{1,64}")
STUDY, SERIES, INSTANCE = "0020000D", "0020000E", "00080018"


def value(answer: Answer, tag: str) -> str:
    """Value of an element as text; several are separated by a backslash, and a missing one is empty."""
    element = answer.get(tag)
    values = element.get("Value") if isinstance(element, Mapping) else None
    if not isinstance(values, list):
        return ""
    return "\\".join("" if one is None else str(one) for one in values).strip()


def count(answer: Answer, tag: str) -> int | None:
    """Value of an element that counts; ``None`` if it is missing or not a whole number."""
    text = value(answer, tag)
    return int(text) if text.isdecimal() else None


def uid(answer: Answer, tag: str) -> str:
    """UID of an answer.

    Raises
    ------
    InputError
        When it is missing, or contains characters that no UID has: it becomes part of a URL.
    """
    text = value(answer, tag)
    if not is_uid(text):
        raise InputError(
            "The server lists an object without a valid UID.", "Check that the URL is the root of DICOMweb."
        )
    return text


def is_uid(text: str) -> bool:
    """Whether a text can be a UID."""
    return _UID.fullmatch(text) is not None
