"""Settings of an export to DICOM."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Text

#: Digits of a SNOMED CT identifier, and a meaning of at most 64 characters.
_CODED = re.compile(r"[0-9]{6,16}=[^\\=]{1,64}")
_LONGEST = 64


#: Permutation of a digit for each place from the right.
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _product(one: int, other: int) -> int:
    """Product of two symmetries of a pentagon: 0 to 4 are rotations, 5 to 9 reflections."""
    turned = (one + other if one < 5 else one - other) % 5
    return turned if (one < 5) == (other < 5) else turned + 5


def has_check_digit(code: str) -> bool:
    """Whether the last digit of a SNOMED CT identifier is the check digit of the others.

    Verhoeff, Error detecting decimal codes, 1969, as SNOMED CT uses it.
    """
    check = 0
    for place, letter in enumerate(reversed(code)):
        digit = int(letter)
        for _ in range(place % 8):
            digit = _PERMUTATION[digit]
        check = _product(check, digit)
    return check == 0


def _coded(text: str) -> str:
    if not _CODED.fullmatch(text):
        raise ValueError(
            "not a SNOMED CT code and its meaning (at most 64 characters), such as 64033007=Kidney"
        )
    if not has_check_digit(text.partition("=")[0]):
        raise ValueError("not a SNOMED CT code: its last digit, which checks the others, does not fit them")
    return text


def _short(text: str) -> str:
    if len(text) > _LONGEST or "\\" in text:
        raise ValueError(
            f"longer than {_LONGEST} characters, or with a backslash, which DICOM does not allow"
        )
    return text


Coded = Annotated[Text, AfterValidator(_coded)]
Short = Annotated[Text, AfterValidator(_short)]


class ExportSettings(Settings):
    """What the objects say beside masks and values."""

    finding: Coded = Field(
        default="108369006=Neoplasm",
        description="What the regions are: a SNOMED CT code and its meaning, CODE=MEANING.",
    )
    organ: Coded | None = Field(
        default=None,
        description="Organ of the regions: a SNOMED CT code and its meaning, such as 64033007=Kidney.",
    )
    algorithm: Short | None = Field(
        default=None, description="Name of the model that made the automatic masks, if no run records it."
    )
    algorithm_version: Short | None = Field(
        default=None, description="Version of the model that made the automatic masks."
    )
    processed: bool = Field(
        default=False,
        description="The images were processed on their grids (bias field correction, normalisation): do not "
        "compare their voxels with those of the source series.",
    )
    engine: Text | None = Field(
        default=None,
        description="Engine to use, as written in the column `engine`, if the feature table has several.",
    )
