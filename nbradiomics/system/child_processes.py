"""Processes that end with the one that started them.

A process that is killed cannot end its workers. They would go on for hours, hold memory, and write into a
folder in which the user has started anew.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import resource_tracker
from typing import Any

#: Seconds between two looks at the parent.
_PAUSE = 1.0
#: Linux: which signal a process gets when the thread that started it ends.
_PR_SET_PDEATHSIG = 1
#: Windows: the right to wait for a process, and how long.
_SYNCHRONIZE, _FOREVER = 0x00100000, 0xFFFFFFFF
#: Which process this is, once it is tied; a forked child is another.
_tied = [0]


def tie_to_parent(parent: int, thread_lasts: bool = True) -> None:
    """Let this process end when its parent does, whatever it is doing; call it in a worker, once or again.

    A thread looks after the parent every second, on every system. It must wait for compiled code that holds
    Python's lock, such as ITK's filters; Linux ends the process at once in that case too. On Windows, where
    an orphan keeps its parent's number, the thread waits for the parent itself.

    Parameters
    ----------
    parent
        Number of the process that started this one; it may have ended before this is called.
    thread_lasts
        Whether the thread that started this process lives as long as its process: Linux looks at the thread.
    """
    if _tied[-1] == os.getpid():
        return
    _tied[-1] = os.getpid()
    if sys.platform.startswith("linux") and thread_lasts:
        _ask_linux()
    if sys.platform != "win32" and os.getppid() != parent:
        _end()
    with contextlib.suppress(ValueError):  # in a thread there is nothing to set
        # A worker is stopped by its parent; Ctrl-C reaches it too, and would have it print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a forked one has its parent's
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


@contextlib.contextmanager
def starting_workers() -> Iterator[None]:
    """Start workers within, and what looks after them: they inherit what keeps them from the terminal.

    Ctrl-C goes to all processes of a terminal at once, and a worker that is still importing would print a
    traceback: it is held back for the moment, the workers never see one, and their parent stops them. The
    processes that clean up after a parent that was killed do so without a word. (On Windows only the latter.)
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [before, "ignore:resource_tracker"]))
    try:
        with _interrupts_held_back():
            yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # Python's own, at whose start the signal is let in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ask_linux() -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # another C library: the thread remains
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_after(parent: int) -> None:
    if sys.platform == "win32":
        _wait_for_windows_process(parent)
    else:
        while os.getppid() == parent:
            time.sleep(_PAUSE)
    _end()


def _wait_for_windows_process(parent: int) -> None:
    import ctypes

    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - not there elsewhere
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, parent)
    if handle:
        kernel.WaitForSingleObject(handle, _FOREVER)


def _end() -> None:
    os._exit(1)
