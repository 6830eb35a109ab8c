"""The temporary folder of an import; if the import is killed, the next import removes it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: the age of a folder is used instead
    fcntl = None  # type: ignore[assignment]

_PREFIX = ".import-"
_LOCK = "lock"
_REPLACED = "replaced"
_DAY = 24 * 3600.0


@contextmanager
def work_folder(root: Path) -> Iterator[Path]:
    """Yield a temporary folder in the folder of models; a lock in it ends with this process."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=root) as name:
        work = Path(name)
        with open(work / _LOCK, "wb") as lock:
            if not _taken(lock.fileno()):  # a file system without locks
                (work / _LOCK).unlink()
            yield work


def put(staged: Path, target: Path) -> None:
    """Move a model to its place; a previous one goes to the work folder, and comes back if that fails."""
    if not target.exists():
        os.replace(staged, target)
        return
    old = staged.parent / _REPLACED / target.name
    old.parent.mkdir()
    os.replace(target, old)
    try:
        os.replace(staged, target)
    except OSError:
        os.replace(old, target)
        raise


def clear_abandoned(root: Path) -> None:
    """Remove the folders of killed imports; a model that one of them was replacing is restored."""
    for work in root.glob(f"{_PREFIX}*"):
        if not work.is_symlink() and _is_abandoned(work):
            for old in (work / _REPLACED).glob("*"):
                if not (root / old.name).exists():
                    os.replace(old, root / old.name)
            shutil.rmtree(work, ignore_errors=True)


def _is_abandoned(work: Path) -> bool:
    """Whether no process uses the folder: its lock is free; or, without a lock, it is a day old."""
    if fcntl is not None:
        with suppress(FileNotFoundError), open(work / _LOCK, "rb+") as lock:
            return _taken(lock.fileno())
    try:
        return time.time() - work.stat().st_mtime > _DAY
    except OSError:  # its process has removed it in the meantime
        return False


def _taken(descriptor: int) -> bool:
    """Take a lock if it is free, and return whether it was."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
