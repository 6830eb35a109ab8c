"""Fits of a cohort: which landmarks each image gets, and the file from which others apply them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from nbradiomics.cohort.fitted_names import known_names, name_prints
from nbradiomics.cohort.fitting_subjects import NAMED, FittingPlan
from nbradiomics.errors import InputError
from nbradiomics.files.checked_json import in_short, read_checked, write_checked
from nbradiomics.preparation.apply import variant_name
from nbradiomics.preparation.steps.nyul import NyulLandmarks
from nbradiomics.preparation.steps.step import FittedStep, Measured, Step
from nbradiomics.settings import Settings

#: Fits that other cohorts apply: of named subjects, or of all subjects of a cross-fitted cohort.
ALL, FILE = "all", "file"
_FORMAT: Literal["nbradiomics landmarks of a cohort 1"] = "nbradiomics landmarks of a cohort 1"


class Group(NamedTuple):
    """What shares landmarks: a sequence and a channel of it, at all sites and timepoints."""

    sequence: str
    channel: str

    def __str__(self) -> str:
        return f"{self.sequence}, channel {self.channel}" if self.channel else self.sequence


class Fit(Settings):
    """Landmarks of one sequence and channel."""

    sequence: str = Field(description="Sequence.")
    channel: str = Field(description="Channel; empty for scans of one image.")
    name: str = Field(description="Name of the fit: `named`, `fold-1` ..., or `all`.")
    subjects: int = Field(description="Number of subjects whose images were used.")
    names: tuple[str, ...] = Field(
        default=(), description="Prints of their names (`nbradiomics.cohort.fitted_names`)."
    )
    landmarks: NyulLandmarks = Field(description="The landmarks.")

    def known(self, names: Iterable[str]) -> set[str]:
        """Names among those whose images fitted the landmarks."""
        return known_names(names, self.names, self.landmarks.fitted_on.values())


class Landmarks(Settings):
    """Landmarks of a cohort: for each sequence and channel, and each part of the cross-fitting."""

    format: Literal["nbradiomics landmarks of a cohort 1"] = Field(
        default=_FORMAT, description="Kind and version of the file."
    )
    steps: str = Field(description="Steps up to the fitted one, in the short form.")
    fits: tuple[Fit, ...] = Field(description="The fits.")

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [(fit.sequence, fit.channel, fit.name) for fit in self.fits]
        if len(set(names)) < len(names):
            raise ValueError("a sequence and channel has the same fit twice")
        return self

    def save(self, path: Path) -> None:
        """Write the file, with a checksum."""
        write_checked(self.model_dump(mode="json"), path)

    def for_others(self) -> dict[Group, Fit]:
        """Fits that another cohort applies: those of the named subjects, or of all subjects."""
        chosen = [fit for fit in self.fits if fit.name in (NAMED, ALL)]
        return {Group(fit.sequence, fit.channel): fit for fit in chosen}


def load_landmarks(path: Path, steps: Sequence[Step]) -> dict[Group, Fit]:
    """Read landmarks that another preparation fitted, and check that they fit the steps.

    Raises
    ------
    InputError
        When the file is missing, damaged or changed, has other content, or was made with other steps.
    """
    upto = fitted_prefix(steps)
    if upto is None:
        raise InputError(
            "landmarks were given, but no step uses them.", "Add the step nyul, or leave them out."
        )
    try:
        content = Landmarks.model_validate(read_checked(path))
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}."
        raise InputError(problem, "Give the landmarks.json of a preparation.") from error
    except ValueError as error:
        raise InputError(
            f"{path} is no file of landmarks of a preparation: {in_short(error)}.",
            "Give the landmarks.json that `nbradiomics prepare` wrote.",
        ) from error
    if content.steps != variant_name(upto):
        raise InputError(
            f"{path} has landmarks of images that were prepared by {content.steps}, but the steps here are "
            f"{variant_name(upto)}.",
            "Use the same steps with the same parameters, up to the landmarks.",
        )
    return content.for_others()


def fitted_prefix(steps: Sequence[Step]) -> tuple[Step, ...] | None:
    """Steps up to the one that needs a fit; ``None`` if none does."""
    places = [place for place, step in enumerate(steps) if isinstance(step, FittedStep)]
    return tuple(steps[: places[0] + 1]) if places else None


@dataclass(frozen=True)
class FittedCohort:
    """The fits of a cohort, and why some of them are not there.

    Attributes
    ----------
    fits
        Fits by group and part.
    errors
        Why a fit could not be made, by group and part.
    """

    fits: dict[tuple[Group, str], Fit]
    errors: dict[tuple[Group, str], InputError]


def fit_cohort(
    step: FittedStep, measured: Mapping[Group, Mapping[str, Mapping[str, Measured]]], plan: FittingPlan
) -> FittedCohort:
    """Fit a step for each sequence and channel, and each part of a plan.

    Parameters
    ----------
    step
        The step to be fitted.
    measured
        What was measured, by group, subject and name of the image.
    plan
        Whose images are used for whom. If it is a cross-fitting, a fit on all subjects is added, for other
        cohorts; no subject of this one gets it.
    """
    parts = {part.name: part.fitted_on for part in plan.parts}
    if NAMED not in parts:
        parts[ALL] = tuple(sorted({name for part in plan.parts for name in part.applied_to}))
    fits: dict[tuple[Group, str], Fit] = {}
    errors: dict[tuple[Group, str], InputError] = {}
    for group, by_subject in measured.items():
        for part, subjects in parts.items():
            used = [name for name in subjects if name in by_subject]
            images = [by_subject[name][image] for name in used for image in sorted(by_subject[name])]
            # Numbers instead of names: the file is meant for other hospitals.
            numbered = {f"{number:05d}": one for number, one in enumerate(images, 1)}
            try:
                landmarks = step.fit(numbered)
            except InputError as error:
                problem = f"the landmarks of {group} cannot be fitted ({part}): {error.problem}"
                errors[group, part] = InputError(problem, error.remedy)
                continue
            assert isinstance(landmarks, NyulLandmarks)
            fits[group, part] = Fit(
                sequence=group.sequence,
                channel=group.channel,
                name=part,
                subjects=len(used),
                names=name_prints(used, landmarks.fitted_on.values()),
                landmarks=landmarks,
            )
    return FittedCohort(fits, errors)


def with_landmarks(steps: Sequence[Step], landmarks: NyulLandmarks) -> tuple[Step, ...]:
    """Steps in which the fitted one replaces the one that needed a fit."""
    return tuple(landmarks if isinstance(step, FittedStep) else step for step in steps)
