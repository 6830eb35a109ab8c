"""Whether an extraction normalises images that were normalised before."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort.units import stated_units
from nbradiomics.features.parameters import Parameters
from nbradiomics.preparation.reading import steps_of_variant


def normalised_twice(table: pd.DataFrame, cohort: Path, parameters: Parameters) -> list[str]:
    """Say if parameters normalise images of a cohort that are normalised already, or have a unit.

    Whether images were normalised is known by the names of their variants, also in a cohort that was prepared
    before the study.
    """
    setting = parameters.content.get("setting") or {}
    if not setting.get("normalize", False) or table.empty:
        return []
    units = stated_units(table, cohort)
    measured = sorted(set(units[table["mask"] != ""]) - {""})
    found = []
    if any(step.normalises for name in set(table["variant"]) for step in steps_of_variant(name)):
        found.append("`normalize: true` normalises the prepared images once more.")
    if measured:
        found.append(
            f"`normalize: true` normalises images with the unit {', '.join(measured)}, which their features "
            "then lack."
        )
    return found
