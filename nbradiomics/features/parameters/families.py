"""The IBSI's feature families that a parameter file requests beside PyRadiomics' classes.

They are keys of the section `nbradiomics`::

    nbradiomics:
      families: [morph, loc, stat, ih, ivh, cm, rlm, szm, dzm, ngt, ngl]   # or all
      aggregation: [3D_avg, 3D]   # forms of the textures; without it 3D_avg for cm and rlm, 3D for the others
      ivh: {binCount: 1000}       # bins of the intensity-volume histogram; or {binWidth: 2.5}, or none
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.ibsi_names.families import AGGREGATIONS, FAMILIES, FORMS, forms_of
from nbradiomics.features.parameters.ibsi import require_known
from nbradiomics.messages.suggestion import did_you_mean

#: Keys of the section `nbradiomics` that this file reads.
KEYS = ("families", "aggregation", "ivh")
#: Number of bins that the IBSI recommends for intensities without a definite unit, such as those of MR.
ARBITRARY_UNITS = 1000
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
        Some of `AGGREGATIONS`, in their order; empty for the default form of each family. A family is
        measured in those forms that it has.
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


def _chosen(name: str, key: str, value: Any, known: tuple[str, ...], *, every: bool = False) -> tuple[str, ...]:
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
    """Raise `InputError` unless each family of textures has a form, and each form a family."""
    textures = [family for family in names if family in FORMS]
    without = [family for family in textures if not forms_of(family, aggregation)]
    if without:
        raise InputError(
            f"{name}: {' and '.join(without)} would be measured in no form: nbradiomics.aggregation names only "
            f"{', '.join(aggregation)}.",
            f"Add some of {', '.join(FORMS[without[0]])} to aggregation, or remove the family.",
        )
    idle = [form for form in aggregation if not any(form in FORMS[family] for family in textures)]
    if idle:
        raise InputError(
            f"{name}: no requested family has the form {', '.join(idle)} of nbradiomics.aggregation.",
            "The families cm and rlm have "
            f"{', '.join(FORMS['cm'])}; szm, dzm, ngt and ngl have {', '.join(FORMS['szm'])}. Add one of them "
            "to families, or remove the form.",
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
