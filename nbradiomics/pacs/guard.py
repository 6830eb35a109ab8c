"""Keep identifiers out of the tracebacks of unexpected errors."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from requests import RequestException

from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import FAULT


@contextmanager
def without_identifiers() -> Iterator[None]:
    """Replace unexpected exceptions, whose messages may contain UIDs or patient IDs.

    Raises
    ------
    NbradiomicsError
        With the kind of the exception and the lines of code where it came from.
    """
    try:
        yield
    except NbradiomicsError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, RequestException):
            raise  # of the disk
        frames = "".join(traceback.format_tb(error.__traceback__))
        raise NbradiomicsError(f"An unexpected {type(error).__name__}.", FAULT, frames) from None
