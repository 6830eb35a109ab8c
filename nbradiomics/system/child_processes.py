"""Child processes that end with the process that started them.

A process that is killed cannot end its workers. They would continue for hours, use memory, and write into a
folder in which the user has started the work again.
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

#: Seconds between two checks of the parent.
_PAUSE = 1.0
#: Linux: option that sets the signal for a process when the thread that started it ends.
_PR_SET_PDEATHSIG = 1
#: Windows: the permission to wait for a process, and the time limit.
_SYNCHRONIZE, _FOREVER = 0x00100000, 0xFFFFFFFF
#: Identifier of this process after it was tied; a forked child has another one.
_tied = [0]


def tie_to_parent(parent: int, thread_lasts: bool = True) -> None:
    """End this process when its parent ends, even during work; call this in a worker, once or repeatedly.

    A thread checks the parent every second. It must wait for compiled code that holds Python's lock, such as
    ITK's filters; Linux ends the process at once in that case too. On Windows, where an orphan keeps its
    parent's identifier, the thread waits for the end of the parent instead.

    Parameters
    ----------
    parent
        Identifier of the process that started this one; it may have ended before this call.
    thread_lasts
        Whether the thread that started this process lasts as long as its process: Linux checks the thread.
    """
    if _tied[-1] == os.getpid():
        return
    _tied[-1] = os.getpid()
    if sys.platform.startswith("linux") and thread_lasts:
        _ask_linux()
    if sys.platform != "win32" and os.getppid() != parent:
        _end()
    with contextlib.suppress(ValueError):  # only the main thread can set handlers
        # The parent stops a worker; Ctrl-C reaches the worker too, and would make it print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a forked process has its parent's handler
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


@contextlib.contextmanager
def starting_workers() -> Iterator[None]:
    """Start workers inside this context, so that they and their resource trackers print nothing when stopped.

    Ctrl-C reaches all processes of a terminal at once, and a worker that is still importing would print a
    traceback. Therefore it is blocked during the start; the workers inherit the block, and their parent stops
    them. (Not on Windows.) The processes that clean up after a killed parent print no warnings.
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
    resource_tracker.ensure_running()  # Python's tracker; its start unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ask_linux() -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # another C library: only the thread checks
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

    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - missing on other systems
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, parent)
    if handle:
        kernel.WaitForSingleObject(handle, _FOREVER)


def _end() -> None:
    os._exit(1)
