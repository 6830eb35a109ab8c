"""Evaluate whether stable features predict the outcome, beyond what is known from clinical data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nbradiomics.clinical import Endpoint
from nbradiomics.execution.execution import Execution
from nbradiomics.outcome.added_value import PermutationTests, gain_tests
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.batch_effects import batch_effects
from nbradiomics.outcome.crossvalidation import cross_validate, splits_of
from nbradiomics.outcome.final import Final, fit_final
from nbradiomics.outcome.harmonisation_text import Measured, tell_harmonisation
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.learned_from import learned_from
from nbradiomics.outcome.noise_of_sites import noise_of_sites
from nbradiomics.outcome.performance import performance_table, selection_table
from nbradiomics.outcome.permutations import permutation_test
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.ratios import covariate_ratios
from nbradiomics.outcome.record import made_from
from nbradiomics.outcome.refits import refit
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.result_tables import result_tables
from nbradiomics.outcome.settings import TREES, OutcomeSettings, Predictors
from nbradiomics.outcome.sites import check_sites
from nbradiomics.outcome.stability import Candidates
from nbradiomics.outcome.summary import summarise
from nbradiomics.outcome.tasks import Classification, Task, survival_task
from nbradiomics.settings import spread
from nbradiomics.tables import FeatureChoice, RowsOfReader

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
    stable: Sequence[str] | Candidates | None = None,
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
        Names of the stable features. With None they are found by the ICC inside each fold if the feature
        table has rows of several readers; otherwise all features are kept. `Candidates` are
        a list that applies beside the filter of each fold.
    settings
        Folds, penalty, limits, bootstrap, permutations.
    execution
        Processes and progress display; the result does not depend on them.

    Returns
    -------
    OutcomeResult
        Performance, predictions, Kaplan-Meier curves, selection, subjects left out, summary. The
        permutation p value against chance is that of ``combined`` if it is fitted, else of
        ``radiomic``; the gains have p values of their own.

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
    folds = 1 if predictors.leave_out else settings.folds
    prepared = prepare(features, clinical, endpoint, predictors, rows, stable, settings, folds=folds)
    check_sites(prepared.data, predictors, settings)
    result = _evaluate(prepared.data, prepared.choice, endpoint, settings, execution)
    for told in ("sentences", "leading"):
        result.summary[told] = [*prepared.sentences, *result.summary[told]]
    result.summary.update(made_from(prepared, predictors))
    task = task_of(prepared.data, settings.horizons)
    # Trees have no form in plain numbers, and take long.
    names = () if settings.method in TREES else prepared.data.models
    models = fit_final(prepared.data, settings, names, task)
    return replace(result, final=Final(prepared, endpoint, predictors, settings, task, models))


def _evaluate(
    data: OutcomeData,
    choice: FeatureChoice,
    endpoint: Endpoint,
    settings: OutcomeSettings,
    execution: Execution,
) -> OutcomeResult:
    task = task_of(data, settings.horizons)
    results = cross_validate(data, settings, data.models, task, execution=execution)
    tests = _tests(data, settings, task, results, execution) if settings.permutations else PermutationTests()
    refits = None
    if settings.bootstraps and settings.refits:
        refits = refit(data, settings, data.models, task, execution=execution)
    performance = performance_table(data, results, settings, task, refits)
    summary = summarise(data, choice, results, performance, tests, settings, endpoint, task)
    summary["learned_from"] = learned_from(data, results)
    summary["failed_refits"] = refits.failed if refits else 0
    summary["sentences"] += refits.sentences if refits else []
    folds = splits_of(data, settings)
    names = data.frame.index
    effects, unmeasured = batch_effects(data, settings.seed)
    pairs = [(names[known], names[new]) for fold in folds for known, new in fold]
    noise = noise_of_sites(data, settings, task, execution=execution)
    measured = Measured(effects, unmeasured, noise, task.order_name)
    tell_harmonisation(summary, data, pairs, measured)
    ratios = covariate_ratios(data, task, settings.confidence)
    ratios.tell(summary)
    return OutcomeResult(
        performance=performance,
        selection=selection_table(data, results),
        flow=data.excluded,
        ratios=ratios.table,
        summary=summary,
        site_effects=effects,
        **result_tables(data, results, task, settings.confidence),
    )


def _tests(
    data: OutcomeData,
    settings: OutcomeSettings,
    task: Task,
    results: Sequence[FoldResult],
    execution: Execution,
) -> PermutationTests:
    tested = data.models[-1]
    chance = permutation_test(data, settings, tested, task, results, execution=execution)
    gains = gain_tests(data, settings, task, results, execution=execution)
    return PermutationTests({tested: chance}, gains)


def task_of(data: OutcomeData, horizons: Sequence[float] = ()) -> Task:
    """Kind of outcome of some data; `horizons` are those that were asked for, see `find_horizons`."""
    return (
        Classification(data.classes)
        if data.classes
        else survival_task(data.y, find_horizons(data.y, horizons))
    )
