"""What the comparison of risks between masks says, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.messages.wording import (
    against,
    concordance,
    counted,
    number,
    percent,
    share,
    signed,
)
from nbradiomics.outcome.drawing.changes import ANY
from nbradiomics.outcome.drawing.masks import DEPENDENT
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.settings import OutcomeSettings

#: Models of which sentences speak, and the one of which pairs are told; the tables have all.
_TOLD = ("radiomic", "combined")
_MAIN = "radiomic"
_SETS = {
    "readers": "readers",
    "readings": "readings",
    "folds": "folds of the segmentation model",
    "perturbed": "perturbed masks",
}
#: Sets of which each pair with the models' reader is told.
_PAIRS = ("readers", "readings", *DEPENDENT)
#: So many masks are named in one sentence.
_NAMED = 4
_ORDERS = {"harrell_c": "a C", "roc_auc": "a ROC area"}


def drawing_sentences(
    summary: Mapping[str, Any],
    groups: pd.DataFrame,
    subjects: pd.DataFrame,
    transfer: pd.DataFrame,
    settings: OutcomeSettings,
    *,
    is_class: bool = False,
) -> dict[str, list[str]]:
    """Say what was done, who changes the risk group, who is missing, what the range is, and what is lost.

    Parameters
    ----------
    summary
        Entries of `DrawingResult.summary` but the sentences.
    groups, subjects, transfer
        Tables of the result.
    settings
        Settings of the evaluation.
    is_class
        Whether the groups are predicted classes.

    Returns
    -------
    dict
        ``leading``, what must be said first, and ``sentences``, all of them.
    """
    first = _leading(summary["reader"], groups, settings, is_class=is_class)
    leading = [*first, *filter(None, [summary["unknown_training"]])]
    return {
        "leading": leading,
        "sentences": [*leading, *_further(summary, groups, subjects, transfer, settings)],
    }


def _further(
    summary: Mapping[str, Any],
    groups: pd.DataFrame,
    subjects: pd.DataFrame,
    transfer: pd.DataFrame,
    settings: OutcomeSettings,
) -> Iterator[str]:
    reader = summary["reader"]
    made = summary["made_from_others"]
    if made:
        yield (
            f"{made} of {summary['subjects']} masks of {reader} were made from others (edited automatic "
            "masks, or a consensus): they differ less from these than what somebody draws anew."
        )
    yield from _absent(summary)
    for model, count in summary["failed"].items():
        yield f"The {model} model could not be fitted for {count} of {summary['subjects']} subjects."
    for kind, why in summary["unused"].items():
        yield f"Masks of kind {kind} are not compared: {why}."
    for row in groups[groups["second"] == ANY].to_dict("records"):
        if row["model"] in _TOLD and row["subjects"]:
            many = _counted_changes(row, settings.confidence)
            are = "is" if row["changed"] == 1 else "are"
            yield f"{many} {are} not in one group with all {_SETS[row['masks']]} ({row['model']} model)."
    yield from _ranges(subjects)
    yield from _losses(transfer, summary, settings)


def _leading(
    reader: str, groups: pd.DataFrame, settings: OutcomeSettings, *, is_class: bool = False
) -> Iterator[str]:
    """Say what was done, and who changes the risk group (or the predicted class) with another mask."""
    yield (
        f"Each subject was predicted with each of its masks by models that were fitted to the masks of "
        f"{reader} in the training subjects of the fold, and saw no mask of the predicted subject. The "
        "groups have the cut-off of the evaluation."
    )
    for row in groups[groups["model"] == _MAIN].to_dict("records"):
        pair = row["first"], row["second"]
        if row["masks"] in _PAIRS and row["subjects"] and reader in pair and ANY not in pair:
            other = pair[1] if pair[0] == reader else pair[0]
            many = _counted_changes(row, settings.confidence)
            verb = "changes" if row["changed"] == 1 else "change"
            when = _instead(row["masks"], other, reader)
            group = "predicted class" if is_class else "risk group"
            yield f"When {when}, {many} {verb} the {group} ({_MAIN} model)."


def _counted_changes(row: Mapping[Any, Any], confidence: float) -> str:
    """Write how many subjects change: ``4 of 40 subjects (10 %; 95 % interval 4 % to 23 %)``."""
    changed, subjects, low, high = (row[name] for name in ("changed", "subjects", "low", "high"))
    limits = f"; {share(confidence)} interval {percent(low)} to {percent(high)}" if low == low else ""
    return f"{changed} of {counted(subjects, 'subject')} ({percent(changed / subjects)}{limits})"


def _absent(summary: Mapping[str, Any]) -> Iterator[str]:
    alike: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for name, reasons in summary["absent"].items():
        alike.setdefault(tuple(reasons.items()), []).append(name)
    for reasons, names in alike.items():
        missing = sum(count for _, count in reasons)
        if missing:
            why = "; ".join(f"{count} x {reason}" for reason, count in reasons)
            these = "; ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if names[_NAMED:] else "")
            yield (
                f"With the masks of {these}, {missing} of {summary['subjects']} subjects have no risk "
                f"({why}); they cannot count in its comparisons."
            )


def _instead(masks: str, other: str, reader: str) -> str:
    """Say whose mask takes the place of that of the models' reader."""
    maker = other.split(f", {masks}")[0]
    if masks == "edited":
        return f"{maker} edits the automatic mask instead of {reader} drawing one"
    if masks == "consensus":
        return f"the consensus {maker} takes the place of {reader}"
    if masks == "readings":
        return f"the mask of {other} takes the place of that of {reader}"
    return f"{other} {'segments' if other == AUTO else 'draws'} instead of {reader}"


