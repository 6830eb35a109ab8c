"""Audit the trial of an endpoint: costs, decisions and the verdict, from its table and the performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.evidence.audit.endpoint_files import EndpointFiles
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.replay import Replay
from nbradiomics.evidence.audit.same_table import differences
from nbradiomics.evidence.audit.same_value import value_differences
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.performance_schema import PERFORMANCE
from nbradiomics.outcome.trial.compared import UNEVEN
from nbradiomics.outcome.trial.decision import MARGIN, Estimate, above_chance, decide, margin_of
from nbradiomics.outcome.trial.permuted import Permuted
from nbradiomics.outcome.trial.verdict import QUESTION, verdict
from nbradiomics.outcome.trial_schema import CONTROLS, PERMUTED, REAL, SHAPE, VOLUME

#: Rows that are models of the evaluation, by the name of the model.
_MODELS = {REAL: "radiomic", VOLUME: "volume"}
#: A sentence that states a cause, which no table has.
_CAUSE = "of the outcome could not be evaluated"


def trial_findings(files: EndpointFiles, replay: Replay) -> Iterator[Finding]:
    """Check the table of a trial and its sentences; nothing without a trial."""
    told, table = files.summary.get("trial"), files.table(CONTROLS)
    if told is None and table is None:
        return
    if told is None or table is None:
        lacking = "summary.json says nothing of it" if told is None else "its table is missing"
        yield Finding("trial", "broken", f"There is a trial, but {lacking}.", files.file(CONTROLS))
        return
    table = table.assign(**{name: table[name].replace("", None) for name in ("decision", "note")})
    problems = differences(table, _again(table, files, replay, told), CONTROLS.key)
    problems += _subjects(table, len(replay.y))
    uneven = int(table["note"].fillna("").str.contains(UNEVEN, regex=False).sum())
    without = (
        f", without the costs of {counted(uneven, 'row')} with folds of only one model" if uneven else ""
    )
    holds = (
        f"{counted(len(table), 'row')}: costs, margins and decisions follow from the values and limits"
        f"{without}; the real features and the volume are those of performance.csv."
    )
    yield verdict_of("trial", problems, holds, files.file(CONTROLS))
    yield _told(table, files, replay, told)


def _again(
    table: pd.DataFrame, files: EndpointFiles, replay: Replay, told: Mapping[str, Any]
) -> pd.DataFrame:
    """The table with everything that follows from its other cells and from other tables."""
    by_name: dict[str, dict[Any, Any]] = {str(row["features"]): row for row in table.to_dict("records")}
    performance = files.table(PERFORMANCE)
    if performance is not None and REAL in by_name:
        _from_performance(by_name, performance, replay)
    for name, row in by_name.items():
        row["metric"] = replay.task.order
        if name == PERMUTED:
            spread = _permuted(told).spread(replay.settings.confidence)
            row |= {"value": spread.value, "low": spread.low, "high": spread.high}
        elif name != REAL and pd.notna(row["cost"]):
            _from_cells(row, by_name[REAL])
    return CONTROLS.table(list(by_name.values()))


def _subjects(table: pd.DataFrame, everybody: int) -> Iterator[str]:
    """Who is missing in the comparison of a control is said in its note."""
    for name, subjects, note in table[["features", "subjects", "note"]].itertuples(index=False):
        missing = counted(everybody - int(subjects), "subject")
        if (f"without {missing} who" in (note or "")) != (subjects < everybody):
            yield f"subjects of {name} are {subjects} of {everybody}, and its note does not say so"


def _from_performance(
    by_name: Mapping[str, dict[Any, Any]], performance: pd.DataFrame, replay: Replay
) -> None:
    of_order = performance[performance["metric"] == replay.task.order].set_index("model")
    refitted = pd.notna(by_name[REAL]["low"])  # quick intervals are no intervals of a trial
    for name, model in _MODELS.items():
        if name in by_name and model in of_order.index and pd.notna(by_name[name]["value"]):
            columns = ("value", "low", "high") if refitted else ("value",)
            by_name[name] |= {column: of_order.loc[model, column] for column in columns}
    gain = performance[performance["metric"] == f"{replay.task.order}_gain_over_volume"]
    gain = gain[gain["model"] == _MODELS[REAL]]
    if refitted and len(gain) and VOLUME in by_name:
        limits = {"cost_low": gain["low"].iloc[0], "cost_high": gain["high"].iloc[0]}
        by_name[VOLUME] |= limits
    by_name[REAL] |= {"real": by_name[REAL]["value"], "subjects": len(replay.y)}
    for name in (VOLUME, SHAPE, PERMUTED):
        if name in by_name:
            by_name[name]["subjects"] = len(replay.y)


def _from_cells(row: dict[Any, Any], real: Mapping[Any, Any]) -> None:
    """Compute what the other cells of a row give; a control of fewer subjects has a real value of its own."""
    same_subjects = row["subjects"] == real["subjects"]
    if same_subjects:
        row["real"] = real["value"]
    if UNEVEN not in (row["note"] or ""):
        row["cost"] = row["real"] - row["value"]
    row["margin"] = margin_of(row["real"])
    decision = decide(Estimate(row["cost"], row["cost_low"], row["cost_high"]), row["margin"])
    # The limits of the real features for fewer subjects are in no table.
    if same_subjects and not above_chance(Estimate(real["value"], real["low"], real["high"])):
        row["decision"] = None
    elif same_subjects or row["decision"] is not None:
        row["decision"] = decision


def _permuted(told: Mapping[str, Any]) -> Permuted:
    """Permutations with the mean, the standard error and the number that the summary states."""
    number, mean, error = (told.get(name) for name in ("permutations", "permuted_mean", "permuted_error"))
    values = np.full(int(number or 0), np.nan if mean is None else float(mean))
    if error is not None and len(values) > 1:
        apart = float(error) * np.sqrt(len(values) * (len(values) - 1) / 2)
        values[:2] += [apart, -apart]
    return Permuted(values, int(told.get("failed_permutations") or 0))


def _told(table: pd.DataFrame, files: EndpointFiles, replay: Replay, told: Mapping[str, Any]) -> Finding:
    """The verdict, its sentences and counts in the summary are those of the table."""
    task, confidence = replay.task, replay.settings.confidence
    first, *others = verdict(table, _permuted(told), task, confidence, task.informative_in(replay.y))
    noted = table[table["note"].notna()]
    judged = table[table["value"].notna()]["features"]
    made = {
        "verdict": first,
        "sentences": [text for text in others if _CAUSE not in text],
        "controls": [name for name in judged if name not in (REAL, VOLUME, SHAPE, PERMUTED)],
        "notes": {name: text for name, text in _notes(noted) if text},
        "margin": MARGIN,
    }
    ours = {name: told.get(name) for name in made}
    ours["sentences"] = [text for text in told.get("sentences", ()) if _CAUSE not in text]
    problems = value_differences(ours, made)
    summary = files.summary
    if summary.get("answers", {}).get(QUESTION) != told.get("verdict"):
        problems.append(f"the answer to {QUESTION!r} is not the verdict")
    missing = {told.get("verdict"), *told.get("sentences", ())} - set(summary.get("sentences", ()))
    problems += ["a sentence of the trial is not among those of the endpoint"] if missing else []
    holds = "The verdict of the trial, its sentences and counts are those of its table."
    return verdict_of("sentences", problems, holds, f"{files.place}summary.json")


def _notes(noted: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Notes as the summary has them: what is said of uneven folds stands in the table alone."""
    for name, note in noted[["features", "note"]].itertuples(index=False):
        yield name, "; ".join(part for part in note.split("; ") if UNEVEN not in part)
