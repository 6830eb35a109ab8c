"""Who works in a folder of results at this moment: two runs that would mix their results are never in one.

Each run keeps a small file in its folder, which says what it makes, where and since when. It holds a lock of
the operating system on that file, which ends with the process however that ends, and touches the file now and
then.
Whoever comes next looks at the files of the others:

- A lock that is held is a run that lives, on any machine whose file system passes locks on.
- A lock that is free proves the contrary for a run of this machine. One of another machine lives as long as
  its file is touched: some network file systems keep locks to each machine, or have none.

A number of a process alone would prove nothing: it is given again, and containers count anew.
"""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from nbradiomics.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ENTERING, _WORKING = ".nbradiomics-entering-", ".nbradiomics-working-"
_NAME = re.compile(r"\.nbradiomics-(entering|working)-[0-9a-f]{32}")
#: Seconds between two touches, and after how many without one a run of another machine counts as ended.
_BEAT, _SILENT = 20.0, 300.0
#: Seconds to wait for another run that begins at the same moment, at the most.
_PATIENCE = 10.0
#: Bytes of a file that are read.
_LONGEST = 64 << 10
#: What the runs of this process keep: a look at one's own file would give its lock away.
_own: dict[str, Worker] = {}
_guard = threading.RLock()


@dataclass(frozen=True)
class Worker:
    """One run that works in a folder.

    Attributes
    ----------
    what
        What it makes, as the user calls it.
    key
        Equal for two runs that write the same files with the same content.
    host, process, since
        Where it runs: machine, number of the process, time of its start there.
    thread
        Which thread of the process.
    """

    what: str
    key: str
    host: str
    process: int
    since: str
    thread: int = 0

    def __str__(self) -> str:
        return f"{self.what}, process {self.process} on {self.host}, since {self.since}"


def is_sign(name: str) -> bool:
    """Whether a file is one by which a run says that it works in the folder, or did when it was killed."""
    return _NAME.fullmatch(name) is not None


@contextmanager
def working_in(folder: Path, what: str, key: str, *, alone: bool = False) -> Iterator[None]:
    """Work in a folder, which is made, and let nobody in who would write other results there.

    Parameters
    ----------
    folder
        Where.
    what
        What is made, for the message to others.
    key
        What decides the results; a run of the same `key` may work in the folder at the same time.
    alone
        Let in nobody at all.

    Raises
    ------
    InputError
        When a run of another `key` works there; the message names it.
    """
    place = Path(os.path.realpath(folder))
    key = f"{key} {uuid4().hex}" if alone else key
    me = Worker(
        what,
        key,
        socket.gethostname(),
        os.getpid(),
        datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
        threading.get_ident(),
    )
    mine = [Path(path).parent for path, worker in list(_own.items()) if worker.thread == me.thread]
    if place in mine:
        yield  # a step of a run that is in the folder already
        return
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; a folder was expected.", "Choose a new folder.")
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _sign(place, me) as sign:
            _enter(sign, me, folder)
            yield
    finally:
        with suppress(OSError):  # it is not empty
            if made:
                folder.rmdir()


def others_in(folder: Path) -> bool:
    """Whether another run works in a folder at this moment."""
    me = (os.getpid(), threading.get_ident())
    living = _living(Path(os.path.realpath(folder)))
    return any((worker.process, worker.thread) != me or str(path) not in _own for path, worker in living)


class _Sign:
    """The file of a run that is in a folder, or about to enter it."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file, self.path = file, path

    def rename(self, beginning: str) -> None:
        """Let the file's name say how far the run is."""
        path = self.path.with_name(beginning + self.path.name[-32:])
        with _guard:
            os.replace(self.path, path)
            _own[str(path)] = _own.pop(str(self.path))
            self.path = path


@contextmanager
def _sign(place: Path, me: Worker) -> Iterator[_Sign]:
    path = place / f"{_ENTERING}{uuid4().hex}"
    done = threading.Event()
    with _guard:
        file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed below
        _own[str(path)] = me
    sign = _Sign(file, path)
    try:
        _require_lock(file, place)
        file.write(json.dumps(asdict(me)).encode())
        if fcntl is None:
            file.close()  # Windows renames no file that is open
        threading.Thread(target=_beat, args=(sign, done), daemon=True).start()
        yield sign
    finally:
        done.set()
        with _guard:
            sign.path.unlink(missing_ok=True)
            file.close()
            _own.pop(str(sign.path), None)


