"""Python's search for garbage in processes that import much."""

from __future__ import annotations

import atexit
import gc

#: New objects after which Python looks for garbage, instead of 700: those of an import are none.
_NEW_OBJECTS = 10_000


def spare_garbage_searches() -> None:
    """Let this process look for garbage less often, and not once more at its end, among all that it imported.

    On a small cohort the last search alone takes as long as the features of five tumours.
    """
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(gc.freeze)
