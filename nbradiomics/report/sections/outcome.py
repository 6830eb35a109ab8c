"""Outcome models, one part per endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import (
    MISSING,
    against,
    concordance,
    counted,
    interval,
    number,
    p_text,
    p_value,
    share,
)
from nbradiomics.report.content import Block, Details, Gallery, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.figures.forest import draw_forest
from nbradiomics.report.figures.survival import Curve, draw_survival
from nbradiomics.report.run_files import Endpoint, Run, rows_of
from nbradiomics.report.sections.missing_parts import (
    absent_blocks,
    could_not,
    failed_endpoints,
    failed_validations,
)
from nbradiomics.report.sections.outcome_drawing import drawing_blocks
from nbradiomics.report.sections.outcome_groups import risk_group_blocks
from nbradiomics.report.sections.outcome_harmonisation import harmonisation_blocks
from nbradiomics.report.sections.outcome_metrics import GAINS, metric_blocks
from nbradiomics.report.sections.outcome_model_file import model_file_blocks
from nbradiomics.report.sections.outcome_probabilities import probability_blocks
from nbradiomics.report.sections.outcome_ratios import ratio_blocks
from nbradiomics.report.sections.outcome_selection import selection_blocks
from nbradiomics.report.sections.outcome_short import DRAWN, drawing_answer
from nbradiomics.report.sections.outcome_sites import site_blocks
from nbradiomics.report.sections.outcome_trial import trial_blocks

#: Metrics of the order of the subjects, by which models are compared, with their names.
ORDERS = {"harrell_c": "Harrell's C-index", "roc_auc": "ROC area"}
_NAMES = {**ORDERS, **GAINS}
_BASELINE = "Numbers: median (quartiles); levels: count (share of the known values)."
_OTHER_SUBJECTS = (
    "Here the models were fitted to all subjects of this study and judged on those of {cohort}. No "
    "result of this part is cross-validated."
)
_OF_FIRST_COHORT = "Risk group: high if the risk is above the median risk of the cohort of the models."


def outcome_blocks(run: Run) -> tuple[Block, ...]:
    """Blocks of every endpoint: discrimination, survival by risk group, selected features.

    External validations of an endpoint come after its cross-validation, each under a heading of its own.
    """
    blocks: list[Block] = []
    failed, unvalidated = failed_endpoints(run), failed_validations(run)
    if failed or unvalidated or any(not endpoint.is_class for endpoint in run.endpoints):
        blocks.append(Text(_time_zero(run)))
    endpoints = {endpoint.name: endpoint for endpoint in run.endpoints}
    for name in dict.fromkeys((*endpoints, *failed, *unvalidated)):
        endpoint = endpoints.get(name, Endpoint(name))
        causes = unvalidated.get(name, {})
        within = ": cross-validation within this cohort" if endpoint.validations or causes else ""
        blocks.append(Heading(f"Endpoint {name}{within}"))
        blocks.extend(absent_blocks(could_not(failed[name])) if name in failed else endpoint_blocks(endpoint))
        for cohort, validation in endpoint.validations.items():
            blocks.append(Heading(_external(name, cohort)))
            blocks.append(Text(_OTHER_SUBJECTS.format(cohort=cohort), tone="note"))
            blocks.extend(endpoint_blocks(validation))
        for cohort, cause in causes.items():
            blocks.append(Heading(_external(name, cohort)))
            blocks.extend(absent_blocks(could_not(cause)))
    return tuple(blocks)


def _external(endpoint: str, cohort: str) -> str:
    return f"Endpoint {endpoint}: external validation on {cohort}"


def endpoint_blocks(endpoint: Endpoint) -> list[Block]:
    """Blocks of the models of one cross-validation or external validation, the answers first.

    Then what was predicted and how well, whether it is real, whether it depends on who drew the masks, and
    the models as a file.

    A paper shows the pictures and the tables with a name.
    """
    parts = (
        _header(endpoint),
        _baseline(endpoint),
        _excluded(endpoint.excluded),
        _performance(endpoint),
        metric_blocks(endpoint),
        site_blocks(endpoint),
        harmonisation_blocks(endpoint),
        probability_blocks(endpoint),
        [] if endpoint.is_class else _survival(endpoint),
        ratio_blocks(endpoint),
        selection_blocks(endpoint),
        # Each of these has a heading of its own.
        trial_blocks(endpoint),
        drawing_blocks(endpoint),
        model_file_blocks(endpoint),
    )
    return [block for part in parts for block in part]


def _time_zero(run: Run) -> str:
    study = run.provenance.get("study")
    outcome = study.get("outcome") if isinstance(study, Mapping) else None
    timepoint = outcome.get("timepoint") if isinstance(outcome, Mapping) else None
    which = f" (timepoint {timepoint})" if timepoint else ""
    return f"Times to an event or to censoring are assumed to start at the scan that was analysed{which}."


def _header(endpoint: Endpoint) -> list[Block]:
    summary = endpoint.summary
    if not summary:
        return []
    people = ", ".join(_amount(summary.get(f"{name}s"), name) for name in ("subject", "event"))
    columns = f"time {summary.get('time', MISSING)}, event {summary.get('event', MISSING)}"
    blocks: list[Block] = []
    answers = summary.get("answers")
    if isinstance(answers, Mapping) and answers:
        told = {str(question): str(answer) for question, answer in answers.items()}
        told |= {DRAWN: drawn} if (drawn := drawing_answer(endpoint)) else {}
        blocks.append(Table(("Question", "Answer"), tuple(told.items()), 2))
    sentences = summary.get("sentences")
    if isinstance(sentences, list) and sentences:
        return [*blocks, *_told(list(map(str, sentences)), summary.get("leading"))]
    return [*blocks, Text(f"{people} ({columns}).")]


def _told(sentences: Sequence[str], leading: object) -> list[Block]:
    """Show the sentences that a reader must not miss, and fold the others."""
    first = [str(text) for text in leading] if isinstance(leading, list) else []
    others = tuple(text for text in sentences if text not in first)
    if not first or not others:
        return [Sentences(tuple(sentences))]
    title = f"How it was done, and what it means: {counted(len(others), 'sentence')}"
    return [Sentences(tuple(dict.fromkeys(first))), Details(title, (Sentences(others),))]


def _class_baseline(table: pd.DataFrame) -> list[Block]:
    names = list(dict.fromkeys(table["class"].fillna("")))
    cells: dict[str, dict[str, str]] = {}
    for variable, level, name, value, _ in rows_of(table.fillna(""), *table.columns):
        cells.setdefault(f"{variable} = {level}" if level else str(variable), {})[name] = str(value)
    rows = tuple((title, *(of.get(name, "") for name in names)) for title, of in cells.items())
    heading = ("", *(str(name) or "All" for name in names))
    return [
        Details("Who the subjects are", (Table(heading, rows, name="baseline"), Text(_BASELINE, tone="note")))
    ]


def _baseline(endpoint: Endpoint) -> list[Block]:
    if endpoint.class_baseline is not None:
        return _class_baseline(endpoint.class_baseline)
    table = endpoint.baseline
    if table is None or table.empty:
        return []
    if not endpoint.has_competing:
        table = table.drop(columns="competing_event", errors="ignore")
    rows = tuple(
        (f"{variable} = {level}" if level else str(variable), *cells, str(missing or ""))
        for variable, level, *cells, missing in rows_of(table.fillna(""), *table.columns)
    )
    competing = ["With a competing event"] if endpoint.has_competing else []
    heading = ("", "All", "With the event", "Without it", *competing, "Missing")
    return [
        Details("Who the subjects are", (Table(heading, rows, name="baseline"), Text(_BASELINE, tone="note")))
    ]


def _amount(value: object, name: str) -> str:
    return counted(value, name) if isinstance(value, int) else f"{MISSING} {name}s"


def _level(summary: Mapping[str, Any]) -> str:
    """Confidence level with a space for the next word, ``95 % ``; empty if the summary has none."""
    settings = summary.get("settings")
    level = settings.get("confidence") if isinstance(settings, Mapping) else None
    quick = "quick " if summary.get("intervals") == "quick" else ""
    return f"{quick}{share(level)} " if isinstance(level, (int, float)) else ""


def order_name(performance: pd.DataFrame) -> str:
    """Return the name of the metric by which the models are compared."""
    return next((name for metric, name in ORDERS.items() if metric in set(performance["metric"])), "C-index")


def c_indices(performance: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return the C-index, or the ROC area, of each model with the limits of its interval."""
    rows = performance[performance["metric"].isin(ORDERS)]
    return {
        model: (value, low, high)
        for model, value, low, high in rows_of(rows, "model", "value", "low", "high")
    }


