"""Features of a cohort slice by slice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.cohort import Case, CohortSource, load_cohort
from nbradiomics.cohort.lesions import LesionRule, measured_cases
from nbradiomics.cohort.sites import Sites, sites_of
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.features.cohort import FeatureTable
from nbradiomics.features.extract import DEFAULT_ENGINE, require_able, resolve_label
from nbradiomics.features.feature_rows import Origin, assembled, incomplete, index_of, origin_of
from nbradiomics.features.grouped import STAGE
from nbradiomics.features.held import HeldRow, held_row
from nbradiomics.features.parameters import UNION, Parameters, load_parameters
from nbradiomics.features.scans import case_key
from nbradiomics.features.schema import FEATURES
from nbradiomics.features.slices.one_case import MeasuredSlice, MeasuredSlices, measure_slices
from nbradiomics.features.slices.schema import SLICES
from nbradiomics.features.slices.settings import SliceSettings
from nbradiomics.settings import spread
from nbradiomics.tables import ORIGINAL

#: Variant of the rows with one row per region, by the setting.
VARIANTS = {"largest": "largest_slice", "median": "median_of_slices"}


@spread(settings=SliceSettings, execution=Execution)
def extract_slices(
    cohort: CohortSource,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    settings: SliceSettings = SliceSettings(per_slice="each"),  # noqa: B008 - frozen
    engine: str = DEFAULT_ENGINE,
    lesions: LesionRule | None = None,
    min_lesion_ml: float | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> FeatureTable:
    """Extract the features of each slice of every region, of its largest slice, or their median.

    A slice is measured in the whole image, by a mask of this slice alone. Slices are along the third axis of
    the image.

    Parameters
    ----------
    cohort
        Images and masks: a cohort table (a file or a DataFrame), or a loaded cohort.
    params
        A PyRadiomics parameter file, the name of a preset, or its content as a mapping, with `force2D: true`
        and without 3-D shape.
    settings
        Which slices; each field is also a keyword: ``per_slice="largest"``.
    engine, lesions, min_lesion_ml, execution
        As in `extract_cohort`.

    Returns
    -------
    FeatureTable
        For ``each``, columns of `slices.schema.SLICES` and a row per slice. Otherwise a table as that of
        `extract_cohort`, whose `variant` says how the row was made (`VARIANTS`).

    Raises
    ------
    InputError
        When nothing can be computed, or the parameters are not those of single slices.

    Examples
    --------
    >>> slices = extract_slices("cohort.csv", params="image_2d", per_slice="largest")
    >>> int(slices.table["variant"].nunique())
    1
    """
    cohort = load_cohort(cohort)
    parameters = load_parameters(params)
    require_able(engine, parameters, execution.threads)
    execution.tell_if_crowded()
    require_flat(parameters)
    label = int(resolve_label(parameters, None))
    cases = {
        case.name: case for case in measured_cases(cohort, lesions, label=label, minimum_ml=min_lesion_ml)
    }
    if not cases:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    largest = settings.per_slice == "largest"
    options = (parameters, engine, label)
    batch = execution.map(
        measure_slices,
        {name: (case, *options, settings.min_slice_voxels, largest) for name, case in cases.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: case_key([cases[name]], options, slices=[settings.min_slice_voxels, largest]),
            MeasuredSlices,
        ),
    )
    sites, origin = sites_of(cohort), origin_of(engine, parameters)
    table, failures = (
        _each(cases, batch.results, origin, sites)
        if settings.per_slice == "each"
        else _summed_up(cases, batch.results, origin, sites, settings)
    )
    notes = _notes(batch.results, settings)
    return FeatureTable(table, [*batch.failures, *failures], notes)


def require_flat(parameters: Parameters) -> None:
    """Refuse parameters whose features of a single slice would mean nothing, or would not be of the slice."""
    setting = parameters.content.get("setting") or {}
    if not setting.get("force2D", False) or setting.get("force2Ddimension", 0) != 0:
        raise InputError(
            f"{parameters.name}: features of slices need `force2D: true` and `force2Ddimension: 0`.",
            "Set them under `setting`.",
        )
    if "shape" in (parameters.content.get("featureClass") or {}):
        raise InputError(
            f"{parameters.name} requests the class shape, whose features are of three dimensions.",
            "Request shape2D instead of shape.",
        )
    if "morph" in parameters.own.families.names:
        raise InputError(
            f"{parameters.name} requests the family morph, whose features are of three dimensions.",
            "Leave it out of `families`, and request the class shape2D instead.",
        )
    spacing = setting.get("resampledPixelSpacing")
    if spacing and spacing[2] != 0:
        raise InputError(
            f"{parameters.name} resamples across the slices (resampledPixelSpacing {spacing}).",
            "Write 0 as the third number, which keeps the slices.",
        )
    if parameters.own.crop == UNION:
        raise InputError(
            f"{parameters.name} has `crop: union`, which depends on the other masks.", "Leave it out."
        )


def _each(
    cases: Mapping[str, Case], results: Mapping[str, Any], origin: Origin, sites: Sites
) -> tuple[pd.DataFrame, list[Failure]]:
    """A row for each slice; one row without a slice for a case without a result."""
    rows, held = {}, {}
    places: list[tuple[int | None, float | None, int | None]] = []
    failures = []
    for name, case in cases.items():
        slices: list[MeasuredSlice] = results[name]["slices"] if name in results else []
        for one in slices:
            row = f"{name}/slice {one['slice']}"
            rows[row] = index_of(case, origin, sites)
            places.append((one["slice"], one["mm"], one["voxels"]))
            failures += _refusal(row, one)
            if not one["refused"]:
                held[row] = _held(one)
        if not slices:
            rows[name] = index_of(case, origin, sites)
            places.append((None, None, None))
    table = assembled(rows, held)
    numbers = pd.DataFrame(
        places, columns=[column.name for column in SLICES.columns[len(FEATURES.columns) :]]
    )
    numbers = numbers.astype({"slice": "Int64", "slice_mm": float, "slice_voxels": "Int64"})
    first = [name for name in table.columns if name in FEATURES.names]
    return pd.concat([table[first], numbers, table.drop(columns=first)], axis=1), [
        *failures,
        *incomplete(table, held),
    ]


def _summed_up(
    cases: Mapping[str, Case],
    results: Mapping[str, Any],
    origin: Origin,
    sites: Sites,
    settings: SliceSettings,
) -> tuple[pd.DataFrame, list[Failure]]:
    """A row for each region."""
    rows, held = {}, {}
    failures = []
    made_by = VARIANTS[settings.per_slice]
    # The median depends on which slices have enough voxels.
    least = f"-{settings.min_slice_voxels}" if settings.per_slice == "median" else ""
    named = origin._replace(parameters=f"{origin.parameters}-{made_by}{least}")
    for name, case in cases.items():
        made = case.scan.variant
        variant = made_by if made == ORIGINAL else f"{made}+{made_by}"
        rows[name] = index_of(case, named, sites, variant)
        slices = results[name]["slices"] if name in results else []
        for one in slices:
            failures += _refusal(f"{name}/slice {one['slice']}", one)
        measured = [_held(one) for one in slices if not one["refused"]]
        if measured:
            held[name] = measured[0] if len(measured) == 1 else _median(measured)
    table = assembled(rows, held)
    return table, [*failures, *incomplete(table, held)]


def _held(one: MeasuredSlice) -> HeldRow:
    return held_row({"values": one["values"], "missing": one["missing"], "span": None})


def _median(slices: list[HeldRow]) -> HeldRow:
    """Median of each feature over the slices that have it; missing if none has."""
    table = pd.DataFrame([dict(zip(one.names, one.values, strict=True)) for one in slices])
    values = table.median()
    missing = {name: reason for one in slices for name, reason in one.missing.items()}
    lacking = {name: why for name, why in missing.items() if np.isnan(values.get(name, np.nan))}
    return held_row(
        {
            "values": {str(key): float(value) for key, value in values.items()},
            "missing": lacking,
            "span": None,
        }
    )


def _refusal(row: str, one: MeasuredSlice) -> list[Failure]:
    return [Failure(row, STAGE, *one["refused"])] if one["refused"] else []


def _notes(results: Mapping[str, Any], settings: SliceSettings) -> list[str]:
    """Say how many slices are in no number."""
    notes = []
    small = sum(result["small"] for result in results.values())
    if small:
        regions = sum(result["small"] > 0 for result in results.values())
        notes.append(
            f"{small} slices of {regions} regions have fewer than {settings.min_slice_voxels} voxels and "
            "were not measured."
        )
    partly = [
        name
        for result in results.values()
        for one in result["slices"]
        for name in one["missing"]
        if settings.per_slice == "median" and not one["refused"]
    ]
    if partly:
        notes.append(
            f"The median is over the slices that have a value: {len(partly)} values of {len(set(partly))} "
            "features are missing in a slice."
        )
    return notes
