"""The models of a cohort: fitted on named subjects, or on the other folds of each subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from nbradiomics.cohort import Case
from nbradiomics.cohort.case_region import region_hashes
from nbradiomics.cohort.fitted_names import name_prints
from nbradiomics.cohort.fitting_subjects import FittingPart, FittingPlan, fitting_plan
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Payload, content_hash, result_key
from nbradiomics.habitats.clusters.fit import FitHow, Inputs, fit_model
from nbradiomics.habitats.clusters.matching import matched
from nbradiomics.habitats.clusters.model import HabitatModel
from nbradiomics.habitats.clusters.number import STABLE, Candidate
from nbradiomics.habitats.clusters.sample import order_of, pooled, voxels_of_each
from nbradiomics.habitats.region_values import channel_files, channel_hashes, read_values
from nbradiomics.habitats.settings import HabitatSettings
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.perturbation.seeds import generator

#: Stage of the sampled voxels in stored results.
STAGE = "habitat_voxels"
#: Stage of the fits, in progress bars.
FIT_STAGE = "habitat_models"
#: Name of the model of all subjects, which is fitted after a cross-fit for other cohorts, and of a given
#: model.
ALL, GIVEN = "all", "given"
#: Largest distance between habitats of two folds that mean the same, in standard deviations of the channels.
MOST_APART = 0.5
#: Least voxels of a region that fit a model: those of a smaller one would be repeated so often that they look
#: like a group.
LEAST_VOXELS = 50
#: Characters of a fingerprint.
_PRINT = 16


class Drawn(TypedDict):
    """Stored result of a case: voxels in random order, and fingerprints of its images."""

    values: list[list[float]]
    errors: list[list[float]]
    images: list[str]


@dataclass(frozen=True)
class Fitted:
    """One model, the subjects to whom it is applied, and what spoke for its number of habitats."""

    name: str
    model: HabitatModel
    applied_to: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()
    distances: tuple[float, ...] = ()


@dataclass(frozen=True)
class Models:
    """Models that are applied to a cohort, the one for other cohorts, and cases that gave no voxels.

    `plan` says whose voxels fitted what, and to whom it is applied; it is empty for a given model.
    """

    fitted: tuple[Fitted, ...]
    final: HabitatModel
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    in_fit: frozenset[str]
    plan: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class DrawJob:
    """Voxels of one case in random order."""

    case: Case
    inputs: Inputs
    label: int
    most: int
    seed: int

    def key(self) -> str:
        """Key of the stored result."""
        return result_key(
            STAGE,
            case=[self.case.name, self.seed, self.most],
            channels=channel_hashes(self.case.scan, self.inputs),
            names=[self.inputs.channels, self.inputs.error_channels],
            mask=region_hashes(self.case, self.label),
        )

    def make(self) -> Payload:
        """Read the region and draw its voxels."""
        region = read_values(self.case, self.inputs, self.label)
        few = len(region.values) < LEAST_VOXELS
        order = order_of(len(region.values), 0 if few else self.most, generator(self.seed, self.case.name))
        return {
            "values": region.values[order].tolist(),
            "errors": region.errors[order].tolist(),
            "images": fingerprints(self.case, self.inputs),
        }


def fingerprints(case: Case, inputs: Inputs) -> list[str]:
    """Fingerprints of the images of a case's channels (without error maps)."""
    files = channel_files(case.scan, inputs)[: len(inputs.channels)]
    return [content_hash(file)[:_PRINT] for _, file in files]


def fit_models(
    cases: Sequence[Case], inputs: Inputs, settings: HabitatSettings, label: int, execution: Execution
) -> Models:
    """Fit the models of a cohort.

    Parameters
    ----------
    cases
        Drawn regions; those of a subject share its weight.
    inputs
        Channels.
    settings, label, execution
        As in `find_habitats`.
    """
    plan = fitting_plan([case.scan.subject for case in cases], settings, seed=settings.seed)
    crossed = settings.fit_on is None
    subjects = sorted({case.scan.subject for case in cases})
    parts = [*plan.parts, FittingPart(ALL, tuple(subjects), ())] if crossed else list(plan.parts)
    drawn, failures = _draw(cases, parts, inputs, settings, label, execution)
    _require_voxels(parts, drawn, failures)
    how = _how(settings, inputs)
    first, *others = _fit_parts(plan.parts, drawn, inputs, how, settings.sample, execution)
    fitted = [first, *(_numbered_as(one, first, plan) for one in others)]
    if crossed:
        how = replace(how, clusters=first.model.clusters)
        fitted += [
            _numbered_as(one, first, plan)
            for one in _fit_parts(parts[-1:], drawn, inputs, how, settings.sample, execution)
        ]
    final = fitted[-1].model
    notes = [plan.note] if plan.note else []
    without = sorted({name for part in parts for name in part.fitted_on} - set(drawn))
    if without:
        notes.append(
            f"{counted(len(without), 'subject')} ({shortened(without)}) fitted no model: the region "
            f"failed, or has fewer than {LEAST_VOXELS} voxels with values."
        )
    whose = {
        part.name: {
            "fitted_on": [name for name in part.fitted_on if name in drawn],
            "applied_to": list(part.applied_to),
        }
        for part in parts
    }
    return Models(tuple(fitted), final, tuple(failures), tuple(notes), plan.fitted, whose)


