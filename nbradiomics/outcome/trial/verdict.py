"""The verdict of a trial in words: what does the model know?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import against, concordance, counted, number, share
from nbradiomics.outcome.trial_schema import (
    COSTS,
    GAINS,
    NO_COST,
    REAL,
    SHAPE,
    SMALL,
    VOLUME,
    WITHIN_MARGIN,
)

if TYPE_CHECKING:
    from nbradiomics.outcome.tasks import Task
    from nbradiomics.outcome.trial.permuted import Permuted

QUESTION = "What does the model know?"
SHUFFLED, RANDOM = "shuffled", "random"
#: What the features of each control are, for the subject of a sentence.
_FEATURES = {
    SHUFFLED: "Shuffling the voxels inside the region (no texture)",
    RANDOM: "Drawing the voxels at random from the region's range (neither histogram nor texture)",
    "neighbourhood": "Drawing the voxels from the tissue around the region",
    "ring": "A ring around the region instead of the region",
    "displaced": "The same mask at another place",
    "whole": "The whole image instead of the region",
    VOLUME: "The volume alone",
    SHAPE: "The shape alone",
}


class _Words:
    """Costs of a table in words."""

    def __init__(self, table: pd.DataFrame, task: Task, confidence: float) -> None:
        columns = ["value", "low", "high", "cost", "cost_low", "cost_high", "margin"]
        numbers = table.set_index("features")[columns]
        self.rows: dict[str, dict[str, float]] = {
            str(name): {column: float(row[column]) for column in columns} for name, row in numbers.iterrows()
        }
        decided = table.loc[table["decision"].notna(), ["features", "decision"]]
        self.decisions = dict(zip(decided["features"], decided["decision"], strict=True))
        self.task, self.level = task, share(confidence)

    def decision(self, name: str) -> str | None:
        """Decision about a set of features; None if there is none."""
        return self.decisions.get(name)

    def cost(self, name: str) -> str:
        """``costs 0.01 [-0.02, 0.03] of C``; the limits stay on their side of 0 and of the margin."""
        row = self.rows[name]
        form = against(number, 0, row["margin"])
        low, high = form(row["cost_low"], 2), form(row["cost_high"], 2)
        return f"costs {form(row['cost'], 2)} [{low}, {high}] of {self.task.order_short}"

    def margin(self, name: str) -> str:
        """Largest cost that counts as none."""
        return number(self.rows[name]["margin"], 2, beside=(0,))


def verdict(
    table: pd.DataFrame, permuted: Permuted, task: Task, confidence: float, events: int
) -> Iterator[str]:
    """Say what the model knows; the first sentence is the verdict.

    Parameters
    ----------
    table
        Table with the columns of `outcome.trial_schema.CONTROLS`.
    permuted
        Scores with permuted outcomes.
    task
        Kind of outcome.
    confidence
        Confidence of the intervals.
    events
        Number of events, or of subjects of the smallest class.
    """
    words = _Words(table, task, confidence)
    named, headline = _headline(words, events)
    yield headline
    if named:
        yield (
            f"Intervals are {words.level} intervals, each by itself. A cost counts as none if its "
            f"upper limit is below {words.margin(named[0])}; that an interval includes 0 shows nothing."
        )
    for name in words.decisions:
        if name not in named:
            yield _sentence(words, name)
    for name, note in table.loc[table["note"].notna(), ["features", "note"]].itertuples(index=False):
        yield f"Control {name}: {note}."
    yield from permuted_sentences(permuted, task, confidence)


def _headline(words: _Words, events: int) -> tuple[tuple[str, ...], str]:
    """The verdict, and the sets of features that it names."""
    real, order = words.rows[REAL], words.task.order_name
    value = f"{order} of {concordance(real['value'])}"
    if not np.isfinite(real["value"]):
        return (), "No verdict: the radiomic model could not be judged."
    if not np.isfinite(real["low"]):
        return (), (
            f"No verdict: the radiomic model has a {value} without an interval that includes the fitting. "
            "Set refits to 100."
        )
    if not real["low"] > 0.5:
        limits = f"{concordance(real['low'])}, {concordance(real['high'])}"
        return (), (
            f"No verdict: the radiomic model was not shown to be better than chance ({value} [{limits}]), so "
            "that there is nothing that a control could take away."
        )
    shuffled, volume = words.decision(SHUFFLED), words.decision(VOLUME)
    if shuffled is None:
        return _of_volume(words, volume, events)
    if shuffled == COSTS:
        return (SHUFFLED,), f"The model needs texture: shuffling the voxels {words.cost(SHUFFLED)}."
    if shuffled not in WITHIN_MARGIN and volume in WITHIN_MARGIN:
        return (SHUFFLED, VOLUME), (
            f"The volume alone would do: it {words.cost(VOLUME)}. Whether the model needs texture was not "
            f"decided (shuffling the voxels {words.cost(SHUFFLED)})."
        )
    if shuffled not in WITHIN_MARGIN:
        return (SHUFFLED,), _not_decided(
            "the model needs texture", f"shuffling the voxels {words.cost(SHUFFLED)}", words, events
        )
    return _without_texture(words, volume)


def _without_texture(words: _Words, volume: str | None) -> tuple[tuple[str, ...], str]:
    shuffled = f"shuffling the voxels {words.cost(SHUFFLED)}"
    # A texture may carry less than the margin: no verdict must deny it.
    bound = f"but for less than {words.margin(SHUFFLED)} of {words.task.order_short}"
    if volume is None:
        return (SHUFFLED,), (
            f"What the model knows is volume, shape or the distribution of the intensities, {bound}: "
            f"{shuffled}."
        )
    alone = f"the volume alone {words.cost(VOLUME)}"
    if volume in WITHIN_MARGIN:
        return (SHUFFLED, VOLUME), f"What the model knows is volume, {bound}: {shuffled}, and {alone}."
    if volume == COSTS:
        rest = {COSTS: "the distribution of the intensities", **dict.fromkeys(WITHIN_MARGIN, "shape")}
        what = rest.get(words.decision(RANDOM) or "", "shape or the distribution of the intensities")
        return (SHUFFLED, VOLUME), (
            f"What the model knows is no texture, {bound} ({shuffled}), and more than volume ({alone}): "
            f"{what}."
        )
    return (SHUFFLED, VOLUME), (
        f"What the model knows is no texture, {bound} ({shuffled}); whether it is volume alone was not "
        f"decided ({alone})."
    )


def _of_volume(words: _Words, volume: str | None, events: int) -> tuple[tuple[str, ...], str]:
    """The verdict where the shuffled control was not compared."""
    if volume is None:
        return (), "No verdict: there is neither a shuffled control nor a volume beside other features."
    alone = f"the volume alone {words.cost(VOLUME)}"
    without = "The control shuffled would say whether the rest is texture."
    if volume == COSTS:
        return (VOLUME,), f"The model knows more than the volume: {alone}. {without}"
    if volume in WITHIN_MARGIN:
        return (VOLUME,), (
            f"The volume alone would do: it {words.cost(VOLUME)}. Whether the features know anything else "
            "was not tried, without the control shuffled."
        )
    return (VOLUME,), _not_decided("the model knows more than the volume", alone, words, events, VOLUME)


def _not_decided(what: str, cost: str, words: _Words, events: int, name: str = SHUFFLED) -> str:
    return (
        f"It was not decided whether {what}: {cost}, which may be none and may be {words.margin(name)} or "
        f"more. {counted(events, *words.task.informative)} are too few for a verdict."
    )


def _sentence(words: _Words, name: str) -> str:
    meaning = {
        COSTS: "the real features know more",
        SMALL: f"the real features know more, by less than {words.margin(name)}",
        NO_COST: f"less than {words.margin(name)}, so that nothing is lost",
        GAINS: "the model is better with it",
    }
    told = meaning.get(words.decision(name) or "", "not decided")
    return f"{_FEATURES.get(name, f'The control {name}')} {words.cost(name)}: {told}."


def permuted_sentences(permuted: Permuted, task: Task, confidence: float) -> Iterator[str]:
    """Say what permuted outcomes give; a mean above chance begins with a warning."""
    if permuted.failed:
        cause = f" ({permuted.cause.rstrip('.')})" if permuted.cause else ""
        yield f"{counted(permuted.failed, 'permutation')} of the outcome could not be evaluated{cause}."
    spread = permuted.spread(confidence)
    if not np.isfinite(spread.low):
        return
    limits = f"{concordance(spread.low)} and {concordance(spread.high)}"
    told = (
        f" permuted outcomes the {task.order_name} of the model is {concordance(spread.value)} on average "
        f"({counted(len(permuted.values), 'permutation')}, standard error {permuted.error:.3f}; single ones "
        f"lie between {limits} in {share(confidence)})"
    )
    if not permuted.exceeds_chance:
        yield f"With{told}."
        return
    yield (
        f"{WARNING}: with{told}. It should be 0.5: the evaluation itself brings the outcome into the "
        "predictions, and no other number of it can be trusted."
    )


#: How a sentence begins that tells of an error of the procedure.
WARNING = "PERMUTED OUTCOMES ARE PREDICTED"