def _performance(endpoint: Endpoint) -> list[Block]:
    if endpoint.performance is None:
        return [Text("Performance: not part of this run.", tone="note")]
    main = endpoint.performance[endpoint.performance["metric"].isin(_NAMES)]
    rows = tuple(
        (model, _NAMES[metric], _estimate(metric, *limits))
        for model, metric, *limits in rows_of(main, "model", "metric", "value", "low", "high")
    )
    level = _level(endpoint.summary)
    whose = "external" if endpoint.is_external else "held-out"
    table = Table(
        ("Model", "Metric", f"Estimate [{level}interval]"),
        rows,
        text_columns=2,
        caption=f"How well the models order the {whose} subjects",
        name="discrimination",
    )
    table = _with_p(table, list(main["metric"]), endpoint.summary)
    values = c_indices(endpoint.performance)
    if not any(np.isfinite(value[0]) for value in values.values()):
        return [table]
    estimates = "; ".join(f"{model} {interval(*value, form=concordance)}" for model, value in values.items())
    name = order_name(endpoint.performance)
    predicted = "probability" if endpoint.is_class else "risk"
    kind = "predicted" if endpoint.is_external else "cross-validated"
    description = f"{name} of the {kind} {predicted} with its {level}interval"
    caption = (f"{description}; 0.5 means no discrimination.",)
    forest = draw_forest(values, name=name, alt=f"{name} by model: {estimates}.", caption=caption)
    return [Gallery((replace(forest, name="discrimination"),), layout="charts"), table]


