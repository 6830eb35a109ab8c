"""Compile a function to machine code once and keep it for the next start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile with Numba on the first call; the result is cached on disk beside the module.

    IEEE arithmetic is kept (no `fastmath`): values must not depend on how sums are re-ordered. The global
    interpreter lock is released, so that threads of a caller can work at the same time.
    """
    from numba import njit

    return cast("Function", njit(cache=True, nogil=True)(function))
