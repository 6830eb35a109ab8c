"""External validation: models of one cohort, fitted as they are, judged on the subjects of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.outcome.assembly import assemble, choose_rows, radiomic_columns
from nbradiomics.outcome.baseline_table import baseline_table
from nbradiomics.outcome.crossvalidation import prediction_table, run_repeat
from nbradiomics.outcome.curves import calibration_table, decision_table
from nbradiomics.outcome.external_summary import summarise_external
from nbradiomics.outcome.groups import kaplan_meier_table, majority_groups
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.performance import external_performance, selection_table
from nbradiomics.outcome.result import OutcomeResult
from nbradiomics.outcome.seen import without_seen_masks
from nbradiomics.outcome.settings import OutcomeSettings, Predictors
from nbradiomics.outcome.stability import find_rule
from nbradiomics.settings import spread
from nbradiomics.tables import RowsOfReader, require_single_names

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.crossvalidation import FoldResult

_SHOWN = 5


@spread(endpoint=Endpoint, predictors=Predictors, rows=RowsOfReader, settings=OutcomeSettings)
def validate_outcome(
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    *,
    external_features: pd.DataFrame,
    external_clinical: pd.DataFrame,
    endpoint: Endpoint,
    predictors: Predictors = Predictors(),  # noqa: B008 - frozen
    rows: RowsOfReader = RowsOfReader(),  # noqa: B008 - frozen
    settings: OutcomeSettings = OutcomeSettings(),  # noqa: B008 - frozen
) -> OutcomeResult:
    """Fit the models of :func:`evaluate_outcome` to one cohort, and judge them on another.

    Everything that is fitted (imputation, stability filter, scaling, tuning, model, baseline hazard, risk
    cut-off) is fitted to the first cohort alone; the models are then applied to the external subjects as they
    are.

    Parameters
    ----------
    features, clinical
        Tables of the cohort to which the models are fitted, as for :func:`evaluate_outcome`.
    external_features, external_clinical
        Tables of the external cohort, with the same columns and units and other subjects.
    endpoint, predictors, rows
        As for :func:`evaluate_outcome`, the same for both cohorts.
    settings
        As for :func:`evaluate_outcome`; there are no folds, and `bootstraps` draws of the external subjects
        give the intervals.

    Returns
    -------
    OutcomeResult
        As of :func:`evaluate_outcome`, for the external subjects; ``summary["validation"]`` is ``external``.

    Raises
    ------
    InputError
        When a subject is in both cohorts, the external table lacks a column, or a table cannot be used.

    Examples
    --------
    >>> half = sorted(clinical["subject"])[: len(clinical) // 2]
    >>> first, second = (
    ...     [table[table["subject"].isin(half) == chosen] for table in (features, clinical)]
    ...     for chosen in (True, False)
    ... )
    >>> result = validate_outcome(
    ...     *first, external_features=second[0], external_clinical=second[1], time="os_days",
    ...     event="os_event", reader="A", bootstraps=0,
    ... )
    >>> result.summary["validation"]
    'external'
    """
    first = [features.rename(columns=str), clinical.rename(columns=str)]
    second = [external_features.rename(columns=str), external_clinical.rename(columns=str)]
    for table in (first[1], second[1]):
        require_single_names(table.columns, "the clinical table")
    _require_other_subjects(first, second)
    together, seen, sentences = without_seen_masks(pd.concat([first[0], second[0]]), rows.reader)
    chosen = choose_rows(together, rows.wanted())
    clinics = pd.concat([first[1], second[1]], ignore_index=True)
    choice = radiomic_columns(first[0], first[1], predictors.feature_names, endpoint)
    _require_columns(second, choice.names, (*predictors.covariates, endpoint.time, endpoint.event))
    rule = find_rule(together, chosen, choice.names, stable=None, settings=settings)
    data = assemble(chosen, clinics, choice.names, rule, endpoint, predictors, folds=1, seen=seen)
    external = np.isin(data.subjects, second[0]["subject"].astype(str))
    _require_events(data, external)
    result = _validated(data, external, settings, endpoint)
    result.summary["sentences"] = [*sentences, *result.summary["sentences"]]
    return result


def _validated(
    data: OutcomeData, external: np.ndarray, settings: OutcomeSettings, endpoint: Endpoint
) -> OutcomeResult:
    fitted, new = np.flatnonzero(~external), np.flatnonzero(external)
    horizons = find_horizons(data.y[new], settings.horizons)
    results = run_repeat(data, settings, data.models, 1, [(fitted, new)], horizons.all)
    performance = external_performance(data, results, settings, horizons)
    group = {model: majority_groups(results, model, len(data.y)) for model in data.models}
    groups = {model: of_all[new] for model, of_all in group.items()}
    alone = data.drawn(new)
    own = [_of_external(result) for result in results]
    return OutcomeResult(
        performance=performance,
        predictions=prediction_table(data, results),
        calibration=calibration_table(alone, own, horizons),
        decision=decision_table(alone, own, horizons),
        baseline=baseline_table(alone),
        kaplan_meier=kaplan_meier_table(alone.y, groups, settings.confidence),
        selection=selection_table(data, results),
        flow=data.excluded,
        summary=summarise_external(
            data, external, results, performance, groups, settings, (endpoint, horizons)
        ),
    )


def _of_external(result: FoldResult) -> FoldResult:
    """The same result, whose places count the external subjects alone."""
    return result.at(np.arange(len(result.test)))


def _require_other_subjects(first: Sequence[pd.DataFrame], second: Sequence[pd.DataFrame]) -> None:
    names = [
        set().union(*(set(table["subject"].astype(str)) for table in tables if "subject" in table))
        for tables in (first, second)
    ]
    shared = sorted(names[0] & names[1])
    if shared:
        raise InputError(
            f"{len(shared)} subjects are in both cohorts: {', '.join(shared[:_SHOWN])}"
            f"{' ...' if len(shared) > _SHOWN else ''}.",
            "An external validation needs other subjects. Rename different people who have the same name.",
        )


def _require_columns(
    second: Sequence[pd.DataFrame], features: Sequence[str], clinical: Sequence[str]
) -> None:
    for table, names, which in zip(second, (features, clinical), ("feature", "clinical"), strict=True):
        absent = [name for name in ("subject", *names) if name not in table]
        if absent:
            raise InputError(
                f"the external {which} table lacks {len(absent)} columns: {', '.join(absent[:_SHOWN])}"
                f"{' ...' if len(absent) > _SHOWN else ''}.",
                "Compute the external table in the same way as the first one.",
            )


def _require_events(data: OutcomeData, external: np.ndarray) -> None:
    for which, part in (("first", ~external), ("external", external)):
        events = int(data.y["event"][part].sum())
        if events < 2:
            raise InputError(
                f"the {which} cohort has {int(part.sum())} usable subjects with {events} events; 2 events or "
                "more were expected.",
                "Check that the subjects' names are the same in its two tables.",
            )
