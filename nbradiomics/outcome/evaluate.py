"""The entry: whether stable features foretell the outcome, beyond what the clinic already knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbradiomics.clinical import Declaration, EndpointRule
from nbradiomics.execution.batch import Progress, quiet
from nbradiomics.outcome.assembly import (
    OutcomeData,
    assemble,
    choose_rows,
    mixture_sentences,
    radiomic_columns,
)
from nbradiomics.outcome.crossvalidation import cross_validate, prediction_table
from nbradiomics.outcome.groups import kaplan_meier_table, log_rank, majority_groups, permutation_test
from nbradiomics.outcome.performance import performance_table, selection_table
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.seen import without_seen_masks
from nbradiomics.outcome.settings import OutcomeSettings
from nbradiomics.outcome.stability import find_rule
from nbradiomics.outcome.summary import summarise
from nbradiomics.tables import FeatureChoice, require_single_names

if TYPE_CHECKING:
    import pandas as pd


def evaluate_outcome(
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    *,
    time: str,
    event: str,
    covariates: Sequence[str] = (),
    feature_names: Sequence[str] = (),
    declared: Declaration = Declaration(),  # noqa: B008 - frozen
    event_value: Sequence[str] = (),
    zero_times: float | str | None = None,
    reader: str | None = None,
    timepoint: str | None = None,
    sequence: str | None = None,
    roi: str | None = None,
    variant: str | None = None,
    engine: str | None = None,
    reading: int | None = None,
    stable: Sequence[str] | None = None,
    stability_readers: Sequence[str] | None = None,
    settings: OutcomeSettings = OutcomeSettings(),  # noqa: B008 - frozen
    jobs: int = 1,
    progress: Progress = quiet,
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
        :func:`nbradiomics.clinical.read_clinical_table`, which keeps what stands in its cells.
    time, event
        Columns of the endpoint: time above 0 in any unit, and 1 (event) or 0 (observation ended), or yes and
        no, dead and alive.
    covariates
        Clinical columns for the models ``clinical`` and ``combined``. No other column is ever used;
        without any only ``radiomic`` is fitted.
    feature_names
        Names or patterns (``original_shape_*``) of the columns that are features; without any, those with a
        name of PyRadiomics, and all numeric columns of a table that has none of these.
    declared
        Which columns are categories, numbers or ordered, and which codes mean that a value is missing.
    event_value
        Values of the column `event` that mean an event, where it is coded in another way.
    zero_times
        What becomes of a time of 0: ``drop``, or the number that takes its place.
    reader, timepoint, sequence, roi, variant, engine, reading
        Which rows of the feature table to take, where it holds several per subject.
    stable
        Names of the stable features. None finds them by ICC(A,1) inside each fold where the feature
        table holds several readers' rows, and else keeps all.
    stability_readers
        Readers whose agreement decides; None takes all but ``auto``, and ``auto`` too where `reader` is
        ``auto``. Not together with `stable`.
    settings
        Folds, penalty, limits, bootstrap, permutations.
    jobs
        Processes to use; the result does not depend on it.
    progress
        Progress display.

    Returns
    -------
    OutcomeResult
        Performance, predictions, Kaplan-Meier curves, selection, subjects left out, summary. The
        permutation p value is that of ``combined`` where it is fitted, else of ``radiomic``.

    Raises
    ------
    InputError
        When the tables cannot be used, hold the outcome among the features, or too few subjects or events.
    AmbiguousError
        When several rows of a subject fit; the message lists the choices.
    """
    wanted = {
        "reader": reader,
        "timepoint": timepoint,
        "sequence": sequence,
        "roi": roi,
        "variant": variant,
        "engine": engine,
        "reading": reading,
    }
    features, clinical = features.rename(columns=str), clinical.rename(columns=str)
    require_single_names(clinical.columns, "the clinical table")
    endpoint = EndpointRule(time, event, tuple(event_value), zero_times)
    features, seen, told = without_seen_masks(features, wanted)
    chosen = choose_rows(features, wanted)
    choice = radiomic_columns(features, clinical, feature_names, time=time, event=event)
    names = choice.names
    rule = find_rule(
        features,
        chosen,
        names,
        stable=stable,
        readers=stability_readers,
        threshold=settings.icc_threshold,
        min_subjects=settings.min_subjects,
    )
    data = assemble(
        chosen,
        clinical,
        names,
        rule,
        endpoint,
        covariates=covariates,
        declared=declared,
        folds=settings.folds,
        seen=seen,
    )
    result = _evaluate(data, choice, settings, time=time, event=event, jobs=jobs, progress=progress)
    result.summary["sentences"] = [*told, *mixture_sentences(chosen), *result.summary["sentences"]]
    return result


def _evaluate(
    data: OutcomeData,
    choice: FeatureChoice,
    settings: OutcomeSettings,
    *,
    time: str,
    event: str,
    jobs: int,
    progress: Progress,
) -> OutcomeResult:
    results = cross_validate(data, settings, data.models, jobs=jobs, progress=progress)
    groups = {model: majority_groups(results, model, len(data.y)) for model in data.models}
    tests = {}
    if settings.permutations:
        tested = data.models[-1]
        observed = log_rank(data.y, groups[tested])
        tests[tested] = permutation_test(data, settings, tested, observed, jobs=jobs, progress=progress)
    performance = performance_table(data, results, settings)
    return OutcomeResult(
        performance=performance,
        predictions=prediction_table(data, results),
        kaplan_meier=kaplan_meier_table(data.y, groups, settings.confidence),
        selection=selection_table(data, results),
        flow=data.excluded,
        summary=summarise(data, choice, results, performance, tests, settings, time=time, event=event),
    )
