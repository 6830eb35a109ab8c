"""How often a subject changes its risk group, and how far its risk moves, when another mask is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from nbradiomics.outcome.drawing.masks import DEPENDENT, Drawing, sets_of
from nbradiomics.outcome.drawing_schema import DRAWING, DRAWING_GROUPS, DRAWING_SUBJECTS

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.drawing.risks import Risks

#: What a pair of all masks of a set is called.
ANY = "any of them"
#: Why there is no risk with a mask that is there.
FAILED = "the model failed in every fold"


def drawing_table(data: OutcomeData, drawings: Sequence[Drawing], risks: Risks) -> pd.DataFrame:
    """Risk and group of each subject, model and mask: columns of `drawing_schema.DRAWING`."""
    parts = []
    for model, name in enumerate(risks.models):
        for place, drawing in enumerate(drawings):
            part = pd.DataFrame({"subject": data.subjects})
            part["model"], part["kind"], part["reader"] = name, drawing.kind, drawing.reader
            part["reading"], part["variant"] = drawing.reading, drawing.variant
            part["risk"] = risks.risk[model, place]
            part["group"] = _names(data, risks.group[model, place])
            part["repeats"] = risks.share[model, place]
            failed = drawing.there & np.isnan(risks.group[model, place])
            part["absent"] = np.where(failed, FAILED, drawing.absent)
            parts.append(part)
    return DRAWING.table(pd.concat(parts, ignore_index=True))


def subject_table(data: OutcomeData, drawings: Sequence[Drawing], risks: Risks) -> pd.DataFrame:
    """Range of the risk of each subject over its masks: columns of `drawing_schema.DRAWING_SUBJECTS`."""
    rows: list[dict[str, Any]] = []
    places = {id(one): place for place, one in enumerate(drawings)}
    for model, name in enumerate(risks.models):
        for masks, base, members in sets_of(drawings):
            if len(members) < 2 or masks in DEPENDENT:  # no sample of what others would draw
                continue
            inside = [places[id(one)] for one in members]
            own = places[id(base)]
            group = risks.group[model][inside]
            known = np.isfinite(group)
            other = known & np.isfinite(risks.group[model, own]) & (group != risks.group[model, own])
            for subject, who in enumerate(data.subjects):
                of_subject = risks.risk[model][inside, subject][known[:, subject]]
                rows.append(
                    {"subject": who, "model": name, "masks": masks, "reader": base.reader}
                    | _range(of_subject, int(known[:, subject].sum()), alike=are_alike(members))
                    | {"risk": risks.risk[model, own, subject], "others": int(other[:, subject].sum())}
                    | {"group": _names(data, risks.group[model, own])[subject]}
                )
    return DRAWING_SUBJECTS.table(rows)


def are_alike(members: Sequence[Drawing]) -> bool:
    """Whether masks could be exchanged: variants of chosen sizes are no sample, draws of a contour are."""
    variants = {one.variant for one in members if one.kind == "perturbed"}
    letters = {re.sub("[0-9]", "", name) for name in variants}
    return not variants or (len(letters) == 1 and "v" not in letters.pop())


def _range(risks: np.ndarray, number: int, *, alike: bool) -> dict[str, Any]:
    """Lowest and highest risk over some masks, and how often a further one would lie between them.

    Of n + 1 exchangeable masks, the last one is neither the lowest nor the highest with probability
    (n - 1) / (n + 1), whatever the distribution (order statistics; Wilks 1941).
    """
    several = len(risks) > 1 and bool(np.isfinite(risks).all())
    low, high = (float(risks.min()), float(risks.max())) if several else (np.nan, np.nan)
    return {
        "number": number,
        "low": low,
        "high": high,
        "contains": (number - 1) / (number + 1) if several and alike else np.nan,
    }


def group_table(
    drawings: Sequence[Drawing], risks: Risks, confidence: float, *, limits: bool = True
) -> pd.DataFrame:
    """Subjects who change their group between two masks: columns of `drawing_schema.DRAWING_GROUPS`.

    Without `limits` the shares have no interval.
    """
    rows: list[dict[str, Any]] = []
    for model, name in enumerate(risks.models):
        for masks, first, second, groups in _pairs(drawings, risks.group[model]):
            known = np.isfinite(groups).all(axis=0)
            same = groups[:, known]
            changed = int((same != same[0]).any(axis=0).sum())
            named: dict[str, Any] = {"model": name, "masks": masks, "first": first, "second": second}
            rows.append(
                named
                | {"subjects": int(known.sum()), "without": int((~known).sum()), "changed": changed}
                | _share(changed, int(known.sum()), confidence)
                | _directions(same if second != ANY else same[:0])
            )
            if not limits:
                rows[-1] |= {"low": np.nan, "high": np.nan}
    return DRAWING_GROUPS.table(rows)


def _pairs(drawings: Sequence[Drawing], group: np.ndarray) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Yield what is compared: the set, the two masks and their groups, shape (masks, subjects)."""
    places = {id(one): place for place, one in enumerate(drawings)}
    readers = [one for one in drawings if one.kind == "reader"]
    for one, other in combinations(readers, 2):
        yield "readers", one.name, other.name, group[[places[id(one)], places[id(other)]]]
    for masks, base, members in sets_of(drawings):
        everybody = list(dict.fromkeys([places[id(base)], *(places[id(one)] for one in members)]))
        if masks != "readers":
            for other in members:
                if other is not base:
                    yield masks, base.name, other.name, group[[places[id(base)], places[id(other)]]]
        if len(everybody) > 2 and masks not in DEPENDENT:
            yield masks, base.name, ANY, group[everybody]


def _share(changed: int, subjects: int, confidence: float) -> dict[str, float]:
    """Share of the subjects, with Wilson's interval (JASA 1927;22:209)."""
    if not subjects:
        return dict.fromkeys(("share", "low", "high"), np.nan)
    limits = binomtest(changed, subjects).proportion_ci(confidence, method="wilson")
    return {"share": changed / subjects, "low": float(limits.low), "high": float(limits.high)}


def _directions(pair: np.ndarray) -> dict[str, float]:
    if len(pair) != 2:
        return {"to_higher": np.nan, "to_lower": np.nan}
    first, second = pair
    return {"to_higher": int((second > first).sum()), "to_lower": int((second < first).sum())}


def _names(data: OutcomeData, group: np.ndarray) -> list[str | None]:
    names = data.classes or ("low", "high")
    return [None if np.isnan(each) else names[int(each)] for each in group]
