"""Subjects who have features, but none in the rows of the model: a tumour without a habitat is no gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from nbradiomics.cohort.derived_regions import derived
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.tables.rows import select


def without_region(
    features: pd.DataFrame, chosen: pd.DataFrame, wanted: Mapping[str, object]
) -> tuple[dict[str, str], list[str]]:
    """Find the subjects who have rows of other regions, or other rows, and none of the chosen ones.

    Parameters
    ----------
    features
        All rows.
    chosen
        The rows of the model.
    wanted
        The requested value of each index column; ``None`` for any.

    Returns
    -------
    reasons
        For each of them, the reason for which it is left out.
    sentences
        What a reader of the result must know; empty if there are none.
    """
    roi = wanted.get("roi")
    if roi is None or "roi" not in features:
        return {}, []
    requested = {name: value for name, value in wanted.items() if name != "roi" and value is not None}
    here = select(features, **requested)
    absent = set(features["subject"].astype(str)) - set(chosen["subject"].astype(str))
    other_regions = absent & set(here["subject"].astype(str))
    others = here.loc[[_is_beside(other, str(roi)) for other in here["roi"]], "subject"]
    # Without rows of other habitats it is not known who was divided.
    divided = other_regions & set(others.astype(str)) if len(others) else other_regions
    asked = ", ".join(f"{name} {value}" for name, value in requested.items())
    missing = f"no features of {roi}, though of other regions"
    elsewhere = f"no features of {asked}, though in other rows"
    reasons = {name: missing if name in other_regions else elsewhere for name in sorted(absent)}
    return reasons, list(_sentences(reasons, (missing, elsewhere), str(roi), divided))


def _is_beside(other: object, roi: str) -> bool:
    """Whether a region is another habitat of the tumour of a habitat."""
    one, asked = derived(str(other)), derived(roi)
    if one is None or asked is None or one == asked:
        return False
    return one.kind == asked.kind == "habitat" and one.region == asked.region


def _sentences(
    reasons: Mapping[str, str], kinds: Sequence[str], roi: str, divided: set[str]
) -> Iterator[str]:
    for reason in kinds:
        names = [name for name, own in reasons.items() if own == reason]
        if not names:
            continue
        verb = "has" if len(names) == 1 else "have"
        sentence = (
            f"{counted(len(names), 'subject')} ({shortened(names)}) {verb} {reason}, and cannot be predicted "
            "by this model."
        )
        found = derived(roi)
        if found is not None and found.kind == "habitat" and divided & set(names):
            sentence += (
                " A tumour that lacks a habitat is a finding and no gap: those who are left are a selection. "
                "The habitats' fractions (habitat_features.csv) have a value, 0, for these subjects too."
            )
            undivided = len(set(names) - divided)
            if undivided:
                sentence += f" {counted(undivided, 'subject')} of them could not be divided into habitats."
        yield sentence
