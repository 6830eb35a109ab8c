"""Status of a run folder: what is done, failed, stale or missing, who works there now, and why.

Everything is read from the records that the run and its shards write, from the names of the stored results,
and from the sizes and dates of the files. Nothing is written, so a read-only folder works.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.execution.record import RECORD, WHOLE, StageRecord, read_records
from nbradiomics.execution.workspace import CACHE, Workspace
from nbradiomics.files.folder_in_use import workers_in
from nbradiomics.files.owned_folder import read_mark
from nbradiomics.messages.wording import counted
from nbradiomics.tables.result import Result
from nbradiomics.workflows.changed_inputs import Inputs
from nbradiomics.workflows.stage_status import DONE, STAGE_COLUMNS, stage_rows

#: Largest number of shards that are named.
_NAMED = 10


@dataclass(frozen=True, repr=False)
class RunStatus(Result):
    """Status of a run folder.

    Attributes
    ----------
    folder
        The run folder.
    study
        The study whose results it contains; empty if this is unknown.
    running
        Runs and shards that work in it now: what, process, machine, since when.
    stages
        One row per stage: `stage`, `state` (``done``, ``running``, ``stale``, ``unfinished``, ``not begun``),
        `cases` and of these `done`, `failed`, `stale` (an input changed since) and `missing`, and `why` the
        state is not ``done``. A stage that works on tables alone has no cases.
    failures
        Causes of failures: `stage`, `cause`, `hint`, `cases` (their number).
    changed
        Files that changed since they were read: `file`, and `what` happened.
    notes
        Further remarks: shards that were seen, another version, damaged records.
    complete
        Whether every stage is done and current, and nobody works in the folder; cases may have failed.
    """

    folder: Path
    study: str
    running: list[str]
    stages: pd.DataFrame
    failures: pd.DataFrame
    changed: pd.DataFrame
    notes: list[str]
    complete: bool


def status(folder: str | Path, *, verify: bool = False) -> RunStatus:
    """Show the status of a run folder, also while a run or shards work in it. Nothing is written.

    Parameters
    ----------
    folder
        The run folder.
    verify
        Read every input file and every stored result again, and compare their checksums. Otherwise an input
        has changed if its size changed, or its date and its content; the content of at most 200 files with
        another date is compared.

    Raises
    ------
    InputError
        When there is no such folder, or it is not the folder of a run.

    Examples
    --------
    >>> done = run("study.yaml", "results", jobs=1)
    >>> status("results").complete
    True
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root} is not a folder.", "Name the folder of a run.")
    mark, workers = read_mark(root), workers_in(root)
    records, damaged = read_records(root / CACHE / RECORD)
    if not (records or damaged or workers) and (mark is None or mark.owner.kind != "study"):
        raise InputError(
            f"{root} is not the folder of a run.",
            "Name the folder that `nbradiomics run` was given as --out.",
        )
    inputs = Inputs(root, verify=verify)
    rows = stage_rows(records, workers, inputs, Workspace(root / CACHE), verify=verify)
    stages = pd.DataFrame(rows, columns=STAGE_COLUMNS)
    return RunStatus(
        root,
        str(mark.owner) if mark else "",
        [str(worker) for worker in workers],
        stages,
        _causes(records),
        pd.DataFrame(sorted(inputs.changes.items()), columns=["file", "what"]),
        [*_notes(root, records, damaged), *inputs.notes()],
        _is_complete(stages) and not workers and not damaged and _has_report(root),
    )


def _is_complete(stages: pd.DataFrame) -> bool:
    return len(stages) > 0 and bool((stages["state"] == DONE).all())


def _has_report(root: Path) -> bool:
    return (root / "report.html").is_file()


def _causes(records: Sequence[StageRecord]) -> pd.DataFrame:
    """Count the causes of failures; a later record of a stage and case replaces an earlier one."""
    latest = {
        (record["stage"], case): (record["stage"], cause, hint)
        for record in records
        for case, _, cause, hint in record["failures"]
    }
    counts = Counter(latest.values())
    rows = [(*cause, number) for cause, number in counts.most_common()]
    return pd.DataFrame(rows, columns=["stage", "cause", "hint", "cases"])


def _notes(root: Path, records: Sequence[StageRecord], damaged: Sequence[str]) -> list[str]:
    notes = []
    shards = [record for record in records if not record["stage"] and record["by"] != WHOLE]
    if shards:
        ended = [record["by"].removeprefix("shard-") for record in shards if record["ended"]]
        began = {record["by"].removeprefix("shard-") for record in shards}
        numbers = {int(name.partition("-of-")[2]) for name in began}
        others = [f"{i}-of-{n}" for n in sorted(numbers) for i in range(1, n + 1)]
        others = [name for name in others if name not in began]
        notes.append(f"Of {counted(len(began), 'shard')} that began, {len(ended)} ended.")
        if others:
            more = ", ..." if len(others) > _NAMED else ""
            notes.append(
                f"Cases of shards that have not begun are not counted: {', '.join(others[:_NAMED])}{more}."
            )
    versions = {record["nbradiomics"] for record in records} - {version("nbradiomics")}
    if versions:
        notes.append(
            f"Made by nbradiomics {', '.join(sorted(versions))}; this is {version('nbradiomics')}, which "
            "computes everything again."
        )
    if damaged:
        notes.append(f"Damaged records, which the next run writes again: {', '.join(damaged)}.")
    if not records:
        notes.append("No run has recorded its stages here; the next run does.")
    elif not _has_report(root):
        notes.append("There is no report yet: the run writes it at its end.")
    return notes
