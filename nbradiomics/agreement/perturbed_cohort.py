"""Comparison of the masks of a cohort with variants of them that are made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.agreement.cohort import (
    STAGE,
    AgreementTable,
    How,
    compare_cohort,
    has_pairs,
    mask_hashes,
    pair_rows,
    require_reader,
)
from nbradiomics.agreement.compare import compare_both_ways, comparison_status
from nbradiomics.agreement.pairs import PERTURBED, Pair
from nbradiomics.agreement.perturbed import OTHER_IMAGE, PerturbedPairs
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.agreement.settings import ComparisonSettings
from nbradiomics.cohort import Case, CohortSource, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL, read_case
from nbradiomics.cohort.lesions import LesionRule, apply_lesion_rule, lesion_rule
from nbradiomics.cohort.variants import as_originals
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import PASSING, Payload, content_hash, result_key
from nbradiomics.perturbation import Variant, perturbed_region, seed_of
from nbradiomics.settings import spread
from nbradiomics.system.versions import installed_version


class _OfMask(TypedDict):
    """Stored result of a mask: values and failures of each variant, by the variant's name."""

    values: dict[str, dict[str, Any]]
    failures: dict[str, list[str]]
    passing: bool


@spread(settings=ComparisonSettings, execution=Execution)
def compare_with_variants(
    cohort: CohortSource,
    variants: Sequence[Variant],
    *,
    seed: int = 0,
    reference: str | None = None,
    lesions: LesionRule | None = None,
    label: int = DEFAULT_LABEL,
    settings: ComparisonSettings = ComparisonSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> AgreementTable:
    """Compare the masks of every scan, and each with variants of it, made in memory as in `extract_cohort`.

    Parameters
    ----------
    cohort
        The cohort table with the masks, without variants: a file, a DataFrame, or a loaded cohort.
    variants
        Variants (`read_chain`). Those that change the image are left out: their masks may lie on another
        grid, and masks are never resampled for a comparison.
    seed
        Seed of the random variants. The same seed gives the masks whose features `extract_cohort` extracts
        with the same variants.
    reference, lesions, label, settings, execution
        As in `compare_cohort`.

    Returns
    -------
    AgreementTable
        The rows of `compare_cohort`, if there are two masks of a scan to compare, and rows of the kind
        ``perturbed``: a perturbed mask against the mask itself. `notes` says which variants are left out.

    Raises
    ------
    InputError
        When no variant changes the mask alone, readers should be simulated, the cohort has variants already
        or no mask, or no reader has the name `reference`.

    Examples
    --------
    >>> from nbradiomics.perturbation import Variant
    >>> grown = [Variant(volume=0.1), Variant(volume=-0.1)]
    >>> table = compare_with_variants("cohort.csv", grown).table
    >>> table[["variant", "pair"]].drop_duplicates().to_numpy().tolist()
    [['original', 'inter'], ['v0.1', 'perturbed'], ['v-0.1', 'perturbed']]
    """
    cohort = load_cohort(cohort)
    cohort = as_originals(cohort, "a comparison with variants")
    require_reader(cohort, reference)
    of_mask = _of_mask(variants)
    rule = lesion_rule(lesions, cohort.table)
    cases = apply_lesion_rule(cohort.cases(), rule, label=label)
    if not cases:
        raise InputError(f"{cohort.path} has no mask.", "Add readers' masks, or segment the images first.")
    done = AgreementTable(AGREEMENT.table([]), [])
    if has_pairs(cohort, rule):
        done = compare_cohort(
            cohort, reference=reference, lesions=rule, label=label, settings=settings, execution=execution
        )
    chosen = [case for case in cases if reference in (None, case.reader)]
    rows, failures = _perturbed_rows(chosen, of_mask, seed, How(label, settings), execution)
    table = pd.concat([part for part in (done.table, AGREEMENT.table(rows)) if len(part)], ignore_index=True)
    left_out = [variant.name for variant in variants if variant.of_image != Variant()]
    reasons = {OTHER_IMAGE: left_out} if left_out else {}
    note = PerturbedPairs([], reasons, len(left_out) * len(chosen)).sentence()
    return AgreementTable(table, [*done.failures, *failures], [note] if note else [])


def _perturbed_rows(
    cases: Sequence[Case], variants: Sequence[Variant], seed: int, how: How, execution: Execution
) -> tuple[list[dict[str, Any]], list[Failure]]:
    named = {case.name: case for case in cases}
    batch = execution.map(
        _compare_mask,
        {name: (case, variants, seed, how) for name, case in named.items()},
        stage=STAGE,
        stored=Stored(lambda name: _key(named[name], variants, seed, how), _OfMask),
    )
    rows, failures = [], list(batch.failures)
    for case in cases:
        payload = batch.results.get(case.name) or {"values": {}, "failures": {}}
        for pair in _pairs(case, variants):
            variant = pair.first.scan.variant
            rows += pair_rows(pair, payload["values"].get(variant), how)
            if variant in payload["failures"]:
                failures.append(Failure(pair.name, STAGE, *payload["failures"][variant]))
    return rows, failures


def _of_mask(variants: Sequence[Variant]) -> list[Variant]:
    """Return the variants that change the mask alone."""
    if any(variant.reader for variant in variants):
        raise InputError(
            "simulated readers are drawn from the readers of a cohort, not mask by mask.",
            "Write these variants with `nbradiomics perturb`, and compare the cohort table that it writes.",
        )
    changed = (one for one in dict.fromkeys(variants) if one != Variant())
    chosen = [one for one in changed if one.of_image == Variant()]
    if not chosen:
        raise InputError(
            "no variant changes the mask alone, so that there is nothing to compare.",
            "Use a chain of V (volume) and C (contour): noise, rotation and translation change the image.",
        )
    return chosen


def _pairs(case: Case, variants: Sequence[Variant]) -> list[Pair]:
    scans = [replace(case.scan, variant=variant.name) for variant in variants]
    return [Pair(replace(case, scan=scan), case, PERTURBED) for scan in scans]


def _key(case: Case, variants: Sequence[Variant], seed: int, how: How) -> str:
    return result_key(
        STAGE,
        masks=mask_hashes(case, how.label),
        image=content_hash(case.scan.image),
        variants=[variant.model_dump() for variant in variants],
        seed=[seed, *case.index().values()],
        how=how.key(),
        engine=[installed_version(package) for package in ("numpy", "scipy", "SimpleITK")],
    )


def _compare_mask(case: Case, variants: Sequence[Variant], seed: int, how: How) -> Payload:
    """Compare a mask with its variants; one that fails does not stop the others."""
    image, region = read_case(case, how.label)
    region = sitk.Image(region)
    region.CopyInformation(image)
    values: dict[str, dict[str, Any]] = {}
    failures: dict[str, list[str]] = {}
    for variant in variants:
        try:
            perturbed = perturbed_region(region, image, variant, seed_of(seed, *case.index().values()))
            there, _ = compare_both_ways(
                perturbed, region, tolerance_mm=how.settings.tolerance_mm, field=how.settings.field
            )
            values[variant.name] = {"status": comparison_status(perturbed, region), "there": there}
        except Exception as error:  # as in `execution.batch.guarded`
            one = failure_of(variant.name, STAGE, error)
            failures[variant.name] = [one.cause, one.hint, one.details]
    return {"values": values, "failures": failures, PASSING: bool(failures)}
