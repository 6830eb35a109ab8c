"""Status of each stage of a run, from the records of the processes that worked on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.execution.record import UNREADABLE, WHOLE, RecordedCase, StageRecord
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import Workspace
from nbradiomics.files.folder_in_use import Worker
from nbradiomics.messages.wording import counted
from nbradiomics.workflows.changed_inputs import Inputs

DONE, RUNNING, STALE, UNFINISHED, WAITING = "done", "running", "stale", "unfinished", "not begun"
STAGE_COLUMNS = ["stage", "state", "cases", "done", "failed", "stale", "missing", "why"]
#: Largest number of changed files that are named for a stage.
_NAMED = 3


@dataclass
class _Stage:
    """What the records say about a stage; later records replace earlier ones, case by case."""

    cases: dict[str, tuple[RecordedCase, StageRecord]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    records: dict[str, StageRecord] = field(default_factory=dict)

    def makers(self) -> set[str]:
        """Return the processes whose records count: of a case, only the latest."""
        return {record["by"] for _, record in self.cases.values()} or set(self.records)

    def add(self, record: StageRecord) -> None:
        self.records[record["by"]] = record
        self.cases |= {name: (case, record) for name, case in record["cases"].items()}
        self.failed -= record["cases"].keys()
        self.failed |= {failure[0] for failure in record["failures"]}


def stage_rows(
    records: Sequence[StageRecord],
    workers: Sequence[Worker],
    inputs: Inputs,
    workspace: Workspace,
    *,
    verify: bool,
) -> list[dict[str, Any]]:
    """Make the rows of `RunStatus.stages`, in the order of the run.

    Parameters
    ----------
    records
        All records, the oldest first.
    workers
        Who works in the folder now.
    inputs
        Asked for each file whether it changed.
    workspace
        The stored results.
    verify
        Whether stored results are read and compared with their checksums.
    """
    runs = [record for record in records if not record["stage"]]
    if not runs:
        return []
    stages: dict[str, _Stage] = defaultdict(_Stage)
    for record in records:
        if record["stage"]:
            stages[record["stage"]].add(record)
    changed = {run["by"]: [file.path for file in run["files"] if inputs.changed(file)] for run in runs}
    ended = any(record["by"] == WHOLE and record["ended"] for record in runs)
    look = _Look(inputs, _Results(workspace, verify=verify), {(one.host, one.process) for one in workers})
    rows: list[dict[str, Any]] = []
    for name in StageName:
        if name in stages:
            stale = [row["stage"] for row in rows if row["state"] == STALE]
            tables = dict.fromkeys(
                path for by in sorted(stages[name].makers()) for path in changed.get(by, [])
            )
            rows.append(look.row(name, stages[name], list(tables), stale))
        elif name in runs[-1]["stages"] and not ended:
            rows.append({**dict.fromkeys(STAGE_COLUMNS, 0), "stage": str(name), "state": WAITING, "why": ""})
    return rows


class _Results:
    """Names of the stored results; each folder is listed once."""

    def __init__(self, workspace: Workspace, *, verify: bool) -> None:
        self._workspace, self._verify = workspace, verify
        self._names: dict[str, set[str]] = {}

    def has(self, case: RecordedCase) -> bool:
        """Whether the result of a case is stored, and intact if this is verified."""
        if case.stage not in self._names:
            folder = self._workspace.file(case.stage, "").parent
            self._names[case.stage] = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if f"{case.key}.json" not in self._names[case.stage]:
            return False
        return not self._verify or self._workspace.is_intact(case.stage, case.key)


@dataclass(frozen=True)
class _Look:
    """What the status of a stage is compared with."""

    inputs: Inputs
    results: _Results
    alive: set[tuple[str, int]]

    def row(self, name: str, stage: _Stage, tables: list[str], earlier: list[str]) -> dict[str, Any]:
        """Make the row of a stage; `tables` changed since, and so did inputs of the stages `earlier`."""
        counts = dict.fromkeys(("done", "failed", "stale", "missing"), 0)
        files: dict[str, None] = {}
        for case_name, (case, record) in stage.cases.items():
            used = [record["files"][at] for at in case.inputs]
            changed = [file for file in used if self.inputs.changed(file)]
            failed = case_name in stage.failed or any(file.digest == UNREADABLE for file in used)
            files |= dict.fromkeys(file.path for file in changed)
            if changed:
                counts["stale"] += 1
            elif self.results.has(case):
                counts["done"] += 1
            else:
                counts["failed" if failed else "missing"] += 1
        if not stage.cases:
            counts["failed"] = len(stage.failed)
        state, why = self._state(stage, counts, [*tables, *files], earlier)
        return {"stage": name, "state": state, "cases": len(stage.cases), **counts, "why": why}

    def _state(
        self, stage: _Stage, counts: dict[str, int], files: list[str], earlier: list[str]
    ) -> tuple[str, str]:
        working = [one["by"] for one in stage.records.values() if self._works(one)]
        stopped = [one["by"] for one in stage.records.values() if not one["ended"] and not self._works(one)]
        if working:
            return RUNNING, f"in work by {', '.join(working)}"
        if files:
            more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
            return STALE, f"changed since: {', '.join(files[:_NAMED])}{more}"
        if earlier and not stage.cases:
            return STALE, f"made from the results of {', '.join(earlier)}"
        if stopped:
            return UNFINISHED, f"{', '.join(stopped)} stopped before its end"
        if counts["missing"]:
            return UNFINISHED, f"{counted(counts['missing'], 'result')} not stored, or damaged"
        if WHOLE not in stage.records:
            return UNFINISHED, "computed by shards; the run without --shard writes the tables"
        return DONE, ""

    def _works(self, record: StageRecord) -> bool:
        return not record["ended"] and (record["host"], record["process"]) in self.alive
