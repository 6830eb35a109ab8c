"""The checklists of a run folder, filled in again, so that they have what a person wrote since the run."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.filled import FilledChecklist, fill_checklist
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.own_answers import read_own_answers
from nbradiomics.evidence.checklists.write import FOLDER
from nbradiomics.evidence.facts import Evidence


def read_checklists(folder: Path, evidence: Evidence | None) -> dict[str, FilledChecklist | None]:
    """Fill in each checklist that the folder has; None for one whose table cannot be read."""
    files = {name: folder / FOLDER / f"{name}.csv" for name in CHECKLISTS}
    there = {name: file for name, file in files.items() if file.exists()}
    return {} if evidence is None else {name: _filled(evidence, name, file) for name, file in there.items()}


def _filled(evidence: Evidence, name: str, file: Path) -> FilledChecklist | None:
    try:
        own = read_own_answers(file, name)
    except InputError:
        return None
    return fill_checklist(evidence, name, own)
