"""Features of every case of a cohort: one row each, and a row of missing values for what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.cohort import Case, Cohort
from nbradiomics.errors import InputError
from nbradiomics.execution import Failure, Progress, quiet
from nbradiomics.features.extract import DEFAULT_ENGINE, ENGINES, require_able, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.scans import STAGE, extract_scans
from nbradiomics.lesions import measured_cases
from nbradiomics.tables import INDEX
from nbradiomics.workspace import Payload, Workspace


@dataclass(frozen=True)
class FeatureTable:
    """Features of a cohort.

    Attributes
    ----------
    table
        Index columns (`tables.INDEX`), then one column per feature. A case that failed has a row of
        missing values.
    failures
        Cases that failed, features that a case lacks while others have them, and components that are too
        small to be measured.
    """

    table: pd.DataFrame
    failures: list[Failure]


def extract_cohort(
    cohort: Cohort,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    engine: str = DEFAULT_ENGINE,
    lesions: str | None = None,
    min_lesion_ml: float | None = None,
    jobs: int = 1,
    workspace: Workspace | None = None,
    progress: Progress = quiet,
) -> FeatureTable:
    """Extract the features of every image and every reader's mask.

    Parameters
    ----------
    cohort
        Which images and masks. A label that it names wins over the parameter file's.
    params
        A PyRadiomics parameter file, the name of a preset, or its content as a mapping.
    engine
        Which engine computes the numbers.
    lesions
        What becomes of several lesions of a subject: ``union``, ``largest``, ``roi`` or ``components``; see
        `lesions.lesion_rule` for what ``None`` is.
    min_lesion_ml
        Least volume of a component, for the rule ``components``; 0.1 ml unless given.
    jobs
        Processes.
    workspace
        Where results are kept and found again; ``None`` computes everything.
    progress
        Progress display.

    Raises
    ------
    InputError
        When nothing can be computed: bad parameters, an unknown engine, no mask.
    """
    parameters = load_parameters(params)
    require_able(engine, parameters)
    label = int(resolve_label(parameters, None))
    measured = measured_cases(cohort, lesions, label=label, minimum_ml=min_lesion_ml)
    cases = {case.name: case for case in measured}
    if not cases:
        raise InputError(f"{cohort.path} holds no mask.", "Give readers' masks, or segment the images first.")
    batch = extract_scans(cases, parameters, engine, label, workspace=workspace, jobs=jobs, progress=progress)
    table = _assemble(cases, batch.results, engine_name(engine, parameters))
    small = _small_components(case for case in measured if case.name in batch.results)
    return FeatureTable(table, [*batch.failures, *_incomplete(table, batch.results), *small])


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
    return pd.DataFrame(rows, columns=[*INDEX, *columns])


def _index(case: Case, engine: str) -> list[str | int]:
    told = {"variant": "original", "engine": engine, "in_training": case.in_training}
    return [{**case.index(), **told}[column] for column in INDEX]


def _incomplete(table: pd.DataFrame, results: Mapping[str, Payload]) -> list[Failure]:
    """Cases that were computed but lack features which others have."""
    columns = [column for column in table.columns if column not in INDEX]
    failures = []
    for name, payload in results.items():
        lacking = [column for column in columns if np.isnan(payload["values"].get(column, np.nan))]
        if lacking:
            shown = ", ".join(lacking[:3]) + (" ..." if len(lacking) > 3 else "")
            why = "; ".join(dict.fromkeys(payload["notes"])) or "no reason given"
            cause = f"{len(lacking)} of {len(columns)} features are undefined ({shown}): {why}"
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
