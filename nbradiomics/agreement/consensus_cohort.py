"""Readers and the model against a consensus that they had no part in, over a cohort."""

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
from nbradiomics.cohort.lesions import UNION, apply_lesion_rule
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Payload, result_key
from nbradiomics.files.names import file_stems
from nbradiomics.images.io import write_image

STAGE = "consensus"


class _Held(TypedDict):
    """What is kept of a scan: by pair, its status and its values."""

    rows: dict[str, dict[str, str | float]]


def compare_with_consensus(
    cohort: Cohort,
    methods: Sequence[str],
    *,
    lesions: str = UNION,
    how: How = How(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> AgreementTable:
    """Hold each reader against the consensus of the others, and the model against these and that of all.

    Nobody is compared with a consensus that he made. So with two readers there is one consensus, and only the
    model is held against it; with three each reader is held against that of the two others.

    Parameters
    ----------
    cohort
        Which masks; independent readings alone make a consensus.
    methods
        ``majority``, ``staple``: see `consensus_of`.
    lesions
        What becomes of several lesions of a subject.
    how
        As in `compare_cohort`.
    execution
        As in `compare_cohort`.

    Returns
    -------
    AgreementTable
        Rows of the pair ``consensus``; the reference is called ``staple(A+B)``, after those who made it.
    """
    require_methods(methods)
    tasks: dict[str, tuple[tuple[Case, ...], str, How]] = {}
    for cases in by_region(apply_lesion_rule(cohort.cases(), lesions, label=how.label)):
        chosen = first_readings(cases, INDEPENDENT, AUTOMATIC)
        if _pairs(chosen, "any"):
            first = chosen[0]
            tasks |= {
                f"{first.scan.name}/{first.roi} {method}": (tuple(chosen), method, how) for method in methods
            }
    if methods and not tasks:
        cause = "no scan has a reader, or the model, and two other readers whose consensus could be formed."
        hint = "A consensus needs two independent readers beside the one who is compared with it."
        return AgreementTable(AGREEMENT.empty(), [Failure("cohort", STAGE, cause, hint)])
    stored = Stored(lambda name: _key(*tasks[name]), _Held)
    batch = execution.map(_compare_scan, tasks, stage=STAGE, stored=stored)
    rows: list[dict[str, Any]] = []
    for name, (task_cases, method, _) in tasks.items():
        found = batch.results.get(name, {}).get("rows", {})
        rows += [
            {**pair.index(), **how.columns(), **found.get(pair.name, {})}
            for pair, _makers in _pairs(task_cases, method)
        ]
    return AgreementTable(AGREEMENT.table(rows), batch.failures)


def _pairs(cases: Sequence[Case], method: str) -> list[tuple[Pair, tuple[Case, ...]]]:
    """Who is held against which consensus, with the cases that make it."""
    readers = sorted((case for case in cases if case.kind == INDEPENDENT), key=lambda case: case.reader)
    auto = [case for case in cases if case.kind == AUTOMATIC]
    made = [(tuple(other for other in readers if other != left_out), [left_out]) for left_out in readers]
    found = []
    for makers, held in [*made, (tuple(readers), [])]:
        if len(makers) > 1:
            name = f"{method}({'+'.join(case.reader for case in makers)})"
            reference = Case(makers[0].scan, makers[0].roi, name, 1, (), CONSENSUS)
            found += [(Pair(case, reference, CONSENSUS), makers) for case in (*held, *auto)]
    return found


def _key(cases: Sequence[Case], method: str, how: How) -> str:
    masks = [(case.reader, mask_hashes(case, how.label)) for case in cases]
    return result_key(STAGE, masks=masks, method=method, how=how.key())


def _compare_scan(cases: Sequence[Case], method: str, how: How) -> Payload:
    regions = read_regions(cases, how.label)
    rows = {}
    for pair, makers in _pairs(cases, method):
        reference = consensus_of([regions[case] for case in makers], method)
        own = regions[pair.first]
        values = compare_regions(
            own,
            reference,
            tolerance_mm=how.settings.tolerance_mm,
            field=how.settings.field,
            probability=read_probability(pair.first),
        )
        rows[pair.name] = {"status": comparison_status(own, reference), **values}
    return {"rows": rows}


def read_regions(cases: Sequence[Case], label: int) -> dict[Case, sitk.Image]:
    """Regions of a scan's cases, on the grid of the first."""
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
    """Write the consensus of each scan's readers as masks, and add it to the cohort as a reader.

    Parameters
    ----------
    cohort
        Which masks; several lesions of a scan are united.
    method
        ``majority`` or ``staple``: name of the reader, too.
    folder
        Folder of the masks, one compressed NIfTI file per scan that has two independent readers.
    label
        Label of masks for which the cohort names none.
    execution
        Processes and progress display.

    Returns
    -------
    tuple
        The cohort with the reader added, of the `reference_kind` ``consensus``, and the scans that failed.

    Raises
    ------
    InputError
        When the cohort holds a reader of that name already, or no scan has two readers.
    """
    require_consensus(cohort, [method])
    chosen = _makers(cohort, label)
    scans: dict[str, Scan] = {name: cases[0].scan for name, cases in chosen.items()}
    stems = file_stems([tuple(scan.index().values()) for scan in scans.values()])
    files = {name: folder / f"{stem}.nii.gz" for name, stem in zip(scans, stems, strict=True)}
    arguments = {name: (tuple(cases), method, files[name], label) for name, cases in chosen.items()}
    batch = execution.map(_write_consensus, arguments, stage=f"write {method}")
    written = {scans[name]: files[name].absolute() for name in batch.results}
    return cohort.with_reader(method, written, kind=CONSENSUS), batch.failures


def require_consensus(cohort: Cohort, methods: Sequence[str]) -> None:
    """Refuse a consensus that could not be written: unknown, twice, there already, or of one reader."""
    require_methods(methods)
    taken = [name for name in methods if name in cohort.readers()]
    if taken:
        raise InputError(
            f"{cohort.path} already holds masks of reader {taken[0]!r}.",
            "Remove these rows, or leave out the consensus.",
        )
    if len(set(methods)) < len(methods):
        raise InputError(f"{methods[0]!r} is asked for twice.", "Name each consensus once.")
    if methods and not _makers(cohort, DEFAULT_LABEL):
        raise InputError(
            f"no scan of {cohort.path} has two independent readers.", "A consensus needs two or more."
        )


def consensus_note(cohort: Cohort, method: str, *, label: int = DEFAULT_LABEL) -> str:
    """What must be known of a consensus of few readers; empty where there is nothing to say."""
    two = sum(len(readers) == 2 for readers in _makers(cohort, label).values())
    if not two:
        return ""
    what = "what both drew, and so smaller than either" if method == "majority" else "near to what both drew"
    return f"The consensus {method} of two readers ({two} scans) is {what}."


def _makers(cohort: Cohort, label: int) -> dict[str, list[Case]]:
    """Independent readings of each scan that has two or more, by the scan's name."""
    found = {}
    for cases in by_region(apply_lesion_rule(cohort.cases(), UNION, label=label)):
        readers = first_readings(cases, INDEPENDENT)
        if len(readers) > 1:
            found[readers[0].scan.name] = readers
    return found


def _write_consensus(cases: Sequence[Case], method: str, file: Path, label: int) -> Path:
    return write_image(consensus_of(list(read_regions(cases, label).values()), method), file)
