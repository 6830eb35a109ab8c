"""Audit the outcome models of an endpoint: folds, figures, curves and counts, from the predictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.evidence.audit.drawing import drawing_findings
from nbradiomics.evidence.audit.endpoint_files import EndpointFiles
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.model_file import model_file_findings
from nbradiomics.evidence.audit.replay import Replay, replay_classes, replay_survival
from nbradiomics.evidence.audit.same_table import differences, same
from nbradiomics.evidence.audit.trial import trial_findings
from nbradiomics.evidence.prints import held_out_folds, training_problems
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.messages.wording import ORDER_NAMES, concordance, counted
from nbradiomics.outcome.baseline_table import median_follow_up
from nbradiomics.outcome.curve_schemas import (
    CALIBRATION,
    CLASS_CALIBRATION,
    CLASS_DECISION,
    DECISION,
    KAPLAN_MEIER,
)
from nbradiomics.outcome.curves import (
    calibration_table,
    class_calibration_table,
    class_decision_table,
    decision_table,
)
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.groups import kaplan_meier_table, majority_groups
from nbradiomics.outcome.performance import performance_table
from nbradiomics.outcome.performance_schema import PERFORMANCE
from nbradiomics.outcome.prediction_schemas import CLASS_PREDICTIONS, PREDICTED_SURVIVAL, PREDICTIONS
from nbradiomics.outcome.settings import TREES
from nbradiomics.outcome.subject_schemas import BASELINE, EXCLUDED
from nbradiomics.outcome.tasks import Survival
from nbradiomics.tables.schema import Schema

#: Metrics that need the predicted survival.
_OF_SURVIVAL = ("brier", "ibs", "observed_expected")

#: Survival nearer to 0 or 1 does not give back the risk, and difference of two forms of one risk.
_EDGE, _SAME_RISK = 1e-7, 1e-6


class EndpointAudit(EndpointFiles):
    """The audit of one endpoint, or of an external cohort of it.

    Parameters
    ----------
    folder, place
        The folder of results, and the folder of the endpoint in it, with a ``/`` at its end, or empty.
    external
        Whether the subjects are those of an external cohort.
    """

    def __init__(self, folder: ResultFolder, place: str, *, external: bool = False) -> None:
        super().__init__(folder, place)
        self.external = external
        schema = CLASS_PREDICTIONS if self.is_class else PREDICTIONS
        self.predictions_file = self.file(schema)
        self.predictions = self.table(schema)
        self.survival = None if self.is_class else self.table(PREDICTED_SURVIVAL)

    def findings(self) -> Iterator[Finding]:
        """Check everything that the predictions say."""
        if self.predictions is None or not self.summary:
            yield Finding("predictions", "open", "There are no predictions, or no summary.", self.place)
            return
        structure = self._structure(self.predictions)
        yield structure
        if structure.verdict == "broken":
            return
        yield from self._learned_from(self.predictions)
        replay = self._replay(self.predictions)
        yield from self._curves(replay)
        yield self._groups(replay)
        yield from self._risks(replay)
        yield self._counts(replay)
        yield self._sentences()
        yield from trial_findings(self, replay)
        yield from drawing_findings(self, replay)
        yield from model_file_findings(self, replay)
        yield self._performance(replay)  # last: its intervals take longest

    def _replay(self, predictions: pd.DataFrame) -> Replay:
        if self.is_class:
            return replay_classes(predictions, self.summary, external=self.external)
        return replay_survival(predictions, self.survival, self.summary, external=self.external)

    def _structure(self, table: pd.DataFrame) -> Finding:
        """Each subject is held out once in each repeat, with one outcome, and in both tables."""
        problems = []
        if not held_out_folds(table, "").disjoint:
            problems.append(
                "a subject is not held out exactly once in each repeat, in one fold for all models"
            )
        if set(table["model"]) != set(self.summary.get("models", ())):
            problems.append("its models are not those of summary.json")
        if not self.external and not self.summary.get("leave_out"):
            problems += self._numbers_of_folds(table)
        problems += _outcomes(table, is_class=self.is_class)
        if self.is_class:
            problems += _probabilities(table)
        elif self.survival is not None:
            problems += _survival(table, self.survival)
        repeats = counted(table["repeat"].nunique(), "repeat")
        holds = (
            f"Each of {counted(table['subject'].nunique(), 'subject')} is held out once in each of {repeats}."
        )
        return verdict_of("folds", problems, holds, self.predictions_file)

    def _numbers_of_folds(self, table: pd.DataFrame) -> list[str]:
        settings = self.summary.get("settings", {})
        found = {"repeats": table["repeat"].nunique(), "folds": table["fold"].nunique()}
        return [
            f"{name} of summary.json is {settings.get(name)}, the table has {number}"
            for name, number in found.items()
            if settings.get(name) != number
        ]

    def _learned_from(self, table: pd.DataFrame) -> Iterator[Finding]:
        learned = self.summary.get("learned_from") or {}
        if not learned.get("folds"):
            if not self.external:
                yield Finding(
                    "leakage", "open", "summary.json does not say from whom each fold learned.", self.place
                )
            return
        found = held_out_folds(table, str(learned.get("salt", "")))
        problems = training_problems(found.rows, learned["folds"])
        holds = (
            f"Each of {counted(len(learned['folds']), 'fold')} was fitted to just the subjects that it did "
            "not hold out, by the hash of the fitted rows."
        )
        yield verdict_of("leakage", problems, holds, f"{self.place}summary.json")

    def _performance(self, replay: Replay) -> Finding:
        table = self.table(PERFORMANCE)
        file = self.file(PERFORMANCE)
        if table is None:
            return Finding("performance", "open", "There is no performance.csv.", file)
        quick = not self.external and self.summary.get("intervals") == "quick"
        settings = replay.settings.changed(refits=0, bootstraps=replay.settings.bootstraps if quick else 100)
        again = performance_table(replay.data, replay.results, settings, replay.task, None)
        known = [True] * len(again)
        if not self.is_class and self.survival is None:
            known = (~again["metric"].isin(_OF_SURVIVAL)).tolist()
            table = table[~table["metric"].isin(_OF_SURVIVAL)]
        problems = differences(table, again[known], PERFORMANCE.key, () if quick else ("low", "high"))
        problems += _limits(table)
        with_limits = "with their intervals" if quick else "but not their intervals, which need the fitting"
        missing = "" if all(known) else f"; without {', '.join(_OF_SURVIVAL)}"
        figures = counted(len(table), "figure")
        holds = f"{figures} were computed again from the predictions ({with_limits}{missing})."
        return verdict_of("performance", problems, holds, file)

    def _curves(self, replay: Replay) -> Iterator[Finding]:
        """Calibration, decision and Kaplan-Meier curves, from the predictions."""
        for schema, again in self._computed_curves(replay):
            table = self.table(schema)
            if table is not None:
                problems = differences(table, again, schema.key)
                holds = f"{counted(len(table), 'row')} were computed again from the predictions."
                yield verdict_of("curves", problems, holds, self.file(schema))

    def _computed_curves(self, replay: Replay) -> Iterator[tuple[Schema, pd.DataFrame]]:
        data, results, task = replay.data, replay.results, replay.task
        if not isinstance(task, Survival):
            yield CLASS_CALIBRATION, class_calibration_table(data, results, task)  # type: ignore[arg-type]
            yield CLASS_DECISION, class_decision_table(data, results, task)  # type: ignore[arg-type]
            return
        if self.survival is not None:
            yield CALIBRATION, calibration_table(data, results, task.horizons)
            yield DECISION, decision_table(data, results, task.horizons)
        groups = {model: majority_groups(results, model, len(replay.y)) for model in replay.models}
        yield KAPLAN_MEIER, kaplan_meier_table(replay.y, groups, replay.settings.confidence)

    def _groups(self, replay: Replay) -> Finding:
        """In each fold everybody of high risk has a higher risk than everybody of low risk."""
        if self.is_class:
            return Finding(
                "groups", "holds", "The chosen classes are part of the figures.", self.predictions_file
            )
        problems = []
        for result in replay.results:
            high, low = result.risk[result.group == 1], result.risk[result.group == 0]
            if not result.failure and len(high) and len(low) and high.min() <= low.max():
                where = f"repeat {result.repeat}, fold {result.fold}, {result.model}"
                problems.append(f"{where}: a subject of low risk has a higher risk than one of high risk")
        holds = (
            "In each fold the groups are divided by the risk (the dividing risk itself is not in the table)."
        )
        return verdict_of("groups", problems, holds, self.predictions_file)

    def _risks(self, replay: Replay) -> Iterator[Finding]:
        """Risk and predicted survival say the same: they are two forms of one prediction."""
        if self.survival is None or not isinstance(replay.task, Survival) or replay.settings.method in TREES:
            return
        competing = "competing_events" in self.summary
        problems = []
        for result in replay.results:
            if not result.failure and not _agree(result, replay.task, competing=competing):
                where = f"repeat {result.repeat}, fold {result.fold}, {result.model}"
                problems.append(f"{where}: a risk is not that of the predicted survival")
        holds = "Risks and predicted survival are two forms of the same predictions."
        yield verdict_of("risks", problems, holds, self.predictions_file)

    def _counts(self, replay: Replay) -> Finding:
        """The numbers of summary.json are those of the tables."""
        told, y = self.summary, replay.y
        expected: dict[str, Any] = {"subjects": len(y)}
        if isinstance(replay.task, Survival):
            expected["events"] = int(y["event"].sum())
            expected["median_follow_up"] = median_follow_up(y)
            by_then = [int((y["event"] & (y["time"] <= time)).sum()) for time in told["horizons"]]
            expected["events_by_horizon"] = by_then
            if not self.external:
                expected["end"] = float(np.quantile(y["time"], 0.8))
        else:
            counts = np.bincount(y, minlength=len(replay.classes))
            expected["classes"] = {name: int(n) for name, n in zip(replay.classes, counts, strict=True)}
        size = told.get("sample_size") or {}
        excluded = self.table(EXCLUDED)
        if excluded is not None:
            expected["excluded"] = len(excluded)
        problems = [
            f"{name} of summary.json is {told.get(name)}, the tables have {value}"
            for name, value in expected.items()
            if not _equal(told.get(name), value)
        ]
        if size and size["subjects"] != replay.task.needed(y, size["candidates"]):
            problems.append("the needed sample size is another one")
        if excluded is not None and set(excluded["subject"]) & set(replay.subjects):
            problems.append("a subject is both analysed and excluded")
        problems += self._baseline(replay)
        holds = f"Numbers of summary.json ({', '.join(expected)}) are those of the tables."
        return verdict_of("numbers", problems, holds, f"{self.place}summary.json")

    def _baseline(self, replay: Replay) -> list[str]:
        table = None if self.is_class else self.table(BASELINE)
        if table is None or table.empty:
            return []
        first = table.iloc[0]
        told = [str(first[name]) for name in ("all", "with_event")]
        found = [str(len(replay.y)), str(int(replay.y["event"].sum()))]
        return [] if told == found else [f"baseline.csv counts {told[0]} subjects, {told[1]} with the event"]

    def _sentences(self) -> Finding:
        """The sentences of summary.json have the figures of performance.csv."""
        table, sentences = self.table(PERFORMANCE), " ".join(self.summary.get("sentences", ()))
        problems = []
        if table is not None and not self.external:
            order = "roc_auc" if self.is_class else "harrell_c"
            rows = table[(table["metric"] == order) & table["value"].notna()]
            for model, value in zip(rows["model"], rows["value"], strict=True):
                text = f"The {model} model reached a {ORDER_NAMES[order]} of {concordance(value, 2)}"
                if text not in sentences:
                    problems.append(f"no sentence says {text!r}")
        holds = "The sentences about the models have the figures of performance.csv."
        return verdict_of("sentences", problems, holds, f"{self.place}summary.json")


def _agree(result: FoldResult, task: Survival, *, competing: bool) -> bool:
    """Whether log(-log S) is the risk, up to the baseline hazard, which is the same for all subjects."""
    inside = np.clip(result.predicted, 1e-300, 1 - 1e-16)
    with np.errstate(divide="ignore"):
        baseline = np.log(-np.log(inside)) - result.risk[:, None]
    if competing:
        at_end = np.searchsorted(task.horizons.all, task.horizons.end)
        known = (inside[:, at_end] > _EDGE) & (inside[:, at_end] < 1 - _EDGE)
        return bool((np.abs(baseline[known, at_end]) < _SAME_RISK).all())
    # Where survival is near 0 or 1, its last digits do not give back the risk.
    known = (inside > _EDGE) & (inside < 1 - _EDGE)
    lowest, highest = (
        limit(np.where(known, baseline, none), axis=0)
        for limit, none in ((np.min, np.inf), (np.max, -np.inf))
    )
    several = known.sum(axis=0) > 1
    return bool((highest[several] - lowest[several] < _SAME_RISK).all())


def _limits(table: pd.DataFrame) -> list[str]:
    wrong = table[table["low"] > table["high"]]
    return [
        f"the lower limit of {row.model} {row.metric} is above the upper one" for row in wrong.itertuples()
    ]


def _outcomes(table: pd.DataFrame, *, is_class: bool) -> list[str]:
    keys = ["subject", "class"] if is_class else ["subject"]
    seen = ["observed"] if is_class else ["time", "event"]
    same = len(table[[*keys, *seen]].drop_duplicates()) == len(table[keys].drop_duplicates())
    return [] if same else ["a subject has several outcomes"]


def _probabilities(table: pd.DataFrame) -> list[str]:
    sums = table.groupby(["subject", "model", "repeat"])[["probability", "observed", "chosen"]].sum(
        min_count=1
    )
    problems = []
    if not np.isclose(sums["probability"].dropna(), 1, atol=1e-9).all():
        problems.append("the probabilities of a subject do not add up to 1")
    if not (sums["observed"] == 1).all() or not (sums["chosen"].dropna() == 1).all():
        problems.append("a subject has no class, or several")
    return problems


def _survival(predictions: pd.DataFrame, survival: pd.DataFrame) -> list[str]:
    keys = ["subject", "model", "repeat"]
    ours = predictions[keys].astype(str).sort_values(keys).to_numpy()
    theirs = survival[keys].astype(str).sort_values(keys).to_numpy()
    if ours.shape != theirs.shape or (ours != theirs).any():
        return ["predicted_survival.parquet has other subjects"]
    values = survival.drop(columns=keys).to_numpy(dtype="float64")
    problems = []
    if ((values < 0) | (values > 1)).any():
        problems.append("a predicted survival is not between 0 and 1")
    if (np.diff(values, axis=1) > 1e-9).any():
        problems.append("a predicted survival rises with time")
    return problems


def _equal(told: Any, value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return bool(told == value)
    return bool(same(pd.Series([told], dtype=object), pd.Series([value], dtype=object)).all())
