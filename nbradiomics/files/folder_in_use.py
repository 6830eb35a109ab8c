"""Track which runs work in a folder of results, so that two runs never mix their results in it.

Each run keeps a small file in its folder, which says what the run makes, where and since when, and touches
the file regularly. The next run checks the files of the others:

- A run of this machine is active while the process table has its process, with the number and the start that
  the file records (`system/process_table.py`). A number alone would prove nothing: it is reused, and each
  container has its own numbers.
- A run of another machine is active as long as its file is touched.
- A run that holds a lock of the operating system on its file is active in any case. A free lock proves the
  end of a run only on systems without such a process table: network file systems may not share locks, lose
  them when the server starts again, or have none.

Nothing else is needed of a network file system but that creating a file in a folder and then listing the
folder shows the files that others created before, which holds for every NFS.
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
from nbradiomics.files.atomic import is_temporary
from nbradiomics.files.regular_file import GONE
from nbradiomics.files.storage import writing
from nbradiomics.system.process_table import started, this_machine

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ENTERING, _WORKING = ".nbradiomics-entering-", ".nbradiomics-working-"
_NAME = re.compile(r"\.nbradiomics-(entering|working)-[0-9a-f]{32}")
#: Seconds between two touches, and seconds without one after which a run of another machine counts as ended.
_BEAT, _SILENT = 20.0, 300.0
#: Longest time in seconds to wait for another run that begins at the same moment.
_PATIENCE = 10.0
#: Largest number of bytes of a file that are read.
_LONGEST = 64 << 10
#: Files of the runs of this process: opening and closing one of them would release its lock.
_own: dict[str, Worker] = {}
_guard = threading.RLock()


@dataclass(frozen=True)
class Worker:
    """One run that works in a folder.

    Attributes
    ----------
    what
        What it makes, in words for the user.
    key
        Equal for two runs that write the same files with the same content.
    host, process, since
        Machine, process number and start time of the run.
    thread
        Thread of the process.
    machine, started
        Identity of the machine and start of the process (`system.process_table`); empty if unknown.
    """

    what: str
    key: str
    host: str
    process: int
    since: str
    thread: int = 0
    machine: str = ""
    started: str = ""

    def __str__(self) -> str:
        return f"{self.what}, process {self.process} on {self.host}, since {self.since}"


def is_sign(name: str) -> bool:
    """Whether a file marks a run that works in the folder, or was killed while it did."""
    return _NAME.fullmatch(name) is not None


@contextmanager
def working_in(folder: Path, task: str, key: str, *, alone: bool = False) -> Iterator[None]:
    """Work in a folder, and refuse other runs that would write different results there.

    Parameters
    ----------
    folder
        The folder; it is created if missing.
    task
        What the run makes, for the message to other runs.
    key
        Identifies the results; a run with the same `key` may work in the folder at the same time.
    alone
        Refuse every other run.

    Raises
    ------
    InputError
        When a run with another `key` works there; the message names it.
    """
    real = Path(os.path.realpath(folder))
    key = f"{key} {uuid4().hex}" if alone else key
    me = Worker(
        task,
        key,
        socket.gethostname(),
        os.getpid(),
        datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
        threading.get_ident(),
        this_machine(),
        started(os.getpid()),
    )
    own_folders = [Path(path).parent for path, worker in list(_own.items()) if worker.thread == me.thread]
    if real in own_folders:
        yield  # a step of a run that already works in the folder
        return
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; a folder was expected.", "Choose a new folder.")
    is_new = not folder.exists()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with _sign(real, me) as sign:
            _enter(sign, me, folder)
            with _without_unfinished(real):
                yield
    finally:
        with suppress(OSError):  # it is not empty
            if is_new:
                folder.rmdir()


@contextmanager
def _without_unfinished(folder: Path) -> Iterator[None]:
    """Remove unfinished files if the work stops: its processes were ended, some of them while they wrote.

    While others work in the folder, all such files stay: they may be theirs.
    """
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the folder or its disk has gone, and the error says so
            if not others_in(folder):
                for place, _, names in os.walk(folder):
                    for name in filter(is_temporary, map(Path, names)):
                        Path(place, name).unlink(missing_ok=True)
        raise


def workers_in(folder: Path) -> list[Worker]:
    """List the runs that work in a folder at this moment; nothing is written or removed, nor locked.

    A run of another machine counts until its file was not touched for five minutes by the clock of this one.
    """
    workers = []
    for path in sorted(folder.iterdir()):
        if not is_sign(path.name):
            continue
        with suppress(OSError), open(path, "rb") as file:
            worker = _read(file.read(_LONGEST))
            if not _has_ended(path, worker, None, free=None):
                workers.append(worker)
    return workers


def others_in(folder: Path) -> bool:
    """Whether another run works in a folder at this moment."""
    me = (os.getpid(), threading.get_ident())
    active = _active(Path(os.path.realpath(folder)))
    return any((worker.process, worker.thread) != me or str(path) not in _own for path, worker in active)


def require_in(folder: Path) -> None:
    """Require that the folder in which this thread works is still there, with the file of its run.

    Raises
    ------
    InputError
        When the folder was moved or removed meanwhile, or another machine took this run for ended.
    """
    real = Path(os.path.realpath(folder))
    with _guard:
        me = threading.get_ident()
        own = [Path(path) for path, worker in _own.items() if worker.thread == me]
        if all(path.exists() for path in own if path.parent == real):
            return
    raise InputError(
        f"{folder} was moved, removed or cleared while this run worked in it.",
        f"Repeat the command with the folder where it is now. What this run wrote to {real} since then is "
        "incomplete.",
    )


class _Sign:
    """The file of a run that works in a folder or is about to enter it."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file, self.path = file, path

    def rename(self, beginning: str) -> None:
        """Rename the file to show whether the run is entering or working."""
        path = self.path.with_name(beginning + self.path.name[-32:])
        with _guard:
            os.replace(self.path, path)
            _own[str(path)] = _own.pop(str(self.path))
            self.path = path


