"""Settings of the conversion of pictures: what their files do not state."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from nbradiomics.images.grid import PLAUSIBLE
from nbradiomics.settings import Settings

#: Pixel spacing of pictures whose pixel size nobody knows: lengths are counted in pixels.
PIXELS = "pixels"
Rgb = Literal["luminance-601", "luminance-709", "mean", "red", "green", "blue"]
_NUMBER = r"[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"
_SPACING = re.compile(rf"\s*({_NUMBER})(?:\s*[xX;,]\s*({_NUMBER}))?\s*")


def spacing_of(text: str) -> tuple[float, float]:
    """Read a pixel spacing: ``0.1``, or ``0.1x0.2`` for the distances of columns and of rows in mm.

    Returns
    -------
    tuple of float
        Along x and y in mm; 1 for `PIXELS`.

    Raises
    ------
    ValueError
        When it is neither, or an edge is not plausible.
    """
    if text == PIXELS:
        return 1.0, 1.0
    found = _SPACING.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is no pixel spacing: write a number of mm such as 0.1, two such as 0.1x0.2 (distance "
            f"of the columns, of the rows), or {PIXELS} if nobody knows it"
        )
    x, y = float(found[1]), float(found[2] or found[1])
    low, high = PLAUSIBLE
    if not (low <= x <= high and low <= y <= high):
        raise ValueError(
            f"a pixel of {x:g} x {y:g} mm is not plausible: {low:g} to {high:g} mm were expected"
        )
    return x, y


def _checked(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        value = repr(value)
    if isinstance(value, list | tuple) and len(value) == 2:
        value = "x".join(map(str, value))
    if isinstance(value, str):
        spacing_of(value)
    return value


class PictureSettings(Settings):
    """What the files of pictures do not state."""

    pixel_spacing: Annotated[str | None, BeforeValidator(_checked)] = Field(
        default=None,
        description="Pixel size in mm: one number, or two as 0.1x0.2 (distance of the columns, of the rows); "
        "`pixels` if nobody knows it, which counts lengths in pixels and names the variant in_pixels. The "
        "column pixel_spacing of the cohort table overrules it.",
    )
    rgb: Rgb | None = Field(
        default=None,
        description="How colours become one grey value: luminance-601 (0.299 R + 0.587 G + 0.114 B), "
        "luminance-709 (0.2126 R + 0.7152 G + 0.0722 B), mean, red, green or blue. Without it, coloured "
        "pictures are refused.",
    )
    slice_spacing: Annotated[float, Field(ge=PLAUSIBLE[0], le=PLAUSIBLE[1])] | None = Field(
        default=None,
        description="Distance in mm of the slices of a TIFF file with several pages. Without it, such files "
        "are refused.",
    )
    mask_threshold: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="Grey value above which a pixel of a mask is inside, for masks with smooth edges; all of "
        "it becomes label 1. Without it, such masks are refused.",
    )