def _with_p(table: Table, metrics: Sequence[str], summary: Mapping[str, Any]) -> Table:
    """Add the p values of the gains, if there are any."""
    gain_p = summary.get("gain_p")
    if not isinstance(gain_p, Mapping) or not gain_p:
        return table
    known = (gain_p.get(metric) for metric in metrics)
    cells = [p_value(p) if isinstance(p, (int, float)) else "" for p in known]
    return replace(
        table,
        columns=(*table.columns, "p (conditional permutation)"),
        rows=tuple((*row, cell) for row, cell in zip(table.rows, cells, strict=True)),
    )


def _estimate(metric: str, value: float, low: float, high: float) -> str:
    return interval(value, low, high, form=against(number, 0) if metric in GAINS else concordance)


def _survival(endpoint: Endpoint) -> list[Block]:
    table = endpoint.kaplan_meier
    if table is None or table.empty:
        return [Text("Kaplan-Meier curves: not part of this run.", tone="note")]
    pictures: list[Picture] = []
    untested: list[str] = []
    for model in table["model"].unique():
        points = table[table["model"] == model]
        curves = [_curve(str(group), rows) for group, rows in points.groupby("group", sort=True)]
        people = ", ".join(f"{curve.group} {curve.people}" for curve in curves)
        separation = (_log_rank if endpoint.is_external else _separation)(endpoint.summary, str(model))
        if not separation:
            untested.append(str(model))
        title = f"{endpoint.name}: {model} model"
        kind = "predicted" if endpoint.is_external else "cross-validated"
        estimate = (
            "Probability of no event, 1 - cumulative incidence (Aalen-Johansen),"
            if endpoint.has_competing
            else "Kaplan-Meier estimate"
        )
        description = f"{estimate} by {kind} risk group; {_bands(endpoint.summary)}."
        grouping = grouping_text(endpoint)
        caption = (title, description, grouping, *([separation] if separation else []))
        time = endpoint.summary.get("time")
        axis = f"Time ({time})" if time else "Time"
        whose = f"the risk groups of the {model} model"
        alt = f"{estimate.rstrip(',')} of {whose}; subjects at the start: {people}."
        label = "Probability of no event" if endpoint.has_competing else "Survival probability"
        picture = draw_survival(curves, title=title, labels=(axis, label), alt=alt, caption=caption)
        pictures.append(replace(picture, name=f"kaplan_meier_{model}"))
    level = _level(endpoint.summary).removeprefix("quick ")
    blocks: list[Block] = [Gallery(tuple(pictures), layout="charts"), *risk_group_blocks(endpoint, level)]
    tested = len(untested) < len(pictures)
    return [*blocks, Text(_no_p(untested, tested=tested), tone="note")] if untested else blocks


