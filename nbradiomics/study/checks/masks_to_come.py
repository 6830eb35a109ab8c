"""The masks that a study will have: those of the cohort table, and those of the model that it runs."""

from __future__ import annotations

import pandas as pd

from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.components import component_region
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.lesions import COMPONENTS, lesion_rule
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO


def masks_to_come(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a cohort table with a mask, and one for every scan that the model segments."""
    masks = table[table["mask"] != ""]
    if study.segment is None:
        return masks
    automatic = table.drop_duplicates(list(SCAN)).assign(reader=AUTO, reading=1, mask=AUTO)
    return pd.concat([masks, automatic], ignore_index=True)


def with_regions_to_come(study: Study, masks: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return masks with the regions that the rule for several lesions makes of them.

    Parameters
    ----------
    study
        The study, which names the rule.
    masks
        Some rows of `masks_to_come`.
    table
        The whole cohort table.
    """
    rule = lesion_rule(study.asked_lesions, table)
    if rule == "roi":
        return masks
    by_readers = table[(table["mask"] != "") & (table["reader"] != AUTO)]
    regions = {str(roi) for roi in by_readers["roi"] if not is_derived(str(roi))}
    if rule == COMPONENTS:
        name = component_region(1)
    elif len(regions) == 1:
        name = next(iter(regions))  # a cohort of one region keeps its name
    else:
        name = str(rule)
    return masks.assign(roi=[roi if is_derived(str(roi)) else name for roi in masks["roi"]])
