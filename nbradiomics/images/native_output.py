"""Shield the process from compiled libraries, which write to its terminal and change its locale."""

from __future__ import annotations

import errno
import locale
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def native_output() -> Iterator[list[str]]:
    """Keep what ITK and the libraries in it write to standard error away from the terminal.

    ITK's own warnings are switched off, and the locale is restored: after a VTK file ITK leaves the C locale,
    in which Python treats text as ASCII. Afterwards the yielded list contains the other lines: problems that
    a library reports in no other way, such as MetaIO for data that it cannot unpack.
    """
    import SimpleITK as sitk

    lines: list[str] = []
    before = sitk.ProcessObject.GetGlobalWarningDisplay()
    language = locale.setlocale(locale.LC_ALL)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        with tempfile.TemporaryFile() as file:
            with _redirected(file.fileno()):
                yield lines
            file.seek(0)
            lines += [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(before)
        locale.setlocale(locale.LC_ALL, language)


@contextmanager
def _redirected(target: int) -> Iterator[None]:
    try:
        saved = os.dup(_STDERR)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        yield  # a process without standard error
        return
    os.dup2(target, _STDERR)
    try:
        yield
    finally:
        os.dup2(saved, _STDERR)
        os.close(saved)
