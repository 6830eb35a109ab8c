"""Masks against masks over a cohort: every ordered pair of readers, or each reader against one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from nbradiomics.agreement.compare import METRICS, compare_regions, comparison_status
from nbradiomics.case_region import DEFAULT_LABEL, read_case_region
from nbradiomics.cohort import Case, Cohort
from nbradiomics.errors import InputError
from nbradiomics.execution import Failure, Progress, quiet
from nbradiomics.images.grid import require_same_grid
from nbradiomics.lesions import apply_lesion_rule
from nbradiomics.workspace import Payload, Workspace, content_hash, result_key, run_stored

STAGE = "compare"
COLUMNS = ["subject", "timepoint", "sequence", "roi", "reader", "reference", "status", *METRICS]


@dataclass(frozen=True)
class AgreementTable:
    """Agreement over a cohort.

    Attributes
    ----------
    table
        Columns `COLUMNS`, one row per scan, region and ordered pair. `status` tells which mask was empty;
        an undefined metric is missing. A pair that failed has missing status and metrics.
    failures
        Pairs that failed.
    """

    table: pd.DataFrame
    failures: list[Failure]


def compare_cohort(
    cohort: Cohort,
    *,
    reference: str | None = None,
    lesions: str = "union",
    label: int = DEFAULT_LABEL,
    jobs: int = 1,
    workspace: Workspace | None = None,
    progress: Progress = quiet,
) -> AgreementTable:
    """Compare the readers' masks of every scan, the first reading of each.

    Parameters
    ----------
    cohort
        Which masks.
    reference
        Reader against whom the others are held; ``None`` for every ordered pair.
    lesions
        What becomes of several lesions of a subject: ``union``, ``largest`` or ``roi``.
    label
        Label of masks for which the cohort names none.
    jobs, workspace, progress
        As in `features.extract_cohort`.

    Raises
    ------
    InputError
        When there are not two readers, or none of the name of `reference`.
    """
    readers = cohort.readers()
    if reference is not None and reference not in readers:
        raise InputError(
            f"no reader {reference!r} in {cohort.path}.", f"Readers there: {', '.join(readers)}."
        )
    pairs = _pairs(apply_lesion_rule(cohort.cases(), lesions, label=label), reference)
    if not pairs:
        raise InputError(
            f"no scan of {cohort.path} has masks of two readers (readers: {', '.join(readers) or 'none'}).",
            "Agreement needs two masks of one image and region.",
        )
    batch = run_stored(
        _compare_pair,
        {name: (first, second, label) for name, (first, second) in pairs.items()},
        key=lambda name: _key(*pairs[name], label),
        stage=STAGE,
        workspace=workspace,
        jobs=jobs,
        progress=progress,
    )
    undefined = {"status": None, **dict.fromkeys(METRICS, np.nan)}
    rows = [{**_index(*pair), **batch.results.get(name, undefined)} for name, pair in pairs.items()]
    return AgreementTable(pd.DataFrame(rows, columns=COLUMNS), batch.failures)


def _pairs(cases: list[Case], reference: str | None) -> dict[str, tuple[Case, Case]]:
    groups: dict[tuple[str, str], dict[str, Case]] = defaultdict(dict)
    for case in sorted(cases, key=lambda case: case.reading):
        groups[case.scan.name, case.roi].setdefault(case.reader, case)
    order = dict.fromkeys((case.scan.name, case.roi) for case in cases)
    return {
        f"{first.name} against {second.reader}": (first, second)
        for scan, roi in order
        for first, second in permutations(groups[scan, roi].values(), 2)
        if reference in (None, second.reader)
    }


def _index(first: Case, second: Case) -> dict[str, str]:
    return {**first.scan.index(), "roi": first.roi, "reader": first.reader, "reference": second.reader}


def _key(first: Case, second: Case, label: int) -> str:
    sides = [
        [(content_hash(mask.path), label if mask.label is None else mask.label) for mask in case.masks]
        for case in (first, second)
    ]
    return result_key(STAGE, masks=sides)


def _compare_pair(first: Case, second: Case, label: int) -> Payload:
    region, reference = (read_case_region(case, label) for case in (first, second))
    names = (str(first.masks[0].path), str(second.masks[0].path))
    require_same_grid(region, reference, names=names)
    reference.CopyInformation(region)
    return {"status": comparison_status(region, reference), **compare_regions(region, reference)}
