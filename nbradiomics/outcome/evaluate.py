"""Evaluate whether stable features predict the outcome, beyond what is known from clinical data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbradiomics.clinical import Endpoint
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.assembly import (
    OutcomeData,
    assemble,
    choose_rows,
    mixture_sentences,
    radiomic_columns,
)
from nbradiomics.outcome.baseline_table import baseline_table
from nbradiomics.outcome.crossvalidation import cross_validate, prediction_table
from nbradiomics.outcome.curves import calibration_table, decision_table
from nbradiomics.outcome.groups import kaplan_meier_table, log_rank, majority_groups, permutation_test
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.performance import performance_table, selection_table
from nbradiomics.outcome.refits import refit
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.seen import without_seen_masks
from nbradiomics.outcome.settings import OutcomeSettings, Predictors
from nbradiomics.outcome.stability import find_rule
from nbradiomics.outcome.summary import summarise
from nbradiomics.settings import spread
from nbradiomics.tables import FeatureChoice, RowsOfReader, require_single_names

if TYPE_CHECKING:
    import pandas as pd


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
    horizons = find_horizons(data.y, settings.horizons)
    results = cross_validate(data, settings, data.models, times=horizons.all, execution=execution)
    groups = {model: majority_groups(results, model, len(data.y)) for model in data.models}
    tests = {}
    if settings.permutations:
        tested = data.models[-1]
        observed = log_rank(data.y, groups[tested])
        tests[tested] = permutation_test(data, settings, tested, observed, execution=execution)
    refits = None
    if settings.bootstraps and settings.refits:
        refits = refit(data, settings, data.models, horizons, execution=execution)
    performance = performance_table(data, results, settings, horizons, refits)
    summary = summarise(data, choice, results, performance, tests, settings, endpoint, horizons)
    summary["failed_refits"] = refits.failed if refits else 0
    summary["sentences"] += refits.sentences if refits else []
    return OutcomeResult(
        performance=performance,
        predictions=prediction_table(data, results),
        calibration=calibration_table(data, results, horizons),
        decision=decision_table(data, results, horizons),
        baseline=baseline_table(data),
        kaplan_meier=kaplan_meier_table(data.y, groups, settings.confidence),
        selection=selection_table(data, results),
        flow=data.excluded,
        summary=summary,
    )
