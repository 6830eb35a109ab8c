"""The record of a run: what each stage computes, from which files, and what failed.

The status of a run is read from it, so that no image has to be hashed again. Each stage has one file for each
process that works on it: the run (``run-extract.json``), or a shard (``shard-1-of-4-extract.json``). Such a
file has one writer, is replaced as a whole and sealed. Failures are added to a second file
(``run-extract.jsonl``) as soon as they are known, until the first one lists them.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from typing_extensions import TypedDict

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.in_work import NAMES
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed
from nbradiomics.files.storage import writing

#: Folder of the records in the workspace.
RECORD = "record"
#: Name of the process that works on the whole cohort.
WHOLE = "run"
_KIND = "record"


#: Digest of a file that could not be read; its size is -1 if it was not there.
UNREADABLE = "unreadable"


class InputFile(NamedTuple):
    """State of a file when it was hashed; the path is relative to the run folder if the file is in it."""

    path: str
    size: int
    mtime_ns: int
    digest: str


class RecordedCase(NamedTuple):
    """A case: the folder and the key of its stored result, and the positions of its files in `files`."""

    stage: str
    key: str
    inputs: list[int]


class StageRecord(TypedDict):
    """Record of one stage, or with an empty `stage` of the run itself (then `files` are its tables)."""

    by: str
    stage: str
    what: str
    nbradiomics: str
    host: str
    process: int
    began: str
    ended: str
    stages: list[str]
    files: list[InputFile]
    cases: dict[str, RecordedCase]
    failures: list[tuple[str, str, str, str]]


@dataclass
class Recorder:
    """Writes the records of one process.

    Attributes
    ----------
    root
        The run folder; `folder` is that of the records in it.
    folder
        Folder of the records.
    by
        `WHOLE`, or the name of a shard.
    what
        What the process makes, in words for the user.
    """

    root: Path
    folder: Path
    by: str
    what: str

    def __post_init__(self) -> None:
        self._now = self._empty("")
        self._places: dict[InputFile, int] = {}

    @contextmanager
    def run(self, inputs: Iterable[InputFile], stages: Iterable[str]) -> Iterator[None]:
        """Record a whole run; it has not ended if an exception ends it.

        Parameters
        ----------
        inputs
            The tables that it depends on.
        stages
            Stages that it may have.
        """
        for path in self.folder.glob(f"{self.by}-*.json*"):
            path.unlink(missing_ok=True)
        run = self._empty("")
        run["files"], run["stages"] = [self._relative(file) for file in inputs], list(stages)
        self._write(run)
        yield
        run["ended"] = _time()
        self._write(run)

    def begin(self, stage: str) -> None:
        """Begin the record of a stage."""
        self._now, self._places = self._empty(stage), {}
        self._failures().unlink(missing_ok=True)
        self._write(self._now)

    def cases(self, stage: str, cases: Iterable[tuple[str, str, Iterable[InputFile]]]) -> None:
        """Record cases of the present stage: names, keys of their results in `stage`, files."""
        for name, key, files in cases:
            places = [self._place(self._relative(file)) for file in files]
            self._now["cases"][name] = RecordedCase(stage, key, places)
        self._write(self._now)

    def failed(self, failure: Failure) -> None:
        """Record a failure of the present stage at once."""
        line = json.dumps([failure.case, failure.stage, failure.cause, failure.hint])
        path = self._failures()
        with writing(path), open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def end(self, failures: Sequence[Failure]) -> None:
        """Complete the record of the present stage.

        Of the failures that were recorded on the way, those stay that are about a case of the record: a stage
        may go on without one, such as a bootstrap sample, and lists no failure of its own.
        """
        listed = [(one.case, one.stage, one.cause, one.hint) for one in failures]
        others = self._now["cases"].keys() - {one.case for one in failures}
        listed += [one for one in _failures_so_far(self._failures()) if one[0] in others]
        self._write({**self._now, "ended": _time(), "failures": listed})
        self._failures().unlink(missing_ok=True)

    def _empty(self, stage: str) -> StageRecord:
        return {
            "by": self.by,
            "stage": stage,
            "what": self.what,
            "nbradiomics": version("nbradiomics"),
            "host": socket.gethostname(),
            "process": os.getpid(),
            "began": _time(),
            "ended": "",
            "stages": [],
            "files": [],
            "cases": {},
            "failures": [],
        }

    def _place(self, file: InputFile) -> int:
        if file not in self._places:
            self._places[file] = len(self._now["files"])
            self._now["files"].append(file)
        return self._places[file]

    def _relative(self, file: InputFile) -> InputFile:
        path, root = os.path.abspath(file.path), os.path.abspath(self.root)
        path = os.path.relpath(path, root) if path.startswith(root + os.sep) else path
        return file if path == file.path else file._replace(path=path)  # the same text is stored once

    def _write(self, record: StageRecord) -> None:
        write_sealed(self.folder / f"{_name(record)}.json", _KIND, record)

    def _failures(self) -> Path:
        return self.folder / f"{_name(self._now)}.jsonl"


def _name(record: StageRecord) -> str:
    return f"{record['by']}-{record['stage']}" if record["stage"] else record["by"]


def _time() -> str:
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")


def read_records(folder: Path) -> tuple[list[StageRecord], list[str]]:
    """Read all records, the oldest first, and the names of damaged ones. Nothing is written.

    The failures of a stage that has not ended are those that were recorded so far.
    """
    records, damaged = [], []
    for path in sorted(folder.glob("[!.]*.json")):
        try:
            record: StageRecord = read_sealed(path, _KIND, StageRecord)
        except FileNotFoundError:
            continue
        except BrokenSealError:
            damaged.append(path.name)
            continue
        record["files"] = [InputFile(*file) for file in record["files"]]
        record["cases"] = {name: RecordedCase(*case) for name, case in record["cases"].items()}
        if not record["ended"]:
            record["failures"] = _failures_so_far(path.with_suffix(".jsonl"))
        records.append(record)
    return sorted(records, key=lambda record: datetime.fromisoformat(record["began"])), damaged


def _failures_so_far(path: Path) -> list[tuple[str, str, str, str]]:
    found = {}
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):  # the last line of a process that was killed
                case, stage, cause, hint = json.loads(line)
                found[case] = (str(case), str(stage), str(cause), str(hint))
    return list(found.values())


def remove_records(folder: Path, *, but: str) -> None:
    """Remove the records of all processes but one, whose records cover the whole cohort.

    What processes had in work (`in_work`) stays: it concerns cases that have no result yet.
    """
    for path in folder.glob("*.json*"):
        if path.name.partition(".")[0] != but and not path.name.startswith((f"{but}-", NAMES)):
            path.unlink(missing_ok=True)
