"""Comparison of masks over a cohort: every ordered pair of readers, or each reader with one reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.agreement.compare import compare_both_ways, comparison_status
from nbradiomics.agreement.pairs import Pair, by_region, pairs_of_region
from nbradiomics.agreement.perturbed import perturbed_pairs
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.agreement.settings import ComparisonSettings
from nbradiomics.cohort import AUTOMATIC, Case, Cohort, CohortSource, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL, read_case_region, region_hashes
from nbradiomics.cohort.lesions import (
    LesionRule,
    apply_lesion_rule,
    divided,
    lesion_rule,
    require_lesions_told_apart,
)
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import Payload, content_hash, result_key
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import read_image
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO
from nbradiomics.tables.result import Result

STAGE = StageName.COMPARE
_SWAPPED_STATUS = {"empty_mask": "empty_reference", "empty_reference": "empty_mask"}


class _Compared(TypedDict):
    """Stored result of a pair: its status, and the values of both directions."""

    status: str
    there: dict[str, float]
    back: dict[str, float]


@dataclass(frozen=True, repr=False)
class AgreementTable(Result):
    """Agreement over a cohort.

    Attributes
    ----------
    table
        Columns of `agreement.schema.AGREEMENT`, one row per scan, region and ordered pair. The status and the
        metrics of a failed pair are missing.
    failures
        Pairs that failed.
    notes
        Which perturbed masks are not compared with their originals, and why.
    """

    table: pd.DataFrame
    failures: list[Failure]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class How:
    """How two masks are compared, and the label of masks for which the cohort table names none."""

    label: int = DEFAULT_LABEL
    settings: ComparisonSettings = ComparisonSettings()  # noqa: RUF009 - frozen

    def key(self) -> list[Any]:
        """Settings that decide the numbers, for the key of a stored result."""
        return [self.settings.tolerance_mm, str(self.settings.field)]

    def columns(self) -> dict[str, Any]:
        """Columns of the table that record these settings."""
        return {"field": str(self.settings.field), "tolerance_mm": self.settings.tolerance_mm}


@spread(settings=ComparisonSettings, execution=Execution)
def compare_cohort(
    cohort: CohortSource,
    *,
    reference: str | None = None,
    lesions: LesionRule | None = None,
    label: int = DEFAULT_LABEL,
    settings: ComparisonSettings = ComparisonSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> AgreementTable:
    """Compare the masks of every scan: readers with each other, with the model, and with themselves.

    If the cohort has variants, the masks of each variant are compared in the same way, and each perturbed
    mask with the original mask of the same reader, if the variant changes the mask alone.

    Parameters
    ----------
    cohort
        The cohort table with the masks: a file, a DataFrame, or a loaded cohort.
    reference
        Reader with whom the others are compared; ``None`` for every ordered pair.
    lesions
        How several lesions of a subject are treated: ``union``, ``largest`` or ``roi``; `lesions.lesion_rule`
        explains ``None``.
    label
        Label of masks for which the cohort table names none.
    settings
        Tolerance of the surface Dice, and how much background counts for specificity, kappa and the ROC
        areas. Each field is also a keyword of this function: ``tolerance_mm=2.0``.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Returns
    -------
    AgreementTable
        `agreement.schema.AGREEMENT` documents the columns, `agreement.pairs` the pairs.

    Raises
    ------
    InputError
        When no scan and region has two masks, or no reader has the name `reference`.

    Examples
    --------
    >>> agreement = compare_cohort("cohort.csv", tolerance_mm=2.0)
    >>> agreement.table[["subject", "reader", "reference"]].head(2).to_numpy().tolist()
    [['s0', 'A', 'B'], ['s0', 'B', 'A']]
    """
    cohort = load_cohort(cohort)
    require_reader(cohort, reference)
    rule = lesion_rule(lesions, cohort.table)
    cases = apply_lesion_rule(cohort.cases(), rule, label=label)
    regions = list(by_region(cases))
    perturbed = perturbed_pairs(cases, reference=reference)
    pairs = [pair for region in regions for pair in pairs_of_region(region, reference=reference)]
    pairs += perturbed.pairs
    _require_pairs(pairs, cohort, perturbed.sentence())
    table, failures = _compared(pairs, How(label, settings), execution)
    selected = table if reference is None else table[table["reference"] == reference].reset_index(drop=True)
    notes = [note for note in [perturbed.sentence()] if note]
    return AgreementTable(selected, [*_second_masks(regions), *failures], notes)


def _compared(pairs: Sequence[Pair], how: How, execution: Execution) -> tuple[pd.DataFrame, list[Failure]]:
    named = {pair.name: pair for pair in pairs}
    batch = execution.map(
        _compare_pair,
        {name: (pair, how) for name, pair in named.items()},
        stage=STAGE,
        stored=Stored(lambda name: _key(named[name], how), _Compared),
    )
    rows = [row for name, pair in named.items() for row in pair_rows(pair, batch.results.get(name), how)]
    return AGREEMENT.table(rows), batch.failures


def require_reader(cohort: Cohort, reader: str | None) -> None:
    """Raise `InputError` if a cohort does not have a reader; ``None`` is always there."""
    readers = cohort.readers()
    if reader is not None and reader not in readers:
        raise InputError(
            f"{cohort.path} has no reader {reader!r}.", f"Readers in the table: {', '.join(readers)}."
        )


def require_pairs(cohort: Cohort, lesions: str) -> None:
    """Raise `InputError` unless there are two masks to compare and the rule for lesions suits them.

    No image is opened: under the rule ``largest`` any lesion may be the largest.
    """
    cases, _ = divided(cohort.cases())
    apply_lesion_rule([], lesions)
    manual = {case.roi for case in cases if case.reader != AUTO}
    require_lesions_told_apart(lesions, manual, with_model=AUTO in cohort.readers())
    rule = "roi" if lesions == "largest" else lesions
    regions = by_region(apply_lesion_rule(cases, rule))
    _require_pairs([pair for region in regions for pair in pairs_of_region(region)], cohort)


def has_pairs(cohort: Cohort, lesions: str) -> bool:
    """Whether there are two masks of one scan and region to compare."""
    drawn, _ = divided(cohort.cases())
    regions = by_region(apply_lesion_rule(drawn, "roi" if lesions == "largest" else lesions))
    return any(pairs_of_region(region) for region in regions)


def _require_pairs(pairs: list[Pair], cohort: Cohort, note: str = "") -> None:
    if not pairs:
        readers = ", ".join(cohort.readers()) or "none"
        raise InputError(
            f"no scan of {cohort.path} has two masks to compare (readers: {readers}). {note}".rstrip(),
            "Give two masks of the same image and region.",
        )


def _second_masks(regions: list[list[Case]]) -> list[Failure]:
    """Failures for further automatic masks of a region: only the first one is compared."""
    cause = f"only the first mask of {AUTO!r} for a scan and region is compared; this is another one."
    hint = "Put the masks of another model into a separate cohort table."
    return [
        Failure(case.name, STAGE, cause, hint)
        for cases in regions
        for case in [case for case in cases if case.kind == AUTOMATIC][1:]
    ]


def mask_hashes(case: Case, label: int) -> list[Any]:
    """Content and labels of a case's masks, and content of its probability map: they identify its region."""
    return [region_hashes(case, label), case.probability and content_hash(case.probability)]


