"""The answer in words: does it work, by how much, and may one believe it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import against, concordance, counted, number, share, signed
from nbradiomics.outcome.added_value import GainTest
from nbradiomics.outcome.added_value_text import verdict_with_p
from nbradiomics.outcome.tasks import Task

#: The question that the calibration answers.
RIGHT_SIZE = "Do the predicted differences have the right size?"
#: Said of a verdict from a quick interval.
_IF_WIDER = " by the quick interval, which is too narrow: repeat it with refits 100"


def answers(
    performance: pd.DataFrame,
    task: Task,
    sizes: Mapping[str, int],
    confidence: float,
    *,
    refitted: bool,
    tests: Mapping[str, GainTest] | None = None,
) -> dict[str, str]:
    """Answer what a reader asks first.

    Parameters
    ----------
    performance
        Table with the columns of `outcome.performance_schema.PERFORMANCE`.
    task
        Kind of outcome.
    sizes
        ``subjects``, ``events`` (of classes: subjects of the smallest one), ``candidates`` (columns before
        any selection) and ``needed`` (subjects).
    confidence
        Confidence of the intervals.
    refitted
        Whether the intervals include the fitting; quick ones are too narrow for a verdict, which is said.
    tests
        Conditional permutation tests, by gain.

    Returns
    -------
    dict
        Answer by question.
    """
    told = model_answers(performance, task, confidence, refitted=refitted, tests=tests)
    return {**told, enough_question(task): _enough(sizes, task)}


def model_answers(
    performance: pd.DataFrame,
    task: Task,
    confidence: float,
    *,
    refitted: bool,
    tests: Mapping[str, GainTest] | None = None,
) -> dict[str, str]:
    """Answer what follows from the performance alone; the parameters are those of `answers`."""
    values = _Values(performance, task, confidence, refitted, tests or {})
    over_clinical, over_volume = task.gains
    return {
        "Does it work?": " ".join(_works(values)),
        "Better than the clinical data?": values.gain(
            over_clinical,
            "No covariates were named, so this was not assessed.",
        ),
        "Better than the volume alone?": values.gain(
            over_volume,
            "The feature table has no volume beside other features, so this was not assessed.",
        ),
        RIGHT_SIZE: _calibrated(values)
        if ("calibration_slope", None) in task.metrics
        else "See the calibration of each class: there is no single slope for several classes."
        if task.order == "roc_auc"
        else "See the calibration curve: there is no slope with competing events.",
    }


def enough_question(task: Task) -> str:
    """Return the question whether the cohort is large enough."""
    return f"Were there enough {task.informative[1]}?"


def compared(task: Task) -> dict[str, str]:
    """Say what each gain is."""
    over_clinical, over_volume = task.gains
    return {
        over_clinical: f"Adding the features to the covariates changed {task.order_short} by",
        over_volume: f"Compared with the volume alone, the features changed {task.order_short} by",
    }


class _Values:
    """Values of a performance table with their intervals in words."""

    def __init__(
        self,
        performance: pd.DataFrame,
        task: Task,
        confidence: float,
        refitted: bool,
        tests: Mapping[str, GainTest],
    ) -> None:
        self.tests, self.test_level = tests, round(1 - confidence, 10)
        self.task = task
        self.level = f"{'' if refitted else 'quick '}{share(confidence)} interval"
        self.refitted = refitted
        self._rows = {
            (str(model), str(metric)): (float(value), float(low), float(high))
            for model, metric, value, low, high in zip(
                *(performance[name] for name in ("model", "metric", "value", "low", "high")), strict=True
            )
        }
        self.models = list(dict.fromkeys(model for model, _ in self._rows))

    def of(self, model: str, metric: str) -> tuple[float, float, float]:
        return self._rows.get((model, metric), (np.nan, np.nan, np.nan))

    def gain(self, metric: str, absent: str) -> str:
        found = [limits for (_, name), limits in self._rows.items() if name == metric]
        if not found:
            return absent
        value, low, high = found[0]
        if np.isnan(value):
            return "This could not be computed."
        form = against(signed, 0)
        text = f"{compared(self.task)[metric]} {form(value, 2)}"
        test = self.tests.get(metric)
        if np.isnan(low):
            tested = verdict_with_p("", value, test, self.test_level)
            return f"{text} (no interval){': ' if tested else ''}{tested}."
        if low > 0:
            verdict = f"a gain{'' if self.refitted else _IF_WIDER}"
        else:
            verdict = "a loss" if high < 0 else "no gain was shown"
        verdict = verdict_with_p(verdict, value, test, self.test_level)
        return f"{text} ({self.level} {form(low, 2)} to {form(high, 2)}): {verdict}."


def _works(values: _Values) -> Iterator[str]:
    for model in ("radiomic", "combined"):
        value, low, high = values.of(model, values.task.order)
        if model not in values.models:
            continue
        if np.isnan(value):
            yield f"The {model} model could not be judged."
            continue
        limits = f"{values.level} {concordance(low)} to {concordance(high)}"
        measured = f"{values.task.order_name} of {concordance(value)}"
        text = f"The {model} model ranked new subjects with a {measured}"
        if np.isnan(low):
            yield f"{text} (no interval); 0.5 is chance."
        elif low > 0.5:
            yield f"{text} ({limits}): better than chance{'' if values.refitted else _IF_WIDER}."
        else:
            yield f"{text} ({limits}): not shown to be better than chance, which is 0.5."


def _calibrated(values: _Values) -> str:
    model = "combined" if "combined" in values.models else "radiomic"
    slope, low, high = values.of(model, "calibration_slope")
    if np.isnan(slope):
        return f"The calibration slope of the {model} model could not be computed."
    # With an interval that excludes 1, the side decides; without one, a fifth away from 1 is far.
    small, large = (1.0, 1.0) if np.isfinite(low) else (0.8, 1.25)
    meaning = (
        "the interval includes 1, so no error was shown"
        if low <= 1 <= high
        else "they contain no information"
        if slope <= 0
        else "predicted differences between subjects are too large (the model is overfitted)"
        if slope < small
        else "predicted differences between subjects are too small"
        if slope > large
        else "predicted differences between subjects have about the right size"
    )
    form = against(number, 1)
    limits = f"{values.level} {form(low, 2)} to {form(high, 2)}" if np.isfinite(low) else "no interval"
    text = f"The calibration slope of the {model} model is {form(slope, 2)} ({limits})"
    return f"{text}, 1 is right: {meaning}."


def _enough(sizes: Mapping[str, int], task: Task) -> str:
    events = counted(sizes["events"], *task.informative)
    columns = counted(sizes["candidates"], "candidate column")
    needed = f"{sizes['needed']:,} subjects are needed for a shrinkage of 0.9 (Riley et al. 2019)"
    if sizes["subjects"] >= sizes["needed"]:
        return f"Yes: {events} for {columns}; {needed}."
    return f"No: {events} in {sizes['subjects']:,} subjects for {columns}; {needed}."
