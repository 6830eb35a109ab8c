"""Entry point of the command line: streams, signals, error messages and exit codes."""

from __future__ import annotations

import errno
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from typer.main import get_command, get_command_name

from nbradiomics.cli.app import app
from nbradiomics.cli.console import notes
from nbradiomics.errors import NbradiomicsError, StorageError
from nbradiomics.execution.batch import FAULT
from nbradiomics.execution.error_log import write_error_log
from nbradiomics.files.names import require_readable_name
from nbradiomics.files.storage import storage_error
from nbradiomics.system.garbage import spare_garbage_searches
from nbradiomics.system.streams import (
    HUNG_UP,
    INTERRUPTED,
    TERMINATED,
    end_if_asked,
    end_when_asked,
    no_longer_ask,
    prepare_streams,
    require_unicode_names,
)
from nbradiomics.system.transient import transient_hint

#: Exit codes after Ctrl-C, a request to end, and a terminal that was closed.
_STOPPED = (INTERRUPTED, TERMINATED, HUNG_UP)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: exit code 0 when done, 1 on errors, 2 for wrong usage, 130 or 143 if stopped."""
    if arguments is None:  # otherwise another program called this function and controls the process
        require_unicode_names()
        # Without shared memory, joblib runs in this process only; users need no warning about that.
        warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")
        end_when_asked()
        spare_garbage_searches()
    prepare_streams()
    try:
        _run_command(arguments)
    except KeyboardInterrupt:
        _say_stopped(INTERRUPTED)
    except SystemExit as stop:
        if stop.code not in _STOPPED:
            raise
        _say_stopped(stop.code)
    finally:
        if arguments is None:
            no_longer_ask()


@cache
def _commands(first: str) -> Callable[..., Any]:
    """The command that the first argument names, with its options; all commands if it names none.

    Making all commands takes longer than the features of some tumours.
    """
    named = [
        info
        for info in app.registered_commands
        if info.callback and first == (info.name or get_command_name(info.callback.__name__))
    ]
    if not named:
        return get_command(app)
    alone = copy(app)
    alone.registered_commands, alone.registered_groups = named, []
    return get_command(alone)


def _run_command(arguments: Sequence[str] | None) -> None:
    try:
        given = sys.argv[1:] if arguments is None else arguments
        for name in (*given, str(Path.cwd())):
            require_readable_name(name)
        _commands(given[0] if given else "")(args=arguments)
    except NbradiomicsError as error:
        _stop(str(error), error.details)
    except StorageError as error:
        _stop(str(error))
    except OSError as error:  # for example a full disk or a folder without write permission
        refused = storage_error(error, Path(error.filename)) if isinstance(error.filename, str) else None
        if refused is not None and error.errno not in (errno.EACCES, errno.EPERM):  # those may be of an input
            _stop(str(refused))
        file = f": {error.filename}" if error.filename else ""
        _stop(f"{error.strerror or error}{file}. Check the path, its permissions and the free disk space.")
    except Exception as error:
        if hint := transient_hint(error):
            _stop(hint)
        # A bug in nbradiomics: all that a user can do with the traceback is to report it.
        _stop(f"{type(error).__name__}: {error}. {FAULT}", traceback.format_exc())


def _say_stopped(code: int | str | None) -> NoReturn:
    notes.print("Stopped. To continue a run, demo, training or command with --work, repeat the command.")
    sys.exit(code)


def _stop(message: str, details: str = "") -> NoReturn:
    end_if_asked()  # if the user asked the program to end, that caused this error
    notes.print("Error:", style="bold red", end=" ")
    notes.print(message, markup=False)
    if details:
        try:
            notes.print(f"The traceback is in {write_error_log(details)}.", markup=False)
        except OSError as error:
            notes.print(f"The traceback could not be saved: {error}.\n{details}", markup=False)
    sys.exit(1)
