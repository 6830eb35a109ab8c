"""The run folder's memory: each case's result under the hash of what made it.

A result is found by the content of its inputs, the parameters, the engine and the version, never by its
position or name. It is written whole or not at all, so a run that was killed continues from what is there.
Failures are never stored: the next run tries them again. What was damaged since is made again, and said.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Batch, Progress, quiet, run_cases
from nbradiomics.files.regular_file import require_regular
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed
from nbradiomics.images.content import image_hash, lies_in_one_file
from nbradiomics.images.io import file_hash
from nbradiomics.messages.wording import counted, tally

#: A case's result: what JSON can hold (NaN included).
Payload = dict[str, Any]
#: Called with the name of a case and its result.
Keep = Callable[[str, Payload], None]
#: A file that was changed this short a time ago may change again and look the same.
_SETTLED_NS = 3_000_000_000
#: Key of a payload that may come out otherwise the next time (memory ran out, say); it is not kept.
PASSING = "passing"


def result_key(stage: str, **made_of: Any) -> str:
    """SHA-256 of a stage, this package's version and everything else that a result is made of."""
    content = {"stage": stage, "nbradiomics": version("nbradiomics"), **made_of}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of all that is read for a file: its own bytes, and what lies in the files that it names.

    Where it is not certain that a file is read alone (`lies_in_one_file`), the image as it is read counts
    too, and it is read anew for each call. A file that cannot be read gets a word that is found nowhere, so
    that no stored result stands for it; what is wrong with it is the stage's question.
    """
    try:
        require_regular(path)
        status = path.stat()
        if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < _SETTLED_NS:
            whole_hash = _hash_alone(str(path))
        else:
            times = status.st_mtime_ns, status.st_ctime_ns
            whole_hash = _hash_once(str(path), status.st_ino, status.st_size, *times)
        return image_hash(path) if whole_hash is None else whole_hash
    except (OSError, InputError):
        return f"unreadable {uuid4().hex}"


@lru_cache(maxsize=100_000)
def _hash_once(path: str, *_state: int) -> str | None:
    return _hash_alone(path)


def _hash_alone(path: str) -> str | None:
    """Hash of a file's bytes; ``None`` where others may be read with it."""
    return file_hash(path) if lies_in_one_file(Path(path)) else None


@dataclass(frozen=True)
class Workspace:
    """A folder of results by stage and key.

    Attributes
    ----------
    root
        The folder.
    damaged
        How many stored results were found damaged, by stage.
    unfit
        How many no longer fitted the files that belong to them, such as masks.
    """

    root: Path
    damaged: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    unfit: Counter[str] = field(default_factory=Counter, compare=False, repr=False)

    def file(self, stage: str, key: str, suffix: str = ".json") -> Path:
        """Where a result, or a file that belongs to it, is kept."""
        return self.root / stage / f"{key}{suffix}"

    def load(self, stage: str, key: str, schema: Any) -> Payload | None:
        """A stored result; ``None`` where there is none, or a damaged one, which is counted.

        Parameters
        ----------
        stage, key
            As it was saved.
        schema
            Type of what it must hold, such as a ``TypedDict`` (that of typing_extensions).
        """
        try:
            stored: Payload = read_sealed(self.file(stage, key), f"{stage} {key}", schema)
        except FileNotFoundError:
            return None
        except BrokenSealError:
            self.damaged[stage] += 1
            return None
        return stored

    def save(self, stage: str, key: str, payload: Payload) -> None:
        """Store a result: afterwards it is there whole, even if the machine stops now."""
        write_sealed(self.file(stage, key), f"{stage} {key}", payload)

    def notes(self) -> list[str]:
        """What a user must know of the stored results: how many were made again, and why."""
        return [
            f"{why}: {counted(found.total(), 'stored result')} in {self.root} ({tally(found.items())})."
            for why, found in (
                ("Found damaged and made again", self.damaged),
                ("Made again, because their masks or maps were changed or are gone", self.unfit),
            )
            if found
        ]


def run_stored(
    function: Callable[..., Payload],
    cases: Mapping[str, tuple[Any, ...]],
    *,
    key: Callable[[str], str],
    stage: str,
    schema: Any,
    workspace: Workspace | None,
    holds: Callable[[str, Payload], bool] = lambda _name, _payload: True,
    jobs: int = 1,
    progress: Progress = quiet,
) -> Batch[Payload]:
    """Like `execution.run_cases`, but take from the workspace what is there and keep what is made.

    Parameters
    ----------
    function, cases, stage, jobs, progress
        As in `execution.run_cases`.
    key
        Gives the result key of a case by its name; asked only where there is a workspace, since it reads
        every input.
    schema
        Type of a result as JSON has it: what is stored and is of another is made again.
    workspace
        Where results are kept; ``None`` keeps none.
    holds
        Whether a stored result still holds, for results whose files lie outside the workspace.
    """

    def make(names: Sequence[str], keep: Keep | None) -> Batch[Payload]:
        todo = {name: cases[name] for name in names}
        return run_cases(function, todo, stage=stage, jobs=jobs, progress=progress, keep=keep)

    how: dict[str, Any] = {"schema": schema, "workspace": workspace, "holds": holds}
    return find_or_make(list(cases), make, key=key, stage=stage, **how)


def find_or_make(
    names: Sequence[str],
    make: Callable[[Sequence[str], Keep | None], Batch[Payload]],
    *,
    key: Callable[[str], str],
    stage: str,
    schema: Any,
    workspace: Workspace | None,
    holds: Callable[[str, Payload], bool] = lambda _name, _payload: True,
) -> Batch[Payload]:
    """Take results from the workspace, and make and keep those that are not there.

    Parameters
    ----------
    names
        The cases.
    make
        Makes the results of cases, and calls the function it is given with each result as it comes.
    key, stage, schema, workspace, holds
        As in `run_stored`.

    Returns
    -------
    Batch
        Results in the order of `names`, whatever was stored before, and the failures of `make`.
    """
    if workspace is None:
        return make(names, None)
    keys = {name: key(name) for name in names}
    stored = {name: workspace.load(stage, keys[name], schema) for name in names}
    there = {name: payload for name, payload in stored.items() if payload is not None}
    found = {name: payload for name, payload in there.items() if holds(name, payload)}
    if len(found) < len(there):
        workspace.unfit[stage] += len(there) - len(found)

    def keep(name: str, payload: Payload) -> None:
        # What was changed while it was read has another key by now, and nobody knows which content was read.
        if not payload.get(PASSING) and key(name) == keys[name]:
            workspace.save(stage, keys[name], payload)

    fresh = make([name for name in names if name not in found], keep)
    results = found | fresh.results
    return Batch({name: results[name] for name in names if name in results}, fresh.failures)
