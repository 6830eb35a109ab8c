"""An external validation in JSON and in English sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import against, counted, interval, number, p_text, signed
from nbradiomics.outcome.answer import RIGHT_SIZE, enough_question, model_answers
from nbradiomics.outcome.external_limits import UNTOLD, cannot_be_told
from nbradiomics.outcome.facts import (
    competing_sentences,
    number_or_none,
    outcome_facts,
    warning_sentences,
    with_outcome,
)
from nbradiomics.outcome.group_differences import GroupDifference, group_difference
from nbradiomics.outcome.groups import majority_groups
from nbradiomics.outcome.method_sentence import method_sentence
from nbradiomics.outcome.models import level_meaning
from nbradiomics.outcome.record import what_is_missing
from nbradiomics.outcome.selection_text import chosen_selections, selection_sentences
from nbradiomics.outcome.settings import PENALISED
from nbradiomics.outcome.tasks import Survival, Task

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.development import Development
    from nbradiomics.outcome.external_cohort import External
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.settings import OutcomeSettings

#: Events, or subjects of the smallest class, that an external validation needs for a precise answer (Collins
#: et al. 2016, Statistics in Medicine 35:214).
_ENOUGH = 100


def summarise_external(
    first: Development,
    second: External,
    results: Sequence[FoldResult],
    performance: pd.DataFrame,
    judged: tuple[Endpoint, Task],
    settings: OutcomeSettings,
) -> dict[str, Any]:
    """Summary of an external validation, ready for JSON.

    Returns
    -------
    dict
        ``validation`` (``external``); of the external cohort ``kind``, ``time, event, events,
        median_follow_up, horizons, end`` or ``target, classes``, ``subjects``, ``excluded``; ``development``:
        ``subjects, excluded``, events or classes and missing values of the cohort of the models; ``features,
        features_are, stability, stability_kind, clinical`` of this cohort, see `summary.summarise`;
        ``missing_values, missing_covariates`` of the external one; ``covariates``, ``models``, ``suspicious``
        (columns that may be the outcome), ``log_rank_p`` (of the risk groups, by model, null
        for one group; empty for classes), ``risk_groups`` (hazard ratio and restricted mean survival, or
        cumulative incidence, of high against low risk, by model), ``failures``,
        ``chosen_selections`` (of `auto`, by model), ``level_meaning``,
        ``intervals`` (``draws`` or ``none``), ``settings``, ``answers``, ``sentences`` and
        ``leading`` (those of them that a reader must not miss).
    """
    endpoint, task = judged
    data = second.data
    groups = {model: majority_groups(results, model, len(data.y)) for model in data.models}
    compared = {}
    if isinstance(task, Survival):
        compared = {
            model: group_difference(data.y, group, task.horizons.end, settings.confidence)
            for model, group in groups.items()
        }
    summary: dict[str, Any] = {
        "validation": "external",
        **outcome_facts(data, endpoint, task),
        "subjects": len(data.y),
        "excluded": len(data.excluded),
        "development": dict(first.facts),
        **first.described,
        **what_is_missing(data),
        "covariates": [*data.numeric, *data.categorical],
        "models": list(data.models),
        "suspicious": dict(first.suspicious),
        "log_rank_p": {model: found.p if found else None for model, found in compared.items()},
        "risk_groups": {model: _known(found) for model, found in compared.items() if found},
        "failures": [{"model": one.model, "cause": one.failure} for one in results if one.failure],
        "chosen_selections": chosen_selections(results),
        "level_meaning": level_meaning(settings),
        "intervals": "draws" if settings.bootstraps else "none",
        "settings": settings.model_dump(mode="json"),
    }
    told = model_answers(performance, task, settings.confidence, refitted=True)
    told[RIGHT_SIZE] = " ".join([told[RIGHT_SIZE], *_in_the_large(performance, data.models)])
    amount = task.informative_in(data.y)
    told[enough_question(task)] = _enough(amount, task)
    told[UNTOLD] = cannot_be_told(performance, task, amount)
    summary["answers"] = told
    sentences = [*_sentences(summary, first, data)]
    summary["sentences"] = [*second.sentences, *sentences]
    warned = [
        *warning_sentences(summary),
        *(f"External cohort: {text}" for text in data.description.warnings),
    ]
    summary["leading"] = [*second.sentences, sentences[0], *warned, *first.leading]
    return summary


def _known(found: GroupDifference) -> dict[str, Any]:
    """Values of a difference, ready for JSON; null where one is undefined."""
    return {
        name: [number_or_none(one) for one in value] if isinstance(value, tuple) else value
        for name, value in asdict(found).items()
    }


def _difference(found: Mapping[str, Any]) -> str:
    ratio, low, high = found["hazard_ratio"]
    hazard = (
        "no hazard ratio"
        if ratio is None
        else f"hazard ratio of high against low risk {interval(ratio, low, high, form=against(number, 1))}"
    )
    mean, least, most = found["difference"]
    gap = interval(mean, least, most, form=against(signed, 0))
    first, second = (number(value) for value in found["of_groups"])
    until = f"{found['measure']} until {found['until']:g}"
    return f"{hazard}; {until}: {first} (high risk) and {second} (low risk), difference {gap}"


def _in_the_large(performance: pd.DataFrame, models: Sequence[str]) -> Iterator[str]:
    """Say whether as many events happened as the largest model predicted."""
    model = "combined" if "combined" in models else "radiomic"
    rows = performance[(performance["metric"] == "observed_expected") & (performance["model"] == model)]
    form = against(number, 1)
    for horizon, value, low, high in zip(
        *(rows[n] for n in ("horizon", "value", "low", "high")), strict=True
    ):
        when = f" by {horizon:g}" if np.isfinite(horizon) else ""
        if np.isnan(value):
            yield f"How many events were predicted{when} could not be compared."
            continue
        if not np.isfinite(low):
            yield f"Observed over predicted events{when}: {form(value, 2)} (no interval), 1 is right."
            continue
        verdict = (
            "the model predicts too few"
            if low > 1
            else "the model predicts too many"
            if high < 1
            else "no error was shown"
        )
        limits = interval(value, low, high, form=form)
        yield f"Observed over predicted events{when}: {limits}, 1 is right: {verdict}."


def _enough(amount: int, task: Task) -> str:
    text = (
        f"{counted(amount, *task.informative)}; about {_ENOUGH} give a precise answer (Collins et al. 2016)."
    )
    return f"{'Yes' if amount >= _ENOUGH else 'No'}: {text}"


def _sentences(summary: Mapping[str, Any], first: Development, data: OutcomeData) -> Iterator[str]:
    development = summary["development"]
    yield (
        f"The models were fitted to {counted(development['subjects'], 'subject')} "
        f"{with_outcome(development)} ({development['excluded']} left out), and judged on "
        f"{summary['subjects']:,} external subjects {with_outcome(summary)} ({summary['excluded']} left out)."
    )
    if summary.get("median_follow_up") is not None:
        yield (
            f"The median follow-up of the external subjects is {summary['median_follow_up']:g}, in the unit "
            f"of {summary['time']} (reverse Kaplan-Meier)."
        )
    yield from competing_sentences(summary)
    yield from warning_sentences(summary)
    yield from first.sentences
    yield from (f"External cohort: {text}" for text in data.description.warnings)
    settings = summary["settings"]
    if settings["method"] != PENALISED:
        yield method_sentence(settings["method"], summary["kind"] == "survival")
    chosen = summary["chosen_selections"]
    yield from selection_sentences(settings["selection"], settings["selected"], chosen, 1)
    for failure in summary["failures"]:
        yield f"The {failure['model']} model could not be fitted: {failure['cause']}"
    for model, p in summary["log_rank_p"].items():
        if p is None:
            yield f"The {model} model put all external subjects into one risk group."
        else:
            yield (
                f"Difference between the risk groups of the {model} model, whose limit is the median risk of "
                f"the first cohort: log-rank {p_text(p)}; {_difference(summary['risk_groups'][model])}."
            )
    drawn = "The intervals come from draws of the external subjects; the models stay as they are. "
    yield (
        f"{drawn if summary['intervals'] == 'draws' else ''}This is an external validation: it says how "
        "these models perform on subjects like the external ones."
    )
