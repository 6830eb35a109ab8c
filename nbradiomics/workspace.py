"""The run folder's memory: each case's result under the hash of what made it.

A result is found by the content of its inputs, the parameters, the engine and the version, never by its
position or name. It is written whole or not at all, so a run that was killed continues from what is there.
Failures are never stored: the next run tries them again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from nbradiomics.atomic import whole
from nbradiomics.execution import Batch, Progress, quiet, run_cases
from nbradiomics.images.io import file_hash

#: A case's result: what JSON can hold (NaN included).
Payload = dict[str, Any]
#: Called with the name of a case and its result.
Keep = Callable[[str, Payload], None]
#: Key of a payload that may come out otherwise the next time (memory ran out, say); it is not kept.
PASSING = "passing"


def result_key(stage: str, **made_of: Any) -> str:
    """SHA-256 of a stage, this package's version and everything else that a result is made of."""
    content = {"stage": stage, "nbradiomics": version("nbradiomics"), **made_of}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of a file's content.

    A file that cannot be read gets a word that is found nowhere, so that no stored result stands for it;
    what is wrong with it is the stage's question.
    """
    try:
        status = path.stat()
        return _hash_once(str(path), status.st_size, status.st_mtime_ns)
    except OSError:
        return f"unreadable {uuid4().hex}"


@lru_cache(maxsize=100_000)
def _hash_once(path: str, size: int, modified: int) -> str:  # noqa: ARG001 - they key the cache
    return file_hash(path)


@dataclass(frozen=True)
class Workspace:
    """A folder of results by stage and key."""

    root: Path

    def file(self, stage: str, key: str, suffix: str = ".json") -> Path:
        """Where a result, or a file that belongs to it, is kept."""
        return self.root / stage / f"{key}{suffix}"

    def load(self, stage: str, key: str) -> Payload | None:
        """A stored result, or ``None``."""
        try:
            stored: Payload = json.loads(self.file(stage, key).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return stored

    def save(self, stage: str, key: str, payload: Payload) -> None:
        """Store a result: afterwards it is there whole, even if the machine stops now."""
        with whole(self.file(stage, key)) as temporary, open(temporary, "w", encoding="utf-8") as file:
            json.dump(payload, file)
            file.flush()
            os.fsync(file.fileno())


def run_stored(
    function: Callable[..., Payload],
    cases: Mapping[str, tuple[Any, ...]],
    *,
    key: Callable[[str], str],
    stage: str,
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
    workspace
        Where results are kept; ``None`` keeps none.
    holds
        Whether a stored result still holds, for results whose files lie outside the workspace.
    """

    def make(names: Sequence[str], keep: Keep | None) -> Batch[Payload]:
        todo = {name: cases[name] for name in names}
        return run_cases(function, todo, stage=stage, jobs=jobs, progress=progress, keep=keep)

    return find_or_make(list(cases), make, key=key, stage=stage, workspace=workspace, holds=holds)


def find_or_make(
    names: Sequence[str],
    make: Callable[[Sequence[str], Keep | None], Batch[Payload]],
    *,
    key: Callable[[str], str],
    stage: str,
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
    key, stage, workspace, holds
        As in `run_stored`.

    Returns
    -------
    Batch
        Results in the order of `names`, whatever was stored before, and the failures of `make`.
    """
    if workspace is None:
        return make(names, None)
    keys = {name: key(name) for name in names}
    stored = {name: workspace.load(stage, keys[name]) for name in names}
    found = {name: payload for name, payload in stored.items() if payload and holds(name, payload)}

    def keep(name: str, payload: Payload) -> None:
        if not payload.get(PASSING):
            workspace.save(stage, keys[name], payload)

    fresh = make([name for name in names if name not in found], keep)
    results = found | fresh.results
    return Batch({name: results[name] for name in names if name in results}, fresh.failures)
