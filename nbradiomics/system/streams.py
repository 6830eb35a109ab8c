"""Standard streams and signals: what is only shown never ends the work, and being stopped is no accident."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

#: Exit codes after a terminal was closed, Ctrl-C and a request to end, as shells give them.
HUNG_UP, INTERRUPTED, TERMINATED = 129, 130, 143
#: Requests to end so far: exit code and time. Those of so many seconds are one.
_requests: list[tuple[int, float]] = []
_ONE_REQUEST = 2.0
#: Seconds until a request is made anew after Python dropped the exception that would have stopped the work.
_AGAIN = 0.05
#: Fewest columns in which a table can be read.
_NARROWEST = 20
#: What a terminal may take for an order, or show so that a text reads as another: control characters but for
#: tab and line feed, separators of lines, and marks that turn the direction of writing.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def harmless(text: str) -> str:
    r"""The text with control characters written out (``\x1b``): it comes from a file of whom nobody knows."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class Shown:
    """A standard stream as the terminal's messages use it: writing to it never fails.

    What the stream's encoding lacks is written as an escape; where nobody reads any more (``| head``, a
    closed terminal, a full disk behind it), the rest goes nowhere. The stream is looked up anew each time,
    since tests and notebooks put others in its place.

    Parameters
    ----------
    name
        ``stdout`` or ``stderr``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def stream(self) -> TextIO | None:
        """The stream itself; ``None`` where there is none."""
        found: TextIO | None = getattr(sys, self.name)
        return found

    @property
    def encoding(self) -> str:
        """Encoding of the stream."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write what can be written."""
        plain = text.encode(self.encoding, "backslashreplace").decode(self.encoding, "replace")
        self._attempt(lambda stream: stream.write(plain))
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        self._attempt(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self.stream is not None and self.stream.isatty()
        except ValueError:  # closed
            return False

    def fileno(self) -> int:
        """Number of the stream's file."""
        if self.stream is None:
            raise OSError("the stream is closed")
        return self.stream.fileno()

    def _attempt(self, step: Callable[[TextIO], object]) -> None:
        if self.stream is None:
            return
        try:
            step(self.stream)
        except OSError:
            self._give_up(self.stream)
        except ValueError:  # closed
            return

    def _give_up(self, stream: TextIO) -> None:
        """Let the rest go nowhere, also what Python writes at its end, which would change the exit code."""
        with contextlib.suppress(OSError, ValueError):
            _onto_nothing(stream.fileno())


def _onto_nothing(number: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)


def prepare_streams() -> None:
    """Make the standard streams of this process bear whatever is written to them.

    A stream that was closed when the process began would give its number to the next file that is opened, and
    a library's message would end up there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    for name in ("stdout", "stderr"):
        reconfigure: Any = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            with contextlib.suppress(OSError, ValueError):
                reconfigure(errors="backslashreplace")
    if not has_width():
        os.environ.pop("COLUMNS", None)


def has_width() -> bool:
    """Whether the variable COLUMNS, where it is set, gives a width in which a text can be read."""
    width = os.environ.get("COLUMNS", "80")
    return not width.isdigit() or (len(width) < 5 and int(width) >= _NARROWEST)


def require_unicode_names() -> None:
    """Begin anew in UTF-8 where the locale (``C`` and no UTF-8 mode) knows no names of files but ASCII ones.

    The names of files that a table holds could not be opened otherwise, nor results be written under them.
    """
    if sys.platform == "win32" or sys.flags.utf8_mode or sys.getfilesystemencoding().lower() != "ascii":
        return
    with contextlib.suppress(OSError):  # then it stays as it is
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})


def end_when_asked() -> None:
    """Let a request to end (SIGTERM, or SIGHUP of a closed terminal) stop the work as cleanly as Ctrl-C."""
    usual = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}
    for name, handler in usual.items():
        number = getattr(signal, name, None)
        # What the caller ignores (nohup) stays ignored. Only the main thread may set a handler.
        with contextlib.suppress(ValueError):
            if number is not None and signal.getsignal(number) == handler:
                signal.signal(number, _end)
                sys.unraisablehook = _unraisable


def no_longer_ask() -> None:
    """Leave a request to end to the system: the work is done, and Python waits for threads at most.

    One that comes after another, which is being followed, is that other once more.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        with contextlib.suppress(ValueError):
            if number is not None and signal.getsignal(number) == _end:
                signal.signal(number, signal.SIG_IGN if _requests else signal.SIG_DFL)


def _end(number: int, _frame: object) -> None:
    now = time.monotonic()
    if _requests and now - _requests[-1][1] < _ONE_REQUEST:
        return  # it came to the whole group too, or the user is impatient: what is left is being removed
    _requests.append((128 + number, now))
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _unraisable(dropped: sys.UnraisableHookArgs) -> None:
    """Make a request anew that came where Python drops every exception, as in the destructor of an object.

    Python would print a traceback, and the work would go on.
    """
    if not (_requests and isinstance(dropped.exc_value, SystemExit | KeyboardInterrupt)):
        sys.__unraisablehook__(dropped)
        return
    code, _ = _requests[-1]
    _requests[-1] = (code, -math.inf)  # what comes now is no repetition
    timer = threading.Timer(_AGAIN, os.kill, (os.getpid(), code - 128))
    timer.daemon = True
    timer.start()


def end_if_asked() -> None:
    """Stop the work where it was asked to and did not.

    The exception that stops it is raised wherever the process is. Within the start of a compiled module it
    becomes an ``ImportError``, and may be taken for a fault of the case at hand.
    """
    if _requests:
        raise SystemExit(_requests[-1][0])
