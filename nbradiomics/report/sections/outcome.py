"""Outcome models, one part per endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.report.content import Block, Details, Heading, Sentences, Table, Text
from nbradiomics.report.figures.forest import draw_forest
from nbradiomics.report.figures.survival import Curve, draw_survival
from nbradiomics.report.run_files import Endpoint, Run, rows_of
from nbradiomics.report.text import MISSING, counted, interval, number, p_value, ratio

C_INDEX = "harrell_c"
GAIN = "harrell_c_gain_over_clinical"
_NAMES = {C_INDEX: "Harrell's C-index", GAIN: "Gain in C-index over clinical"}
_MOST_FEATURES = 15


def outcome_blocks(run: Run) -> tuple[Block, ...]:
    """Every endpoint: discrimination, survival by risk group, selected features."""
    blocks: list[Block] = []
    for endpoint in run.endpoints:
        blocks.append(Heading(f"Endpoint {endpoint.name}"))
        parts = (_header(endpoint), _performance(endpoint), _survival(endpoint), _selection(endpoint))
        blocks.extend(block for part in parts for block in part)
        blocks.extend(_excluded(endpoint.excluded))
    return tuple(blocks)


def _header(endpoint: Endpoint) -> list[Block]:
    summary = endpoint.summary
    if not summary:
        return []
    people = f"{summary.get('subjects', MISSING)} subjects, {summary.get('events', MISSING)} events"
    columns = f"time {summary.get('time', MISSING)}, event {summary.get('event', MISSING)}"
    sentences = summary.get("sentences")
    if isinstance(sentences, list) and sentences:
        return [Sentences(tuple(map(str, sentences)))]
    return [Text(f"{people} ({columns}).")]


def c_indices(performance: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """C-index of each model with the limits of its interval."""
    rows = performance[performance["metric"] == C_INDEX]
    return {
        model: (value, low, high)
        for model, value, low, high in rows_of(rows, "model", "value", "low", "high")
    }


def _performance(endpoint: Endpoint) -> list[Block]:
    if endpoint.performance is None:
        return [Text("Performance: not part of this run.", tone="note")]
    rows = tuple(
        (model, _NAMES.get(metric, metric), _estimate(metric, *limits))
        for model, metric, *limits in rows_of(endpoint.performance, "model", "metric", "value", "low", "high")
    )
    table = Table(("Model", "Metric", "Estimate [interval]"), rows, text_columns=2)
    values = c_indices(endpoint.performance)
    if not any(np.isfinite(value[0]) for value in values.values()):
        return [table]
    told = "; ".join(f"{model} {interval(*value)}" for model, value in values.items())
    caption = ("Harrell's C-index of the cross-validated risk with its interval; 0.5 is no discrimination.",)
    return [draw_forest(values, alt=f"C-index by model: {told}.", caption=caption), table]


def _estimate(metric: str, value: float, low: float, high: float) -> str:
    return interval(value, low, high, form=number if metric == GAIN else ratio)


def _survival(endpoint: Endpoint) -> list[Block]:
    table = endpoint.kaplan_meier
    if table is None or table.empty:
        return [Text("Kaplan-Meier curves: not part of this run.", tone="note")]
    blocks: list[Block] = []
    untested: list[str] = []
    for model in table["model"].unique():
        own = table[table["model"] == model]
        curves = [_curve(str(group), rows) for group, rows in own.groupby("group", sort=True)]
        people = ", ".join(f"{curve.group} {curve.people}" for curve in curves)
        separation = _separation(endpoint.summary, str(model))
        if not separation:
            untested.append(str(model))
        told = f"Model {model}: Kaplan-Meier estimate by cross-validated risk group, with confidence bands."
        caption = (told, separation) if separation else (told,)
        axis = str(endpoint.summary.get("time", "time"))
        alt = f"Kaplan-Meier curves of the risk groups of the model {model}; subjects at the start: {people}."
        blocks.append(draw_survival(curves, time_label=axis, alt=alt, caption=caption))
    return [*blocks, Text(_no_p(untested), tone="note")] if untested else blocks


def _curve(group: str, rows: pd.DataFrame) -> Curve:
    columns = ("time", "survival", "low", "high", "at_risk")
    ordered = rows.sort_values("time")
    return Curve(group, *(ordered[name].to_numpy(dtype=float) for name in columns))


def _separation(summary: Mapping[str, Any], model: str) -> str:
    """P value of the risk groups with how it was made; empty where there is none."""
    permuted = summary.get("permutation_p")
    p = permuted.get(model) if isinstance(permuted, Mapping) else None
    if not isinstance(p, (int, float)):
        return ""
    settings = summary.get("settings")
    times = settings.get("permutations") if isinstance(settings, Mapping) else None
    how = f"{times} permutations of the outcome" if times else "permutations of the outcome"
    return (
        f"Separation of the groups: p {_equals(p)} ({how}, the whole cross-validation fitted anew each time)."
    )


def _no_p(models: Sequence[str]) -> str:
    return (
        f"No p value for the risk groups of {', '.join(models)}: a plain log-rank p is not valid for groups "
        "that come from cross-validation, because the groups of different folds depend on each other's "
        "outcomes. Ask for permutations to have one."
    )


def _equals(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _selection(endpoint: Endpoint) -> list[Block]:
    table = endpoint.selection
    if table is None:
        return [Text("Selected features: not part of this run.", tone="note")]
    if table.empty:
        return [Text("No feature entered a model.")]
    blocks: list[Block] = []
    for model in table["model"].unique():
        own = table[table["model"] == model].sort_values("frequency", ascending=False, kind="stable")
        top = own[own["frequency"] > 0].head(_MOST_FEATURES)
        rest = own.drop(index=top.index)
        blocks.append(_features(top, f"Model {model}: what entered it, by how often"))
        if len(rest):
            blocks.append(
                Details(f"Model {model}: {counted(len(rest), 'more column')}", (_features(rest, ""),))
            )
    return blocks


def _features(rows: pd.DataFrame, caption: str) -> Table:
    columns = ("feature", "frequency", "coefficient")
    cells = tuple(
        (feature, _percent(frequency), number(coefficient, 3))
        for feature, frequency, coefficient in rows_of(rows, *columns)
    )
    return Table(("Feature or covariate", "Share of folds", "Mean log hazard ratio"), cells, caption=caption)


def _percent(share: float) -> str:
    return f"{number(100 * share, 0)} %" if np.isfinite(share) else MISSING


def _excluded(excluded: pd.DataFrame | None) -> list[Block]:
    if excluded is None or excluded.empty:
        return []
    rows = tuple(rows_of(excluded, "subject", "reason"))
    title = f"{counted(len(rows), 'subject')} left out"
    return [Details(title, (Table(("Subject", "Reason"), rows, text_columns=2),))]
