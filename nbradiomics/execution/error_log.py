"""Write the tracebacks that belong to no table of failures to a file, for reports of errors."""

from __future__ import annotations

import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

#: File for the traceback of a command that stopped with an unexpected error.
ERROR_LOG = "nbradiomics-error.log"


def write_error_log(details: str) -> Path:
    """Append a traceback to `ERROR_LOG` in the current folder, else in the temporary one; return its path."""
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
    """Date, version and platform: the first questions about an error."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    python = f"Python {platform.python_version()}, {platform.platform()}"
    return f"{when}: nbradiomics {version('nbradiomics')}, {python}\n"
