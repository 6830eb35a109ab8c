"""The files of a folder of results, as facts need them: tables, records, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.evidence.facts import Fact, Source
from nbradiomics.files.regular_file import open_regular, read_own_json
from nbradiomics.tables.schema import Schema

#: Endings of the files that evidence speaks of: images have the names of subjects.
_ENDINGS = (".csv", ".parquet", ".json", ".zip", ".log")
#: Files that are written after the evidence, or that are no results.
_LEFT_OUT = ("evidence.json", "failures.log")
_AT_ONCE = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of the bytes of a file, read now: a hash that was stored may be of an earlier content."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True)
class ResultFolder:
    """A folder of results.

    Attributes
    ----------
    root
        The folder.
    files
        Paths of the result files in it, with ``/``, sorted; without images, whose names name
        subjects.
    """

    root: Path
    files: tuple[str, ...]
    _hashes: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, root: Path, files: Collection[str]) -> ResultFolder:
        """Keep those of the files that evidence speaks of."""
        kept = [name for name in files if name.endswith(_ENDINGS) and name.split("/")[-1] not in _LEFT_OUT]
        return cls(root, tuple(sorted(kept)))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.files)

    def has(self, file: str) -> bool:
        """Whether a file is among the results."""
        return file in self._known

    def sha256(self, file: str) -> str:
        """Hash of a file."""
        if file not in self._hashes:
            self._hashes[file] = sha256_of(self.root / file)
        return self._hashes[file]

    def source(self, file: str, where: str = "") -> Source:
        """Name a file as the source of a fact."""
        return Source(file=file, sha256=self.sha256(file), where=where)

    def table(self, schema: Schema, file: str | None = None) -> pd.DataFrame | None:
        """Read a table; None if it is not among the results."""
        name = file or schema.file
        return schema.read(self.root / name) if self.has(name) else None

    def record(self, file: str) -> dict[str, Any]:
        """Read a JSON object; an empty one if it is not among the results."""
        content = read_own_json(self.root / file) if self.has(file) else {}
        return content if isinstance(content, dict) else {}

    def under(self, folder: str, ending: str = ".csv") -> Iterator[tuple[str, str]]:
        """Yield the stem and the path of each file directly in a folder."""
        for name in self.files:
            parent, _, last = name.rpartition("/")
            if parent == folder and last.endswith(ending):
                yield last.removesuffix(ending), name

    def fact(self, name: str, text: str, value: Any, *sources: tuple[str, str]) -> Fact:
        """Make a fact with its sources: pairs of a file and of what was read in it."""
        return Fact(name=name, text=text, value=value, sources=tuple(self.source(*one) for one in sources))

    @property
    def endpoints(self) -> list[tuple[str, str]]:
        """Name of each endpoint, and the folder of its files with a ``/`` at its end, or nothing."""
        if self.has("summary.json") and self.has("performance.csv"):
            # Not the name of the folder: it may be moved.
            summary = self.record("summary.json")
            return [(str(summary.get("event") or summary.get("target") or "outcome"), "")]
        parts = [name.split("/") for name in self.files]
        found = {part[1] for part in parts if len(part) == 3 and part[0] == "outcome"}
        return [(name, f"outcome/{name}/") for name in sorted(found)]

    def cohorts(self, endpoint: str) -> list[tuple[str, str]]:
        """Name and folder of each external cohort of an endpoint, given the folder of the endpoint."""
        start = f"{endpoint}validation/"
        names = sorted({name[len(start) :].split("/")[0] for name in self.files if name.startswith(start)})
        return [(name, f"{start}{name}/") for name in names]
