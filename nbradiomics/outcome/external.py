"""External validation: models of one cohort, fitted as they are, judged on the subjects of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.batch_effects import batch_effects
from nbradiomics.outcome.crossvalidation import check_ratings, run_repeat
from nbradiomics.outcome.development import development_of
from nbradiomics.outcome.external_cohort import External, joined, read_external
from nbradiomics.outcome.external_differences import other_unit
from nbradiomics.outcome.external_summary import summarise_external
from nbradiomics.outcome.few_columns import check_few_columns
from nbradiomics.outcome.harmonisation_text import Measured, tell_harmonisation
from nbradiomics.outcome.horizons import Horizons, find_horizons
from nbradiomics.outcome.performance import external_performance, selection_table
from nbradiomics.outcome.prepared import Prepared, prepare
from nbradiomics.outcome.ratios import covariate_ratios
from nbradiomics.outcome.record import made_from
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.result_tables import result_tables
from nbradiomics.outcome.settings import CROSS_VALIDATION, OutcomeSettings, Predictors
from nbradiomics.outcome.stability import Candidates
from nbradiomics.outcome.tasks import Classification, Survival, Task, survival_task
from nbradiomics.settings import spread
from nbradiomics.tables import RowsOfReader

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult


@spread(
    endpoint=Endpoint, predictors=Predictors, rows=RowsOfReader, settings=OutcomeSettings, execution=Execution
)
def validate_outcome(
    cohort: tuple[pd.DataFrame, pd.DataFrame],
    external: tuple[pd.DataFrame, pd.DataFrame],
    *,
    endpoint: Endpoint,
    predictors: Predictors = Predictors(),  # noqa: B008 - frozen
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    stable: Sequence[str] | Candidates | None = None,
    settings: OutcomeSettings = OutcomeSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> OutcomeResult:
    """Fit the models of :func:`evaluate_outcome` to one cohort, and judge them on another.

    Everything that is fitted (imputation, stability filter, scaling, tuning, model, baseline hazard, risk
    cut-off), and what a column is (a number, a category and its levels, the classes), comes from the first
    cohort alone; the models are then applied to the external subjects as they are.

    Parameters
    ----------
    cohort
        Feature table and clinical table of the cohort to which the models are fitted, as for
        :func:`evaluate_outcome`.
    external
        Feature table and clinical table of the external cohort: other subjects, with the same columns and
        units.
    endpoint, predictors, rows, stable
        As for :func:`evaluate_outcome`, the same for both cohorts.
    settings
        As for :func:`evaluate_outcome`. There are no folds, repeats and refits; `bootstraps` draws of the
        external subjects give the intervals. Without `horizons`, the median time of the first cohort's events
        is used.
    execution
        Processes and progress display; the result does not depend on them.

    Returns
    -------
    OutcomeResult
        As of :func:`evaluate_outcome`, for the external subjects; ``summary["validation"]`` is ``external``.

    Raises
    ------
    InputError
        When a table cannot be used, a subject is in both cohorts, the external tables lack a column, or there
        are too few subjects, events or subjects of a class.

    Examples
    --------
    >>> half = sorted(clinical["subject"])[: len(clinical) // 2]
    >>> first, second = (
    ...     tuple(table[table["subject"].isin(half) == chosen] for table in (features, clinical))
    ...     for chosen in (True, False)
    ... )
    >>> result = validate_outcome(
    ...     first, second, time="os_days", event="os_event", reader="A", bootstraps=0
    ... )
    >>> result.summary["validation"]
    'external'
    """
    _refuse_folds(predictors, settings)
    first = prepare(*cohort, endpoint, predictors, rows, stable, settings, folds=1)
    second = read_external(first, *external, endpoint, predictors, rows)
    result = _validate(first, second, endpoint, settings, execution)
    result.summary.update(made_from(first, predictors))
    return result


def _validate(
    first: Prepared, second: External, endpoint: Endpoint, settings: OutcomeSettings, execution: Execution
) -> OutcomeResult:
    data = second.data
    task = external_task(first.data, data, settings)
    both = joined(first.data, data)
    split = np.arange(len(first.data.y)), np.arange(len(first.data.y), len(both.y))
    check_ratings(first.data, [[split]], settings)
    check_few_columns(first.data, [[split]], settings, task)
    fitted = run_repeat(both, settings, data.models, task, 1, [split])
    # The censoring is that of the external subjects, who may be observed longer or shorter than the others.
    results = [result.drawn(np.arange(len(data.y))) for result in fitted]
    performance = external_performance(data, results, settings, task, execution)
    development = development_of(first, endpoint, task)
    summary = summarise_external(development, second, results, performance, (endpoint, task), settings)
    of_models = replace(first.data, harmonisation=both.harmonisation)
    measured = Measured(*batch_effects(both, settings.seed, first=len(first.data.y)))
    tell_harmonisation(
        summary, of_models, [(first.data.frame.index, data.frame.index)], measured, external=True
    )
    result = external_result(data, results, performance, summary, task, settings.confidence)
    return replace(result, site_effects=measured.effects)


def external_result(
    data: OutcomeData,
    results: Sequence[FoldResult],
    performance: pd.DataFrame,
    summary: dict[str, Any],
    task: Task,
    confidence: float,
) -> OutcomeResult:
    """Put the tables of an external validation together, and tell its ratios in the summary."""
    ratios = covariate_ratios(data, task, confidence, people="external subject")
    ratios.tell(summary)
    return OutcomeResult(
        performance=performance,
        selection=selection_table(data, results),
        flow=data.excluded,
        ratios=ratios.table,
        summary=summary,
        **result_tables(data, results, task, confidence),
    )


def _refuse_folds(predictors: Predictors, settings: OutcomeSettings) -> None:
    """Refuse what has a meaning for a cross-validation alone."""
    given = sorted(CROSS_VALIDATION & settings.model_fields_set)
    given += ["leave_out"] if predictors.leave_out else []
    if given:
        text = ", ".join(given)
        raise InputError(
            f"{text} {'is' if len(given) == 1 else 'are'} for a cross-validation, and here another cohort is "
            "predicted.",
            f"Leave out {text}.",
        )


def external_task(first: OutcomeData, second: OutcomeData, settings: OutcomeSettings) -> Task:
    """Kind of outcome, with the horizons at which the external subjects are judged.

    Raises
    ------
    InputError
        When a horizon is after the last event of the first cohort, nobody has the event by it, or nobody is
        observed longer.
    """
    if first.classes:
        return Classification(first.classes)
    times = first.y["time"][first.y["event"]]
    return judged_at(
        second.y,
        settings.horizons,
        usual=(float(np.median(times)),),
        last=float(times.max()),
        median=float(np.median(first.y["time"])),
    )


def judged_at(
    y: np.ndarray, asked: Sequence[float], *, usual: Sequence[float], last: float, median: float | None
) -> Survival:
    """Kind of outcome of external times to an event, judged at the times `asked`, else the `usual` ones.

    Raises
    ------
    InputError
        When a horizon is after `last`, the last event of the first cohort, nobody has the event by it, or
        nobody is observed longer. It says if the times look as if they were in another unit than those of the
        first cohort, whose `median` is given.
    """
    late = [horizon for horizon in asked if horizon > last]
    if late:
        raise InputError(
            f"the horizon {late[0]:g} is after the last event of the first cohort, at {last:g}.",
            "Choose an earlier one: the models know nothing of later times.",
        )
    try:
        found = find_horizons(y, tuple(asked) or tuple(usual))
    except InputError as error:
        told = other_unit(median, y)
        if not told:
            raise
        raise InputError(
            f"{error.problem} {told}", "Write the times in the unit of the first cohort."
        ) from error
    return survival_task(y, Horizons(found.times, min(found.end, last)))