def _bands(summary: Mapping[str, Any]) -> str:
    return f"the bands are {_level(summary).removeprefix('quick ')}confidence intervals at each time"


def grouping_text(endpoint: Endpoint) -> str:
    """Say how a subject gets its risk group; see `outcome.groups`."""
    if endpoint.is_external:
        return _OF_FIRST_COHORT
    summary = endpoint.summary
    settings = summary.get("settings")
    repeats = settings.get("repeats") if isinstance(settings, Mapping) else None
    repeats = 1 if summary.get("sites") else repeats
    all_repeats = f"the {repeats} repeats" if isinstance(repeats, int) and repeats > 1 else "the repeats"
    rule = (
        "Risk group: high if the predicted risk is above the median risk of the fold's training subjects, "
        "otherwise low"
    )
    if repeats == 1:
        return f"{rule}."
    return f"{rule}. The majority of {all_repeats} of the cross-validation decides; a tie counts as high."


def _curve(group: str, rows: pd.DataFrame) -> Curve:
    columns = ("time", "survival", "low", "high", "at_risk")
    ordered = rows.sort_values("time")
    return Curve(group, *(ordered[name].to_numpy(dtype=float) for name in columns))


def _separation(summary: Mapping[str, Any], model: str) -> str:
    """P value of the risk groups and its method; empty if there is none."""
    permuted = summary.get("permutation_p")
    p = permuted.get(model) if isinstance(permuted, Mapping) else None
    if not isinstance(p, (int, float)):
        return ""
    settings = summary.get("settings")
    times = settings.get("permutations") if isinstance(settings, Mapping) else None
    method = f"{times} permutations of the outcome" if times else "permutations of the outcome"
    return (
        f"Separation of the groups: {p_text(p)} ({method}; the whole cross-validation is refitted each time)."
    )


def _log_rank(summary: Mapping[str, Any], model: str) -> str:
    """P value of the log-rank test, which is valid for external subjects."""
    tested = summary.get("log_rank_p")
    p = tested.get(model) if isinstance(tested, Mapping) else None
    if not isinstance(p, (int, float)):
        return "All subjects are in one group."
    groups = summary.get("risk_groups")
    found = groups.get(model) if isinstance(groups, Mapping) else None
    limits = found.get("hazard_ratio") if isinstance(found, Mapping) else None
    ratio = ""
    if isinstance(limits, list) and None not in limits:
        ratio = f"; hazard ratio {interval(*limits, form=against(number, 1))}"
    return f"Separation of the groups: log-rank {p_text(p)}{ratio}."


def _no_p(models: Sequence[str], *, tested: bool) -> str:
    how = (
        "Permutations were made for the largest model alone."
        if tested
        else "Request permutations to get a p value."
    )
    return (
        f"No p value for the risk groups of {', '.join(models)}: a plain log-rank p is not valid for groups "
        "that come from cross-validation, because the groups of different folds depend on each other's "
        f"outcomes. {how}"
    )


def _excluded(excluded: pd.DataFrame | None) -> list[Block]:
    if excluded is None or excluded.empty:
        return []
    rows = tuple(rows_of(excluded, "subject", "reason"))
    title = f"{counted(len(rows), 'subject')} left out"
    return [Details(title, (Table(("Subject", "Reason"), rows, text_columns=2),))]
