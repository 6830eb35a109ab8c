"""Keep the last results of slow functions of arrays: the variants of one mask ask for the same ones."""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Result = TypeVar("Result")
#: Number of results that are kept of each function: a few megabytes each.
_KEPT = 4


def kept(function: Callable[..., Result]) -> Callable[..., Result]:
    """Make a function of arrays and numbers keep its last results, by the content of its arguments.

    A resulting array is read-only, because others get the same one.
    """
    results: OrderedDict[tuple[Any, ...], Result] = OrderedDict()

    @functools.wraps(function)
    def call(*arguments: Any) -> Result:
        key = tuple(map(_identity, arguments))
        found = results.get(key)
        if found is None:
            found = function(*arguments)
            if isinstance(found, np.ndarray):
                found.flags.writeable = False
            results[key] = found
            while len(results) > _KEPT:
                results.popitem(last=False)
        return found

    return call


def _identity(argument: Any) -> Any:
    if not isinstance(argument, np.ndarray):
        return tuple(argument) if isinstance(argument, list) else argument
    content = hashlib.blake2b(np.ascontiguousarray(argument).data, digest_size=16)
    return argument.shape, argument.dtype.str, content.digest()
