"""Who was held out in which fold, by prints of the names: did a fold learn from those whom it judges?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nbradiomics.outcome.learned_from import prints_by_name, set_print


@dataclass(frozen=True)
class HeldOut:
    """Who was held out in which fold.

    Attributes
    ----------
    repeats, folds, subjects
        Numbers of repeats, of folds in each, and of subjects.
    disjoint
        Whether each subject was held out exactly once in each repeat, in the same fold for each model.
    rows
        ``[print, [fold in repeat 1, fold in repeat 2 ...]]`` of each subject, sorted, so that the order says
        nothing; 0 for a repeat in which a subject was not held out exactly once.
    """

    repeats: int
    folds: int
    subjects: int
    disjoint: bool
    rows: list[list[Any]]


def held_out_folds(predictions: pd.DataFrame, salt: str) -> HeldOut:
    """Read who was held out from a table of predictions.

    Parameters
    ----------
    predictions
        Columns ``subject, model, repeat, fold``; for classes also ``class``.
    salt
        Salt of the prints.
    """
    keys = ["subject", "model", "repeat", *(["class"] if "class" in predictions else [])]
    once = not predictions.duplicated(keys).any()
    pairs = predictions[["subject", "repeat", "fold"]].drop_duplicates()
    sizes = pairs.groupby(["subject", "repeat"])["fold"].agg(["size", "first"])
    folds = sizes["first"].where(sizes["size"] == 1, 0).unstack(fill_value=0)
    models = predictions["model"].nunique() * (
        predictions["class"].nunique() if "class" in predictions else 1
    )
    complete = once and len(predictions) == folds.size * models
    prints = prints_by_name(folds.index, salt)
    rows = sorted(
        [prints[str(name)], [int(fold) for fold in of]]
        for name, of in zip(folds.index, folds.to_numpy(), strict=True)
    )
    return HeldOut(
        repeats=folds.shape[1],
        folds=int(folds.to_numpy().max(initial=0)),
        subjects=len(folds),
        disjoint=bool(complete and (folds.to_numpy() > 0).all()),
        rows=rows,
    )


def training_problems(rows: Sequence[Sequence[Any]], folds: Sequence[Mapping[str, Any]]) -> list[str]:
    """Compare the hash of the rows that each fold was fitted to with that of the subjects not held out.

    Parameters
    ----------
    rows
        As in `HeldOut.rows`.
    folds
        ``repeat, fold, subjects, sha256`` of each fold, as `outcome.learned_from` records them.

    Returns
    -------
    list of str
        What does not agree; empty if no fold learned from a subject that it held out.
    """
    problems = []
    for one in folds:
        repeat, fold = int(one["repeat"]), int(one["fold"])
        others = [name for name, of in rows if not (repeat <= len(of) and of[repeat - 1] == fold)]
        if one["subjects"] != len(others) or one["sha256"] != set_print(others):
            problems.append(f"repeat {repeat}, fold {fold}: other subjects were learned from")
    wanted = {(repeat, fold) for _, of in rows for repeat, fold in enumerate(of, start=1)}
    told = {(int(one["repeat"]), int(one["fold"])) for one in folds}
    problems += [f"repeat {repeat}, fold {fold}: not recorded" for repeat, fold in sorted(wanted - told)]
    return problems
