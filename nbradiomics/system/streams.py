"""Standard streams and signals: failed output never ends the work, and a request to stop is no error."""

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

#: Exit codes, as in shells, after the terminal was closed, after Ctrl-C and after a request to end.
HUNG_UP, INTERRUPTED, TERMINATED = 129, 130, 143
#: Requests to end so far (exit code and time); those within this many seconds count as one.
_requests: list[tuple[int, float]] = []
_ONE_REQUEST = 2.0
#: Seconds until a request is repeated after Python dropped the exception that should have stopped the work.
_AGAIN = 0.05
#: Fewest columns of a terminal in which a table is readable.
_NARROWEST = 20
#: Characters that a terminal may execute as a command, or that may make a text read differently: control
#: characters except tab and line feed, line separators, and marks that change the direction of writing.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def harmless(text: str) -> str:
    r"""Escape control characters (``\x1b``) in a text, which may come from an untrusted file."""
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


class Shown:
    """A standard stream for the messages on the terminal: writing to it never fails.

    Characters that the stream's encoding lacks are written as escapes. If the stream cannot be written any
    more (``| head``, a closed terminal, a full disk behind it), the rest is discarded. The stream is looked
    up each time, because tests and notebooks replace it.

    Parameters
    ----------
    name
        ``stdout`` or ``stderr``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def stream(self) -> TextIO | None:
        """The stream itself; ``None`` if there is none."""
        stream: TextIO | None = getattr(sys, self.name)
        return stream

    @property
    def encoding(self) -> str:
        """Encoding of the stream."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write the text, with escapes for characters that the encoding lacks."""
        plain = text.encode(self.encoding, "backslashreplace").decode(self.encoding, "replace")
        self._attempt(lambda stream: stream.write(plain))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._attempt(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        try:
            return self.stream is not None and self.stream.isatty()
        except ValueError:  # closed
            return False

    def fileno(self) -> int:
        """Return the file descriptor of the stream."""
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
        """Discard the rest, including output of Python at exit, which would change the exit code."""
        with contextlib.suppress(OSError, ValueError):
            _redirect_to_null(stream.fileno())


def _redirect_to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    os.close(null)


def prepare_streams() -> None:
    """Make the standard streams of this process accept any text.

    If a stream was closed when the process started, the next file that is opened would get its descriptor,
    and messages of libraries would be written to that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # it gets the lowest free descriptor
    for name in ("stdout", "stderr"):
        reconfigure: Any = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            with contextlib.suppress(OSError, ValueError):
                reconfigure(errors="backslashreplace")
    if not has_width():
        os.environ.pop("COLUMNS", None)


def has_width() -> bool:
    """Whether the variable COLUMNS, if it is set, contains a width in which a text is readable."""
    width = os.environ.get("COLUMNS", "80")
    return not width.isdigit() or (len(width) < 5 and int(width) >= _NARROWEST)


def require_unicode_names() -> None:
    """Restart Python in UTF-8 mode if the locale (``C`` without UTF-8 mode) allows only ASCII file names.

    Otherwise, files whose names in a table are not ASCII could neither be opened nor written.
    """
    if sys.platform == "win32" or sys.flags.utf8_mode or sys.getfilesystemencoding().lower() != "ascii":
        return
    with contextlib.suppress(OSError):  # continue without UTF-8 mode
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})


def end_when_asked() -> None:
    """Make a request to end (SIGTERM, or SIGHUP of a closed terminal) stop the work as cleanly as Ctrl-C."""
    usual = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}
    for name, handler in usual.items():
        number = getattr(signal, name, None)
        # Signals that the caller ignores (nohup) stay ignored. Only the main thread may set a handler.
        with contextlib.suppress(ValueError):
            if number is not None and signal.getsignal(number) == handler:
                signal.signal(number, _end)
                sys.unraisablehook = _unraisable


def no_longer_ask() -> None:
    """Let the system handle requests to end: the work is done, and Python only waits for threads.

    If a request is already being handled, further ones are ignored.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        with contextlib.suppress(ValueError):
            if number is not None and signal.getsignal(number) == _end:
                signal.signal(number, signal.SIG_IGN if _requests else signal.SIG_DFL)


def _end(number: int, _frame: object) -> None:
    now = time.monotonic()
    if _requests and now - _requests[-1][1] < _ONE_REQUEST:
        return  # sent to the whole group too, or an impatient user: temporary files are being removed
    _requests.append((128 + number, now))
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _unraisable(dropped: sys.UnraisableHookArgs) -> None:
    """Repeat a request that came where Python drops all exceptions, such as in the destructor of an object.

    Python would only print a traceback, and the work would continue.
    """
    if not (_requests and isinstance(dropped.exc_value, SystemExit | KeyboardInterrupt)):
        sys.__unraisablehook__(dropped)
        return
    code, _ = _requests[-1]
    _requests[-1] = (code, -math.inf)  # the next signal does not count as a repetition
    timer = threading.Timer(_AGAIN, os.kill, (os.getpid(), code - 128))
    timer.daemon = True
    timer.start()


def end_if_asked() -> None:
    """Stop the work if a request to end came and did not stop it.

    The exception that should stop it is raised at any point of the program. During the import of a compiled
    module it becomes an ``ImportError``, which may be recorded as a failure of the current case.
    """
    if _requests:
        raise SystemExit(_requests[-1][0])
