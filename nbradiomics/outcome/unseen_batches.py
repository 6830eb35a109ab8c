"""Batches that no training subject of a fold has: which, how many subjects, and what the rule says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.request import check_design
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.outcome.harmonisation import Harmonisation

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData

#: What happens to subjects of an unseen batch, by the rule.
_BY_RULE = {
    "estimate": "their shift was estimated from the features of these subjects themselves, all together and "
    "without outcomes, so that the results are no results for single patients of a new batch",
    "keep": "their features stayed as they are",
}


def unseen_batches(
    harmonisation: Harmonisation,
    known: Sequence[str] | pd.Index,
    new: Sequence[str] | pd.Index,
    columns: Sequence[str] | None = None,
) -> Iterator[tuple[str, str, int]]:
    """Yield column, level and number of new subjects of each level that no known subject has.

    The columns are those of the batches, if no others are named.
    """
    before, after = harmonisation.of(known), harmonisation.of(new)
    for column in harmonisation.asked.batch if columns is None else columns:
        fresh = after[column][~after[column].isin(before[column].unique())]
        for level, count in fresh.value_counts().sort_index().items():
            yield column, str(level), int(count)


def check_unseen(data: OutcomeData, splits: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]]) -> None:
    """Refuse folds whose held-out subjects have a batch of their own, unless a rule says what is done.

    Raises
    ------
    InputError
        As `refuse_unseen`, or when the training subjects of a fold cannot tell batches and covariates apart.
    """
    if data.harmonisation is not None:
        names = data.frame.index
        pairs = [(names[train], names[test]) for folds in splits for train, test in folds]
        refuse_unseen(data.harmonisation, pairs)
        for train, _ in pairs:
            check_training(data.harmonisation, train)


def check_training(harmonisation: Harmonisation, training: Sequence[str] | pd.Index) -> None:
    """Check that the training subjects of a fold can tell the covariates of the harmonisation apart.

    Raises
    ------
    InputError
        When a covariate is determined by their batches, or there are too few for so many columns.
    """
    if not harmonisation.asked.covariates:
        return
    try:
        check_design(harmonisation.of(training), harmonisation.asked)
    except InputError as error:
        raise InputError(
            f"the harmonisation cannot be fitted to the training subjects of a fold: {error.problem}",
            error.remedy,
        ) from error


def refuse_unseen(
    harmonisation: Harmonisation,
    pairs: Sequence[tuple[pd.Index, pd.Index]],
    *,
    who: str = "held-out subjects",
) -> None:
    """Refuse unseen batches, unless a rule says what is done with them.

    Parameters
    ----------
    harmonisation
        Batches and the rule.
    pairs
        Training and predicted subjects of each fold.
    who
        Name of the predicted subjects in the messages.

    Raises
    ------
    InputError
        When the rule is to refuse, when too few subjects would have to estimate their own shift, or when no
        training subject has the reference batch.
    """
    asked = harmonisation.asked
    reference = asked.reference_batch
    if reference is not None and any(
        not (harmonisation.of(known)[asked.batch[0]] == reference).any() for known, _ in pairs
    ):
        raise InputError(
            f"the reference batch {reference!r} has no training subject in a fold.",
            "Leave out the reference batch, or choose one that every fold has.",
        )
    found = [each for known, new in pairs for each in unseen_batches(harmonisation, known, new)]
    if asked.unseen == "refuse" and found:
        raise InputError(
            f"{who} have a batch that no subject of the models has: {_listed(found)}. No batch effect is "
            "known for them.",
            "Merge small levels, leave these subjects out, or say what is done with an unseen level: unseen: "
            "keep (their features stay as they are) or estimate (from the features of its own subjects).",
        )
    few = [each for each in found if each[2] < asked.least_subjects]
    if asked.unseen == "estimate" and few:
        raise InputError(
            f"too few {who} have an unseen batch to estimate its shift: {_listed(few)}; "
            f"{asked.least_subjects} or more were expected.",
            "Merge small levels, lower least_subjects, or use unseen: keep.",
        )


def _listed(found: Sequence[tuple[str, str, int]]) -> str:
    most: dict[str, int] = {}
    for column, level, count in found:
        name = f"{column} {level!r}"
        most[name] = max(count, most.get(name, 0))
    return shortened(f"{name} ({counted(count, 'subject')})" for name, count in most.items())


def unseen_counts(
    harmonisation: Harmonisation,
    pairs: Sequence[tuple[pd.Index, pd.Index]],
    columns: Sequence[str] | None = None,
) -> dict[str, dict[str, dict[str, int]]]:
    """Count, for each column and unseen level, the folds and the most subjects of it in one of them.

    Parameters
    ----------
    harmonisation
        Batches.
    pairs
        Training and held-out subjects of each fold.
    columns
        Columns of levels; the batch columns, if none are named.
    """
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for known, new in pairs:
        for column, level, number in unseen_batches(harmonisation, known, new, columns):
            one = counts.setdefault(column, {}).setdefault(level, {"folds": 0, "subjects": 0})
            one["folds"] += 1
            one["subjects"] = max(number, one["subjects"])
    return counts


def unseen_sentences(
    harmonisation: Harmonisation, counts: Mapping[str, Mapping[str, Mapping[str, Any]]], *, where: str
) -> Iterator[str]:
    """Say which batches were unseen, how many subjects they have, and what was done with them."""
    for column, levels in counts.items():
        listed = shortened(
            f"{level} ({counted(one['subjects'], 'subject')})" for level, one in levels.items()
        )
        rule = _BY_RULE[harmonisation.asked.unseen]
        yield f"Batches of {column} without a training subject {where}: {listed}; {rule}."
