"""Published checklists: how many items the run answered, and how many wait for a person."""

from __future__ import annotations

from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.write import FOLDER
from nbradiomics.report.content import Block, Links, Table, Text
from nbradiomics.report.run_files import Run

#: Name of the section in the page.
CHECKLISTS_SECTION = "checklists"
_COLUMNS = (
    "Checklist",
    "Items",
    "Answered by the run",
    "Yes",
    "Partly",
    "No",
    "By you alone",
    "Waiting for you",
)
_EXPLAINED = (
    "The run answers an item only if its files prove the answer, and guesses none. A yes says that the run "
    "did or "
    "recorded it; the paper must still say so. To answer the others, fill in the column own_answer of a "
    "table (a new "
    "run keeps it), or use nbradiomics checklist. The score of METRICS is shown when all of its items are "
    "answered."
)


def checklists_blocks(run: Run) -> tuple[Block, ...]:
    """Counts of each checklist, with links to their pages and tables."""
    if not run.checklists:
        return ()
    table = Table(
        _COLUMNS, tuple(_row(run, name) for name in run.checklists), caption="Without the conditions."
    )
    links = [
        (f"{CHECKLISTS[name].title}: {what}", f"{FOLDER}/{name}.{ending}")
        for name in run.checklists
        for what, ending in (("page to paste into Word", "html"), ("table to fill in", "csv"))
    ]
    return (Text(_EXPLAINED), table, Links(tuple(links)), *_conflicts(run))


def _row(run: Run, name: str) -> tuple[str, ...]:
    table = run.checklists[name]
    items = table[~table["item"].str.startswith("condition")]
    by_run = items[items["run_answer"] != "open"]
    alone = items[(items["run_answer"] == "open") & (items["answer"] != "open")]
    counts = (
        len(items),
        len(by_run),
        *((by_run["run_answer"] == answer).sum() for answer in ("yes", "partly", "no")),
        len(alone),
        (items["answer"] == "open").sum(),
    )
    return (CHECKLISTS[name].title, *(str(number) for number in counts))


def _conflicts(run: Run) -> tuple[Text, ...]:
    """Answers of a person that contradict the run, each in a box."""
    return tuple(
        Text(f"{CHECKLISTS[name].title}, item {row.item}: {row.conflict}", "warning")
        for name, table in run.checklists.items()
        for row in table.itertuples()
        if row.conflict
    )
