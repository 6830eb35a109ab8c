"""An outcome evaluation in JSON and in English sentences, with its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.clinical import Endpoint
from nbradiomics.messages.wording import against, concordance, counted, p_text, share, signed
from nbradiomics.outcome.added_value import PermutationTests
from nbradiomics.outcome.added_value_text import gain_sentences
from nbradiomics.outcome.answer import answers, compared
from nbradiomics.outcome.assembly import VOLUMES, OutcomeData
from nbradiomics.outcome.crossvalidation import is_stratified
from nbradiomics.outcome.facts import (
    competing_sentences,
    number_or_none,
    outcome_facts,
    suspicious_columns,
    warning_sentences,
    with_outcome,
)
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.method_sentence import method_sentence
from nbradiomics.outcome.models import level_meaning, penalty_name
from nbradiomics.outcome.penalised import TUNED
from nbradiomics.outcome.permutations import PermutationTest
from nbradiomics.outcome.record import what_is_missing
from nbradiomics.outcome.selection_text import chosen_selections, selection_sentences
from nbradiomics.outcome.settings import PENALISED
from nbradiomics.outcome.sites import site_scores, site_sentences
from nbradiomics.outcome.stability import without_candidates
from nbradiomics.outcome.tasks import Survival, Task
from nbradiomics.tables.feature_kinds import count_origins

#: Largest number of columns with a warning of their own.
_SHOWN = 10
#: A reader must not miss it if a model kept no column in more than this share of its folds.
_MOST_EMPTY = 0.5

#: What an interval contains.
_INTERVALS = {
    "refit": "The intervals come from {refits} bootstrap samples of the subjects in which everything was "
    "fitted again; docs/validation.md says for which models it was simulated how often such intervals "
    "contain the true value.",
    "quick": "The intervals of {order} are quick ones: they include the sampling of the subjects, but not "
    "the fitting of the models, and are too narrow. Do not publish them; set refits to 100.",
    "none": "No intervals were asked for.",
}

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.tables import FeatureChoice


def summarise(
    data: OutcomeData,
    choice: FeatureChoice,
    results: Sequence[FoldResult],
    performance: pd.DataFrame,
    tests: PermutationTests,
    settings: OutcomeSettings,
    endpoint: Endpoint,
    task: Task,
) -> dict[str, Any]:
    """Summary of an evaluation, ready for JSON.

    Returns
    -------
    dict
        ``kind`` (``survival`` or ``classes``), ``time, event, events`` (and ``competing_events`` where they
        are declared) or ``target, classes`` (subjects of each), ``subjects, excluded`` (numbers),
        ``features``, ``features_are`` (what made a column a feature), ``features_by_origin`` (numbers, see
        `tables.feature_kinds`), ``left_out_columns`` (of the feature table),
        ``covariates``, ``models``, ``stability`` (rule in words), ``stability_kind``,
        ``stable_absent``, ``missing_values`` (imputed feature values), ``missing_covariates`` (imputed values
        by covariate), ``often_missing`` (columns above the limits of `missing_features` and
        `missing_covariates`), ``clinical`` (how the columns were read), ``warnings`` (possible mistakes in
        them), ``suspicious`` (columns that may be the outcome under another name, with the reasons),
        ``permutation_p`` (by model, null where there is none), ``gain_p`` (by gain: p value of the
        conditional permutation, null where there is none), ``sample_size`` (``candidates``: columns before
        any selection; ``subjects``: needed for a model of them), ``constant_folds`` (by model: folds in which
        no column has a log hazard ratio), ``raised_penalties`` (by model), ``tuned_penalizer`` (by model:
        median over the folds, null where nothing was tuned), ``kinds_of_penalty`` (by model: folds with each
        kind), ``chosen_selections`` (by model: folds in which `auto` chose each selection; empty without it),
        ``failures`` (model, repeat, fold, cause), ``level_meaning`` (what the log hazard ratio of a level
        compares with), ``median_follow_up`` (reverse Kaplan-Meier, null if it is not reached), ``horizons``
        and ``end`` (points in time of the metrics), ``intervals`` (``refit``, ``quick`` or ``none``),
        ``answers`` (to what a reader asks first), ``stratified`` (folds), ``sites`` (subjects, events and
        order of each site that was held out), ``settings``, ``sentences`` and ``leading`` (those of
        them that a reader must not miss).
    """
    summary: dict[str, Any] = {
        **outcome_facts(data, endpoint, task),
        "subjects": len(data.y),
        "excluded": len(data.excluded),
        "features": len(data.radiomic),
        "features_are": choice.why,
        "features_by_origin": count_origins(data.radiomic),
        "left_out_columns": list(choice.left_out),
        "covariates": [*data.numeric, *data.categorical],
        "models": list(data.models),
        "stability": data.stability.text,
        "stability_kind": data.stability.kind,
        "stable_absent": list(data.stability.absent),
        **what_is_missing(data),
        "often_missing": _often_missing(data, settings),
        "clinical": dict(data.description.records),
        "warnings": list(data.description.warnings),
        "suspicious": suspicious_columns(data, endpoint),
        "permutation_p": {
            model: tests.chance[model].p if model in tests.chance else None for model in data.models
        },
        "gain_p": {gain: number_or_none(test.p) for gain, test in tests.gains.items()},
        "intervals": _kind_of_intervals(settings),
        "sample_size": _needed(data, task),
        **_fold_counts(data.models, results),
        "tuned_penalizer": {model: _tuned(results, model, settings) for model in data.models},
        "kinds_of_penalty": {model: _kinds(results, model) for model in data.models},
        "chosen_selections": chosen_selections(results),
        "level_meaning": level_meaning(settings),
        "stratified": is_stratified(data, settings),
        "sites": site_scores(data, results, task),
        "settings": settings.model_dump(mode="json"),
    }
    sizes = {"candidates": summary["sample_size"]["candidates"], "needed": summary["sample_size"]["subjects"]}
    sizes |= {"subjects": len(data.y), "events": task.informative_in(data.y)}
    refitted = summary["intervals"] == "refit"
    summary["answers"] = answers(
        performance, task, sizes, settings.confidence, refitted=refitted, tests=tests.gains
    )
    read = (choice.sentence, *data.description.sentences, *data.description.warnings)
    first, *others = _sentences(summary, read, performance, tests, settings, task)
    none = without_candidates(data.stability)
    summary["sentences"] = [first, *none, *others]
    folds = len(summary["sites"]) or settings.folds * settings.repeats
    empty = _empty_models(summary, folds, _MOST_EMPTY)
    summary["leading"] = [first, *none, *empty, *warning_sentences(summary), *data.description.warnings]
    return summary


def _kind_of_intervals(settings: OutcomeSettings) -> str:
    if not settings.bootstraps:
        return "none"
    return "refit" if settings.refits else "quick"


def _often_missing(data: OutcomeData, settings: OutcomeSettings) -> list[str]:
    limits = dict.fromkeys(data.radiomic, settings.missing_features)
    limits |= dict.fromkeys((*data.numeric, *data.categorical), settings.missing_covariates)
    shares = data.frame.isna().mean()
    return [name for name, limit in limits.items() if shares[name] > limit]


def _left_out(names: Sequence[str], settings: OutcomeSettings) -> Iterator[str]:
    if names:
        listed = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
        yield (
            f"{counted(len(names), 'column')} ({listed}) {'is' if len(names) == 1 else 'are'} missing in too "
            f"many subjects (more than {share(settings.missing_features)} for a feature, "
            f"{share(settings.missing_covariates)} for a covariate), and left out in each fold whose "
            "training subjects miss so many."
        )


def _needed(data: OutcomeData, task: Task) -> dict[str, int]:
    """Count the candidate columns, and the subjects that a model of all of them needs."""
    candidates = max(1, sum(data.candidates))
    return {"candidates": candidates, "subjects": task.needed(data.y, candidates)}


def _tuned(results: Sequence[FoldResult], model: str, settings: OutcomeSettings) -> float | None:
    strengths = [result.penalizer for result in results if result.model == model]
    known = [strength for strength in strengths if np.isfinite(strength)]
    return float(np.median(known)) if known and settings.penalizer == TUNED else None


def _kinds(results: Sequence[FoldResult], model: str) -> dict[str, int]:
    """Count the folds with each kind of penalty of the features."""
    kinds = [result.l1_ratio for result in results if result.model == model]
    known = sorted(kind for kind in kinds if np.isfinite(kind))
    return {penalty_name(kind): known.count(kind) for kind in dict.fromkeys(known)}


def _fold_counts(models: Sequence[str], results: Sequence[FoldResult]) -> dict[str, Any]:
    fitted = [result for result in results if not result.failure]
    constant = [result.model for result in fitted if _is_constant(result.coefficients)]
    raised = [result.model for result in fitted if result.retries]
    return {
        "constant_folds": {model: constant.count(model) for model in models},
        "raised_penalties": {model: raised.count(model) for model in models},
        "failures": [
            {"model": result.model, "repeat": result.repeat, "fold": result.fold, "cause": result.failure}
            for result in results
            if result.failure
        ],
    }


def _is_constant(coefficients: pd.DataFrame) -> bool:
    """Whether no column has an effect; a forest has columns and no coefficients."""
    known = bool(len(coefficients.columns))
    return coefficients.index.empty or (known and not coefficients.to_numpy().any())


def _sentences(
    summary: Mapping[str, Any],
    read: Sequence[str],
    performance: pd.DataFrame,
    tests: PermutationTests,
    settings: OutcomeSettings,
    task: Task,
) -> Iterator[str]:
    yield (
        f"{counted(summary['subjects'], 'subject')} {with_outcome(summary)} were analysed; "
        f"{summary['excluded']} {'was' if summary['excluded'] == 1 else 'were'} left out."
        f"{_too_few(summary, task)}"
    )
    if summary.get("median_follow_up") is not None:
        follow_up = f"{summary['median_follow_up']:g}"
        yield f"The median follow-up is {follow_up}, in the unit of {summary['time']} (reverse Kaplan-Meier)."
    yield from competing_sentences(summary)
    yield from warning_sentences(summary)
    yield from read
    yield summary["stability"]
    if summary["missing_values"]:
        cells = summary["subjects"] * summary["features"]
        yield (
            f"{summary['missing_values']} of {cells} feature values were missing or infinite; they were "
            "replaced by the median of the training subjects."
        )
    for name, count in summary["missing_covariates"].items():
        people = counted(count, "subject")
        also = "; a column says where" if settings.missing_indicators else ""
        yield f"{name} was missing in {people} and filled in from the training subjects of each fold{also}."
    yield from _left_out(summary["often_missing"], settings)
    yield from _found(performance, settings, task, summary["sites"])
    yield from site_sentences(summary["sites"], task)
    yield from _below_chance(performance, task)
    yield from _fold_sentences(summary, settings)
    yield from _test_sentences(summary["models"], tests.chance, task)
    yield from gain_sentences(tests.gains, task)
    yield _INTERVALS[summary["intervals"]].format(refits=settings.refits, order=task.order_short)
    if summary["sites"]:
        yield (
            "This is an internal-external validation: each site was predicted by models of the others. The "
            "intervals speak of other subjects of these sites, not of other sites."
        )
        return
    yield (
        "This is an internal validation: it estimates how such a model, fitted to as many subjects as a "
        "training part has, performs on similar subjects. A claim needs a validation on other subjects."
    )


def _too_few(summary: Mapping[str, Any], task: Task) -> str:
    size = summary["sample_size"]
    if summary["subjects"] >= size["subjects"]:
        return ""
    amount = summary["events"] if summary["kind"] == "survival" else min(summary["classes"].values())
    events, columns = counted(amount, *task.informative), counted(size["candidates"], "candidate column")
    return (
        f" That is too few for a reliable model of so many columns: {events} for {columns}; "
        f"{size['subjects']} subjects would be needed for a shrinkage of 0.9 (Riley et al. 2019)."
    )


def _found(
    performance: pd.DataFrame, settings: OutcomeSettings, task: Task, sites: Mapping[str, Any]
) -> Iterator[str]:
    design = f"{settings.folds} folds, {counted(settings.repeats, 'repeat')}"
    if sites:
        design = f"each of {len(sites)} sites held out once"
    kind = "quick " if _kind_of_intervals(settings) == "quick" else ""
    told = performance[performance["metric"].isin([task.order, *task.gains])]
    columns = (told[name] for name in ("model", "metric", "value", "low", "high"))
    for model, metric, value, low, high in zip(*columns, strict=True):
        if np.isnan(value):
            yield f"The {model} model has no {metric}: it could not be fitted, or no pair was comparable."
            continue
        form = against(signed, 0) if metric in task.gains else concordance
        bounds = f" ({kind}{share(settings.confidence)} interval {form(low, 2)} to {form(high, 2)})"
        interval = bounds if np.isfinite(low) else " (no interval)"
        if metric in task.gains:
            verdict = "is above 0" if low > 0 else "is below 0" if high < 0 else "includes 0"
            comment = f": the interval {verdict}" if np.isfinite(low) else ""
            yield f"{compared(task)[metric]} {form(value, 2)}{interval}{comment}."
        else:
            yield (
                f"The {model} model reached a {task.order_name} of {form(value, 2)}{interval} on held-out "
                f"subjects ({design}); 0.5 is chance."
            )
    over_clinical, over_volume = task.gains
    if over_clinical not in set(performance["metric"]):
        yield "No covariates were named, so a gain over clinical data was not assessed."
    if over_volume not in set(performance["metric"]):
        yield (
            f"The feature table has no column {' or '.join(VOLUMES)} beside other features, so a gain over "
            "the volume alone was not assessed."
        )


def _below_chance(performance: pd.DataFrame, task: Task) -> Iterator[str]:
    """Explain an order worse than chance, and its meaning for a gain."""
    c_index = performance[performance["metric"] == task.order].set_index("model")
    below = [str(model) for model, value in c_index["value"].items() if value < 0.5]
    if below:
        yield (
            f"A {task.order_short.removeprefix('the ')} below 0.5 ({', '.join(below)}) means that subjects "
            "were ranked worse than by chance. This happens in cross-validation if there is nothing to find "
            f"or there are few {task.informative[1]}: it is not a finding."
        )
    if "clinical" in below and next(iter(task.gains)) in set(performance["metric"]):
        yield "A gain over a clinical model that is no better than chance is not a gain over clinical data."


def _empty_models(summary: Mapping[str, Any], folds: int, least: float = 0.0) -> Iterator[str]:
    """Say which models kept no column in a share of the folds above `least`: their scores are of nothing."""
    for model, count in summary["constant_folds"].items():
        if count > least * folds:
            yield (
                f"In {count} of {folds} folds the {model} model kept no column; in these folds all subjects "
                "had the same risk."
            )


def _fold_sentences(summary: Mapping[str, Any], settings: OutcomeSettings) -> Iterator[str]:
    folds = len(summary["sites"]) or settings.folds * settings.repeats
    chosen = summary["chosen_selections"]
    yield from selection_sentences(settings.selection, settings.selected, chosen, folds)
    if settings.method != PENALISED:
        yield method_sentence(settings.method, summary["kind"] == "survival")
    elif TUNED in (settings.penalizer, settings.l1_ratio):
        kinds = {model: counts for model, counts in summary["kinds_of_penalty"].items() if counts}
        listed = "; ".join(
            f"{model}: " + ", ".join(f"{name} in {count} of {folds} folds" for name, count in counts.items())
            for model, counts in kinds.items()
        )
        if listed:
            fold = "the training subjects of each fold"
            yield f"The penalty of the features was tuned among {fold} ({listed})."
    yield from _empty_models(summary, folds)
    for model, count in summary["raised_penalties"].items():
        if count:
            yield f"In {count} of {folds} folds the {model} model converged only with a larger penalty."
    for model in summary["models"]:
        causes = [failure["cause"] for failure in summary["failures"] if failure["model"] == model]
        if causes:
            yield (
                f"In {len(causes)} of {folds} folds the {model} model could not be fitted "
                f"({causes[0].rstrip('.')}); its results come from the other folds only and are not those of "
                "a complete cross-validation."
            )


def _test_sentences(models: Sequence[str], tests: Mapping[str, PermutationTest], task: Task) -> Iterator[str]:
    survival = isinstance(task, Survival)
    if not tests and survival:
        yield (
            "No p value is given for the difference between the risk groups: the log-rank test is not valid "
            "for groups of a cross-validation, and no permutations were requested."
        )
    for model, test in tests.items():
        failed = f"; {test.failed} could not be fitted and count against a difference" if test.failed else ""
        tested = "Difference between the risk groups" if survival else "ROC area above chance"
        yield (
            f"{tested} of the {model} model: {p_text(test.p)} ({test.permutations} "
            f"permutations of the outcome, each with the whole cross-validation refitted{failed})."
        )
    if tests and "clinical" in models:
        yield (
            "This p value concerns covariates and features together; it does not show that the features add "
            "to the covariates."
        )