@contextmanager
def _sign(place: Path, me: Worker) -> Iterator[_Sign]:
    path = place / f"{_ENTERING}{uuid4().hex}"
    done = threading.Event()
    with _guard, writing(place):
        file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed below
        _own[str(path)] = me
    sign = _Sign(file, path)
    try:
        _require_lock(file, place)
        with writing(place):
            file.write(json.dumps(asdict(me)).encode())
        if fcntl is None:
            file.close()  # Windows cannot rename an open file
        threading.Thread(target=_beat, args=(sign, done), daemon=True).start()
        yield sign
    finally:
        done.set()
        with _guard:
            with suppress(OSError):  # the folder or its disk has gone, and an error of the run says so
                sign.path.unlink(missing_ok=True)
            file.close()
            _own.pop(str(sign.path), None)


def _lock(file: IO[bytes]) -> bool | None:
    """Try to lock a file, and return whether this succeeded; ``None`` if locks are not available."""
    if fcntl is None:
        return None
    try:
        # lockf, unlike flock, works between machines over NFS, and forked processes do not inherit the lock.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EACCES, errno.EAGAIN) else None
    return True


def _require_lock(file: IO[bytes], place: Path) -> None:
    """Lock this run's new file; another run that checks the file may hold the lock for a moment."""
    until = time.monotonic() + _PATIENCE
    while _lock(file) is False:
        if time.monotonic() > until:
            raise InputError(
                f"{place}: another process has locked the file of this run in the folder.",
                "Run the command again.",
            )
        time.sleep(0.01)


def _beat(sign: _Sign, done: threading.Event) -> None:
    while not done.wait(_BEAT):
        with _guard, suppress(OSError):
            if not done.is_set():
                os.utime(sign.path)


