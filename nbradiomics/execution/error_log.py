"""Where a traceback is written that belongs to no table: a fault is reported with it."""

from __future__ import annotations

import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

#: Where a command that broke off leaves the traceback.
ERROR_LOG = "nbradiomics-error.log"


def write_error_log(details: str) -> Path:
    """Add a traceback to `ERROR_LOG` in the current folder, or the one for temporary files; give its path."""
    text = f"{installation()}\ncommand: {' '.join(sys.argv)}\n\n{details}\n"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            with open(folder / ERROR_LOG, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return folder / ERROR_LOG
    raise OSError("no folder can be written to")


def installation() -> str:
    """Say when, and on what: the first questions about a fault."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    python = f"Python {platform.python_version()}, {platform.platform()}"
    return f"{when}: nbradiomics {version('nbradiomics')}, {python}\n"
