"""Compile a function to machine code once and keep it for the next start."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

_NATIVE = Path(__file__).parent


def compiled(function: Function) -> Function:
    """Compile with Numba on the first call; the result is kept in the user's cache folder, if it can be.

    IEEE arithmetic is kept (no `fastmath`): values must not depend on how sums are re-ordered. The global
    interpreter lock is released, so that threads of a caller can work at the same time.
    """
    from numba import njit
    from numba.core import config

    kernel = njit(nogil=True)(function)
    if not _can_be_kept():
        return cast("Function", kernel)
    # Numba looks where it is told when its cache is made; other users of Numba keep their own place.
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        from nbradiomics.features.native.kept_code import KeptCode

        kernel._cache = KeptCode(function)  # what njit(cache=True) does with Numba's own
    except (ImportError, AttributeError):  # a Numba that keeps code in another way: nothing is kept
        pass
    finally:
        config.CACHE_DIR = before
    return cast("Function", kernel)


@cache
def _can_be_kept() -> bool:
    """Whether the folder can be written to; Numba's own choice would outlive a change of a kernel."""
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(cache_folder(), os.W_OK)


def kernel_sources() -> list[Path]:
    """Every source file of the native engine, those in its rooms too: kernels call each other across them."""
    return sorted(_NATIVE.rglob("*.py"))


@cache
def cache_folder() -> Path:
    """Folder of the machine code: one for each state of the kernels' sources.

    Numba itself asks only whether the file of a function has changed, not the files of those that it calls:
    after an update, old code would go on running.
    """
    import platformdirs

    digest = hashlib.sha256()
    for file in kernel_sources():
        digest.update(file.relative_to(_NATIVE).as_posix().encode() + file.read_bytes())
    return Path(platformdirs.user_cache_dir("nbradiomics")) / "kernels" / digest.hexdigest()[:16]
