"""Readers and the model against a consensus of other readers, over a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from typing_extensions import TypedDict

from nbradiomics.agreement.cohort import (
    AgreementTable,
    How,
    mask_hashes,
    read_probability,
    require_grid_of,
)
from nbradiomics.agreement.compare import compare_regions, comparison_status
from nbradiomics.agreement.consensus import consensus_of, require_methods
from nbradiomics.agreement.pairs import CONSENSUS, Pair, by_region, first_readings
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort import AUTOMATIC, Case, Cohort, Scan
from nbradiomics.cohort.case_region import DEFAULT_LABEL, read_case_region
from nbradiomics.cohort.lesions import UNION, apply_lesion_rule, divided
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Payload, result_key
from nbradiomics.files.names import file_stems
from nbradiomics.images.io import write_image

STAGE = "consensus"


class _StoredScan(TypedDict):
    """Stored result of a scan: the status and the values of each pair."""

    rows: dict[str, dict[str, str | float]]


def compare_with_consensus(
    cohort: Cohort,
    methods: Sequence[str],
    *,
    lesions: str = UNION,
    how: How = How(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> AgreementTable:
    """Compare each reader with the consensus of the others, and the model with every consensus.

    No reader is compared with a consensus that contains the reader's own mask. So with two readers there is
    one consensus, and only the model is compared with it. With three readers, each reader is compared with
    the consensus of the other two; the model is compared with these and with the consensus of all three.

    Parameters
    ----------
    cohort
        The masks; a consensus is made of independent readings only.
    methods
        ``majority`` and ``staple``: see `consensus_of`.
    lesions
        How several lesions of a subject are treated.
    how
        Label and settings, as in `compare_cohort`.
    execution
        As in `compare_cohort`.

    Returns
    -------
    AgreementTable
        Rows of the pair ``consensus``; the name of the reference lists its readers: ``staple(A+B)``.
    """
    require_methods(methods)
    tasks: dict[str, tuple[tuple[Case, ...], str, How]] = {}
    for cases in by_region(apply_lesion_rule(divided(cohort.cases())[0], lesions, label=how.label)):
        chosen = first_readings(cases, INDEPENDENT, AUTOMATIC)
        if _pairs(chosen, "any"):
            first = chosen[0]
            tasks |= {
                f"{first.scan.name}/{first.roi} {method}": (tuple(chosen), method, how) for method in methods
            }
    if methods and not tasks:
        cause = "no scan has masks of two independent readers and of a third reader or the model."
        hint = "A consensus needs two independent readers besides the mask that is compared with it."
        return AgreementTable(AGREEMENT.empty(), [Failure("cohort", STAGE, cause, hint)])
    stored = Stored(lambda name: _key(*tasks[name]), _StoredScan)
    batch = execution.map(_compare_scan, tasks, stage=STAGE, stored=stored)
    rows: list[dict[str, Any]] = []
    for name, (task_cases, method, _) in tasks.items():
        values = batch.results.get(name, {}).get("rows", {})
        rows += [
            {**pair.index(), **how.columns(), **values.get(pair.name, {})}
            for pair, _makers in _pairs(task_cases, method)
        ]
    return AgreementTable(AGREEMENT.table(rows), batch.failures)


def _pairs(cases: Sequence[Case], method: str) -> list[tuple[Pair, tuple[Case, ...]]]:
    """Pairs of a mask and a consensus, each with the cases that make the consensus."""
    readers = sorted((case for case in cases if case.kind == INDEPENDENT), key=lambda case: case.reader)
    auto = [case for case in cases if case.kind == AUTOMATIC]
    without_one = [(tuple(other for other in readers if other != case), [case]) for case in readers]
    pairs = []
    for makers, compared in [*without_one, (tuple(readers), [])]:
        if len(makers) > 1:
            name = f"{method}({'+'.join(case.reader for case in makers)})"
            reference = Case(makers[0].scan, makers[0].roi, name, 1, (), CONSENSUS)
            pairs += [(Pair(case, reference, CONSENSUS), makers) for case in (*compared, *auto)]
    return pairs


def _key(cases: Sequence[Case], method: str, how: How) -> str:
    masks = [(case.reader, mask_hashes(case, how.label)) for case in cases]
    return result_key(STAGE, masks=masks, method=method, how=how.key())


def _compare_scan(cases: Sequence[Case], method: str, how: How) -> Payload:
    regions = read_regions(cases, how.label)
    rows = {}
    for pair, makers in _pairs(cases, method):
        reference = consensus_of([regions[case] for case in makers], method)
        region = regions[pair.first]
        values = compare_regions(
            region,
            reference,
            tolerance_mm=how.settings.tolerance_mm,
            field=how.settings.field,
            probability=read_probability(pair.first),
        )
        rows[pair.name] = {"status": comparison_status(region, reference), **values}
    return {"rows": rows}


def read_regions(cases: Sequence[Case], label: int) -> dict[Case, sitk.Image]:
    """Regions of the cases of a scan, on the grid of the first case."""
    regions = {case: read_case_region(case, label) for case in cases}
    first, *others = cases
    for case in others:
        require_grid_of(regions[case], regions[first], case, first.masks[0].path)
    return regions


def add_consensus(
    cohort: Cohort,
    method: str,
    folder: Path,
    *,
    label: int = DEFAULT_LABEL,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> tuple[Cohort, list[Failure]]:
    """Write the consensus of the readers of each scan as a mask, and add it to the cohort as a reader.

    Parameters
    ----------
    cohort
        The masks; several lesions of a scan are united.
    method
        ``majority`` or ``staple``; also the name of the new reader.
    folder
        Folder of the masks: one compressed NIfTI file per scan with at least two independent readers.
    label
        Label of masks for which the cohort table names none.
    execution
        Processes and progress display.

    Returns
    -------
    tuple
        The cohort with the new reader (`reference_kind` ``consensus``), and the scans that failed.

    Raises
    ------
    InputError
        When the cohort already has a reader of that name, or no scan has two independent readers.
    """
    require_consensus(cohort, [method])
    chosen = _makers(cohort, label)
    scans: dict[str, Scan] = {name: cases[0].scan for name, cases in chosen.items()}
    stems = file_stems([tuple(scan.index().values()) for scan in scans.values()])
    files = {name: folder / f"{stem}.nii.gz" for name, stem in zip(scans, stems, strict=True)}
    arguments = {name: (tuple(cases), method, files[name], label) for name, cases in chosen.items()}
    batch = execution.map(_write_consensus, arguments, stage=f"write_{method}")
    written = {scans[name]: files[name].absolute() for name in batch.results}
    return cohort.with_reader(method, written, kind=CONSENSUS), batch.failures


def require_consensus(cohort: Cohort, methods: Sequence[str]) -> None:
    """Raise `InputError` if a method is unknown, repeated or already a reader, or too few readers drew."""
    require_methods(methods)
    taken = [name for name in methods if name in cohort.readers()]
    if taken:
        raise InputError(
            f"{cohort.path} already has masks of a reader {taken[0]!r}.",
            "Remove these rows, or do not request this consensus.",
        )
    if len(set(methods)) < len(methods):
        raise InputError(f"consensus {methods[0]!r} is requested twice.", "Name each consensus once.")
    if methods and not _makers(cohort, DEFAULT_LABEL):
        raise InputError(
            f"no scan of {cohort.path} has two independent readers.", "A consensus needs at least two."
        )


def consensus_note(cohort: Cohort, method: str, *, label: int = DEFAULT_LABEL) -> str:
    """Note for scans with two readers, whose consensus is small; empty if there is no such scan."""
    two = sum(len(readers) == 2 for readers in _makers(cohort, label).values())
    if not two:
        return ""
    overlap = "the overlap of their masks"
    result = f"{overlap}, and so smaller than either mask" if method == "majority" else f"close to {overlap}"
    return f"The consensus {method} of two readers ({two} scans) is {result}."


def _makers(cohort: Cohort, label: int) -> dict[str, list[Case]]:
    """Independent readings of each scan with at least two of them, by the name of the scan."""
    makers = {}
    for cases in by_region(apply_lesion_rule(divided(cohort.cases())[0], UNION, label=label)):
        readers = first_readings(cases, INDEPENDENT)
        if len(readers) > 1:
            makers[readers[0].scan.name] = readers
    return makers


def _write_consensus(cases: Sequence[Case], method: str, file: Path, label: int) -> Path:
    return write_image(consensus_of(list(read_regions(cases, label).values()), method), file)
