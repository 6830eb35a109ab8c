"""The IBSI's feature families that a parameter file requests beside PyRadiomics' classes.

They are keys of the section `nbradiomics`::

    nbradiomics:
      families: [morph, loc, stat, ih, ivh, cm, rlm, szm, dzm, ngt, ngl]   # or all
      aggregation: [3D_avg]       # forms of the textures, see `textures.forms_of`; 3D_avg without the key
      ivh: {binCount: 1000}       # bins of the intensity-volume histogram; or {binWidth: 2.5}, or none
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.ibsi_names.families import AGGREGATIONS, FAMILIES
from nbradiomics.features.ibsi_names.textures import (
    DIRECTIONAL_FORMS,
    TEXTURE_FAMILIES,
    forms_of,
)
from nbradiomics.features.parameters.ibsi import require_known
from nbradiomics.messages.suggestion import did_you_mean

#: Keys of the section `nbradiomics` that this file reads.
KEYS = ("families", "aggregation", "ivh")
#: Number of bins that the IBSI recommends for intensities without a definite unit, such as those of MR.
ARBITRARY_UNITS = 1000
#: Radius in mm of a ball of one cubic centimetre, in which the family `loc` averages.
RADIUS = 10 * (3 / (4 * math.pi)) ** (1 / 3)
_PADDING = 5  # PyRadiomics' default of padDistance
#: Value of `families` for every family, and of `ivh` for intensities that are not divided into bins.
_ALL, _NONE = "all", "none"


@dataclass(frozen=True)
class IvhBins:
    """Division of the intensities for the intensity-volume histogram; one of three ways.

    Attributes
    ----------
    number
        Number of bins from the lowest to the highest intensity of the region. ``None``: another way.
    width
        Width of the bins, which start at the lower limit of `resegmentRange`. ``None``: another way.

    Notes
    -----
    With neither, each whole number is a level of its own: for CT, which is stored in whole Hounsfield units.
    """

    number: int | None = ARBITRARY_UNITS
    width: float | None = None

    @property
    def stated(self) -> dict[str, Any] | str:
        """The value of the key `ivh`."""
        if self.number is not None:
            return {"binCount": self.number}
        return _NONE if self.width is None else {"binWidth": self.width}


@dataclass(frozen=True)
class Families:
    """Families to measure, the forms of their textures, and the bins of the intensity-volume histogram.

    Attributes
    ----------
    names
        Some of `FAMILIES`, in their order.
    aggregation
        Some of `AGGREGATIONS`, in their order; empty for the default. See `textures.forms_of` for the forms
        that they request of a family.
    ivh
        Bins of the family `ivh`.
    """

    names: tuple[str, ...] = ()
    aggregation: tuple[str, ...] = ()
    ivh: IvhBins = field(default_factory=IvhBins)

    @property
    def stated(self) -> dict[str, Any]:
        """Keys of the section that differ from their defaults."""
        stated: dict[str, Any] = {"families": list(self.names)} if self.names else {}
        if self.aggregation:
            stated["aggregation"] = list(self.aggregation)
        return {**stated, **self.values}

    @property
    def values(self) -> dict[str, Any]:
        """Keys on which values depend: a form stands in the name of its features."""
        return {} if self.ivh == IvhBins() else {"ivh": self.ivh.stated}


def families_of(name: str, section: Mapping[str, Any]) -> Families:
    """Read the keys of the section `nbradiomics` of a parameter file.

    Parameters
    ----------
    name
        The file, for messages.
    section
        The section; other keys are ignored.

    Raises
    ------
    InputError
        When a family or form is unknown, a family is measured in none of the forms, no family has a form, or
        a key says something about families that are not requested.
    """
    names = _chosen(name, "families", section.get("families"), tuple(FAMILIES), every=True)
    aggregation = _chosen(name, "aggregation", section.get("aggregation"), AGGREGATIONS)
    if aggregation:
        _require_used(name, names, aggregation)
    if "ivh" not in section:
        return Families(names, aggregation)
    if "ivh" not in names:
        raise InputError(
            f"{name}: nbradiomics.ivh sets the bins of the family ivh, which families does not name.",
            "Add ivh to families, or remove the key.",
        )
    return Families(names, aggregation, _ivh(name, section["ivh"]))


def _chosen(
    name: str, key: str, value: Any, known: tuple[str, ...], *, every: bool = False
) -> tuple[str, ...]:
    """Read a list of names, in the order of `known`."""
    if value is None:
        return ()
    if every and value == _ALL:
        return known
    listed = [value] if isinstance(value, str) else value
    allowed = f"Names allowed here: {', '.join((*known, _ALL) if every else known)}."
    if not isinstance(listed, list | tuple):
        raise InputError(f"{name}: nbradiomics.{key} is {value!r}; a list of names was expected.", allowed)
    for one in listed:
        if one not in known:
            raise InputError(
                f"{name}: unknown name {one!r} in nbradiomics.{key}.",
                f"{did_you_mean(str(one), known)}{allowed}",
            )
    return tuple(one for one in known if one in listed)


def _require_used(name: str, names: tuple[str, ...], aggregation: tuple[str, ...]) -> None:
    """Raise `InputError` unless there are textures, each with a form, and each form has a family."""
    textures = [family for family in names if family in TEXTURE_FAMILIES]
    if not textures:
        raise InputError(
            f"{name}: nbradiomics.aggregation applies to textures, and families names none.",
            f"Add some of {', '.join(TEXTURE_FAMILIES)} to families, or remove the key.",
        )
    without = [family for family in textures if not forms_of(family, aggregation)]
    if without:
        raise InputError(
            f"{name}: {' and '.join(without)} would be measured in no form: nbradiomics.aggregation names "
            f"only {', '.join(aggregation)}.",
            f"Add some of {', '.join(DIRECTIONAL_FORMS)}: these families have matrices of directions.",
        )
    idle = [form for form in aggregation if not any(forms_of(family, [form]) for family in textures)]
    if idle:
        raise InputError(
            f"{name}: no requested family has the form {', '.join(idle)} of nbradiomics.aggregation.",
            f"The families cm and rlm have the forms {', '.join(DIRECTIONAL_FORMS)}. Add szm, dzm, ngt or "
            "ngl to families, or remove the form.",
        )


def require_room_for_balls(name: str, families: Families, setting: Mapping[str, Any]) -> None:
    """Raise `InputError` if an image is cropped more closely than the family `loc` allows.

    Parameters
    ----------
    name
        The file, for messages.
    families
        Families to measure.
    setting
        The section `setting`. A size of voxels that depends on the image is tested when it is known.
    """
    if "loc" not in families.names or setting.get("interpolator", "") is None:
        return
    edges = [float(edge) for edge in setting.get("resampledPixelSpacing") or () if edge]
    if edges:
        require_ball_within(name, min(edges), setting)


def require_ball_within(name: str, edge: float, setting: Mapping[str, Any], *, beyond: float = 0.0) -> None:
    """Raise `InputError` if `padDistance` voxels of an edge in mm are less than the radius of the ball.

    A region may grow `beyond` its border by some mm.
    """
    needed = int((RADIUS + beyond) / edge)
    padding = setting.get("padDistance", _PADDING)
    if padding < needed:
        raise InputError(
            f"{name}: the family loc needs the image within {RADIUS:.1f} mm of the region, which needs "
            f"{needed} voxels of {edge:g} mm; padDistance keeps {padding}.",
            f"Set `padDistance: {needed}` under `setting`, or remove loc from families. A larger "
            "padDistance changes no value of original images, and those of filtered ones only slightly.",
        )


def _ivh(name: str, value: Any) -> IvhBins:
    if value == _NONE:
        return IvhBins(number=None)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise InputError(
            f"{name}: nbradiomics.ivh is {value!r}; {{binCount: number}}, {{binWidth: width}} or none was "
            "expected.",
            "For MR use {binCount: 1000}; for CT, which has whole Hounsfield units, none.",
        )
    require_known(name, "nbradiomics.ivh", value, ("binCount", "binWidth"))
    if "binCount" in value:
        number = value["binCount"]
        if not isinstance(number, int) or isinstance(number, bool) or number < 2:
            raise InputError(
                f"{name}: nbradiomics.ivh.binCount is {number!r}; a whole number from 2 on was expected.",
                "Correct the value.",
            )
        return IvhBins(number=number)
    width = value["binWidth"]
    if not isinstance(width, int | float) or isinstance(width, bool) or not (0 < width < math.inf):
        raise InputError(
            f"{name}: nbradiomics.ivh.binWidth is {width!r}; a number above 0 was expected.",
            "Correct the value.",
        )
    return IvhBins(number=None, width=float(width))
