"""Entries from short rows: what the features of a class have in common is stated once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbradiomics.nomenclature.entry import LEVELS_SCALED, LEVELS_SHIFTED, Entry
from nbradiomics.nomenclature.ibsi_codes import FAMILY_CODES, IBSI_CODES, WITHOUT_CODE

#: Section of the IBSI's reference manual (arXiv:1612.07003) by family.
SECTIONS = {
    "morph": "3.1",
    "loc": "3.2",
    "stat": "3.3",
    "ih": "3.4",
    "ivh": "3.5",
    "cm": "3.6",
    "rlm": "3.7",
    "szm": "3.8",
    "dzm": "3.9",
    "ngt": "3.10",
    "ngl": "3.11",
}
#: Claims of a feature that is computed from grey levels alone.
LEVELS: dict[str, Any] = {"grey_levels": True, "shift": LEVELS_SHIFTED, "scale": LEVELS_SCALED}


@dataclass(frozen=True)
class Row:
    """A feature that a class of PyRadiomics, a family of the IBSI, or both have with the same value.

    Attributes
    ----------
    pyradiomics, ibsi
        Name in the class and in the family; empty where there is none.
    name, definition
        As in `Entry`.
    claims
        Further attributes of `Entry`.
    """

    pyradiomics: str
    ibsi: str
    name: str
    definition: str
    claims: dict[str, Any] = field(default_factory=dict)


def row(pyradiomics: str, ibsi: str, name: str, definition: str, **claims: Any) -> Row:
    """Make a row; see `Row`."""
    return Row(pyradiomics, ibsi, name, definition, claims)


def entries(rows: tuple[Row, ...], class_: str, family: str, **common: Any) -> list[Entry]:
    """Make the entries of a class of PyRadiomics and of a family of the IBSI.

    Parameters
    ----------
    rows
        The features.
    class_, family
        Class and family; empty if the rows have none of these.
    common
        Attributes of all entries, which a row may overrule.
    """
    made = [_entry(class_, one.pyradiomics, one, common) for one in rows if class_ and one.pyradiomics]
    return made + [_entry(family, one.ibsi, one, common) for one in rows if family and one.ibsi]


def _entry(class_: str, feature: str, one: Row, common: dict[str, Any]) -> Entry:
    claims = {**common, **one.claims}
    why = claims.pop("without_code", "")
    key = f"{class_}_{feature}"
    code = FAMILY_CODES.get(key) or IBSI_CODES.get(key, ("",))[0]
    if class_ in SECTIONS:
        claims.pop("deprecated", "")
        formula = f"IBSI reference manual, section {SECTIONS[class_]} ({code})"
    else:
        formula = f"PyRadiomics documentation, {class_}, {feature}"
    without = "" if code else WITHOUT_CODE.get(key, why)
    return Entry(
        class_, feature, one.name, one.definition, formula, code=code, without_code=without, **claims
    )
