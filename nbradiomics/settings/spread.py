"""Functions that take grouped arguments, and let each of a group be given by its own name."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.settings.model import Settings

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def spread(**groups: type[Any]) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Let the fields of grouped arguments be given by their own names, too.

    ``f(settings=Fit(folds=3))`` may then be written ``f(folds=3)``.

    Parameters
    ----------
    **groups
        Parameters of the function, each with the class of its value: frozen settings or a dataclass.

    Raises
    ------
    TypeError
        On a call, when an argument is neither the function's own nor of one of its groups.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        own = inspect.signature(function).parameters
        homes = {name: group for group, kind in groups.items() for name in _names(kind) if name not in own}

        @wraps(function)
        def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            given: dict[str, Any] = dict(kwargs)
            loose: dict[str, dict[str, Any]] = {}
            for name in [name for name in given if name not in own]:
                if name not in homes:
                    guess = did_you_mean(name, [*own, *homes])
                    raise TypeError(f"{function.__name__}() has no argument {name!r}. {guess}".rstrip())
                loose.setdefault(homes[name], {})[name] = given.pop(name)
            for group, values in loose.items():
                given[group] = _made(groups[group], given.get(group), values)
            return function(*args, **given)

        return call

    return decorate


def _names(kind: type[Any]) -> list[str]:
    if issubclass(kind, Settings):
        return list(kind.model_fields)
    return [field.name for field in dataclasses.fields(kind)]


def _made(kind: type[Any], value: Any, changes: dict[str, Any]) -> Any:
    """A group with some values changed; a new one where none was given."""
    if value is None:
        return kind(**changes)
    if isinstance(value, Settings):  # perhaps of a class that has fewer fields
        return (type(value) if isinstance(value, kind) else kind)(**{**value.stated(), **changes})
    return dataclasses.replace(value, **changes)
