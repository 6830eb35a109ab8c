"""The interface by which a caller shows the progress of long work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

#: ``with progress("extract", 120) as advance: ...; advance()`` after each finished step.
Progress = Callable[[str, int], AbstractContextManager[Callable[[], None]]]


@contextmanager
def quiet(_stage: str, _total: int) -> Iterator[Callable[[], None]]:
    """Show no progress: the default of every library function."""
    yield lambda: None