def _draw(
    cases: Sequence[Case],
    parts: Sequence[FittingPart],
    inputs: Inputs,
    settings: HabitatSettings,
    label: int,
    execution: Execution,
) -> tuple[dict[str, list[Any]], list[Failure]]:
    """Voxels of each fitting subject: values, errors and fingerprints of each of its regions."""
    fitting = {name for part in parts for name in part.fitted_on}
    # The most that a part needs of a subject, which depends on the fitting subjects alone.
    most = max(voxels_of_each(settings.sample, len(part.fitted_on)) for part in parts)
    jobs = {
        case.name: DrawJob(case, inputs, label, most, settings.seed)
        for case in cases
        if case.scan.subject in fitting
    }
    batch = execution.map(
        DrawJob.make,
        {name: (job,) for name, job in jobs.items()},
        stage=STAGE,
        stored=Stored(lambda name: jobs[name].key(), Drawn),
    )
    drawn: dict[str, list[Any]] = {}
    for name, payload in batch.results.items():
        if not payload["values"]:
            continue
        voxels = np.array(payload["values"]), np.array(payload["errors"]), payload["images"]
        drawn.setdefault(jobs[name].case.scan.subject, []).append(voxels)
    return drawn, batch.failures


def _require_voxels(
    parts: Sequence[FittingPart], drawn: Mapping[str, Any], failures: Sequence[Failure]
) -> None:
    """Raise `InputError` if a model would be fitted on fewer than two subjects, with the first reason."""
    for part in parts:
        present = sum(name in drawn for name in part.fitted_on)
        if present < 2:
            why = f" {failures[0].case}: {failures[0].cause}" if failures else ""
            raise InputError(
                f"{present} of the {len(part.fitted_on)} fitting subjects of the model {part.name} have "
                f"voxels with values; two or more were expected.{why}",
                failures[0].hint if failures else "Use more subjects.",
            )


def _how(settings: HabitatSettings, inputs: Inputs) -> FitHow:
    clusters = None if settings.clusters == "auto" else settings.clusters
    errors = settings.errors or "deconvolved"
    if settings.method == "kmeans" or not inputs.error_channels:
        errors = "none"
    return FitHow(clusters, settings.most_clusters, settings.method, errors, settings.seed)


def _fit_parts(
    parts: Sequence[FittingPart],
    drawn: Mapping[str, list[Any]],
    inputs: Inputs,
    how: FitHow,
    total: int,
    execution: Execution,
) -> list[Fitted]:
    """Fit the model of each part; one that cannot be fitted ends the work."""
    cases = {}
    for part in parts:
        own = {name: drawn[name] for name in part.fitted_on if name in drawn}
        cases[part.name] = (part, own, inputs, how, total)
    batch = execution.map(_fitted, cases, stage=FIT_STAGE)
    for failure in batch.failures:
        raise InputError(failure.cause, failure.hint)
    return list(batch.results.values())


def _fitted(
    part: FittingPart, drawn: Mapping[str, list[Any]], inputs: Inputs, how: FitHow, total: int
) -> Fitted:
    from threadpoolctl import threadpool_limits

    values = {name: [voxels[:2] for voxels in regions] for name, regions in drawn.items()}
    sample = pooled(values, part.fitted_on, total)
    images = sorted({one for name in sample.subjects for voxels in drawn[name] for one in voxels[2]})
    who = f"the {len(sample.subjects)} subjects of the model {part.name}"
    with threadpool_limits(limits=1):
        model, found = fit_model(sample, inputs, how, images, who)
    model = model.model_copy(update={"names": name_prints(sample.subjects, images)})
    return Fitted(part.name, model, part.applied_to, tuple(found), (0.0,) * model.clusters)


def _numbered_as(one: Fitted, first: Fitted, plan: FittingPlan) -> Fitted:
    """Number the habitats of a model as those of the first one."""
    if one.model.clusters != first.model.clusters:
        raise InputError(
            f"auto chose {first.model.clusters} habitats for the model {first.name} and "
            f"{one.model.clusters} for {one.name}, so that a habitat would not mean the same in all "
            f"{len(plan.parts)} folds.",
            "State the number of habitats, or fit on named subjects.",
        )
    model, distances = matched(one.model, first.model)
    return Fitted(one.name, model, one.applied_to, one.candidates, tuple(map(float, distances)))


def model_notes(fitted: Sequence[Fitted]) -> list[str]:
    """Say where habitats do not mean the same in all models, or depend on the subjects who fitted them."""
    notes = []
    far = [(max(one.distances), one.name) for one in fitted if one.applied_to and one.distances]
    distance, name = max(far, default=(0.0, ""))
    if distance > MOST_APART:
        notes.append(
            f"the mean of a habitat of {name} is {distance:.1f} standard deviations from that of "
            f"{fitted[0].name}: the habitats of the folds do not mean the same. Use more subjects, or other "
            "channels or numbers of habitats."
        )
    unfinished = [one.name for one in fitted if not one.model.converged]
    if unfinished:
        notes.append(
            f"the fit of {', '.join(unfinished)} did not converge: its habitats overlap so much that their "
            "means and spreads are uncertain, and so is the confidence. Use fewer habitats, or other "
            "channels."
        )
    unstable = [
        f"{one.name} ({candidate.stability:.2f})"
        for one in fitted
        for candidate in one.candidates
        if candidate.clusters == one.model.clusters and not candidate.stable
    ]
    if unstable:
        notes.append(
            f"{fitted[0].model.clusters} habitats are not stable when subjects are resampled: the adjusted "
            f"Rand index of {', '.join(unstable)} is below {STABLE:g}."
        )
    together = [
        one.name
        for one in fitted
        for candidate in one.candidates
        if candidate.clusters == one.model.clusters and not candidate.apart
    ]
    if together:
        notes.append(
            f"the {fitted[0].model.clusters} habitats are not groups of their own in {', '.join(together)}: "
            "between the means of two of them, the distribution of the values has no valley (column valley "
            "of habitat_numbers.csv). They divide one group by its values."
        )
    return notes
