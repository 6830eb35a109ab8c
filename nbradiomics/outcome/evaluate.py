"""Evaluate whether stable features predict the outcome, beyond what is known from clinical data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.assembly import (
    OutcomeData,
    assemble,
    choose_rows,
    mixture_sentences,
    radiomic_columns,
)
from nbradiomics.outcome.baseline_table import baseline_table, class_baseline_table
from nbradiomics.outcome.crossvalidation import cross_validate
from nbradiomics.outcome.curves import (
    calibration_table,
    class_calibration_table,
    class_decision_table,
    decision_table,
)
from nbradiomics.outcome.groups import kaplan_meier_table, majority_groups
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.performance import performance_table, selection_table
from nbradiomics.outcome.permutations import permutation_test
from nbradiomics.outcome.predictions import class_prediction_table, prediction_table
from nbradiomics.outcome.refits import refit
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.seen import without_seen_masks
from nbradiomics.outcome.settings import OutcomeSettings, Predictors
from nbradiomics.outcome.stability import find_rule
from nbradiomics.outcome.summary import summarise
from nbradiomics.outcome.tasks import Classification, Survival, Task
from nbradiomics.settings import spread
from nbradiomics.tables import FeatureChoice, RowsOfReader, require_single_names

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.fold_result import FoldResult


@spread(
    endpoint=Endpoint,
    predictors=Predictors,
    rows=RowsOfReader,
    settings=OutcomeSettings,
    execution=Execution,
)
def evaluate_outcome(
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    *,
    endpoint: Endpoint,
    predictors: Predictors = Predictors(),  # noqa: B008 - frozen
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    stable: Sequence[str] | None = None,
    settings: OutcomeSettings = OutcomeSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> OutcomeResult:
    """Fit and validate Cox models of an outcome on radiomic features, covariates, and both.

    Everything that is fitted (imputation, stability filter, scaling, correlation filter, model, risk
    cut-off) is fitted on the training subjects of each fold of a repeated stratified cross-validation.

    Parameters
    ----------
    features
        Feature table: ``subject``, optional index columns (see :mod:`nbradiomics.tables`), and one numeric
        column per feature. Missing values are allowed. Automatic masks of subjects that the model was trained
        on (column ``in_training``) are left out, and the first sentence of the summary says how many.
    clinical
        Clinical table: one row per subject, with ``subject``, the endpoint and the covariates. Read it with
        :func:`nbradiomics.clinical.read_clinical_table`, which keeps its cells as they are written.
    endpoint
        Columns of the time (above 0, in any unit) and of the event: 1 (event) or 0 (observation ended), or
        yes and no, dead and alive.
    predictors
        Clinical columns for the models ``clinical`` and ``combined``, and the columns that are features. No
        other clinical column is ever used; without covariates only ``radiomic`` is fitted.
    rows
        Rows of the feature table to use, if it has several per subject.
    stable
        Names of the stable features. With None they are found by ICC(A,1) inside each fold if the feature
        table has rows of several readers; otherwise all features are kept.
    settings
        Folds, penalty, limits, bootstrap, permutations.
    execution
        Processes and progress display; the result does not depend on them.

    Returns
    -------
    OutcomeResult
        Performance, predictions, Kaplan-Meier curves, selection, subjects left out, summary. The
        permutation p value is that of ``combined`` if it is fitted, else of ``radiomic``.

    Raises
    ------
    InputError
        When the tables cannot be used, a feature is the outcome, or there are too few subjects or events.
    AmbiguousError
        When several rows of a subject match; the message lists the choices.

    Notes
    -----
    Each field of `endpoint`, `predictors`, `rows`, `settings` and `execution` may be given by its own name:
    ``evaluate_outcome(features, clinical, time="os_days", event="os_event", folds=3)``.

    Examples
    --------
    >>> result = evaluate_outcome(
    ...     features, clinical, time="os_days", event="os_event", covariates=["age"], reader="A",
    ...     folds=2, repeats=1, bootstraps=0,
    ... )
    >>> result.performance["model"].unique().tolist()
    ['clinical', 'radiomic', 'combined']
    """
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the clinical table")
    features, seen, sentences = without_seen_masks(features, rows.reader)
    chosen = choose_rows(features, rows.wanted())
    choice = radiomic_columns(features, clinical, predictors.feature_names, endpoint)
    rule = find_rule(features, chosen, choice.names, stable=stable, settings=settings)
    data = assemble(
        chosen, clinical, choice.names, rule, endpoint, predictors, folds=settings.folds, seen=seen
    )
    result = _evaluate(data, choice, endpoint, settings, execution)
    result.summary["sentences"] = [*sentences, *mixture_sentences(chosen), *result.summary["sentences"]]
    return result


def _evaluate(
    data: OutcomeData,
    choice: FeatureChoice,
    endpoint: Endpoint,
    settings: OutcomeSettings,
    execution: Execution,
) -> OutcomeResult:
    task = _task(data, endpoint, settings)
    results = cross_validate(data, settings, data.models, task, execution=execution)
    tests = {}
    if settings.permutations:
        tested = data.models[-1]
        tests[tested] = permutation_test(data, settings, tested, task, results, execution=execution)
    refits = None
    if settings.bootstraps and settings.refits:
        refits = refit(data, settings, data.models, task, execution=execution)
    performance = performance_table(data, results, settings, task, refits)
    summary = summarise(data, choice, results, performance, tests, settings, endpoint, task)
    summary["failed_refits"] = refits.failed if refits else 0
    summary["sentences"] += refits.sentences if refits else []
    return OutcomeResult(
        performance=performance,
        selection=selection_table(data, results),
        flow=data.excluded,
        summary=summary,
        **_tables(data, results, task, settings),
    )


def _task(data: OutcomeData, endpoint: Endpoint, settings: OutcomeSettings) -> Task:
    if not endpoint.target:
        return Survival(find_horizons(data.y, settings.horizons))
    if settings.horizons:
        raise InputError(
            "horizons are points in time, and a target has no time.", "Leave out horizons for a target."
        )
    return Classification(data.classes)


def _tables(
    data: OutcomeData, results: Sequence[FoldResult], task: Task, settings: OutcomeSettings
) -> dict[str, Any]:
    """Make the tables that differ between kinds of outcome."""
    if isinstance(task, Classification):
        return {
            "predictions": class_prediction_table(data, results),
            "calibration": class_calibration_table(data, results, task),
            "decision": class_decision_table(data, results, task),
            "baseline": class_baseline_table(data),
            "kaplan_meier": None,
        }
    assert isinstance(task, Survival)
    groups = {model: majority_groups(results, model, len(data.y)) for model in data.models}
    return {
        "predictions": prediction_table(data, results),
        "calibration": calibration_table(data, results, task.horizons),
        "decision": decision_table(data, results, task.horizons),
        "baseline": baseline_table(data),
        "kaplan_meier": kaplan_meier_table(data.y, groups, settings.confidence),
    }
