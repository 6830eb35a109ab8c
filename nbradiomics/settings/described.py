"""What a setting is, in words: its meaning, its range, its default; and what is wrong with a value."""

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
    (annotated_types.Ge, "ge", "{} or more"),
    (annotated_types.Gt, "gt", "above {}"),
    (annotated_types.Le, "le", "{} at most"),
    (annotated_types.Lt, "lt", "below {}"),
)


def range_text(field: FieldInfo) -> str:
    """Allowed values of a field: ``above 0, 1 at most``, ``one of torch, stock``; empty where any will do."""
    choices = [str(value) for value in _choices(field.annotation)]
    if choices:
        return f"one of {', '.join(choices)}"
    bounds = [*field.metadata, *_metadata(field.annotation)]
    found = [
        text.format(f"{getattr(bound, name):g}")
        for bound in bounds
        for kind, name, text in _BOUNDS
        if isinstance(bound, kind)
    ]
    return ", ".join(found)


def field_text(field: FieldInfo) -> str:
    """Meaning, range and default of a field, as one line for help texts and remedies."""
    meaning = field.description or ""
    meaning = meaning if meaning.endswith("...") else meaning.removesuffix(".")
    default = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    limits = [text for text in (range_text(field), _default_text(default)) if text]
    return "; ".join([part for part in (meaning, *limits) if part]) + "."


def told(detail: Mapping[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong with a value, and what to do.

    Parameters
    ----------
    detail
        An entry of ``ValidationError.errors()``.
    model
        The settings that were validated.

    Returns
    -------
    tuple of str
        What was found, without the name of the place; and the remedy.
    """
    *place, name = detail["loc"] or ("",)
    kind = detail["type"]
    holder = _model_at(model, [key for key in place if isinstance(key, str)])
    if kind == "extra_forbidden":
        allowed = list(field_names(holder))
        guess = did_you_mean(str(name), allowed)
        return f"unknown key {quoted(str(name))}.", f"{guess}Keys allowed here: {', '.join(allowed)}."
    field = _field_called(holder, [key for key in detail["loc"] if isinstance(key, str)])
    remedy = f"{field[0]}: {field_text(field[1])}" if field else "Correct the value."
    if kind == "missing":
        return "missing.", remedy
    message = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    if isinstance(detail["input"], Mapping):  # values against each other: the message names them
        return f"{message}.", "Correct one of the values."
    return f"{message}; found: {quoted(detail['input'])}.", remedy


def field_names(model: type[BaseModel]) -> Iterator[str]:
    """Names under which the fields of a model are given."""
    for name, field in model.model_fields.items():
        yield _names(name, field)[0]


def _names(name: str, field: FieldInfo) -> list[str]:
    """What a field may be called, the name for users first."""
    alias = field.validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]


def _default_text(default: Any) -> str:
    if default is PydanticUndefined or isinstance(default, BaseModel):
        return ""
    if default is None or default == () or default == [] or default == {} or default == "":
        return ""
    if isinstance(default, bool):
        return f"{'yes' if default else 'no'} unless given"
    if isinstance(default, float):
        return f"{default:g} unless given"
    listed = ", ".join(map(str, default)) if isinstance(default, tuple | list) else str(default)
    return f"{listed} unless given"


def _parts(annotation: Any) -> Iterator[Any]:
    """An annotation and all that it is made of, unions and containers taken apart."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def _choices(annotation: Any) -> tuple[Any, ...]:
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    found = [member for member in members if get_origin(member) is Literal]
    # A number or a word: the words alone are no list of what is allowed.
    return get_args(found[0]) if found and len(members) - len(found) <= (type(None) in members) else ()


def _metadata(annotation: Any) -> Iterator[Any]:
    for part in _parts(annotation):
        yield from getattr(part, "__metadata__", ())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def _model_at(model: type[BaseModel], keys: list[str]) -> type[BaseModel]:
    """The settings that some nested keys lead to."""
    for key in keys:
        field = model.model_fields.get(key)
        model = next(_models(field.annotation), model) if field else model
    return model


def _field_called(model: type[BaseModel], keys: list[str]) -> tuple[str, FieldInfo] | None:
    """The innermost of some keys that is a field of the settings, or of those that hold it."""
    for key in reversed(keys):
        for name, field in model.model_fields.items():
            if key in _names(name, field):
                return key, field
    return None
