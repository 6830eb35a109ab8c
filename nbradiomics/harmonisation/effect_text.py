"""Batch effects before and after a harmonisation, in numbers and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nbradiomics.harmonisation.site_effects import SiteEffects
from nbradiomics.messages.wording import counted, p_text, ratio

#: Level of the tests of single features, corrected for all of them.
LEVEL = 0.05
STATES = ("before", "after")


def effect_facts(effects: SiteEffects | None) -> dict[str, Any]:
    """Batch effects in numbers, ready for JSON; empty if they were not measured.

    Returns
    -------
    dict
        By batch column and state (``before``, ``after``): ``features`` that could be tested, ``different``
        (features whose location differs, Holm), ``rescaled`` (features whose scale differs, Holm), ``share``
        (median share of the variance), ``subjects`` of whom it is measured, ``balanced_accuracy``, ``chance``
        and ``p`` (None without permutations) of a classifier that tells the batch. By covariate and state:
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
            "rescaled": int((part["scale_holm"] < LEVEL).sum()),
            "share": _median(part["location_share"]),
            "balanced_accuracy": float(row["balanced_accuracy"]),
            "chance": float(row["chance"]),
            "p": None if pd.isna(row["p"]) else float(row["p"]),
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


def effect_sentences(facts: Mapping[str, Any], who: str = "subjects") -> Iterator[str]:
    """Say how much of the batch effects is left, and of the effects of the covariates."""
    for column, states in facts.get("batches", {}).items():
        before, after = (states[state] for state in STATES)
        yield (
            f"Differences between the levels of {column}, on {before['subjects']} {who} who did not fit the "
            f"harmonisation: {before['different']} of {before['features']} features before it, "
            f"{after['different']} after it; different scales: {before['rescaled']} before it, "
            f"{after['rescaled']} after it (Holm, 5 %); a classifier tells the {column} with a balanced "
            f"accuracy of {_accuracy(before)} before it, {_accuracy(after)} after it (chance "
            f"{ratio(before['chance'])})."
        )
    for name, states in facts.get("covariates", {}).items():
        before, after = (states[state] for state in STATES)
        yield (
            f"Features related to {name} (p below 0.05, not corrected), on the same subjects: "
            f"{before['related']} of {before['features']} before the harmonisation, {after['related']} "
            "after it; by chance alone it would be 5 % of all."
        )


def _accuracy(state: Mapping[str, Any]) -> str:
    return ratio(state["balanced_accuracy"]) + ("" if state["p"] is None else f" ({p_text(state['p'])})")


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


def measured_subjects(state: Mapping[str, Any]) -> str:
    """Name the number of subjects on whom effects were measured; facts of earlier versions lack it."""
    return counted(state["subjects"], "subject") if "subjects" in state else "subjects"
