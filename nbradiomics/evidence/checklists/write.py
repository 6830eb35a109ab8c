"""Write filled checklists: a table to go on with, and a page to paste from. A person's answers are kept."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.filled import FilledChecklist, fill_checklist
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.own_answers import OwnAnswer, read_own_answers
from nbradiomics.evidence.checklists.page import MARK, checklist_page
from nbradiomics.evidence.facts import Evidence
from nbradiomics.files.atomic import write_text
from nbradiomics.tables import read_text, write_table

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
        Table with answers of a person, which replace those in `out` item by item.

    Raises
    ------
    InputError
        When there is no such checklist, `out` is no ``.csv``, another file has its name or that of the page,
        or the answers cannot be read; nothing is written then.

    Examples
    --------
    >>> len(write_checklist(read_evidence("results"), "clear", "clear.csv").answers)
    58
    """
    out = Path(out)
    if out.suffix != ".csv":
        raise InputError(
            f"{out} ends in {out.suffix!r}; .csv was expected.", "The page is written beside the table."
        )
    page = out.with_suffix(".html")
    if page.exists() and MARK not in read_text(page, "page"):
        raise InputError(
            f"{page} exists and is no page of a checklist.", "Choose another name for the table."
        )
    own = _kept(out, name) if out.exists() else {}
    if answers is not None:
        own |= read_own_answers(answers, name)
    filled = fill_checklist(evidence, name, own)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_table(filled.table, out)
    write_text(checklist_page(filled), page)
    return filled


def _kept(out: Path, name: str) -> dict[str, OwnAnswer]:
    """Read the answers of a person in a table that will be written again."""
    try:
        return read_own_answers(out, name)
    except InputError as error:
        remedy = "Correct it, so that your answers are kept, or choose another name."
        raise InputError(
            f"{out} exists and cannot be read as this checklist: {error.problem}", remedy
        ) from error


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
