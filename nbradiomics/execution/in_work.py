"""Which case a process computes itself, so that the next process knows a case that killed its own.

A process that computes cases without workers dies with a case that takes all memory or crashes in compiled
code, and a batch system that starts the job again would let it die again. Therefore each process names its
present case in a small file of the workspace. If it is killed, the file stays, and the next process computes
this case last and in a worker of its own. So does a case that killed workers: the next process may have none.
The file stays until the case has a result.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from nbradiomics.system.process_table import started, this_machine

#: Beginning of the names of these files.
NAMES = "now-"
#: Largest number of bytes that are read.
_LONGEST = 64 << 10
#: Seconds after which a file is removed that names no case of its stage that is still to be computed.
_DAY = 86_400


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
        """Return those of some cases in which a process was killed, and the files that say so.

        A process of another machine may still be at work on its case: this machine cannot know.
        """
        found: dict[str, list[Path]] = {}
        for path in sorted(self.folder.glob(f"{NAMES}*.jsonl")):
            with suppress(OSError):
                name = self._left(path)
                if name is not None and name in cases:
                    found.setdefault(name, []).append(path)
                elif name is not None and time.time() - path.stat().st_mtime > _DAY:
                    path.unlink(missing_ok=True)
        return found

    def accuse(self, case: str) -> None:
        """Make a case a suspect of later processes."""
        name = hashlib.sha256(json.dumps([case, self.stage]).encode()).hexdigest()[:32]
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps([case, self.stage, "", 0, ""])
            (self.folder / f"{NAMES}{name}.jsonl").write_text(f"{text}\n", encoding="utf-8")

    def acquit(self, case: str, files: Iterable[Path]) -> None:
        """Remove the files of a suspect, except that of a process which names another case by now."""
        for path in files:
            with suppress(OSError):
                if self._left(path) == case:
                    path.unlink(missing_ok=True)

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
        """Case of a process of this stage that is no longer there, as far as this machine can know.

        Empty if the file is damaged; ``None`` if it says nothing about this stage.
        """
        with open(path, "rb") as file:
            line = file.read(_LONGEST).split(b"\n")[0]
        try:
            case, stage, machine, process, begun = json.loads(line)
            alive = machine and machine == this_machine() and begun and started(process) == begun
        except (ValueError, TypeError):
            return ""
        return str(case) if stage == self.stage and not alive else None
