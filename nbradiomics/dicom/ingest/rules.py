"""Rules of an ingest: which series is which sequence, and how sites and scanners are called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from nbradiomics.dicom.masks.rules import MaskRules
from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.files.yaml_reader import MOST_BYTES, read_yaml
from nbradiomics.pictures.settings import Rgb
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Text, Texts


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"it is not a regular expression: {error}") from error
    return text


def _ordered(limits: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = limits
    if low is not None and high is not None and low > high:
        raise ValueError(f"the first limit, {low:g}, is above the second, {high:g}")
    return limits


def _pair(value: object) -> object:
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


#: Regular expression; capitals do not matter.
Pattern = Annotated[Text, AfterValidator(_pattern)]
#: Two limits, each of which may be empty; one number is both.
Range = Annotated[tuple[float | None, float | None], AfterValidator(_ordered), BeforeValidator(_pair)]
#: Name of a sequence, site, vendor ...: part of file names and tables.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}$")]
#: How to choose among several volumes that match a rule.
Preference = Literal[
    "most_slices", "latest", "earliest", "original", "thinnest", "finest", "last_series", "first_series"
]
_LIMITS = "Two limits, such as [60, 150] or [1000, null]; one number is both."


class SequenceRule(Settings):
    """What a series must be to become a sequence; conditions that are not given allow anything."""

    description: Pattern | None = Field(
        default=None,
        description="Regular expression that is found in the series description or the protocol name; "
        "capitals do not matter.",
    )
    exclude: Pattern | None = Field(
        default=None,
        description="Regular expression that must not be found in the series description or protocol name.",
    )
    modality: Text | None = Field(default=None, description="DICOM modality: MR, CT, PT, CR, DX, MG, US.")
    plane: Literal["axial", "coronal", "sagittal"] | None = Field(
        default=None, description="Nearest plane of the slices."
    )
    te: Range | None = Field(default=None, description=f"Echo time in ms. {_LIMITS}")
    tr: Range | None = Field(default=None, description=f"Repetition time in ms. {_LIMITS}")
    ti: Range | None = Field(default=None, description=f"Inversion time in ms. {_LIMITS}")
    b_value: Range | None = Field(default=None, description=f"b-value in s/mm2. {_LIMITS}")
    slices: Range | None = Field(default=None, description=f"Number of slices. {_LIMITS}")
    slice_distance: Range | None = Field(default=None, description=f"Distance of slices in mm. {_LIMITS}")
    image_type: Texts | None = Field(
        default=None, description="Values that Image Type (0008,0008) must all have, such as ORIGINAL or ADC."
    )
    not_image_type: Texts | None = Field(
        default=None, description="Values of which Image Type (0008,0008) must have none."
    )
    contrast: bool | None = Field(
        default=None, description="Whether the header must name a contrast agent, or must name none."
    )
    prefer: tuple[Preference, ...] = Field(
        default=(),
        description="What decides between several matches, in this order: most_slices, latest, earliest, "
        "original (not derived), thinnest (slices), finest (pixels), last_series, first_series (number). "
        "Without it, several matches of a timepoint are a failure.",
    )
    keep_all: bool = Field(
        default=False,
        description="Keep every match, named NAME-1, NAME-2 and so on by time and b-value (dynamic series).",
    )
    optional: bool = Field(default=False, description="A timepoint without a match is no failure.")


class IngestRules(Settings):
    """Rules of an ingest."""

    sequences: dict[Name, SequenceRule] = Field(
        default={},
        description="Rule of each sequence by its name. Without any, every volume is converted: CT, PT, MR, "
        "ADC, DWI-b800, numbered if a timepoint has several.",
    )
    sites: dict[Pattern, Name] = Field(
        default={}, description="Name of a site by a regular expression for the institution's name."
    )
    vendors: dict[Pattern, Name] = Field(
        default={}, description="Name of a vendor by a regular expression for the manufacturer."
    )
    models: dict[Pattern, Name] = Field(
        default={}, description="Name of a scanner by a regular expression for the model's name."
    )
    kernels: dict[Pattern, Name] = Field(
        default={}, description="Name of a kernel by a regular expression for the reconstruction kernel."
    )
    rgb: Rgb | None = Field(
        default=None,
        description="How colours of ultrasound and other images of one plane become one grey value: "
        "luminance-601, luminance-709, mean, red, green or blue. Without it, colour images are not chosen.",
    )
    burned_in: bool = Field(
        default=False,
        description="Convert series whose header says that texts are burned into their pixels. Without it "
        "they are failures.",
    )
    masks: MaskRules = Field(
        default=MaskRules(), description="Which regions of segmentations and structure sets are read."
    )


def load_rules(path: str | Path) -> IngestRules:
    """Read a YAML file of rules.

    Raises
    ------
    InputError
        When the file is missing, is not YAML, or a rule is not valid.
    """
    path = Path(path)
    try:
        with open_regular(path) as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Give a YAML file in UTF-8.") from error
    content = read_yaml(text, str(path)).content or {}
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a mapping.", "Write the rules under the key `sequences`.")
    try:
        return IngestRules(**content)
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", error.remedy) from error
