"""What the comparison of risks between masks says, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.messages.wording import (
    against,
    concordance,
    counted,
    percent,
    share,
    signed,
)
from nbradiomics.outcome.drawing.changes import ANY
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.settings import OutcomeSettings

#: Models of which sentences speak; the tables have the volume too.
_TOLD = ("radiomic", "combined")
_SETS = {
    "readers": ("reader", "readers"),
    "readings": ("reading", "readings"),
    "folds": ("fold", "folds of the segmentation model"),
    "perturbed": ("perturbed mask", "perturbed masks"),
}
_ORDERS = {"harrell_c": "C", "roc_auc": "the ROC area"}


def drawing_sentences(
    summary: Mapping[str, Any],
    groups: pd.DataFrame,
    subjects: pd.DataFrame,
    transfer: pd.DataFrame,
    settings: OutcomeSettings,
) -> Iterator[str]:
    """Say what was done, who is missing, who changes groups, what the range is, and what is lost.

    Parameters
    ----------
    summary
        Entries of `DrawingResult.summary` but the sentences.
    groups, subjects, transfer
        Tables of the result.
    settings
        Settings of the evaluation.
    """
    reader = summary["reader"]
    yield (
        f"Each subject was predicted with each of its masks, out of fold: the models were fitted to the masks "
        f"of {reader} in the training subjects, and saw no mask of the predicted one. The cut-off between the "
        "groups is that of the evaluation."
    )
    yield from _absent(summary)
    for model in _TOLD:
        yield from _changes(groups[groups["model"] == model], model, reader, settings.confidence)
    yield from _ranges(subjects)
    yield from _losses(transfer, summary["transfer"], settings)


def _absent(summary: Mapping[str, Any]) -> Iterator[str]:
    for name, reasons in summary["absent"].items():
        missing = sum(reasons.values())
        if missing:
            why = "; ".join(f"{count} x {reason}" for reason, count in reasons.items())
            yield (
                f"With the masks of {name}, {missing} of {summary['subjects']} subjects have no risk ({why}): "
                "they do not count in its comparisons."
            )


def _changes(table: pd.DataFrame, model: str, reader: str, confidence: float) -> Iterator[str]:
    """Say who changes when another reader draws, and who is not in one group with all masks of a set."""
    columns = ("masks", "first", "second", "subjects", "changed", "low", "high")
    for masks, first, second, subjects, changed, low, high in table[list(columns)].itertuples(index=False):
        if not subjects:
            continue
        limits = f"{share(confidence)} interval over subjects {percent(low)} to {percent(high)}"
        many = f"{changed} of {counted(subjects, 'subject')} ({percent(changed / subjects)}; {limits})"
        verb = "changes" if changed == 1 else "change"
        if second == ANY:
            yield (f"The {model} model puts {many} not into the same group with all {_SETS[masks][1]}.")
        elif masks in ("readers", "readings") and reader in (first, second):
            other = second if first == reader else first
            draws = "segments" if other == AUTO else "draws"
            yield f"When {other} {draws} instead of {reader}, {many} {verb} the group of the {model} model."


def _ranges(subjects: pd.DataFrame) -> Iterator[str]:
    for masks, part in subjects[subjects["low"].notna()].groupby("masks", sort=False):
        most = int(part["number"].max())
        name = _SETS[str(masks)][0] if most == 1 else _SETS[str(masks)][1]
        contained = (most - 1) / (most + 1)
        condition = (
            "if they are independent draws from the same kind of change"
            if masks == "perturbed"
            else "if all draw alike"
        )
        yield (
            f"The range of a subject's risk over {most} {name} is the lowest and the highest risk of these "
            f"masks, no confidence interval: one more of the same kind would lie in it with a probability of "
            f"{percent(contained)}, {condition}."
        )


def _losses(transfer: pd.DataFrame, told: Mapping[str, Any], settings: OutcomeSettings) -> Iterator[str]:
    if told["missing"]:
        yield f"What is lost between readers was not computed: {told['missing']}"
        return
    if told["left_out"]:
        yield (
            f"What is lost between readers is judged in the {counted(told['subjects'], 'subject')} with masks "
            f"of all readers; {told['left_out']} lack one."
        )
    rows = transfer[transfer["model"].isin(_TOLD) & (transfer["trained"] != transfer["deployed"])]
    names = ("model", "trained", "deployed", "metric", "value", "loss", "loss_low", "loss_high")
    for model, trained, deployed, metric, value, loss, low, high in rows[list(names)].itertuples(index=False):
        if np.isnan(loss):
            yield f"What the {model} model loses between {trained} and {deployed} is undefined."
            continue
        form = against(signed, 0)
        limits = "no interval"
        verdict = ""
        if np.isfinite(low):
            limits = f"{share(settings.confidence)} interval {form(low, 2)} to {form(high, 2)}"
            verdict = ": a loss" if low > 0 else ": a gain" if high < 0 else ": no loss was shown"
        yield (
            f"Fitted to the masks of {trained} and used with those of {deployed}, the {model} model has "
            f"{_ORDERS[metric]} {concordance(value)}; it loses {form(loss, 2)} against its use with the masks "
            f"of {trained} ({limits}){verdict}."
        )
    if told["failed_refits"]:
        yield f"{counted(told['failed_refits'], 'bootstrap sample')} of the readers could not be fitted."
