"""Derive rings, rims and cores for a cohort, and write them with a cohort table in which they are regions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.cohort import Case, Cohort, CohortSource, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.columns import SCAN_VARIANT
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.lesions import LesionRule, apply_lesion_rule, lesion_rule
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.files.names import image_files
from nbradiomics.rings.one_region import MadeRegions, RegionJob
from nbradiomics.rings.parts import part_names
from nbradiomics.rings.schema import ROIS
from nbradiomics.rings.settings import RegionSettings
from nbradiomics.settings import spread
from nbradiomics.tables import AUTO
from nbradiomics.tables.result import Result

STAGE = StageName.ROIS
#: Tables that the command writes into the folder too.
_TABLES = re.compile(r"(cohort|rois)(\.failures)?\.csv|cohort\.(failures\.log|provenance\.json)")


@dataclass(frozen=True, repr=False)
class RegionsCohort(Result):
    """Result of `add_regions`.

    Attributes
    ----------
    cohort
        The cohort with a row for every derived region, and without the masks of the body.
    table
        Columns of `rings.schema.ROIS`, one row per derived region; the values of one that failed are missing.
    failures
        Derived regions that could not be made.
    """

    cohort: Cohort
    table: pd.DataFrame
    failures: list[Failure]


@spread(settings=RegionSettings, execution=Execution)
def add_regions(
    cohort: CohortSource,
    *,
    out: str | Path,
    settings: RegionSettings,
    lesions: LesionRule | None = None,
    label: int = DEFAULT_LABEL,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> RegionsCohort:
    """Derive a ring, or rim and core, from every drawn region of a cohort.

    Distances are in mm, from the surface of the region (`nbradiomics.rings.distance`). The rule for several
    lesions is applied first; a ring leaves out the reader's other lesions, ends at the border of the image,
    and at the body if a mask of it is given.

    Parameters
    ----------
    cohort
        A cohort table (a file or a DataFrame) or a loaded cohort, with masks. Regions that were derived
        earlier stay as they are.
    out
        Output folder of the masks, compressed NIfTI files on the grid of the image.
    settings
        Widths, body, largest share outside the image. Each field is also a keyword of this function.
    lesions
        Rule for several lesions of a subject: ``union``, ``largest`` or ``roi``.
    label
        Label of masks for which the cohort table names none. The derived masks have label 1.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Raises
    ------
    InputError
        When the cohort has no mask, no region with the name of `body`, or already has derived regions of
        these names.

    Examples
    --------
    >>> done = add_regions("cohort.csv", out="rois", ring=3, rim=2)
    >>> sorted(set(done.table["roi"]))
    ['core-2mm', 'rim-2mm', 'ring-3mm']
    """
    cohort = load_cohort(cohort)
    body, drawn = _divided(cohort, settings.body)
    rule = lesion_rule(lesions, cohort.table)
    chosen = apply_lesion_rule(drawn, rule, label=label)
    jobs = _jobs(chosen, drawn, body, Path(out), settings, label)
    _require_new(cohort, jobs)
    batch = execution.map(
        RegionJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(),
            MadeRegions,
            lambda name, payload: jobs[name].file_hashes() == payload["files"],
        ),
    )
    failures = list(batch.failures)
    failures += [Failure(*each) for payload in batch.results.values() for each in payload["failures"]]
    rows = [row for name, job in jobs.items() for row in _rows(job, batch.results.get(name), settings)]
    table = ROIS.table(rows)
    made = {name: payload["files"] for name, payload in batch.results.items()}
    return RegionsCohort(_extended(cohort, jobs, made, settings.body), table, failures)


def _divided(cohort: Cohort, body: str | None) -> tuple[list[Case], list[Case]]:
    """Cases of the body, and drawn regions; regions that were derived earlier are neither."""
    cases = [case for case in cohort.cases() if not is_derived(case.roi)]
    bodies = [case for case in cases if case.roi == body]
    drawn = [case for case in cases if case.roi != body]
    if body is not None and not bodies:
        known = ", ".join(sorted({case.roi for case in drawn})) or "none"
        raise InputError(f"{cohort.path} has no region {body!r}.", f"Regions in the table: {known}.")
    if not drawn:
        raise InputError(
            f"{cohort.path} has no mask of a lesion.", "Add readers' masks, or segment the images first."
        )
    return bodies, drawn


def _jobs(
    chosen: list[Case],
    drawn: list[Case],
    bodies: list[Case],
    out: Path,
    settings: RegionSettings,
    label: int,
) -> dict[str, RegionJob]:
    several = len({case.roi for case in chosen}) > 1
    names = [part_names(settings, case.roi if several else "") for case in chosen]
    words = [
        (*case.scan.key[:3], *_variant(case), name, case.reader, str(case.reading))
        for case, parts in zip(chosen, names, strict=True)
        for name in parts
    ]
    files = iter(image_files(out, words))
    by_reader: dict[tuple[Any, ...], list[Case]] = defaultdict(list)
    for case in drawn:
        by_reader[_place(case)].append(case)
    return {
        case.name: RegionJob(
            case,
            case.roi if several else "",
            tuple(other for other in by_reader[_place(case)] if not set(other.masks) <= set(case.masks)),
            _body_of(case, bodies),
            {name: next(files) for name in parts},
            settings,
            label,
        )
        for case, parts in zip(chosen, names, strict=True)
    }


def _place(case: Case) -> tuple[Any, ...]:
    return (*case.scan.key, case.reader, case.reading)


def _variant(case: Case) -> tuple[str, ...]:
    return () if case.scan.key[3] == "original" else (case.scan.key[3],)


def _body_of(case: Case, bodies: list[Case]) -> tuple[Case, ...]:
    """Mask of the body on the scan by the same reader; else all masks of it on the scan."""
    on_scan = [body for body in bodies if body.scan.key == case.scan.key]
    own = [body for body in on_scan if body.reader == case.reader and body.reading == case.reading]
    return tuple(own or on_scan)


def _require_new(cohort: Cohort, jobs: Mapping[str, RegionJob]) -> None:
    made = {name for job in jobs.values() for name in job.files}
    twice = sorted(made & set(cohort.table["roi"]))
    if twice:
        raise InputError(
            f"{cohort.path} already has regions named {', '.join(twice)}.",
            "Give the cohort table from which they were made, or remove their rows.",
        )


def _rows(
    job: RegionJob, payload: Mapping[str, Any] | None, settings: RegionSettings
) -> list[dict[str, Any]]:
    """One row per derived region; without a result, only with what was requested."""
    found = {} if payload is None else {row["name"]: row for row in payload["rows"]}
    return [
        {
            **job.case.index(),
            "variant": job.case.scan.variant,
            "region": job.case.roi,
            "width_mm": settings.ring if "ring-" in name.rpartition("/")[2] else settings.rim,
            **{key: value for key, value in found.get(name, {}).items() if key != "name"},
            "roi": name,
        }
        for name in job.files
    ]


def _extended(
    cohort: Cohort, jobs: Mapping[str, RegionJob], made: Mapping[str, Collection[str]], body: str | None
) -> Cohort:
    """Add a row for each region that was made, like the row of the mask; leave out the body."""
    first: dict[tuple[Any, ...], dict[Any, Any]] = {}
    for row in cohort.table[cohort.table["mask"] != ""].to_dict("records"):
        if row["roi"] != body and not is_derived(row["roi"]):
            first.setdefault(
                (*(row[name] for name in SCAN_VARIANT), row["reader"], row["reading"]), dict(row)
            )
    rows = [
        {
            **first[_place(job.case)],
            "roi": name,
            "mask": str(file),
            "label": 1,
            "probability": "",
            "minutes": "",
            "reference_kind": "" if job.case.reader == AUTO else job.case.kind,
        }
        for case, job in jobs.items()
        for name, file in job.files.items()
        if file.name in made.get(case, ())
    ]
    kept = cohort if body is None else cohort.without_region(body)
    added = pd.DataFrame(rows, columns=cohort.table.columns)
    return replace(kept, table=pd.concat([kept.table, added], ignore_index=True))


def is_region_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in a folder of derived regions is one of their masks, or a table of the command."""
    mask = len(path.parts) == 1 and path.name.endswith(".nii.gz")
    return mask or _TABLES.fullmatch(str(path)) is not None
