"""Write filled checklists: a table to go on with, and a page to paste from. A person's answers are kept."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.filled import FilledChecklist, fill_checklist
from nbradiomics.evidence.checklists.lists import CHECKLISTS, checklist_of
from nbradiomics.evidence.checklists.own_answers import read_own_answers
from nbradiomics.evidence.checklists.page import checklist_page
from nbradiomics.evidence.facts import Evidence
from nbradiomics.files.atomic import write_text
from nbradiomics.tables import write_table

#: Folder of the checklists in a run folder.
FOLDER = "checklists"


def write_checklist(
    evidence: Evidence, name: str, out: str | Path, *, answers: str | Path | None = None
) -> FilledChecklist:
    """Fill in a checklist, and write it as a table and as a page whose table can be pasted into Word.

    Parameters
    ----------
    evidence, name
        As in `fill_checklist`.
    out
        Table to write (``.csv``); the page has the same name with ``.html``. If the table exists, the answers
        of a person in it are kept.
    answers
        Table with answers of a person, instead of those in `out`.

    Raises
    ------
    InputError
        When there is no such checklist, `out` is no ``.csv``, or the answers cannot be read; nothing is
        written then.
    """
    out = Path(out)
    if out.suffix != ".csv":
        raise InputError(
            f"{out} ends in {out.suffix!r}; .csv was expected.", "The page is written beside the table."
        )
    kept = answers if answers is not None else out
    own = read_own_answers(kept, checklist_of(name)) if answers is not None or out.exists() else {}
    filled = fill_checklist(evidence, name, own)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_table(filled.table, out)
    write_text(checklist_page(filled), out.with_suffix(".html"))
    return filled


def write_checklists(evidence: Evidence, root: Path) -> list[str]:
    """Write all checklists of a run, into its folder ``checklists``.

    Returns
    -------
    list of str
        What the user must know: tables that cannot be read and were left as they are, and answers that
        contradict each other.
    """
    notes = []
    for name in CHECKLISTS:
        out = root / FOLDER / f"{name}.csv"
        try:
            filled = write_checklist(evidence, name, out)
        except InputError as error:
            notes.append(f"{FOLDER}/{out.name} was left as it is: {error.problem} {error.remedy}")
        else:
            notes += [f"{FOLDER}/{out.name}: {line}" for line in filled.conflicts]
    return notes
