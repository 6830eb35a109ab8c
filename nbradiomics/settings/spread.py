"""Let functions with grouped arguments also accept each argument of a group by its own name."""

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
    """Let callers also set the fields of grouped arguments by their own names.

    Then ``f(folds=3)`` means the same as ``f(settings=Fit(folds=3))``.

    Parameters
    ----------
    **groups
        Parameters of the function, each with the class of its value: frozen settings or a dataclass.

    Raises
    ------
    TypeError
        In a call, when an argument belongs neither to the function nor to one of its groups.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        declared = inspect.signature(function).parameters
        group_of = {
            name: group for group, kind in groups.items() for name in _names(kind) if name not in declared
        }

        @wraps(function)
        def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            given: dict[str, Any] = dict(kwargs)
            fields: dict[str, dict[str, Any]] = {}
            for name in [name for name in given if name not in declared]:
                if name not in group_of:
                    guess = did_you_mean(name, [*declared, *group_of])
                    raise TypeError(f"{function.__name__}() has no argument {name!r}. {guess}".rstrip())
                fields.setdefault(group_of[name], {})[name] = given.pop(name)
            for group, values in fields.items():
                given[group] = _with_changes(groups[group], given.get(group), values)
            return function(*args, **given)

        return call

    return decorate


def _names(kind: type[Any]) -> list[str]:
    if issubclass(kind, Settings):
        return list(kind.model_fields)
    return [field.name for field in dataclasses.fields(kind)]


def _with_changes(kind: type[Any], value: Any, changes: dict[str, Any]) -> Any:
    """A group with some values changed; a new group if none was given."""
    if value is None:
        return kind(**changes)
    if isinstance(value, Settings):  # its class may have fewer fields
        return (type(value) if isinstance(value, kind) else kind)(**{**value.stated(), **changes})
    return dataclasses.replace(value, **changes)
