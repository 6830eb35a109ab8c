"""Check the section `prepare` of a study, and whether a model fits to prepared images."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from nbradiomics.cohort import Cohort
from nbradiomics.cohort.fitting_subjects import FittingSubjects, fitting_plan
from nbradiomics.cohort.units import stated_units
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import Parameters
from nbradiomics.habitats.region_values import error_channel
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.messages.wording import counted
from nbradiomics.preparation.jobs import chosen_scans, require_possible
from nbradiomics.preparation.landmarks import Group, fitted_prefix, load_landmarks
from nbradiomics.preparation.settings import PreparationSettings, channel_steps
from nbradiomics.segmentation.model import Model
from nbradiomics.study.checks.normalised_twice import normalised_twice
from nbradiomics.study.checks.units import is_adc
from nbradiomics.study.preparation import PREPARE, files_of_preparation
from nbradiomics.study.study import Study
from nbradiomics.tables import ORIGINAL

_B_VALUE = re.compile(r"b[-_ ]?\d+", re.IGNORECASE)


def check_preparation(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """List problems of the section: its steps, what they need, whose images are fitted, and units.

    Parameters
    ----------
    study
        The study.
    table
        Its cohort table; empty if it cannot be read.
    path
        The study file.
    """
    section, problems = study.prepare, list[Problem]()
    if section is None or any(not file.is_file() for file in files_of_preparation(section).values()):
        return []  # missing files are reported with the other files of the study

    def checked(column: str, check: Callable[[], object]) -> None:
        try:
            check()
        except InputError as error:
            problems.append(problem_of(error, path, column))

    checked(f"{PREPARE}.steps", lambda: section.chain)
    if problems or table.empty:
        return problems
    settings = section.part(PreparationSettings)
    cohort = Cohort(table, study.cohort)
    checked(PREPARE, lambda: require_possible(cohort, settings, settings.chain))
    if problems:
        return problems
    if section.landmarks is not None:
        checked(f"{PREPARE}.landmarks", lambda: _require_landmarks(cohort, settings))
    elif fitted_prefix(settings.chain) is not None:
        subjects = {scan.subject for scan in chosen_scans(cohort, settings)}
        choice = section.part(FittingSubjects)
        checked(f"{PREPARE}.fit_on", lambda: fitting_plan(subjects, choice, seed=study.seed))
    if settings.unused_fit:
        name = settings.unused_fit.partition(" ")[0]
        found = settings.unused_fit
        problems.append(Problem(str(path), "", f"{PREPARE}.{name}", "warning", found, f"Leave out {name}."))
    if settings.unused_reference:
        remedy = "Add it to the step, or leave out reference_roi."
        place = f"{PREPARE}.reference_roi"
        problems.append(Problem(str(path), "", place, "warning", settings.unused_reference, remedy))
    return [*problems, *preparation_warnings(cohort, settings, path)]


def preparation_warnings(cohort: Cohort, settings: PreparationSettings, path: Path) -> list[Problem]:
    """Warn of images with a unit, which steps refuse, ADC without one, and b-values normalised apart.

    Parameters
    ----------
    cohort, settings
        What is prepared, and how.
    path
        File to name in the warnings.
    """
    return [
        *_units(cohort, settings, path),
        *_diffusion_maps(cohort, settings, path),
        *_b_values(cohort, settings, path),
        *_maps_with_gaps(cohort, settings, path),
    ]


def _groups(cohort: Cohort, settings: PreparationSettings) -> set[Group]:
    """Sequences and channels that need landmarks."""
    return {
        Group(scan.sequence, channel.name)
        for scan in chosen_scans(cohort, settings)
        for channel in scan.channels
        if settings.channels is None or channel.name in settings.channels
    }


def _require_landmarks(cohort: Cohort, settings: PreparationSettings) -> None:
    assert settings.landmarks is not None
    known = load_landmarks(settings.landmarks, settings.chain)
    missing = sorted(str(group) for group in _groups(cohort, settings) if group not in known)
    if missing:
        raise InputError(
            f"{settings.landmarks} has no landmarks of {', '.join(missing)}.",
            "Name sequences and channels as in the cohort that fitted them, or choose them by `sequences` "
            "and `channels`.",
        )


def _units(cohort: Cohort, settings: PreparationSettings, path: Path) -> list[Problem]:
    """Warn of images with a unit, whose intensities a step refuses to change."""
    units = dict(zip(cohort.table["image"], stated_units(cohort.table, cohort.path), strict=True))
    refused: dict[tuple[str, str], int] = {}
    for scan in chosen_scans(cohort, settings):
        for channel in scan.channels:
            unit = units.get(str(channel.image), "")
            first = channel == scan.channels[0]
            for step in channel_steps(settings.chain, channel.name, settings.channels, first=first):
                if unit and (step.normalises or step.arbitrary_units):
                    refused[step.name, unit] = refused.get((step.name, unit), 0) + 1
    remedy = "Choose the sequences or channels that are prepared (`sequences`, `channels`)."
    return [
        Problem(
            str(path),
            "",
            f"{PREPARE}.steps",
            "warning",
            f"the step {step} refuses {counted(number, 'image')} with the unit {unit}, which would have no "
            "meaning afterwards; their scans will be failures.",
            remedy,
        )
        for (step, unit), number in refused.items()
    ]


def _diffusion_maps(cohort: Cohort, settings: PreparationSettings, path: Path) -> list[Problem]:
    """Warn of maps of the diffusion coefficient without a unit: no step refuses them."""
    units = dict(zip(cohort.table["image"], stated_units(cohort.table, cohort.path), strict=True))
    names: dict[str, str] = {}
    for scan in chosen_scans(cohort, settings):
        for channel in scan.channels:
            first = channel == scan.channels[0]
            own = channel_steps(settings.chain, channel.name, settings.channels, first=first)
            changing = [step.name for step in own if step.normalises or step.arbitrary_units]
            is_map = is_adc(channel.name or scan.sequence) and not units.get(str(channel.image))
            if is_map and changing:
                names[str(Group(scan.sequence, channel.name))] = changing[-1]
    return [
        Problem(
            str(path),
            "",
            f"{PREPARE}.steps",
            "warning",
            f"the step {step} changes the values of {name}, by its name a map of the diffusion coefficient "
            "without a stated unit: it will be none any more.",
            "State the unit (column `unit`, such as mm2/s), and choose the sequences or channels that are "
            "prepared (`sequences`, `channels`).",
        )
        for name, step in names.items()
    ]


def _b_values(cohort: Cohort, settings: PreparationSettings, path: Path) -> list[Problem]:
    """Warn of diffusion images of one scan that are normalised apart from each other."""
    normalising = [step.name for step in settings.chain if step.normalises]
    names = sorted(
        {group.channel for group in _groups(cohort, settings) if _B_VALUE.fullmatch(group.channel)}
    )
    if not normalising or len(names) < 2:
        return []
    found = (
        f"the step {normalising[0]} normalises the channels {', '.join(names)} apart from each other: a "
        "diffusion coefficient that is fitted to them afterwards would be wrong."
    )
    remedy = "Fit it before the preparation, or leave these channels out of `channels`."
    return [Problem(str(path), "", f"{PREPARE}.channels", "warning", found, remedy)]


def _maps_with_gaps(cohort: Cohort, settings: PreparationSettings, path: Path) -> list[Problem]:
    """Warn of fitted maps with their errors that are interpolated: 0 stands for no value in them."""
    names: set[str] = set()
    moving: set[str] = set()
    for scan in chosen_scans(cohort, settings):
        known = {channel.name for channel in scan.channels}
        fitted = {name for name in known if error_channel(name) in known}
        for channel in scan.channels:
            first = channel == scan.channels[0]
            own = channel_steps(settings.chain, channel.name, settings.channels, first=first)
            changing = {step.name for step in own if step.changes_grid}
            if changing and channel.name in {*fitted, *map(error_channel, fitted)}:
                names.add(channel.name)
                moving |= changing
    if not names:
        return []
    found = (
        f"the step {', '.join(sorted(moving))} interpolates {', '.join(sorted(names))}: voxels without a "
        "value, which are 0 there, are mixed with their neighbours, and the errors are no longer those of "
        "the values."
    )
    remedy = "Prepare the diffusion images, and fit the maps (`adc`) afterwards."
    return [Problem(str(path), "", f"{PREPARE}.steps", "warning", found, remedy)]


def check_normalisation(
    study: Study, table: pd.DataFrame, path: Path, parameters: Parameters | None
) -> list[Problem]:
    """Warn of parameters that normalise prepared images once more, or images whose values have a unit.

    Parameters
    ----------
    study, table, path
        As in `check_preparation`; the table is that of the images to be measured.
    parameters
        Parameters of the extraction; ``None`` if they are invalid.
    """
    if parameters is None:
        return []
    return warn_of_normalisation(table, study.cohort, parameters, str(path), "extract.params")


def warn_of_normalisation(
    table: pd.DataFrame, cohort: Path, parameters: Parameters, file: str, field: str = "setting.normalize"
) -> list[Problem]:
    """Warn of parameters as `normalised_twice` does, at a place in a file."""
    remedy = (
        "Write `normalize: false`, unless this is intended; instead of a preset, name your own copy of its "
        "file (folder params), and adapt binWidth and voxelArrayShift to the prepared intensities."
    )
    found = normalised_twice(table, cohort, parameters)
    return [Problem(file, "", field, "warning", one, remedy) for one in found]


def check_model_preparation(model: Model, prepared: pd.DataFrame, path: Path) -> list[Problem]:
    """Warn of a model that was trained on images with another preparation than those of a cohort.

    Parameters
    ----------
    model
        The model, whose card may say on what it was trained.
    prepared
        Cohort table as it will be after the preparation.
    path
        The study file, for the message.
    """
    trained = model.card.preparation or ORIGINAL
    others = sorted(set(prepared["variant"]) - {trained}) if len(prepared) else []
    if not others:
        return []
    words = {ORIGINAL: "images without preparation"}
    known = model.card.preparation is not None
    was = f"was trained on {words.get(trained, trained)}"
    told = was if known else f"does not say on what preparation it was trained (presumably {words[ORIGINAL]})"
    named = ", ".join(words.get(one, one) for one in others)
    found = f"the model {model.name} {told}, but it will segment {named}."
    remedy = (
        "Segment the unprepared images and prepare for the features only, or train on prepared images; or "
        "write `preparation` into the card of the model if it fits."
    )
    return [Problem(str(path), "", "segment.model", "warning", found, remedy)]
