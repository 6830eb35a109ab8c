"""Which case a process computes itself, so that the next process knows a case that killed its own.

A process that computes cases without workers dies with a case that takes all memory or crashes in compiled
code, and a batch system that starts the job again would let it die again. Therefore each process names its
present case in a small file of the workspace. If it is killed, the file stays, and the next process computes
this case last and in a worker of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from nbradiomics.system.process_table import started, this_machine

#: Beginning of the names of these files.
NAMES = "now-"
#: Largest number of bytes that are read.
_LONGEST = 64 << 10


@dataclass
class InWork:
    """The present case of one stage in this process, and the cases in which earlier processes were killed.

    Nothing here may stop the work: a file that cannot be written or read is left out.

    Attributes
    ----------
    folder
        Folder of the files.
    stage
        Name of the stage.
    """

    folder: Path
    stage: str

    def __post_init__(self) -> None:
        self._me = [self.stage, this_machine(), os.getpid(), started(os.getpid())]
        self._file = -1

    def suspects(self, cases: Collection[str]) -> dict[str, list[Path]]:
        """Return those of some cases in which a process was killed, and the files that say so."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self.folder.glob(f"{NAMES}*.jsonl")):
            name = self._left(path)
            if name is not None and name in cases:
                found.setdefault(name, []).append(path)
        return found

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the file of this process inside the block; it stays only if the process is killed."""
        path = self.folder / f"{NAMES}{uuid4().hex}.jsonl"
        try:
            with suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            yield
        finally:
            if self._file >= 0:
                with suppress(OSError):
                    os.close(self._file)
                self._file = -1
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def note(self, case: str) -> None:
        """Name the present case."""
        if self._file >= 0:
            with suppress(OSError):  # the rest of a longer line stays behind the end of this one
                os.lseek(self._file, 0, os.SEEK_SET)
                os.write(self._file, json.dumps([case, *self._me]).encode() + b"\n")

    def _left(self, path: Path) -> str | None:
        """Case of a process of this stage that is no longer there, as far as this machine can know."""
        with suppress(OSError, ValueError, TypeError):
            with open(path, "rb") as file:
                case, stage, machine, process, begun = json.loads(file.read(_LONGEST).split(b"\n")[0])
            alive = machine and machine == this_machine() and begun and started(process) == begun
            if stage == self.stage and not alive:
                return str(case)
        return None
