"""The trial of the radiomic model: the real features against negative controls, the volume and the shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.facts import number_or_none
from nbradiomics.outcome.trial.compared import Comparison, compare, known, scored, value_of
from nbradiomics.outcome.trial.control_rows import Control, controls_of, read_controls
from nbradiomics.outcome.trial.decision import MARGIN, Estimate, above_chance, decide, margin_of
from nbradiomics.outcome.trial.permuted import Permuted, permuted
from nbradiomics.outcome.trial.verdict import QUESTION, WARNING, verdict
from nbradiomics.outcome.trial_schema import CONTROLS, PERMUTED, REAL, SHAPE, VOLUME
from nbradiomics.settings import spread
from nbradiomics.tables.feature_kinds import shape_names
from nbradiomics.tables.same_parameters import COLUMN as PARAMETERS, parameter_hashes, require_same

if TYPE_CHECKING:
    from nbradiomics.outcome.result import OutcomeResult
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task

_MODEL = "radiomic"
#: Order of the controls in the table; others follow.
_ORDER = ("shuffled", "random", "neighbourhood", "displaced", "ring", "whole")


@spread(execution=Execution)
def try_outcome(
    result: OutcomeResult,
    controls: pd.DataFrame | None = None,
    *,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> OutcomeResult:
    """Try the radiomic model of an evaluation: what does it know beyond the volume?

    The same model is fitted with the same settings, folds and bootstrap samples to other features of the same
    subjects: those of each negative control, the volume alone, the shape alone. What each of them costs has a
    paired interval, and a cost counts as none only if its upper limit is below a margin. Beside them the
    outcome is permuted 40 times.

    Parameters
    ----------
    result
        Result of :func:`nbradiomics.outcome.evaluate_outcome`. What it computed is not computed again.
    controls
        Feature table of negative controls, column ``variant`` ``control-NAME``. Without it, volume, shape and
        permuted outcome are tried alone.
    execution
        Processes, progress display, and the workspace of the evaluation.

    Returns
    -------
    OutcomeResult
        The same result with the table `trial`, the key ``trial`` of the summary, one more answer, and the
        verdict among its sentences.

    Raises
    ------
    InputError
        When the result is that of an external validation, or no row of the controls belongs to its rows.

    Examples
    --------
    >>> asked = {"time": "os_days", "event": "os_event", "reader": "A", "folds": 2, "repeats": 2}
    >>> tried = try_outcome(evaluate_outcome(features, clinical, **asked, bootstraps=0))
    >>> tried.summary["answers"]["What does the model know?"]  # doctest: +SKIP
    """
    if result.final is None or result.evaluated is None:
        raise InputError(
            "only the result of a cross-validation can be tried; this one has no folds.",
            "Give the result of evaluate_outcome.",
        )
    data, final = result.final.prepared.data, result.final
    tables = {}
    if controls is not None:
        ours, theirs = final.prepared.rows.get(PARAMETERS, ()), parameter_hashes(controls)
        require_same(ours, theirs, first="the features", second="the controls")
        found_tables = read_controls(controls, final.prepared.chosen, data.radiomic)
        tables = {name: found_tables[name] for name in sorted(found_tables, key=_place)}
    trial = _Trial(result, final.settings, final.task, execution)
    found = trial.run(controls_of(data, tables, final.settings, final.task))
    return _told(result, found, final.task, final.settings.confidence)


def _place(name: str) -> tuple[int, str]:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER), name


@dataclass(frozen=True)
class Found:
    """Comparisons by the name of the features, and what is to be said of those without one."""

    real: Estimate
    compared: Mapping[str, Comparison]
    notes: Mapping[str, str]
    permuted: Permuted
    subjects: int
    events: int


class _Trial:
    """Scores sets of features, each once."""

    def __init__(
        self, result: OutcomeResult, settings: OutcomeSettings, task: Task, execution: Execution
    ) -> None:
        assert result.final is not None
        assert result.evaluated is not None
        self.data, self.evaluated = result.final.prepared.data, result.evaluated
        self.settings, self.task, self.execution = settings, task, execution.within("trial")
        self.real = known(self.evaluated, _MODEL, task)

    def run(self, controls: Mapping[str, Control]) -> Found:
        data = self.data
        sets: dict[str, Callable[[], Comparison]] = {
            name: partial(self._control, name, control)
            for name, control in controls.items()
            if control.changed
        }
        if data.volume:
            volume = known(self.evaluated, VOLUME, self.task)
            sets[VOLUME] = lambda: compare(data.y, self.real, volume, self.task, self.settings.confidence)
        if (shape := _of_shape(data)) is not None:
            sets[SHAPE] = partial(self._other, SHAPE, shape)
        notes = {name: control.note for name, control in controls.items() if control.note}
        compared = {}
        for name, comparison in sets.items():
            try:
                compared[name] = comparison()
            except NbradiomicsError as error:  # one set never ends the trial of the others
                notes[name] = "; ".join(filter(None, [notes.get(name), f"failed: {error.problem}"]))
        real = value_of(data.y, self.real, self.task, self.settings.confidence)
        chance = permuted(data, self.settings, self.task, self.execution)
        return Found(real, compared, notes, chance, len(data.y), self.task.informative_in(data.y))

    def _control(self, name: str, control: Control) -> Comparison:
        assert control.data is not None
        assert control.changed is not None
        whole = control.data is self.data
        real = self.real if whole else self._scored(f"real features of {name}", control.data)
        other = self._scored(name, control.changed)
        return compare(control.data.y, real, other, self.task, self.settings.confidence)

    def _other(self, name: str, data: OutcomeData) -> Comparison:
        return compare(data.y, self.real, self._scored(name, data), self.task, self.settings.confidence)

    def _scored(self, name: str, data: OutcomeData) -> Any:
        return scored(data, self.settings, _MODEL, self.task, self.execution.within(name))


def _of_shape(data: OutcomeData) -> OutcomeData | None:
    """The same subjects with the features of the shape; None if these are all features, or the volume."""
    names = shape_names(data.radiomic)
    others = set(names) - {data.volume}
    return replace(data, radiomic=names) if others and len(names) < len(data.radiomic) else None


def _told(result: OutcomeResult, found: Found, task: Task, confidence: float) -> OutcomeResult:
    """Add the trial to a result."""
    table = trial_table(found, task, confidence)
    first, *others = verdict(table, found.permuted, task, confidence, found.events)
    summary = dict(result.summary)
    summary["trial"] = {
        "verdict": first,
        "sentences": others,
        "controls": [name for name in found.compared if name not in (VOLUME, SHAPE)],
        "notes": dict(found.notes),
        "margin": MARGIN,
        "permutations": len(found.permuted.values),
        "failed_permutations": found.permuted.failed,
        "permuted_mean": number_or_none(_mean(found.permuted)),
        "permuted_error": number_or_none(found.permuted.error),
    }
    summary["answers"] = {**summary["answers"], QUESTION: first}
    summary["sentences"] = [*summary["sentences"], first, *others]
    warnings = [text for text in others if text.startswith(WARNING)]
    summary["leading"] = [*summary["leading"], *warnings]
    return replace(result, trial=table, summary=summary)


def _mean(permutations: Permuted) -> float:
    return float(permutations.values.mean()) if len(permutations.values) else np.nan


def trial_table(found: Found, task: Task, confidence: float) -> pd.DataFrame:
    """Table with the columns of `CONTROLS`."""
    rows: list[dict[str, Any]] = [{"features": REAL, **_limits(found.real), "real": found.real.value}]
    for name in sorted({*found.notes, *found.compared}, key=_place_of_row):
        row: dict[str, Any] = {"features": name, "note": found.notes.get(name)}
        if name in found.compared:
            row |= _row(found.compared[name])
            row["note"] = "; ".join(filter(None, [row["note"], found.compared[name].note])) or None
        rows.append(row)
    rows.append({"features": PERMUTED, **_limits(found.permuted.spread(confidence))})
    return CONTROLS.table([{"metric": task.order, "subjects": found.subjects, **row} for row in rows])


def _place_of_row(name: str) -> tuple[int, int, str]:
    """Controls first, then volume and shape."""
    last = (VOLUME, SHAPE).index(name) + 1 if name in (VOLUME, SHAPE) else 0
    return last, *_place(name)


def _limits(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _row(compared: Comparison) -> dict[str, Any]:
    cost, margin = compared.cost, margin_of(compared.real.value)
    return {
        "subjects": compared.subjects,
        **_limits(compared.value),
        "real": compared.real.value,
        "cost": cost.value,
        "cost_low": cost.low,
        "cost_high": cost.high,
        "margin": margin,
        "decision": decide(cost, margin) if above_chance(compared.real) else None,
    }
