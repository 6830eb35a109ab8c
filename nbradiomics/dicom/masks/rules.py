"""Rules about masks: which regions are read, and the names of regions and readers."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Text, Texts


def _as_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > 64 or not name.isprintable():
        raise ValueError("a name has 1 to 64 printable characters")
    return name


def _not_numbered(name: str) -> str:
    if NUMBERED.fullmatch(name):
        raise ValueError("reader-1, reader-2 ... are kept for readers whom nobody knows")
    return name


#: Name of a reader whom neither a rule nor the file names.
NUMBERED = re.compile(r"reader-[0-9]+", re.IGNORECASE)
#: A name for the cohort table.
Name = Annotated[Text, AfterValidator(_as_name)]
#: Patterns with wildcards, at least one.
Patterns = Annotated[Texts, Field(min_length=1)]


class RegionRule(Settings):
    """Which regions of an object become one region of the cohort table."""

    roi: Name = Field(description="Name of the region in the cohort table.")
    names: Patterns = Field(
        description="Names of the region in the structure set (ROI Name), or its label or coded type in the "
        "segmentation. * stands for any characters, ? for one; upper and lower case, and which of blank, _ "
        "and - separates words, do not matter."
    )
    several: Literal["refuse", "union", "number", "latest"] = Field(
        default="refuse",
        description="What is done if several regions of a reader match, in one object or in several: no mask "
        "and a failure (refuse), their union (union), one mask for each, numbered in the order of the "
        "objects' dates and of the file (number), or that of the latest object (latest).",
    )


class ObjectPatterns(Settings):
    """Texts of an object that must match, each as a whole; texts that are not given may be anything."""

    label: Texts = Field(default=(), description="Structure Set Label, or Content Label.")
    name: Texts = Field(default=(), description="Structure Set Name, or Content Description.")
    description: Texts = Field(default=(), description="Series Description.")
    creator: Texts = Field(
        default=(), description="Content Creator's Name, ROI Interpreter or Operators' Name."
    )
    approval: Texts = Field(default=(), description="Approval Status: APPROVED, UNAPPROVED or REJECTED.")

    @model_validator(mode="after")
    def _fits_something(self) -> Self:
        if not any(getattr(self, name) for name in ObjectPatterns.model_fields):
            raise ValueError(f"give a pattern for at least one of {', '.join(ObjectPatterns.model_fields)}")
        return self


class ReaderRule(ObjectPatterns):
    """The name of the reader of the objects that match."""

    reader: Annotated[Name, AfterValidator(_not_numbered)] = Field(
        description="Name of the reader in the cohort table; not reader-1, reader-2 ..., the names of "
        "unknown readers."
    )


class MaskRules(Settings):
    """Which regions are read, and the names of regions and readers."""

    regions: tuple[RegionRule, ...] = Field(
        default=(),
        description="Regions that are read, with their names. Without rules, a segment has the name of its "
        "coded type, and a region of a structure set is read if it is named as a target (GTV, CTV, ITV, PTV, "
        "tumour, lesion or mass, and a number) or has the type GTV, CTV or PTV.",
    )
    others: Literal["leave out", "number"] = Field(
        default="leave out",
        description="What is done with regions that have no name by the rules: they are left out, or named "
        "after their number in the file, roi-3. The same number may mean different things in two files.",
    )
    readers: tuple[ReaderRule, ...] = Field(
        default=(), description="Names of the readers; the first rule that matches is used."
    )
    skip: tuple[ObjectPatterns, ...] = Field(
        default=(), description="Objects that are not read, such as drafts: approval: UNAPPROVED."
    )
    fraction: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Least probability, or occupied share, of a voxel in the region (fractional only).",
    )
    other_series: bool = Field(
        default=False,
        description="Whether an object that names only other series of the same frame of reference is used "
        "too: contours drawn on CT, for the PET of the same session.",
    )
