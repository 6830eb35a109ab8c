"""Features of every case of a cohort: one row each, and a row of missing values for what failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.cohort import Case, CohortSource, load_cohort
from nbradiomics.cohort.lesions import LesionRule, measured_cases
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Payload
from nbradiomics.features.bins import bin_advice
from nbradiomics.features.extract import DEFAULT_ENGINE, ENGINES, first_of, require_able, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.parameters.unused import unused_settings
from nbradiomics.features.scans import STAGE, extract_scans
from nbradiomics.features.schema import FEATURES
from nbradiomics.settings import spread
from nbradiomics.tables import INDEX
from nbradiomics.tables.result import Result


@dataclass(frozen=True, repr=False)
class FeatureTable(Result):
    """Features of a cohort.

    Attributes
    ----------
    table
        Columns of `features.schema.FEATURES`, then one per feature. A case that failed has a row of
        missing values.
    failures
        Cases that failed, features that were asked for and that a case has not, whether others have them or
        none has, and components that are too small to be measured.
    notes
        What else to know of the numbers: settings without effect, bins too few or too many, constants.
    """

    table: pd.DataFrame
    failures: list[Failure]
    notes: list[str] = field(default_factory=list)


@spread(execution=Execution)
def extract_cohort(
    cohort: CohortSource,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    engine: str = DEFAULT_ENGINE,
    lesions: LesionRule | None = None,
    min_lesion_ml: float | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> FeatureTable:
    """Extract the features of every image and every reader's mask.

    Parameters
    ----------
    cohort
        Which images and masks: a cohort table (a file or a DataFrame), or a loaded one. A label that it names
        wins over the parameter file's.
    params
        A PyRadiomics parameter file, the name of a preset, or its content as a mapping.
    engine
        Which engine computes the numbers.
    lesions
        What becomes of several lesions of a subject: ``union``, ``largest``, ``roi`` or ``components``; see
        `lesions.lesion_rule` for what ``None`` is.
    min_lesion_ml
        Least volume of a component, for the rule ``components``; 0.1 ml unless given.
    execution
        Processes, progress display, and the workspace where results are kept and found again. Each of its
        fields may be given by its own name: ``jobs=4``.

    Raises
    ------
    InputError
        When nothing can be computed: bad parameters, an unknown engine, no mask.

    Examples
    --------
    >>> done = extract_cohort("cohort.csv", params={"featureClass": {"firstorder": ["Mean"]}})
    >>> done.table["reader"].tolist()
    ['A', 'B', 'A', 'B', 'A', 'B']
    """
    cohort = load_cohort(cohort)
    parameters = load_parameters(params)
    require_able(engine, parameters)
    label = int(resolve_label(parameters, None))
    measured = measured_cases(cohort, lesions, label=label, minimum_ml=min_lesion_ml)
    cases = {case.name: case for case in measured}
    if not cases:
        raise InputError(f"{cohort.path} holds no mask.", "Give readers' masks, or segment the images first.")
    batch = extract_scans(cases, parameters, engine, label, execution)
    table = _assemble(cases, batch.results, engine_name(engine, parameters))
    small = _small_components(case for case in measured if case.name in batch.results)
    failures = [*batch.failures, *_incomplete(table, batch.results), *small]
    return FeatureTable(table, failures, _notes(table, batch.results, parameters))


def _notes(table: pd.DataFrame, results: Mapping[str, Payload], parameters: Parameters) -> list[str]:
    spans = [tuple(payload["span"]) for payload in results.values() if payload["span"]]
    advice = bin_advice(spans, parameters)
    found = [*unused_settings(parameters), *([f"{advice.problem} {advice.remedy}"] if advice else [])]
    constant = constant_features(table)
    total = len(table.columns) - len(INDEX)
    told = f"{len(constant)} of {total} features are the same in every mask ({first_of(constant)})."
    return [*found, told] if constant else found


def constant_features(table: pd.DataFrame) -> list[str]:
    """Features that have one value in all masks of a table, of three or more that have any: two may agree."""
    columns = [column for column in table.columns if column not in INDEX]
    many = table[columns].count() > 2
    return [column for column in columns if many[column] and table[column].nunique() == 1]


def engine_name(engine: str, parameters: Parameters) -> str:
    """What a feature table says of its numbers: engine, version, and how they depart from PyRadiomics'."""
    own = f"; {parameters.own}" if parameters.own.asks else ""
    return f"{engine} {ENGINES[engine].engine_version()}{own}"


def _assemble(cases: Mapping[str, Case], results: Mapping[str, Payload], engine: str) -> pd.DataFrame:
    # Cases may lack features (an image too small for a filter): the table has the union, in order.
    columns = list(dict.fromkeys(column for payload in results.values() for column in payload["values"]))
    rows = [
        [*_index(case, engine), *(results[name]["values"].get(column, np.nan) for column in columns)]
        if name in results
        else [*_index(case, engine), *[np.nan] * len(columns)]
        for name, case in cases.items()
    ]
    return FEATURES.table(rows, further=columns)


def _index(case: Case, engine: str) -> list[str | int]:
    told = {"variant": "original", "engine": engine, "in_training": case.in_training}
    return [{**case.index(), **told}[column] for column in INDEX]


def _incomplete(table: pd.DataFrame, results: Mapping[str, Payload]) -> list[Failure]:
    """Features that were asked for and that a case has not: a failure for each case and reason."""
    columns = [column for column in table.columns if column not in INDEX]
    failures = []
    for name, payload in results.items():
        missing: dict[str, list[str]] = defaultdict(list)
        for feature, reason in payload["missing"].items():
            missing[reason].append(feature)
        total = len(dict.fromkeys((*columns, *payload["missing"])))
        for reason, features in missing.items():
            cause = f"{len(features)} of {total} features are undefined ({first_of(features)}): {reason}."
            failures.append(
                Failure(name, STAGE, cause, "Their values are missing in this row; the rest holds.")
            )
    return failures


def _small_components(cases: Iterable[Case]) -> list[Failure]:
    """Components of a mask that have no row, told with its first."""
    return [
        Failure(
            case.name,
            STAGE,
            f"{one.small} component(s) of less than {one.minimum_ml:g} ml ({one.small_ml:.3g} ml in all) of "
            "this mask have no row.",
            "Lower the least volume to measure them.",
        )
        for case in cases
        if (one := case.component) is not None and one.small
    ]
