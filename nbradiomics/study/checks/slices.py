"""Check a study of features of slices: its parameters, and sections that measure whole regions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.slices.extract import require_flat
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.study.study import Study

_PER_SLICE = "extract.per_slice"


def check_slices(study: Study, path: Path, parameters: Parameters | None) -> list[Problem]:
    """List what does not fit the key `per_slice`.

    Parameters
    ----------
    study
        The study.
    path
        Its file, for messages.
    parameters
        Its parameters; ``None`` if they are invalid, which another check reports.
    """
    if study.extract.per_slice is None:
        return _without_effect(study, path)
    problems = []
    if parameters is not None:
        try:
            require_flat(parameters)
        except InputError as error:
            problems.append(problem_of(error, path, _PER_SLICE))
    found = (
        f"the section measures whole regions, and {_PER_SLICE}: {study.extract.per_slice} makes features of "
        "slices, which cannot be compared with them."
    )
    remedy = f"Leave out the section, or {_PER_SLICE}."
    if "needed_agreement" in study.model_fields_set:
        problems.append(_not_computed(path))
    return problems + [
        Problem(str(path), "", section, "error", found, remedy) for section in _of_regions(study)
    ]


def _without_effect(study: Study, path: Path) -> list[Problem]:
    least = study.extract.min_slice_voxels
    if least == type(study.extract).model_fields["min_slice_voxels"].default:
        return []
    found = f"min_slice_voxels is {least}, and has no effect without per_slice."
    remedy = "Add per_slice: largest or median, or remove the key."
    return [Problem(str(path), "", "extract.min_slice_voxels", "warning", found, remedy)]


def _not_computed(path: Path) -> Problem:
    found = (
        f"it is not computed: with {_PER_SLICE} features are those of slices, and masks are compared whole."
    )
    return Problem(str(path), "", "needed_agreement", "warning", found, "Leave out the section.")


def _of_regions(study: Study) -> Iterator[str]:
    """Yield the sections whose stages measure variants or other masks, as whole regions."""
    sections = {
        "perturbation": study.perturbation,
        "processing": study.processing,
        "controls": study.controls,
    }
    yield from (name for name, section in sections.items() if section is not None)
    if study.outcome is not None and study.outcome.drawing is not None and study.outcome.drawing.folds:
        yield "outcome.drawing.folds"
