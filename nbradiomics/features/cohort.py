"""Features of a cohort: one row per case, and a row of missing values for a case that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.cohort import Case, CohortSource, load_cohort
from nbradiomics.cohort.lesions import LesionRule, measured_cases
from nbradiomics.cohort.sites import sites_of
from nbradiomics.cohort.variants import as_originals
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.features.bins import bin_advice
from nbradiomics.features.extract import DEFAULT_ENGINE, first_of, require_able, resolve_label
from nbradiomics.features.feature_rows import assembled, incomplete, index_of, origin_of
from nbradiomics.features.grouped import STAGE
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.parameters.unused import unused_settings
from nbradiomics.features.scans import extract_scans
from nbradiomics.settings import spread
from nbradiomics.tables import extracted_columns
from nbradiomics.tables.result import Result

if TYPE_CHECKING:
    from nbradiomics.perturbation import Variant

#: Length in mm of the least axis of a region in one slice, whose eigenvalue is 0 but for rounding.
_NO_LENGTH = 1e-5


@dataclass(frozen=True, repr=False)
class FeatureTable(Result):
    """Features of a cohort.

    Attributes
    ----------
    table
        Columns of `features.schema.FEATURES`, then one per feature. A case that failed has a row of
        missing values.
    failures
        Cases that failed, requested features that a case lacks (even if all cases lack them), and components
        that are too small to be measured.
    notes
        Further remarks on the values: settings without effect, too few or too many bins, constant features.
    spans
        Lowest and highest intensity of each measured region, after the preprocessing of the original image.
    """

    table: pd.DataFrame
    failures: list[Failure]
    notes: list[str] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list, repr=False)


@spread(execution=Execution)
def extract_cohort(
    cohort: CohortSource,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    engine: str = DEFAULT_ENGINE,
    lesions: LesionRule | None = None,
    min_lesion_ml: float | None = None,
    variants: Sequence[Variant] = (),
    seed: int = 0,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> FeatureTable:
    """Extract the features of every image and every reader's mask, and of variants of them.

    Parameters
    ----------
    cohort
        Images and masks: a cohort table (a file or a DataFrame), or a loaded cohort. A label in the cohort
        table overrides the label of the parameter file.
    params
        A PyRadiomics parameter file, the name of a preset, or its content as a mapping.
    engine
        Engine that computes the features.
    lesions
        Rule for several lesions of a subject: ``union``, ``largest``, ``roi`` or ``components``; see
        `lesions.lesion_rule` for the meaning of ``None``.
    min_lesion_ml
        Smallest volume of a component that is measured, for the rule ``components``; default 0.1 ml.
    variants
        Variants of every image and mask (`read_chain`), which are made in memory. Each gets a row of its own;
        its name is in the column `variant`, where the rows of the masks themselves have `original`.
    seed
        Seed of the random variants, from 0.
    execution
        Processes, progress display, and the workspace that stores results for later calls. Each of its
        fields may be given by its own name: ``jobs=4``.

    Raises
    ------
    InputError
        When nothing can be computed: invalid parameters, an unknown engine, no mask.

    Examples
    --------
    >>> done = extract_cohort("cohort.csv", params={"featureClass": {"firstorder": ["Mean"]}})
    >>> done.table["reader"].tolist()
    ['A', 'B', 'A', 'B', 'A', 'B']
    """
    cohort = load_cohort(cohort)
    parameters = load_parameters(params)
    require_able(engine, parameters, execution.threads)
    execution.tell_if_crowded()
    label = int(resolve_label(parameters, None))
    if variants:
        cohort = as_originals(cohort, "an extraction of variants")
    measured = measured_cases(cohort, lesions, label=label, minimum_ml=min_lesion_ml)
    if not measured:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    origin, sites = origin_of(engine, parameters), sites_of(cohort)
    rows = {case.name: index_of(case, origin, sites) for case in measured}
    if variants:
        # Perturbations import SciPy's filters, which takes longer than the features of a tumour.
        from nbradiomics.features.variants.extract import extract_variants, variants_of

        items = variants_of(measured, variants)
        rows = {row: index_of(one.case, origin, sites, one.variant.name) for row, one in items.items()}
        batch = extract_variants(
            items, parameters, engine=engine, label=label, seed=seed, execution=execution
        )
    else:
        batch = extract_scans({case.name: case for case in measured}, parameters, engine, label, execution)
    table = assembled(rows, batch.results)
    small = small_components(case for case in measured if case.name in batch.results)
    failures = [*batch.failures, *incomplete(table, batch.results), *small]
    spans = [row.span for row in batch.results.values() if row.span]
    return FeatureTable(table, failures, _notes(table, spans, parameters), spans)


def _notes(table: pd.DataFrame, spans: list[tuple[float, float]], parameters: Parameters) -> list[str]:
    advice = bin_advice(spans, parameters)
    notes = [*unused_settings(parameters), *([f"{advice.problem} {advice.remedy}"] if advice else [])]
    notes += flat_shape_notes(table)
    constant = constant_features(table)
    total = len(extracted_columns(table))
    note = f"{len(constant)} of {total} features are the same in every mask ({first_of(constant)})."
    return [*notes, note] if constant else notes


def flat_shape_notes(table: pd.DataFrame) -> list[str]:
    """Say how many regions lie in one slice although features of their shape in three dimensions were made.

    A region in one slice has no length along its least axis.
    """
    axes = [name for name in ("LeastAxisLength", "Flatness") if f"original_shape_{name}" in table]
    if not axes:
        return []
    lengths = table[f"original_shape_{axes[0]}"].dropna()
    flat = int((lengths.abs() < _NO_LENGTH).sum())
    if not flat:
        return []
    note = (
        f"{flat} of {len(lengths)} regions lie in one slice: their features of the class shape (volume, "
        "surface, axes in three dimensions) depend on the thickness of the slice. Use `force2D: true` with "
        "the class shape2D instead, as the preset image_2d does."
    )
    return [note]


def constant_features(table: pd.DataFrame) -> list[str]:
    """Return features with the same value in all masks, if three or more masks have one: two may agree."""
    columns = extracted_columns(table)
    values = table[columns].to_numpy(float)
    many = np.count_nonzero(~np.isnan(values), axis=0) > 2
    same = np.fmin.reduce(values, axis=0, initial=np.nan) == np.fmax.reduce(values, axis=0, initial=np.nan)
    return [column for column, constant in zip(columns, many & same, strict=True) if constant]


def small_components(cases: Iterable[Case]) -> list[Failure]:
    """Return one failure for each mask that has components without a row, named after its first component."""
    return [
        Failure(
            case.name,
            STAGE,
            f"{one.small} component(s) of this mask have no row: each is smaller than {one.minimum_ml:g} ml "
            f"({one.small_ml:.3g} ml in total).",
            "Lower the smallest volume (min_lesion_ml) to measure them.",
        )
        for case in cases
        if (one := case.component) is not None and one.small
    ]
