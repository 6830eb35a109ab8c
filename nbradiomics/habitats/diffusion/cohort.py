"""Fit the diffusion images of a cohort, and add the maps to it as channels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.cohort import Case, Cohort, CohortSource, Scan, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.columns import DEFAULTS, SCAN_VARIANT
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.files.names import file_stems
from nbradiomics.habitats.diffusion.b_values import diffusion_images
from nbradiomics.habitats.diffusion.one_scan import STAGE, DiffusionJob, MadeMaps
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.diffusion.settings import DiffusionSettings
from nbradiomics.habitats.region_values import ADC, ADC_UNIT
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.settings import spread
from nbradiomics.tables.result import Result

#: Channel of the errors.
ADC_ERROR = "ADC_error"


@dataclass(frozen=True, repr=False)
class DiffusionCohort(Result):
    """Result of `fit_adc`.

    Attributes
    ----------
    cohort
        The cohort with the channels ``ADC`` and, where the noise is known, ``ADC_error``.
    table
        Columns of `DIFFUSION`, one row per scan whose images were fitted.
    failures
        Scans that failed, such as those without diffusion images, and masks that could not be read: the noise
        is then that of the other masks.
    notes
        What a user should know: scans without an error map, sequences without diffusion images.
    """

    cohort: Cohort
    table: pd.DataFrame
    failures: list[Failure]
    notes: tuple[str, ...] = ()


@spread(settings=DiffusionSettings, execution=Execution)
def fit_adc(
    cohort: CohortSource,
    *,
    out: str | Path,
    label: int = DEFAULT_LABEL,
    settings: DiffusionSettings = DiffusionSettings(),  # noqa: B008 - frozen
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> DiffusionCohort:
    """Fit the apparent diffusion coefficient of each voxel, with its standard error.

    The diffusion images of a scan are rows of the cohort table with the channels ``b0``, ``b1000`` and so on.
    The model is ``S0 * exp(-b * ADC)`` plus the noise floor of magnitude images. With three images or more,
    the noise is taken from the residuals inside the masks; with two there are none, so that it is taken from
    the air around the patient, or given. Without any of these, there is no error map.

    Parameters
    ----------
    cohort
        A cohort table (a file or a DataFrame), or a loaded cohort.
    out
        Folder for the maps, compressed NIfTI files on the grid of the diffusion images, in mm2/s. In both
        maps, 0 marks a voxel without a valid ADC.
    label
        Label of masks for which the cohort table names none.
    settings
        b-values and noise. Each field is also a keyword of this function: ``noise="background"``.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Raises
    ------
    InputError
        When the cohort has channels of these names already, or no scan has diffusion images.

    Examples
    --------
    >>> done = fit_adc("diffusion/cohort.csv", out="maps")
    >>> sorted(set(done.cohort.table["channel"]))
    ['ADC', 'ADC_error', 'T2w', 'b0', 'b1000', 'b400', 'b50']
    """
    cohort = load_cohort(cohort)
    taken = sorted({ADC, ADC_ERROR} & set(cohort.table["channel"]))
    if taken:
        raise InputError(
            f"{cohort.path} has the channel {' and '.join(taken)} already.",
            "Remove its rows, or rename the channel.",
        )
    jobs, failed = _jobs(cohort, Path(out), label, settings)
    if not jobs:
        first = next(iter(failed.values()))
        raise InputError(f"no scan has diffusion images: {first.cause}", first.hint)
    failures, left_out = _by_sequence(jobs, failed)
    batch = execution.map(
        DiffusionJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: jobs[name].key(),
            MadeMaps,
            lambda name, payload: jobs[name].file_hashes() == payload["files"],
        ),
    )
    table = DIFFUSION.table([payload["row"] for payload in batch.results.values()])
    done = _with_maps(cohort, {name: jobs[name] for name in batch.results}, batch.results)
    failures += batch.failures
    failures += [Failure(*one) for payload in batch.results.values() for one in payload["failures"]]
    return DiffusionCohort(done, table, failures, (*left_out, *_notes(batch.results)))


def _jobs(
    cohort: Cohort, out: Path, label: int, settings: DiffusionSettings
) -> tuple[dict[str, DiffusionJob], dict[Scan, Failure]]:
    scans = cohort.scans()
    if not scans:
        raise InputError(f"{cohort.path} has no scans.", "Add a row for each image.")
    cases: dict[Scan, list[Case]] = {}
    for case in cohort.cases():
        cases.setdefault(case.scan, []).append(case)
    jobs, failures = {}, {}
    for scan, stem in zip(scans, file_stems([scan.key for scan in scans]), strict=True):
        files = [Path(os.path.abspath(out / f"{stem}_{name}.nii.gz")) for name in (ADC, ADC_ERROR)]
        try:
            images = diffusion_images(scan, settings.b_values)
        except InputError as error:
            failures[scan] = failure_of(scan.name, STAGE, error)
            continue
        drawn = tuple(cases.get(scan, ()))
        jobs[scan.name] = DiffusionJob(scan, images, drawn, label, files[0], files[1], settings)
    return jobs, failures


def _by_sequence(
    jobs: Mapping[str, DiffusionJob], failed: Mapping[Scan, Failure]
) -> tuple[list[Failure], list[str]]:
    """Failures of scans whose sequence has diffusion images, and a note about the other sequences."""
    fitted = {job.scan.sequence for job in jobs.values()}
    others = [scan for scan in failed if scan.sequence not in fitted]
    failures = [failure for scan, failure in failed.items() if scan.sequence in fitted]
    if not others:
        return failures, []
    names = ", ".join(sorted({scan.sequence for scan in others}))
    return failures, [
        f"{counted(len(others), 'scan')} of {names} left out: no scan of it has the diffusion images."
    ]


def _with_maps(cohort: Cohort, jobs: Mapping[str, DiffusionJob], made: Mapping[str, Any]) -> Cohort:
    """Add a row without a mask for each map."""
    keys = list(map(tuple, cohort.table[SCAN_VARIANT].itertuples(index=False, name=None)))
    firsts = dict(zip(reversed(keys), reversed(cohort.table.to_dict("records")), strict=True))
    emptied = {
        name: DEFAULTS[name]
        for name in ("reader", "mask", "label", "roi", "reading", "reference_kind", "minutes", "probability")
    }
    rows = []
    for name, job in jobs.items():
        like = {**firsts[job.scan.key], **emptied, "unit": ADC_UNIT}
        rows.append({**like, "channel": ADC, "image": str(job.adc_file)})
        if job.error_file.name in made[name]["files"]:
            rows.append({**like, "channel": ADC_ERROR, "image": str(job.error_file)})
    table = pd.concat([cohort.table, pd.DataFrame(rows, columns=cohort.table.columns)], ignore_index=True)
    return Cohort(table, cohort.path)


def _notes(made: Mapping[str, Any]) -> list[str]:
    without = [name for name, payload in made.items() if not payload["row"]["noise_source"]]
    if not without:
        return []
    return [
        (
            f"{shortened(without)}: the noise could not be estimated (two images, and no air with noise "
            "around the patient), so that there is no error of the ADC. Give the noise (sigma) if you know "
            "it."
        )
    ]
