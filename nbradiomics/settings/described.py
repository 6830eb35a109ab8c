"""Describe a setting (meaning, range, default) and what is wrong with a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted

_BOUNDS = (
    (annotated_types.Ge, "ge", "at least {}"),
    (annotated_types.Gt, "gt", "above {}"),
    (annotated_types.Le, "le", "at most {}"),
    (annotated_types.Lt, "lt", "below {}"),
)


def range_text(field: FieldInfo) -> str:
    """Allowed values of a field: ``above 0, at most 1``, ``one of torch, stock``; empty if any is allowed."""
    choices = [str(value) for value in _choices(field.annotation)]
    if choices:
        return f"one of {', '.join(choices)}"
    bounds = [*field.metadata, *_metadata(field.annotation)]
    ranges = [
        text.format(f"{getattr(bound, name):g}")
        for bound in bounds
        for kind, name, text in _BOUNDS
        if isinstance(bound, kind)
    ]
    return ", ".join(ranges)


def field_text(field: FieldInfo) -> str:
    """Meaning, range and default of a field, as one line for help texts and remedies."""
    meaning = field.description or ""
    meaning = meaning if meaning.endswith("...") else meaning.removesuffix(".")
    default = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    limits = [text for text in (range_text(field), _default_text(default)) if text]
    return "; ".join([part for part in (meaning, *limits) if part]) + "."


def told(detail: Mapping[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    """Say what is wrong with a value, and what to do.

    Parameters
    ----------
    detail
        An entry of ``ValidationError.errors()``.
    model
        The settings that were validated.

    Returns
    -------
    tuple of str
        The problem, without the name of the setting, and the remedy.
    """
    *place, name = detail["loc"] or ("",)
    kind = detail["type"]
    parent = _model_at(model, [key for key in place if isinstance(key, str)])
    if kind == "extra_forbidden":
        allowed = list(field_names(parent))
        guess = did_you_mean(str(name), allowed)
        return f"unknown key {quoted(str(name))}.", f"{guess}Keys allowed here: {', '.join(allowed)}."
    field = _field_named(parent, [key for key in detail["loc"] if isinstance(key, str)])
    remedy = f"{field[0]}: {field_text(field[1])}" if field else "Correct the value."
    if kind == "missing":
        return "missing.", remedy
    message = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    if kind in ("tuple_type", "list_type"):
        message = "a list was expected, such as [1, 2]"
    # Values that contradict each other: the message names them. A mapping for a number is another error.
    if kind == "value_error" and isinstance(detail["input"], Mapping):
        return f"{message}.", "Correct one of the values."
    return f"{message}; found: {quoted(detail['input'])}.", remedy


def field_names(model: type[BaseModel]) -> Iterator[str]:
    """Names by which users set the fields of a model."""
    for name, field in model.model_fields.items():
        yield _names(name, field)[0]


def _names(name: str, field: FieldInfo) -> list[str]:
    """Allowed names of a field, the name for users first."""
    alias = field.validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]


def _default_text(default: Any) -> str:
    if default is PydanticUndefined or isinstance(default, BaseModel):
        return ""
    if default is None or default == () or default == [] or default == {} or default == "":
        return ""
    if isinstance(default, bool):
        return f"default {'yes' if default else 'no'}"
    if isinstance(default, float):
        return f"default {default:g}"
    listed = ", ".join(map(str, default)) if isinstance(default, tuple | list) else str(default)
    return f"default {listed}"


def _parts(annotation: Any) -> Iterator[Any]:
    """An annotation and all its parts, including the members of unions and containers."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def _choices(annotation: Any) -> tuple[Any, ...]:
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    literals = [member for member in members if get_origin(member) is Literal]
    # If a number is allowed too, the words alone do not list all allowed values.
    complete = len(members) - len(literals) <= (type(None) in members)
    return get_args(literals[0]) if literals and complete else ()


def _metadata(annotation: Any) -> Iterator[Any]:
    for part in _parts(annotation):
        yield from getattr(part, "__metadata__", ())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def _model_at(model: type[BaseModel], keys: list[str]) -> type[BaseModel]:
    """The settings at the end of a path of nested keys."""
    for key in keys:
        found = next(
            (field for name, field in model.model_fields.items() if key in _names(name, field)), None
        )
        model = next(_models(found.annotation), model) if found else model
    return model


def _field_named(model: type[BaseModel], keys: list[str]) -> tuple[str, FieldInfo] | None:
    """The innermost of some keys that is a field of the settings, with this field."""
    for key in reversed(keys):
        for name, field in model.model_fields.items():
            if key in _names(name, field):
                return key, field
    return None
