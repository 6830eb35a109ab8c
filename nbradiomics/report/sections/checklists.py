"""Published checklists: how many items the run answered, and how many wait for a person."""

from __future__ import annotations

from collections.abc import Iterator

from nbradiomics.evidence.checklists.filled import FilledChecklist
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.write import FOLDER
from nbradiomics.report.content import Block, Links, Table, Text
from nbradiomics.report.run_files import Run

#: Name of the section in the page.
CHECKLISTS_SECTION = "checklists"
_COLUMNS = (
    *("Checklist", "Items", "Answered by the run", "of these yes", "partly", "no", "not applicable"),
    *("By you alone", "Waiting for you"),
)
_EXPLAINED = (
    "The run answers an item only if its files prove the answer, and guesses none. A yes says that the run "
    "did or recorded it; the paper must still say so. To answer the others, fill in the column own_answer "
    "of a table (a new run keeps it), or use nbradiomics checklist. METRICS has a score when all of its "
    "items and conditions are answered."
)


def checklists_blocks(run: Run) -> tuple[Block, ...]:
    """Counts of each checklist, with links to their pages and tables."""
    filled = {name: one for name, one in run.checklists.items() if one is not None}
    if not run.checklists:
        return ()
    table = Table(
        _COLUMNS, tuple(_row(one) for one in filled.values()), caption="Conditions are not counted."
    )
    links = [
        (f"{one.checklist.title}: {what}", f"{FOLDER}/{name}.{ending}")
        for name, one in filled.items()
        for what, ending in (("page to paste into Word", "html"), ("table to fill in", "csv"))
    ]
    return (Text(_EXPLAINED), table, Links(tuple(links)), *_notes(run))


def _row(filled: FilledChecklist) -> tuple[str, ...]:
    by_run = [one.finding.answer for one in filled.answers if one.finding.answer != "open"]
    alone = sum(one.finding.answer == "open" and one.answer != "open" for one in filled.answers)
    counts = (
        len(filled.answers),
        len(by_run),
        *(by_run.count(answer) for answer in ("yes", "partly", "no", "not applicable")),
        *(alone, filled.counts["open"]),
    )
    return (filled.checklist.title, *(str(number) for number in counts))


def _notes(run: Run) -> Iterator[Text]:
    """The score, answers of a person that contradict the run, and tables that cannot be read."""
    for name, filled in run.checklists.items():
        if filled is None:
            yield Text(
                f"{FOLDER}/{name}.csv cannot be read as {CHECKLISTS[name].title}, and was left as it is.",
                "warning",
            )
            continue
        if filled.score is not None:
            yield Text(f"METRICS score: {filled.score:.1f} %.")
        for line in filled.conflicts:
            yield Text(f"{filled.checklist.title}: {line}", "warning")