def _enter(sign: _Sign, me: Worker, folder: Path) -> None:
    """Enter the folder unless a run with another key is in it; of two simultaneous runs only one enters."""
    until = time.monotonic() + _PATIENCE
    while True:
        active = _active(sign.path.parent, sign.path)
        others = [(path, worker) for path, worker in active if worker.key != me.key]
        if not others:
            sign.rename(_WORKING)
            return
        inside = [worker for path, worker in others if path.name.startswith(_WORKING)]
        # Of the runs that are about to enter, the first by name enters once the others have left.
        earlier = [worker for path, worker in others if path.name < sign.path.name and worker.process]
        if inside or earlier or time.monotonic() > until:
            other = (inside or earlier or [others[0][1]])[0]
            raise InputError(
                f"{folder} is being written to by another run: {other}.",
                f"Wait until it has ended, or choose another folder.{_if_stopped(other)}",
            )
        time.sleep(0.05)


def _if_stopped(other: Worker) -> str:
    """When a folder becomes free whose run was stopped, if the lock of the run is not visible here."""
    if other.host == socket.gethostname() and other.process and other.machine == this_machine():
        return ""
    return f" If it was stopped, the folder is free {_SILENT / 60:.0f} minutes after its last activity."


def _active(place: Path, sign: Path | None = None) -> list[tuple[Path, Worker]]:
    """Other runs in a folder, by their files; removes the files of runs that have ended."""
    active = []
    for path in sorted(place.iterdir()):
        if is_sign(path.name) and path != sign:
            # If a run entered since the folder was listed, its file has another name now.
            inside = path.with_name(_WORKING + path.name[-32:])
            for file in dict.fromkeys((path, inside)):
                worker = _look(file, sign)
                if worker is not None:
                    active.append((file, worker))
                    break
    return active


def _look(path: Path, sign: Path | None) -> Worker | None:
    with _guard:  # a file of this process may be renamed meanwhile, and opening it would release its lock
        return _own.get(str(path)) or _worker(path, sign)


def _worker(path: Path, sign: Path | None) -> Worker | None:
    """The run that keeps a file; ``None`` if it has ended."""
    try:
        with open(path, "r+b", buffering=0) as file:
            content, locked = file.read(_LONGEST), _lock(file)
            if locked is not False and _has_ended(path, _read(content), sign, free=locked):
                path.unlink(missing_ok=True)
                return None
    except FileNotFoundError:
        return None
    except OSError as error:  # a file of another user, not writable: only its touches show activity
        if error.errno in GONE:
            return None
        content = b""
        if _is_silent(path, sign):
            return None
    return _read(content)


def _has_ended(path: Path, worker: Worker, sign: Path | None, *, free: bool | None) -> bool:
    if worker.machine and worker.started and this_machine():
        if worker.machine == this_machine():
            return started(worker.process) != worker.started
        return _is_silent(path, sign)
    if worker.host == socket.gethostname() and worker.process:
        return free is True or not _is_process(worker.process) or _is_silent(path, sign)
    return _is_silent(path, sign)


def _is_silent(path: Path, sign: Path | None) -> bool:
    """Whether a file was last touched long ago, by the file system's clock (those of machines differ)."""
    try:
        if sign is None:
            return time.time() - path.stat().st_mtime > _SILENT
        os.utime(sign)
        # A touch in the future is from another clock, before the files were copied or mounted here.
        return abs(sign.stat().st_mtime - path.stat().st_mtime) > _SILENT
    except OSError as error:
        if error.errno in GONE:
            return True
        raise


def _is_process(number: int) -> bool:
    if os.name == "nt":
        return True  # a signal would end it; only its touches show activity
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _read(content: bytes) -> Worker:
    known = {field.name: type(getattr(_UNKNOWN, field.name)) for field in fields(Worker)}
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        values = {name: value for name, value in json.loads(content).items() if name in known}
        if all(type(value) is known[name] for name, value in values.items()):
            return Worker(**values)
    return _UNKNOWN


#: The run of a file that does not describe it.
_UNKNOWN = Worker("a run", "", "an unknown machine", 0, "an unknown time")
