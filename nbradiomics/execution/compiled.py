"""Compile a function to machine code once and store it for the next start."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parents[1]
#: Two threads may import kernels at the same time.
_TURN = threading.RLock()


def compiled(function: Function) -> Function:
    """Compile with Numba on the first call; the result is stored in the user's cache folder if possible.

    IEEE arithmetic is used (no `fastmath`): values must not depend on the order of sums. The global
    interpreter lock is released, so that several threads of a caller can work at the same time.
    """
    from numba import njit
    from numba.core import config

    kernel = njit(nogil=True)(function)
    engine = engine_of(Path(function.__code__.co_filename))
    if not _can_be_kept(engine):
        return cast("Function", kernel)
    # Numba reads this setting when a cache is made; it is restored for other users of Numba.
    with _TURN:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(cache_folder(engine))
        try:
            from nbradiomics.execution.kept_code import KeptCode

            kernel._cache = KeptCode(function)  # njit(cache=True) does the same with Numba's own class
        except (ImportError, AttributeError):  # a Numba version with a different cache: nothing is stored
            pass
        finally:
            config.CACHE_DIR = before
    return cast("Function", kernel)


@cache
def _can_be_kept(engine: Path) -> bool:
    """Whether the folder is writable; Numba's own folder would keep old code after a change of a kernel."""
    try:
        cache_folder(engine).mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(cache_folder(engine), os.W_OK)


def engine_of(file: Path) -> Path:
    """Return the folder whose kernels may call each other: one inside a room, as `features/native`."""
    if _PACKAGE not in file.parents:
        return file.parent
    return _PACKAGE.joinpath(*file.parent.relative_to(_PACKAGE).parts[:2])


@cache
def cache_folder(engine: Path) -> Path:
    """Return the folder of an engine's machine code: one for each state of its sources.

    Numba itself checks only whether the file of a function has changed, not the files of the functions that
    it calls: after an update, old code would still run.
    """
    import platformdirs

    digest = hashlib.sha256()
    for file in sorted(engine.rglob("*.py")):
        digest.update(file.relative_to(engine).as_posix().encode() + file.read_bytes())
    return Path(platformdirs.user_cache_dir("nbradiomics")) / "kernels" / digest.hexdigest()[:16]
