"""What is known of a feature, whatever the image that it is measured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Whether a value stays the same when something is changed: always; if the intensities are shifted by a
#: multiple of the bin width; if the image is turned within its slices; or not in general.
Unchanged = Literal["yes", "whole bins", "in slices", "no"]
#: Claims with a fixed bin width, and with a fixed number of bins.
Claims = tuple[Unchanged, Unchanged]

ALWAYS: Claims = ("yes", "yes")
NEVER: Claims = ("no", "no")
#: Of features of grey levels, when the intensities are shifted or scaled.
LEVELS_SHIFTED: Claims = ("whole bins", "yes")
LEVELS_SCALED: Claims = ("no", "yes")

#: Why a value grows or shrinks with the volume of a region in which nothing else changes.
SIZE = "it measures the size itself"
SUM = "a sum or count: it doubles in a region of the same tissue that is twice as large"
SHARE = "divided by a count: it halves in a region of the same tissue that is twice as large"
DISTANCE = "distances to the border are longer in a larger region"
PAIRS = "the pairs of distant voxels become more in a larger region"


@dataclass(frozen=True)
class Entry:
    """A feature of a class of PyRadiomics, or of a family of the IBSI.

    Attributes
    ----------
    class_, feature
        As in the name of a column, without the form of a texture: ``glcm``, ``Contrast``; ``cm``,
        ``contrast``.
    name
        Readable name.
    definition
        One sentence.
    formula
        Where the formula is found.
    code
        Code of the IBSI; empty if it has none.
    without_code
        Why there is no code.
    unit
        Powers of mm, and of the unit of the intensities: ``mm3``, ``I``, ``mm3 I2``; empty if the value has
        no unit.
    lowest, highest
        Bounds of the value: a number, or an expression of `Ng`, the highest grey level of the region. Empty
        if there is none.
    volume
        Why the value is confounded with the volume by construction; empty if it is not: two regions of the
        same tissue, taken as one, have the value of one.
    grey_levels
        Whether the value depends on the number of grey levels.
    rotation
        Whether it stays when image and mask are turned by right angles.
    shift, scale
        Whether it stays when a number is added to all intensities, or they are multiplied by a positive
        number.
    deprecated
        Why PyRadiomics retired the feature; empty if it did not.
    """

    class_: str
    feature: str
    name: str
    definition: str
    formula: str
    code: str = ""
    without_code: str = ""
    unit: str = ""
    lowest: str = ""
    highest: str = ""
    volume: str = ""
    grey_levels: bool = False
    rotation: Unchanged = "yes"
    shift: Claims = ALWAYS
    scale: Claims = ALWAYS
    deprecated: str = ""

    @property
    def key(self) -> str:
        """Class and feature, as in the name of a column."""
        return f"{self.class_}_{self.feature}"
