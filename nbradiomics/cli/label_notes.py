"""Notes about labels: labels that are not read, and labels that overrule a parameter file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.cli.console import notes, problem_line, show_lines

if TYPE_CHECKING:
    from nbradiomics.cohort import Cohort
    from nbradiomics.execution.execution import Execution


def show_label_warnings(cohort: Cohort, params: str | None = None, *, execution: Execution) -> None:
    """Report labels in a cohort's masks that are not read, and labels that overrule the parameter file."""
    from dataclasses import asdict, replace

    from nbradiomics.execution.progress import quiet
    from nbradiomics.study.checks.labels import warn_of_labels

    show_lines(
        [
            problem_line(asdict(problem))
            for problem in warn_of_labels(cohort, params, execution=replace(execution, progress=quiet))
        ]
    )


def show_label_notes(mask: Path, params: str, label: str | None) -> None:
    """Report the voxels of one mask that are not read, and whether the label overrules the parameters."""
    from nbradiomics.cohort.mask_labels import mask_notes
    from nbradiomics.features.extract import label_note, resolve_label
    from nbradiomics.features.parameters import load_parameters

    parameters = load_parameters(params)
    texts = [label_note(parameters, label), *mask_notes(mask, resolve_label(parameters, label))]
    for note in texts:
        if note:
            notes.print(f"Note: {note}", markup=False)