def _ranges(subjects: pd.DataFrame) -> Iterator[str]:
    for masks, part in subjects[subjects["low"].notna()].groupby("masks", sort=False):
        most, contains = int(part["number"].max()), float(part["contains"].max())
        up_to = "up to " if part["number"].min() < most else ""
        yield (
            f"The range of a subject's risk over {up_to}{most} {_SETS[str(masks)]} is the lowest and the "
            f"highest risk of these masks, and no confidence interval: {range_text(contains)}."
        )


def range_text(contains: float) -> str:
    """Say what a range contains."""
    if np.isnan(contains):
        return "the masks have chosen sizes and are no sample of what others would draw"
    chance = percent(contains)
    return f"one more of the same kind would lie in it with a probability of {chance}, if all draw alike"


def _losses(transfer: pd.DataFrame, summary: Mapping[str, Any], settings: OutcomeSettings) -> Iterator[str]:
    told, reader = summary["transfer"], summary["reader"]
    if told["missing"]:
        yield f"What is lost between readers was not computed: {told['missing']}"
        return
    if told["left_out"]:
        yield (
            f"What is lost between readers is judged in the {counted(told['subjects'], 'subject')} with "
            f"masks of all of them; {told['left_out']} lack one."
        )
    rows = transfer[(transfer["model"] == _MAIN) & (transfer["trained"] != transfer["deployed"])]
    rows = rows[(rows["trained"] == reader) | (rows["deployed"] == reader)]
    names = ("trained", "deployed", "metric", "value", "loss", "loss_low", "loss_high")
    for trained, deployed, metric, value, loss, low, high in rows[list(names)].itertuples(index=False):
        fitted = f"Fitted to the masks of {trained} and used with those of {deployed}, the {_MAIN} model"
        if np.isnan(value):
            yield f"{fitted} could not be judged."
            continue
        lost = _lost(loss, low, high, settings.confidence)
        yield f"{fitted} has {_ORDERS[metric]} of {concordance(value)}, {lost}."
    if told["failed_refits"]:
        lost = counted(told["failed_refits"], "bootstrap sample")
        yield f"{lost} of the readers could not be fitted ({told['cause'].rstrip('.')})."


def _lost(loss: float, low: float, high: float, confidence: float) -> str:
    """Say what is lost against the masks that the model was fitted to."""
    if loss == 0:
        text = "as with the masks that it was fitted to"
    else:
        verb = "less" if loss > 0 else "more"
        text = f"{number(abs(loss), 3)} {verb} than with the masks that it was fitted to"
    if np.isnan(low):
        return f"{text} (no interval)"
    form = against(signed, 0)
    limits = f"{share(confidence)} interval of the loss {form(low, 2)} to {form(high, 2)}"
    verdict = "a loss" if low > 0 else "a gain" if high < 0 else "no loss was shown"
    return f"{text} ({limits}): {verdict}"
