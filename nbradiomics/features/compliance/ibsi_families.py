"""Compare the IBSI's families with the reference values of the first chapter: every value, in every form."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd

from nbradiomics.features.compliance.ibsi import ALL_COMPARISONS, Comparison, complies, images_of
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.engines.native_engine import compute
from nbradiomics.features.ibsi_names.families import AGGREGATIONS, FAMILIES, feature_names
from nbradiomics.features.parameters import load_parameters

#: Verdicts.
COMPLIES, DIFFERS, NO_REFERENCE = "complies", "differs", "no reference value"
_BOX = "here that of the smallest box which a search from every face of the convex hull finds"
_ELLIPSOID = "here that of the smallest ellipsoid, whose volume is exact to one part in a million"
#: Tags without a reference value in any table, and what is computed here.
WITHOUT_REFERENCE = {
    "morph_vol_dens_ombb": _BOX,
    "morph_area_dens_ombb": _BOX,
    "morph_vol_dens_mvee": _ELLIPSOID,
    "morph_area_dens_mvee": _ELLIPSOID,
    "ivh_auc": "here by trapezoids over the intensity fraction",
}


def tags() -> list[str]:
    """Tags of all features in all forms, in the order of the IBSI's tables."""
    return [f"{family}_{name}" for family in FAMILIES for name in feature_names(family, AGGREGATIONS)]


def family_verdicts(comparison: Comparison, folder: Path) -> pd.DataFrame:
    """Compare the families of one phantom with their reference values.

    Parameters
    ----------
    comparison
        One of `ALL_COMPARISONS`; its preset names the families and forms.
    folder
        Folder of the IBSI's data: images, masks and reference values.

    Returns
    -------
    pandas.DataFrame
        One row for each tag of the reference table that is a feature: ``value, reference, tolerance,
        verdict``; the value is missing if the preset does not request it.
    """
    parameters = load_parameters(comparison.preset)
    # The families do not depend on PyRadiomics' classes.
    content = {**parameters.content, "featureClass": {"firstorder": ["Mean"]}}
    extraction: Extraction = compute(
        *images_of(comparison, folder), dataclasses.replace(parameters, content=content)
    )
    table = pd.read_csv(folder / comparison.reference, sep=";").set_index("tag")
    found = table.loc[[tag for tag in tags() if tag in table.index]]
    found = found.rename(columns={"reference value": "reference"})[["reference", "tolerance"]]
    found.insert(0, "value", [extraction.values.get(f"original_{tag}", float("nan")) for tag in found.index])
    found["verdict"] = [_verdict(*row) for row in found.itertuples(index=False)]
    return found


def _verdict(value: float, reference: float, tolerance: float) -> str:
    if pd.isna(reference):
        return NO_REFERENCE
    return COMPLIES if complies(value, reference, tolerance) else DIFFERS


def all_family_verdicts(folder: Path) -> dict[str, pd.DataFrame]:
    """Return `family_verdicts` of every comparison by its title."""
    return {one.title: family_verdicts(one, folder) for one in ALL_COMPARISONS.values()}
