"""The base class of all settings: frozen, without unknown names, and with errors of nbradiomics."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from nbradiomics.errors import InputError
from nbradiomics.settings.described import field_text, told

Part = TypeVar("Part", bound="Settings")


class Settings(BaseModel):
    """Settings of a package: each is defined once, with its meaning, its range and its default.

    Raises
    ------
    InputError
        When a value is not allowed or a name is unknown.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )

    def __init__(self, *values: Any, **given: Any) -> None:
        if values:
            first = next(iter(type(self).model_fields))
            raise TypeError(f"{type(self).__name__} takes its settings by name, such as {first}=...")
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise input_error(error, type(self)) from error

    # Nested settings are validated together with their parent, so that errors name the path of each value.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Add the descriptions of the fields to the docstring."""
        super().__pydantic_init_subclass__(**options)
        head, *notes = inspect.cleandoc(cls.__doc__ or "").partition("\n\nNotes\n")
        head = head.partition("\n\nAttributes\n")[0]
        listed = [f"{name}\n    {field_text(field)}" for name, field in cls.model_fields.items()]
        cls.__doc__ = "\n".join([head, "", "Attributes", "----------", *listed]) + "".join(notes) + "\n"

    def changed(self, **changes: Any) -> Self:
        """A copy with some values changed, and checked."""
        return type(self)(**{**self.stated(), **changes})

    def stated(self) -> dict[str, Any]:
        """The values that were set, without defaults."""
        return {name: value for name, value in self if name in self.model_fields_set}

    def part(self, kind: type[Part]) -> Part:
        """Settings of another class, with those of the values that it has too."""
        return kind(**{name: value for name, value in self.stated().items() if name in kind.model_fields})


def input_error(error: ValidationError, model: type[BaseModel]) -> InputError:
    """One error for everything that is wrong with some settings, worded as for a study file."""
    problems = []
    for detail in _without_consequences(error.errors()):
        problem, remedy = told(detail, model)
        place = ".".join(str(key) for key in detail["loc"] if key != "[key]")
        problems.append((f"{place}: {problem}" if place else problem, remedy))
    problem, remedy = problems[0]
    if len(problems) == 1:
        return InputError(problem, remedy)
    listed = "\n".join(f"  {text} {advice}" for text, advice in problems)
    return InputError(f"{len(problems)} settings are wrong:\n{listed}")


def _without_consequences(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out lists that are too short only because their values are wrong, which is said of each."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(
            place != detail["loc"] and place[: len(detail["loc"])] == detail["loc"] for place in places
        )
    ]
