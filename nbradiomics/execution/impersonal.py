"""Errors without the texts that they may quote: values and names of files that name persons."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbradiomics.errors import InputError, NbradiomicsError, StorageError
from nbradiomics.execution.batch import hint_for
from nbradiomics.system.transient import transient_cause


def impersonal(error: Exception) -> InputError:
    """An unexpected exception as its kind and the lines of code where it came from, without its message."""
    if cause := transient_cause(error):
        return InputError(f"{cause[0]}.", cause[1])
    frames = "".join(traceback.format_tb(error.__traceback__))
    return InputError(f"unexpected error ({type(error).__name__}).", hint_for(error), frames)


@contextmanager
def reading_persons(source: Path, out: Path | None, remedy: str) -> Iterator[None]:
    """Work on a folder whose files, and their names, may name persons.

    Parameters
    ----------
    source
        The folder.
    out
        Folder of the output, whose files may be named even if it is in `source`.
    remedy
        How the user can see which file it is.

    Raises
    ------
    InputError
        Instead of an unexpected exception, and of an error that names a file or a folder in `source`.
    """
    try:
        yield
    except StorageError:
        raise
    except NbradiomicsError as error:
        if _names_a_file(f"{error} {error.details}", source, out):
            raise InputError("a file or folder of the source cannot be read.", remedy) from None
        raise
    except OSError as error:
        if not _names_a_file(f"{error.filename} {error.filename2}", source, out):
            raise
        problem = f"a file or folder of the source cannot be read: {error.strerror}."
        raise InputError(problem, remedy) from None
    except Exception as error:
        raise impersonal(error) from None


def _names_a_file(text: str, source: Path, out: Path | None) -> bool:
    """Whether a text names something in the source, and not only files of the output."""
    for place in _spellings(out):
        text = text.replace(place, "")
    return any(place in text for place in _spellings(source))


def _spellings(folder: Path | None) -> list[str]:
    """How the paths in a folder may begin, the longest first."""
    if folder is None:
        return []
    written = {
        os.path.abspath(folder),
        os.path.realpath(folder),
        *([str(folder)] if str(folder) != "." else []),
    }
    return sorted((f"{place.rstrip(os.sep)}{os.sep}" for place in written), key=len, reverse=True)
