"""Write the tracebacks that belong to no table of failures to a file, for reports of errors."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

#: File for the traceback of a command that stopped with an unexpected error.
ERROR_LOG = "nbradiomics-error.log"
#: Name of a command.
_COMMAND = re.compile(r"[a-z]+(-[a-z]+)*")


def write_error_log(details: str) -> Path:
    """Append a traceback to `ERROR_LOG` in the current folder, else in the temporary one; return its path."""
    text = f"{installation()}\ncommand: {_command(sys.argv)}\n\n{details}\n"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            with open(folder / ERROR_LOG, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return folder / ERROR_LOG
    raise OSError("no folder can be written to")


def _command(arguments: Sequence[str]) -> str:
    """A command line without its values: folders of a hospital's export are often named after persons."""
    program, *given = arguments
    shown = [one.partition("=")[0] if one.startswith("-") else "..." for one in given]
    if given and _COMMAND.fullmatch(given[0]):
        shown[0] = given[0]
    return " ".join([Path(program).name, *shown])


def installation() -> str:
    """Date, version and platform: the first questions about an error."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    python = f"Python {platform.python_version()}, {platform.platform()}"
    return f"{when}: nbradiomics {version('nbradiomics')}, {python}\n"
