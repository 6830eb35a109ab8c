"""Answers of a person, read from a table such as a checklist that was filled in by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.evidence.checklists.item import Answer
from nbradiomics.evidence.checklists.lists import checklist_of
from nbradiomics.evidence.checklists.schema import OWN_ANSWERS
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted

_WORDS: Mapping[str, Answer] = {
    **dict.fromkeys(("yes", "y", "true", "1"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0"), "no"),
    **dict.fromkeys(("partly", "partial", "partially"), "partly"),
    **dict.fromkeys(("not applicable", "n/a", "na", "n.a."), "not applicable"),
}


@dataclass(frozen=True)
class OwnAnswer:
    """What a person says of an item.

    Attributes
    ----------
    answer
        ``yes``, ``partly``, ``no`` or ``not applicable``; None if there are only a note or a page.
    note
        A note of the person.
    page
        Where the paper says it.
    """

    answer: Answer | None
    note: str = ""
    page: str = ""


def read_own_answers(path: str | Path, name: str) -> dict[str, OwnAnswer]:
    """Read the answers of a person.

    Parameters
    ----------
    path
        Table with the columns ``item`` and ``own_answer``, and perhaps ``own_note`` and ``page``; others are
        not read.
    name
        The checklist that it answers: ``metrics``, ``clear``, ``tripod-ai`` or ``rqs-2``.

    Returns
    -------
    dict
        By the number of the item; without the items that have neither answer, note nor page.

    Raises
    ------
    InputError
        When there is no such checklist, the file is no such table, an item is unknown or named twice, or an
        answer is none.

    Examples
    --------
    >>> read_own_answers("results/checklists/metrics.csv", "metrics")
    {}
    """
    path, checklist = Path(path), checklist_of(name)
    table = OWN_ANSWERS.read(path)
    known = {item.number for item in checklist.questions}
    found: dict[str, OwnAnswer] = {}
    seen: set[str] = set()
    for line, row in enumerate(table.to_dict("records"), start=2):
        number = str(row["item"]).strip().removesuffix(".0")
        if number not in known:
            raise InputError(
                f"{path}, line {line}: {quoted(number)} is no item of {checklist.title}.",
                f"{did_you_mean(number, known)}Is it the table of another checklist?",
            )
        if number in seen:
            raise InputError(
                f"{path}, line {line}: item {number} stands there twice.", "Keep one of the rows."
            )
        seen.add(number)
        own = OwnAnswer(
            _answer(str(row["own_answer"]), path, line),
            str(row.get("own_note", "")).strip(),
            str(row.get("page", "")).strip(),
        )
        if own != OwnAnswer(None):
            found[number] = own
    return found


def _answer(cell: str, path: Path, line: int) -> Answer | None:
    word = cell.strip().casefold()
    if word in ("", "open"):
        return None
    if word not in _WORDS:
        raise InputError(
            f"{path}, line {line}, column own_answer: {quoted(cell)} is no answer.",
            "Write yes, no, partly or not applicable, or leave the cell empty.",
        )
    return _WORDS[word]
