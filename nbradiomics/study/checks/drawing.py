"""Check the section `drawing` of `outcome`: are there the masks that it compares?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from nbradiomics.cohort.in_training import unknown_sentence, unknown_subjects
from nbradiomics.cohort.lesions import COMPONENTS, lesion_rule
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.single_masks import require_single_masks
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.assembly import MINIMUM_SUBJECTS
from nbradiomics.outcome.drawing.masks import DEPENDENT
from nbradiomics.segmentation.model import load_model
from nbradiomics.study.checks.masks_to_come import masks_to_come
from nbradiomics.study.study import Drawing, Outcome, Study
from nbradiomics.tables import AUTO

_SECTION = "outcome.drawing"


def check_drawing(
    study: Study,
    table: pd.DataFrame,
    path: Path,
    parameters: Parameters | None,
    models: str | Path | None = None,
) -> list[Problem]:
    """List problems of the section: readers without masks, or with few, and folds without masks.

    Parameters
    ----------
    study
        The study.
    table
        Its cohort table; empty if it cannot be read.
    path
        The study file.
    parameters
        Parameters of the extraction; ``None`` if they are invalid, which another check reports.
    models
        Folder of imported models.
    """
    outcome = study.outcome
    if outcome is None or outcome.drawing is None:
        return []
    asked = _Asked(study, outcome, outcome.drawing, masks_to_come(study, table))
    parts: list[Callable[[], Iterator[Finding]]] = [lambda: of_lesions(study, table)]
    if asked.drawing.folds:
        parts.append(lambda: asked.of_folds(parameters, models))
    if not table.empty and outcome.reader is not None:
        parts += [asked.of_readers, asked.of_few, asked.of_training]
    return [
        Problem(str(path), "", f"{_SECTION}{key}", severity, found, remedy)
        for part in parts
        for key, severity, found, remedy in part()
    ]


def of_lesions(study: Study, table: pd.DataFrame) -> Iterator[Finding]:
    """Find a rule with which it is unknown which regions of two readers are the same lesion."""
    if lesion_rule(study.asked_lesions, table) == COMPONENTS:
        found = "components of masks are compared, and nobody knows which of two readers are the same lesion."
        yield "", "error", found, "Use another rule for lesions, or leave out drawing."


#: Key below the section, severity, what was found, remedy.
Finding = tuple[str, Literal["error", "warning"], str, str]


@dataclass(frozen=True, eq=False)
class _Asked:
    study: Study
    outcome: Outcome
    drawing: Drawing
    masks: pd.DataFrame

    @property
    def readers(self) -> Sequence[str]:
        """Readers whose masks are compared with those of the models' reader."""
        named = self.drawing.drawing_readers
        there = list(dict.fromkeys(self.masks["reader"])) if named is None else list(named)
        return [name for name in there if name != self.outcome.reader]

    @property
    def compares_automatic(self) -> bool:
        return AUTO in (self.outcome.reader, *self.readers)

    def of_folds(self, parameters: Parameters | None, models: str | Path | None) -> Iterator[Finding]:
        """Find out whether the folds will leave masks, and the mask of `auto` to compare them with."""
        segment = self.study.segment
        if segment is None:
            found = "the masks of the folds are asked for, but the study does not segment."
            yield ".folds", "error", found, "Add a section `segment`, or leave out folds."
            return
        if not segment.maps:
            found = "the masks of the folds are asked for, but `segment.maps` is false, so that none is kept."
            yield ".folds", "error", found, "Set maps to true, or leave out folds."
        if not self.compares_automatic:
            found = (
                f"the masks of the folds are compared with that of {AUTO}, which drawing_readers leaves out."
            )
            yield ".folds", "error", found, f"Add {AUTO} to drawing_readers, or leave out folds."
        try:
            if parameters is not None:
                require_single_masks(parameters, "Use crop: mask, or leave out folds.")
        except InputError as error:
            yield ".folds", "error", error.problem, error.remedy
        try:
            number = len(load_model(segment.model, models=models).folds)
        except NbradiomicsError:
            return  # reported by the check of the model
        if number < 2:
            found = f"the masks of the folds are asked for, but {segment.model} has {number} fold."
            yield ".folds", "error", found, "Take a model of two folds or more, or leave out folds."

    def of_readers(self) -> Iterator[Finding]:
        """Find readers without masks, and a cohort in which nobody else drew."""
        there = set(self.masks["reader"])
        for name in self.readers:
            if name not in there:
                listed = ", ".join(sorted(there - {self.outcome.reader})) or "none"
                found = f"there is no reader {name!r} in the cohort table."
                yield ".drawing_readers", "error", found, f"Its other readers: {listed}."
        further = self.study.perturbation is not None or self.masks["reading"].nunique() > 1
        if not self.readers and not further:
            found = f"there is no mask of another reader than {self.outcome.reader} to compare with."
            remedy = (
                "Add masks of another reader, a section `segment` or `perturbation`; or leave out drawing."
            )
            yield "", "error", found, remedy

    def of_few(self) -> Iterator[Finding]:
        """Find readers who drew so few subjects that the losses between readers cannot be computed."""
        own = self.outcome.reader
        drawn = self.masks[(self.masks["reader"] == own) | ~self.masks["reference_kind"].isin(DEPENDENT)]
        by_reader = {name: set(part["subject"]) for name, part in drawn.groupby("reader")}
        subjects = {name: by_reader[name] for name in (str(own), *self.readers) if name in by_reader}
        if len(subjects) < 2 or own not in subjects:
            return
        shared = set.intersection(*subjects.values())
        if len(shared) < MINIMUM_SUBJECTS:
            fewest = min(subjects, key=lambda name: len(subjects[name]))
            found = (
                f"{counted(len(shared), 'subject')} have masks of all compared readers ({fewest} drew "
                f"{len(subjects[fewest])}); {MINIMUM_SUBJECTS} or more are needed to say what is lost "
                "between readers."
            )
            yield "", "warning", found, "Name the readers with masks of most subjects under drawing_readers."

    def of_training(self) -> Iterator[Finding]:
        """Find automatic masks of subjects that the model may have been trained on."""
        rows = self.masks[self.masks["reader"] == AUTO]
        if self.study.segment is None and self.outcome.reader != AUTO and AUTO in self.readers:
            found = unknown_sentence(unknown_subjects(rows), rows["subject"].nunique())
            if found:
                remedy = "Write yes or no in the column in_training of the cohort table; yes is left out."
                yield "", "warning", found, remedy


def compares_automatic(study: Study) -> bool:
    """Whether automatic masks of a study that segments get into outcome models or a comparison."""
    outcome = study.outcome
    if outcome is None:
        return False
    drawing = outcome.drawing
    compared = drawing is not None and AUTO in (drawing.drawing_readers or [AUTO])
    return outcome.reader == AUTO or compared
