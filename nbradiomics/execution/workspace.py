"""The workspace: results of cases, each stored under the hash of everything that it depends on.

A result is found by the content of its inputs, the parameters, the engine and the version, never by its
position or name. It is written completely or not at all, so a run that was killed continues from the stored
results. Failures are never stored: the next run tries them again. Damaged results are computed again, and
reported.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from nbradiomics.errors import InputError
from nbradiomics.execution.record import UNREADABLE, InputFile, Recorder
from nbradiomics.files.atomic import is_temporary
from nbradiomics.files.regular_file import require_regular
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed
from nbradiomics.images.content import image_hash, lies_in_one_file
from nbradiomics.images.io import file_hash
from nbradiomics.messages.wording import counted, tally
from nbradiomics.system.versions import installed_version

#: Folder of the workspace in a run folder.
CACHE = "cache"
#: A case's result, which can be written as JSON (NaN included).
Payload = dict[str, Any]
#: A file that was changed less than this time ago may change again without a visible change of its state.
_SETTLED_NS = 3_000_000_000
#: Seconds after which an unfinished file counts as left by a killed process.
_DAY = 86_400
#: Key of a payload that may be different the next time (for example, memory ran out); it is not stored.
PASSING = "passing"


def result_key(stage: str, **made_of: Any) -> str:
    """SHA-256 of a stage, this package's version and everything else that a result depends on."""
    content = {"stage": stage, "nbradiomics": installed_version("nbradiomics"), **made_of}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of everything that is read for a file: its own bytes, and the content of files that it names.

    If an image may consist of several files (`lies_in_one_file`), the hash includes the image as it is read,
    and each call reads it again. A file that cannot be read gets a unique random text, so that it matches no
    stored result; the stage reports what is wrong with the file.
    """
    size, time_ns = -1, 0
    try:
        require_regular(path)
        status = path.stat()
        size, time_ns = status.st_size, status.st_mtime_ns
        found = _content_hash(path, status)
    except (OSError, InputError):
        found = ""
    if (noted := _noted.get()) is not None:
        noted[str(path)] = InputFile(str(path), size, time_ns, found or UNREADABLE)
    return found or f"{UNREADABLE} {uuid4().hex}"


def hashes_by_name(files: Iterable[Path]) -> dict[str, str]:
    """Hash the content of files that are there, by their names; see `content_hash`."""
    return {file.name: content_hash(file) for file in files if file.exists()}


#: Where the files are noted that `content_hash` reads; ``None`` if nobody asked.
_noted: ContextVar[dict[str, InputFile] | None] = ContextVar("noted", default=None)


@contextmanager
def noting_inputs() -> Iterator[dict[str, InputFile]]:
    """Note every file that `content_hash` reads meanwhile, with its state and its hash."""
    inputs: dict[str, InputFile] = {}
    token = _noted.set(inputs)
    try:
        yield inputs
    finally:
        _noted.reset(token)


def _unchanged(name: str) -> str:
    return name


def _content_hash(path: Path, status: os.stat_result) -> str:
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < _SETTLED_NS:
        whole_hash = _hash_alone(str(path))
    else:
        times = status.st_mtime_ns, status.st_ctime_ns
        whole_hash = _hash_once(str(path), status.st_ino, status.st_size, *times)
    return image_hash(path) if whole_hash is None else whole_hash


@lru_cache(maxsize=100_000)
def _hash_once(path: str, *_state: int) -> str | None:
    return _hash_alone(path)


def _hash_alone(path: str) -> str | None:
    """Hash of a file's bytes; ``None`` if other files may be read with it."""
    return file_hash(path) if lies_in_one_file(Path(path)) else None


@dataclass(frozen=True)
class Workspace:
    """A folder of results by stage and key.

    Attributes
    ----------
    root
        The folder.
    damaged
        Number of stored results that were found damaged, by stage.
    unfit
        Number of stored results that no longer matched their files, such as masks, by stage.
    record
        Record of the run that uses the workspace; ``None`` records nothing.
    """

    root: Path
    damaged: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    unfit: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    record: Recorder | None = field(default=None, compare=False, repr=False)

    def file(self, stage: str, key: str, suffix: str = ".json") -> Path:
        """Path of a result, or of a file that belongs to it."""
        return self.root / stage / f"{key}{suffix}"

    def remove_leftovers(self) -> None:
        """Remove files that a process left unfinished when it was killed, at least a day ago.

        No process needs so long for one result; several processes, on any machines, may use the workspace.
        """
        for path in self.root.glob("*/.*"):
            with suppress(OSError):
                left = is_temporary(PurePosixPath(path.name))
                if left and time.time() - path.stat().st_mtime > _DAY:
                    path.unlink()

    def keys(
        self,
        stage: str,
        names: Iterable[str],
        key: Callable[[str], str],
        *,
        recorded: Callable[[str], str] = _unchanged,
    ) -> dict[str, str]:
        """Return the key of each case; the record of the run keeps them, with the files that were read.

        Parameters
        ----------
        stage, names
            Stage and names of the cases.
        key
            Returns the key of a case.
        recorded
            Returns the name of a case in the record.
        """
        if self.record is None:
            return {name: key(name) for name in names}
        keys: dict[str, str] = {}

        def cases() -> Iterator[tuple[str, str, Iterable[InputFile]]]:
            for name in names:
                with noting_inputs() as noted:
                    keys[name] = key(name)
                yield recorded(name), keys[name], noted.values()

        self.record.cases(stage, cases())
        return keys

    def load(self, stage: str, key: str, schema: Any) -> Payload | None:
        """Return a stored result, or ``None`` if there is none or it is damaged; damaged ones are counted.

        Parameters
        ----------
        stage, key
            As in `save`.
        schema
            Type that it must have, such as a ``TypedDict`` (of typing_extensions).
        """
        try:
            stored: Payload = read_sealed(self.file(stage, key), f"{stage} {key}", schema)
        except FileNotFoundError:
            return None
        except BrokenSealError:
            self.damaged[stage] += 1
            return None
        return stored

    def is_intact(self, stage: str, key: str) -> bool:
        """Whether a result is stored and has its checksum; its type is not checked."""
        try:
            read_sealed(self.file(stage, key), f"{stage} {key}", Any)
        except (FileNotFoundError, BrokenSealError):
            return False
        return True

    def save(self, stage: str, key: str, payload: Payload) -> None:
        """Store a result, so that it is complete even if the machine stops directly afterwards."""
        write_sealed(self.file(stage, key), f"{stage} {key}", payload)

    def notes(self) -> list[str]:
        """Notes for the user: how many stored results were computed again, and why."""
        return [
            f"{why}: {counted(counts.total(), 'stored result')} in {self.root} ({tally(counts.items())})."
            for why, counts in (
                ("Found damaged and computed again", self.damaged),
                ("Computed again, because their masks or maps were changed or are missing", self.unfit),
            )
            if counts
        ]
