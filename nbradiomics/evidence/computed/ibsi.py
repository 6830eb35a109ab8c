"""The features of the IBSI's digital phantom on this machine, compared with their reference values."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

import pandas as pd

from nbradiomics.evidence.collect.plain import plain
from nbradiomics.evidence.facts import Fact
from nbradiomics.features.compliance.ibsi import COMPARISONS, Phantom, complies
from nbradiomics.features.compliance.ibsi_families import COMPLIES, NO_REFERENCE, family_verdicts
from nbradiomics.features.compliance.ibsi_names import COMPUTED
from nbradiomics.features.parameters.ibsi import Ibsi

#: Names of the two ways in which features are defined: those of the IBSI, and those of PyRadiomics.
IBSI, PYRADIOMICS = "ibsi", "pyradiomics"


def ibsi_fact(*, families: bool = False) -> Fact:
    """Compute the features of the digital phantom, with every switch of the IBSI on and with every one off.

    Parameters
    ----------
    families
        Whether the IBSI's families are computed too, in all of their forms.

    Returns
    -------
    Fact
        Its value has ``features`` (PyRadiomics' features with a reference value), ``comply`` (numbers, by
        definition), and ``values``: by tag of the IBSI the reference, its tolerance, and both values. With
        families it has ``families``: ``features`` (values with a reference), ``comply``, ``differ`` (tags),
        and ``without_reference`` (tags).
    """
    with as_file(files("nbradiomics.features.compliance") / "digital_phantom") as folder:
        phantom = Phantom(COMPARISONS["digital"], folder)
        verdicts = family_verdicts(COMPARISONS["digital"], folder)["verdict"] if families else None
    ways: Mapping[str, Ibsi] = {IBSI: phantom.switches, PYRADIOMICS: Ibsi()}
    found = {way: phantom.features(switches) for way, switches in ways.items()}
    values: dict[str, dict[str, Any]] = {}
    comply = dict.fromkeys(ways, 0)
    for tag in COMPUTED:
        row = phantom.reference.loc[[tag], ["reference", "tolerance"]].to_numpy(dtype="float64")[0]
        reference, tolerance = float(row[0]), float(row[1])
        values[tag] = {"reference": reference, "tolerance": tolerance}
        for way in ways:
            values[tag][way] = found[way][tag]
            comply[way] += complies(found[way][tag], reference, tolerance)
    text = (
        f"On this machine {comply[IBSI]} of {len(COMPUTED)} features that PyRadiomics shares with the IBSI "
        "are within the tolerance of their reference values for the digital phantom by the IBSI's "
        f"definitions, and {comply[PYRADIOMICS]} by PyRadiomics' own."
    )
    value: dict[str, Any] = {"features": len(COMPUTED), "comply": comply, "values": values}
    if verdicts is not None:
        value["families"] = _of_families(verdicts)
        text = f"{text} {_families_in_words(value['families'])}"
    return Fact(name="ibsi", text=text, value=plain(value))


def _of_families(verdicts: pd.Series) -> dict[str, Any]:
    known = verdicts[verdicts != NO_REFERENCE]
    return {
        "features": len(known),
        "comply": int((known == COMPLIES).sum()),
        "differ": list(known.index[known != COMPLIES]),
        "without_reference": list(verdicts.index[verdicts == NO_REFERENCE]),
    }


def _families_in_words(found: Mapping[str, Any]) -> str:
    lacking = ", ".join(found["without_reference"])
    return (
        f"Of the IBSI's families, {found['comply']} of {found['features']} values in all forms are within "
        f"their tolerance; {lacking} have no reference value."
    )