def _lock(file: IO[bytes]) -> bool | None:
    """Take the lock of a file: whether it could be had; ``None`` where there are no locks."""
    if fcntl is None:
        return None
    try:
        # Of the two kinds this one reaches other machines by NFS, and no forked process keeps it.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EACCES, errno.EAGAIN) else None
    return True


def _require_lock(file: IO[bytes], place: Path) -> None:
    """Take the lock of one's own new file, which another that looks at it may hold for a moment."""
    until = time.monotonic() + _PATIENCE
    while _lock(file) is False:
        if time.monotonic() > until:
            raise InputError(
                f"{place}: the file of this run in it is locked by another process.",
                "Give the command again.",
            )
        time.sleep(0.01)


def _beat(sign: _Sign, done: threading.Event) -> None:
    while not done.wait(_BEAT):
        with _guard, suppress(OSError):
            if not done.is_set():
                os.utime(sign.path)


def _enter(sign: _Sign, me: Worker, folder: Path) -> None:
    """Go in where nobody of another key is; of two that come at once one goes in."""
    until = time.monotonic() + _PATIENCE
    while True:
        others = [(path, one) for path, one in _living(sign.path.parent, sign.path) if one.key != me.key]
        if not others:
            sign.rename(_WORKING)
            return
        inside = [one for path, one in others if path.name.startswith(_WORKING)]
        # Of those who are about to enter, the least goes first: the others leave, and it waits until then.
        behind = [one for path, one in others if path.name < sign.path.name and one.process]
        if inside or behind or time.monotonic() > until:
            other = (inside or behind or [others[0][1]])[0]
            raise InputError(
                f"{folder} is being written to by another run: {other}.",
                f"Wait until it has ended, or choose another folder.{_if_stopped(other)}",
            )
        time.sleep(0.05)


def _if_stopped(other: Worker) -> str:
    """What becomes of a folder whose run was stopped where its lock cannot be seen."""
    if other.host == socket.gethostname() and other.process:
        return ""
    return f" If it was stopped, the folder is free {_SILENT / 60:.0f} minutes after its last sign of life."


def _living(place: Path, sign: Path | None = None) -> list[tuple[Path, Worker]]:
    """The others in a folder, by their files; the file of one that has ended is removed."""
    found = []
    for path in sorted(place.iterdir()):
        if is_sign(path.name) and path != sign:
            # Of a run that went in between the two looks the file has another name by now.
            inside = path.with_name(_WORKING + path.name[-32:])
            for named in dict.fromkeys((path, inside)):
                worker = _look(named, sign)
                if worker is not None:
                    found.append((named, worker))
                    break
    return found


def _look(path: Path, sign: Path | None) -> Worker | None:
    with _guard:  # a file of this process may be renamed meanwhile, and to open it would give its lock away
        return _own.get(str(path)) or _worker(path, sign)


def _worker(path: Path, sign: Path | None) -> Worker | None:
    """Who keeps a file; ``None`` where it is nobody any more."""
    try:
        with open(path, "r+b", buffering=0) as file:
            content, locked = file.read(_LONGEST), _lock(file)
            if locked is not False and _has_ended(path, content, sign, free=locked):
                path.unlink(missing_ok=True)
                return None
    except FileNotFoundError:
        return None
    except OSError:  # of another user, whose files may not be opened for writing: his touches tell
        content = b""
        if _is_silent(path, sign):
            return None
    return _read(content)


def _has_ended(path: Path, content: bytes, sign: Path | None, *, free: bool | None) -> bool:
    worker = _read(content)
    if worker.host == socket.gethostname() and worker.process:
        return free is True or not _is_process(worker.process) or _is_silent(path, sign)
    return _is_silent(path, sign)


def _is_silent(path: Path, sign: Path | None) -> bool:
    """Whether a file was not touched for long, by the clock of the file system: those of machines differ."""
    try:
        if sign is None:
            return time.time() - path.stat().st_mtime > _SILENT
        os.utime(sign)
        # A touch to come was made by another clock, before this file system was mounted or copied to.
        return abs(sign.stat().st_mtime - path.stat().st_mtime) > _SILENT
    except FileNotFoundError:
        return True


def _is_process(number: int) -> bool:
    if os.name == "nt":
        return True  # a signal would end it; its touches tell
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _read(content: bytes) -> Worker:
    known = {field.name: type(getattr(_NOBODY, field.name)) for field in fields(Worker)}
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        found = {name: value for name, value in json.loads(content).items() if name in known}
        if all(type(value) is known[name] for name, value in found.items()):
            return Worker(**found)
    return _NOBODY


#: Who keeps a file that does not say so.
_NOBODY = Worker("a run", "", "a machine that it does not name", 0, "a moment")