def read_probability(case: Case) -> sitk.Image | None:
    """Probability map of a case, or ``None`` if it has none."""
    return None if case.probability is None else read_image(case.probability)


def require_grid_of(region: sitk.Image, other: sitk.Image, case: Case, reference: Path) -> None:
    """Refuse a region on a different grid; a difference within the tolerance takes over `other`'s grid."""
    require_same_grid(region, other, names=(str(case.masks[0].path), str(reference)))
    region.CopyInformation(other)


def _key(pair: Pair, how: How) -> str:
    sides = [mask_hashes(case, how.label) for case in (pair.first, pair.second)]
    return result_key(STAGE, masks=sides, how=how.key())


def pair_rows(pair: Pair, payload: Payload | None, how: How) -> list[dict[str, Any]]:
    """Rows of the agreement table for a pair: one, or one for each direction."""
    result = payload or {}
    there = {**pair.index(), **how.columns(), "status": result.get("status"), **result.get("there", {})}
    if pair.one_way:
        return [there]
    status = _SWAPPED_STATUS.get(result.get("status", ""), result.get("status"))
    return [there, {**pair.index(back=True), **how.columns(), "status": status, **result.get("back", {})}]


def _compare_pair(pair: Pair, how: How) -> Payload:
    region, reference = (read_case_region(case, how.label) for case in (pair.first, pair.second))
    require_grid_of(reference, region, pair.second, pair.first.masks[0].path)
    there, back = compare_both_ways(
        region,
        reference,
        tolerance_mm=how.settings.tolerance_mm,
        field=how.settings.field,
        probability=read_probability(pair.first),
        reference_probability=read_probability(pair.second),
    )
    return {"status": comparison_status(region, reference), "there": there, "back": back}
