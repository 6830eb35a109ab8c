"""Prepare the images of a cohort, and write them with a cohort table of the prepared images."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from nbradiomics.cohort import Cohort, CohortSource, load_cohort
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.fitted_names import known_sentence
from nbradiomics.cohort.fitting_subjects import FittingPlan, FittingSubjects, fitting_plan
from nbradiomics.cohort.in_fit import with_fitted
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.preparation.apply import variant_name
from nbradiomics.preparation.jobs import IMAGES, MASKS, group_of, jobs_of, require_possible
from nbradiomics.preparation.landmarks import (
    FILE,
    Fit,
    FittedCohort,
    Group,
    Landmarks,
    fit_cohort,
    fitted_prefix,
    load_landmarks,
    with_landmarks,
)
from nbradiomics.preparation.one_image import (
    STAGE,
    ImageJob,
    MeasuredImage,
    PreparedImage,
    measured_of,
)
from nbradiomics.preparation.rows import prepared_rows, tables_of
from nbradiomics.preparation.settings import PreparationSettings
from nbradiomics.preparation.steps.nyul import SELF_FITTED
from nbradiomics.preparation.steps.step import Measured, Step
from nbradiomics.settings import spread
from nbradiomics.tables.result import Result

#: Tables and files that a preparation writes beside its images.
_TABLES = re.compile(
    r"(cohort|preparation|registration|moved_masks|intensities)(\.failures)?\.csv"
    r"|cohort\.(failures\.log|provenance\.json)|landmarks\.json"
)


@dataclass(frozen=True, repr=False)
class PreparedCohort(Result):
    """Result of `prepare_cohort`.

    Attributes
    ----------
    cohort
        The prepared images with their masks; nothing else.
    table
        Columns of `preparation.schemas.PREPARATION`, one row per prepared image.
    registration
        Columns of `REGISTRATION`, one row per registered image.
    moved_masks
        Columns of `MOVED_MASKS`, one row per mask that moved to another grid.
    intensities
        Columns of `INTENSITIES`: curves of each image before and after.
    landmarks
        What was fitted; ``None`` if nothing was.
    failures
        Images and masks that could not be prepared.
    notes
        Sentences that a user should read.
    plan
        Whose images fitted what, by part; empty if nothing was fitted.
    """

    cohort: Cohort
    table: pd.DataFrame
    registration: pd.DataFrame
    moved_masks: pd.DataFrame
    intensities: pd.DataFrame
    landmarks: Landmarks | None
    failures: list[Failure]
    notes: tuple[str, ...]
    plan: dict[str, dict[str, list[str]]]


@spread(settings=PreparationSettings, execution=Execution)
def prepare_cohort(
    cohort: CohortSource,
    *,
    out: str | Path,
    settings: PreparationSettings,
    label: int = DEFAULT_LABEL,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> PreparedCohort:
    """Prepare the images of a cohort: bias field, noise, normalisation, registration, voxel size.

    What is fitted on images (Nyul's landmarks) is fitted for each sequence and channel on its own: on named
    subjects, or cross-fitted, so that no subject's own images decide about it. A scan with an image that
    fails is left out as a whole.

    Parameters
    ----------
    cohort
        Cohort table (a file or a DataFrame), or a loaded cohort, with one variant of each scan.
    out
        Output folder: images are written to ``images``, masks that move to another grid to ``masks``.
    settings
        Steps, and what they need. Each field is also a keyword of this function: ``steps="n4,zscore"``.
    label
        Label of masks for which the cohort table names none. Masks that move have label 1 afterwards.
    execution
        Processes, progress display and workspace; each field is also a keyword.

    Raises
    ------
    InputError
        When a step, region, channel or sequence is unknown, a scan has several variants, too few subjects
        remain for a fit, or landmarks of a file belong to other steps, sequences or channels.

    Examples
    --------
    >>> done = prepare_cohort("made/cohort.csv", out="prepared", steps="n4,zscore")
    >>> done.cohort.table["variant"].unique().tolist()
    ['n4+zscore']
    """
    cohort = load_cohort(cohort)
    steps = settings.chain
    require_possible(cohort, settings, steps)
    jobs = jobs_of(cohort, settings, steps, Path(out), label)
    fitting = _fit(cohort, jobs, settings, execution)
    ready, failures = _with_fits(jobs, fitting)
    batch = execution.map(
        ImageJob.make,
        {name: (job,) for name, job in ready.items()},
        stage=STAGE,
        stored=Stored(
            lambda name: ready[name].key("make"),
            PreparedImage,
            lambda name, payload: ready[name].file_hashes() == payload["files"],
        ),
    )
    failures = [*fitting.failures, *failures, *batch.failures]
    lost = {jobs[failure.case].scan.key for failure in failures}
    failures += [Failure(*one) for payload in batch.results.values() for one in payload["failures"]]
    there = {name: job for name, job in ready.items() if job.scan.key not in lost}
    outside = _outside({name: batch.results[name] for name in there if name in batch.results})
    failures += outside
    table = prepared_rows(cohort, there, batch.results, settings, {failure.case for failure in outside})
    notes = [*fitting.notes, *filter(None, [settings.unused_fit, settings.unused_reference])]
    if fitting.marks_subjects:
        mine = fitting.in_fit(there, batch.results)
        table = with_fitted(table, mine)
        notes += filter(None, [fitting.found_again(mine, table["subject"].nunique())])
    made = {name: job for name, job in there.items() if name in batch.results}
    return PreparedCohort(
        Cohort(table, cohort.path),
        *tables_of(cohort, settings, made, batch.results, Path(out)),
        fitting.landmarks,
        failures,
        tuple(notes),
        fitting.recorded(),
    )


def _outside(results: Mapping[str, Any]) -> list[Failure]:
    """Masks that reach beyond a registered image of their scan, where 0 would be measured."""
    found: dict[str, Failure] = {}
    for name, payload in results.items():
        for mask, share in payload["outside"]:
            error = InputError(
                f"{share:.1%} of the mask lie outside the image {name}, which was registered: 0 there is no "
                "measured value.",
                "Leave out this channel for the scan, or draw the mask inside both images.",
            )
            found.setdefault(mask, failure_of(mask, STAGE, error))
    return list(found.values())


@dataclass(frozen=True)
class _Fitting:
    """What was fitted, and for whom; nothing, if no step needs a fit."""

    fitted: FittedCohort | None = None
    plan: FittingPlan | None = None
    file: Mapping[Group, Fit] | None = None
    landmarks: Landmarks | None = None
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def marks_subjects(self) -> bool:
        """Whether the column `in_fit` is filled in."""
        return self.plan is not None or self.file is not None

    def in_fit(self, jobs: Mapping[str, ImageJob], results: Mapping[str, Any]) -> set[str]:
        """Subjects whose own images decided about the landmarks that they got."""
        by_plan = set(self.plan.fitted) if self.plan is not None else set()
        noted = {
            jobs[name].scan.subject
            for name, payload in results.items()
            if name in jobs and SELF_FITTED in payload["notes"]
        }
        return by_plan | noted | self._named_in_file(jobs)

    def _named_in_file(self, jobs: Mapping[str, ImageJob]) -> set[str]:
        """Subjects who fitted the landmarks of a file that they got, by their names."""
        subjects: dict[Group, set[str]] = {}
        for job in jobs.values():
            if job.fit == FILE:
                subjects.setdefault(group_of(job), set()).add(job.scan.subject)
        return {name for group, known in subjects.items() for name in (self.file or {})[group].known(known)}

    def found_again(self, subjects: set[str], total: int) -> str:
        """Say which subjects fitted the landmarks of a file; empty for none, or without a file."""
        return "" if self.file is None else known_sentence(subjects, total, "the landmarks of the file")

    def of(self, job: ImageJob) -> tuple[tuple[Step, ...], str] | Exception:
        """Steps of an image with its landmarks, and the name of the fit; the error if there are none."""
        if job.before_fit() is None:
            return job.steps, ""
        group = group_of(job)
        if self.file is not None:
            return with_landmarks(job.steps, self.file[group].landmarks), FILE
        assert self.plan is not None
        assert self.fitted is not None
        part = next(one.name for one in self.plan.parts if job.scan.subject in one.applied_to)
        if (group, part) in self.fitted.errors:
            return self.fitted.errors[group, part]
        return with_landmarks(job.steps, self.fitted.fits[group, part].landmarks), part

    def recorded(self) -> dict[str, dict[str, list[str]]]:
        """The plan, for the provenance."""
        parts = () if self.plan is None else self.plan.parts
        return {
            part.name: {"fitted_on": list(part.fitted_on), "applied_to": list(part.applied_to)}
            for part in parts
        }


def _fit(
    cohort: Cohort, jobs: Mapping[str, ImageJob], settings: PreparationSettings, execution: Execution
) -> _Fitting:
    """Fit the step that needs it, or read its landmarks from a file."""
    waiting = {name: job for name, job in jobs.items() if job.before_fit() is not None}
    prefix = fitted_prefix(settings.chain)
    if settings.landmarks is not None:
        return _Fitting(file=_from_file(settings, waiting))
    if not waiting or prefix is None:
        return _Fitting()
    table = cohort.table
    sites = dict(zip(table["subject"], table["site"], strict=True))
    subjects = sorted({job.scan.subject for job in waiting.values()})
    plan = fitting_plan(subjects, settings.part(FittingSubjects), seed=settings.seed, sites=sites)
    batch = execution.map(
        ImageJob.measure,
        {name: (job,) for name, job in waiting.items()},
        stage=STAGE,
        stored=Stored(lambda name: waiting[name].key("measure"), MeasuredImage),
    )
    measured: dict[Group, dict[str, dict[str, Measured]]] = {}
    for name, payload in batch.results.items():
        job = waiting[name]
        of_subject = measured.setdefault(group_of(job), {}).setdefault(job.scan.subject, {})
        of_subject[name] = measured_of(payload)
    step = prefix[-1]
    fitted = fit_cohort(step, measured, plan)  # type: ignore[arg-type]
    landmarks = Landmarks(steps=variant_name(prefix), fits=tuple(fitted.fits.values()))
    notes = (plan.note,) if plan.note else ()
    return _Fitting(fitted, plan, None, landmarks, tuple(batch.failures), notes)


def _from_file(settings: PreparationSettings, waiting: Mapping[str, ImageJob]) -> Mapping[Group, Fit]:
    """Landmarks of a file, for every sequence and channel that needs them."""
    assert settings.landmarks is not None
    known = load_landmarks(settings.landmarks, settings.chain)
    missing = sorted({str(group_of(job)) for job in waiting.values() if group_of(job) not in known})
    if missing:
        raise InputError(
            f"{settings.landmarks} has no landmarks of {', '.join(missing)}; it has those of "
            f"{', '.join(map(str, known)) or 'nothing'}.",
            "Landmarks belong to one sequence and channel: name them as in the cohort that fitted them, or "
            "choose others by `sequences` and `channels`.",
        )
    return known


def _with_fits(jobs: Mapping[str, ImageJob], fitting: _Fitting) -> tuple[dict[str, ImageJob], list[Failure]]:
    """Give each image its landmarks; those that could not be measured, or have none, are left out."""
    ready, failures = {}, []
    unmeasured = {failure.case for failure in fitting.failures}
    for name, job in jobs.items():
        if name in unmeasured:
            continue
        found = fitting.of(job)
        if isinstance(found, Exception):
            failures.append(failure_of(name, STAGE, found))
        else:
            ready[name] = replace(job, steps=found[0], fit=found[1])
    return ready, failures


def is_prepared_file(path: PurePosixPath, _names: Collection[str] = ()) -> bool:
    """Whether a file in a folder of prepared images is one of them, or a table of the command."""
    if len(path.parts) == 2:
        return path.parts[0] in (IMAGES, MASKS) and path.name.endswith(".nii.gz")
    return _TABLES.fullmatch(str(path)) is not None
