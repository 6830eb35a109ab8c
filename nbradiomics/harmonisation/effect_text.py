"""Batch effects before and after a harmonisation, in numbers and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nbradiomics.harmonisation.site_effects import SiteEffects
from nbradiomics.messages.wording import counted, ratio

#: Level of the tests of single features, corrected for all of them.
LEVEL = 0.05
STATES = ("before", "after")


def effect_facts(effects: SiteEffects | None) -> dict[str, Any]:
    """Batch effects in numbers, ready for JSON; empty if they were not measured.

    Returns
    -------
    dict
        By batch column and state (``before``, ``after``): ``features`` that could be tested, ``different``
        (features whose location differs, Holm), ``share`` (median share of the variance),
        ``balanced_accuracy`` and ``chance`` of a classifier that tells the batch, and its ``subjects``. By
        covariate and state:
        ``features``, ``related`` (p below 0.05, not corrected), ``share`` (median).
    """
    if effects is None:
        return {}
    told = {(row["batch_column"], row["state"]): row for row in effects.separability.to_dict("records")}
    batches: dict[str, Any] = {}
    for (column, state), part in effects.features.groupby(["batch_column", "state"], sort=False):
        row = told[column, state]
        batches.setdefault(str(column), {})[str(state)] = {
            "features": int(part["location_p"].notna().sum()),
            "different": int((part["location_holm"] < LEVEL).sum()),
            "share": _median(part["location_share"]),
            "balanced_accuracy": float(row["balanced_accuracy"]),
            "chance": float(row["chance"]),
            "subjects": int(row["subjects"]),
        }
    covariates: dict[str, Any] = {}
    for (name, state), part in effects.covariates.groupby(["covariate", "state"], sort=False):
        covariates.setdefault(str(name), {})[str(state)] = {
            "features": int(part["p"].notna().sum()),
            "related": int((part["p"] < LEVEL).sum()),
            "share": _median(part["share"]),
        }
    return {"batches": batches, "covariates": covariates}


def effect_sentences(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say how much of the batch effects is left, and of the effects of the covariates."""
    for column, states in facts.get("batches", {}).items():
        before, after = (states[state] for state in STATES)
        yield (
            f"Differences between the levels of {column}, on {measured_subjects(before)} who did not fit the "
            "harmonisation: "
            f"{before['different']} of {before['features']} features before it, {after['different']} after "
            f"it (Holm, 5 %); a classifier tells the {column} with a balanced accuracy of "
            f"{ratio(before['balanced_accuracy'])} before it, {ratio(after['balanced_accuracy'])} after it "
            f"(chance {ratio(before['chance'])})."
        )
    for name, states in facts.get("covariates", {}).items():
        before, after = (states[state] for state in STATES)
        yield (
            f"Features related to {name} (p below 0.05, not corrected), on the same subjects: "
            f"{before['related']} of {before['features']} before the harmonisation, {after['related']} "
            "after it; by chance alone it would be 5 % of all."
        )


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


def measured_subjects(state: Mapping[str, Any]) -> str:
    """Name the number of subjects on whom effects were measured; facts of earlier versions lack it."""
    return counted(state["subjects"], "subject") if "subjects" in state else "subjects"
