"""The features of the IBSI's digital phantom on this machine, compared with their reference values."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

from nbradiomics.evidence.collect.plain import plain
from nbradiomics.evidence.facts import Fact
from nbradiomics.features.compliance.ibsi import COMPARISONS, Phantom, complies
from nbradiomics.features.compliance.ibsi_names import COMPUTED
from nbradiomics.features.parameters.ibsi import Ibsi

#: Names of the two ways in which features are defined: those of the IBSI, and those of PyRadiomics.
IBSI, PYRADIOMICS = "ibsi", "pyradiomics"


def ibsi_fact() -> Fact:
    """Compute the features of the digital phantom, with every switch of the IBSI on and with every one off.

    Returns
    -------
    Fact
        Its value has ``features`` (number with a reference value), ``comply`` (numbers, by definition), and
        ``values``: by tag of the IBSI the reference, its tolerance, and both values.
    """
    with as_file(files("nbradiomics.features.compliance") / "digital_phantom") as folder:
        phantom = Phantom(COMPARISONS["digital"], folder)
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
        f"On this machine {comply[IBSI]} of {len(COMPUTED)} features of the IBSI's digital phantom are "
        f"within the tolerance of their reference values by the IBSI's definitions, and "
        f"{comply[PYRADIOMICS]} by PyRadiomics' own."
    )
    return Fact(
        name="ibsi", text=text, value=plain({"features": len(COMPUTED), "comply": comply, "values": values})
    )
