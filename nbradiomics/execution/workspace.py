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
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import require_regular
from nbradiomics.files.sealed import BrokenSealError, read_sealed, write_sealed
from nbradiomics.images.content import image_hash, lies_in_one_file
from nbradiomics.images.io import file_hash
from nbradiomics.messages.wording import counted, tally

#: A case's result: what JSON can hold (NaN included).
Payload = dict[str, Any]
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
