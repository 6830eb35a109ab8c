"""Subjects who have features, but not of the region of the model: a tumour without a habitat is no gap."""

from __future__ import annotations

import pandas as pd

from nbradiomics.cohort.derived_regions import derived
from nbradiomics.messages.wording import counted

_SHOWN = 5


def without_region(
    features: pd.DataFrame, chosen: pd.DataFrame, roi: str | None
) -> tuple[dict[str, str], list[str]]:
    """Find the subjects who have rows of other regions, and none of the chosen one.

    Returns
    -------
    reasons
        For each of them, the reason for which it is left out.
    sentences
        What a reader of the result must know; empty if there are none.
    """
    if roi is None or "roi" not in features:
        return {}, []
    names = sorted(set(features["subject"].astype(str)) - set(chosen["subject"].astype(str)))
    if not names:
        return {}, []
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else "")
    verb = "has" if len(names) == 1 else "have"
    sentence = (
        f"{counted(len(names), 'subject')} ({listed}) {verb} no features of {roi}, though of other regions, "
        "and cannot be predicted by this model."
    )
    found = derived(roi)
    if found is not None and found.kind == "habitat":
        sentence += (
            " A tumour that lacks a habitat is a finding and no gap: those who are left are a selection. "
            "The habitats' fractions (habitat_features.csv) have a value, 0, for these subjects too."
        )
    return dict.fromkeys(names, f"no features of {roi}, though of other regions"), [sentence]
