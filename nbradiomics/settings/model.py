"""The kind of model that all settings are: frozen, with nothing but what it names, and errors of ours."""

from __future__ import annotations

import inspect
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nbradiomics.errors import InputError
from nbradiomics.settings.described import field_text, told

Part = TypeVar("Part", bound="Settings")


class Settings(BaseModel):
    """Settings of a room: each is stated once, with its meaning, its range and its default.

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

    # Settings inside others are validated with them, so that every wrong value is told with its place.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Let the docstring list what the fields say of themselves."""
        super().__pydantic_init_subclass__(**options)
        head, *notes = inspect.cleandoc(cls.__doc__ or "").partition("\n\nNotes\n")
        head = head.partition("\n\nAttributes\n")[0]
        listed = [f"{name}\n    {field_text(field)}" for name, field in cls.model_fields.items()]
        cls.__doc__ = "\n".join([head, "", "Attributes", "----------", *listed]) + "".join(notes) + "\n"

    def changed(self, **changes: Any) -> Self:
        """The same with some values changed, and checked."""
        return type(self)(**{**self.stated(), **changes})

    def stated(self) -> dict[str, Any]:
        """The values that were given, without defaults."""
        return {name: value for name, value in self if name in self.model_fields_set}

    def part(self, kind: type[Part]) -> Part:
        """Those of the values that belong to other settings, as these."""
        return kind(**{name: value for name, value in self.stated().items() if name in kind.model_fields})


def input_error(error: ValidationError, model: type[BaseModel]) -> InputError:
    """All that is wrong with some settings, in the words that a study file gets for it."""
    problems = []
    for detail in error.errors():
        found, remedy = told(detail, model)
        place = ".".join(str(key) for key in detail["loc"] if key != "[key]")
        problems.append((f"{place}: {found}" if place else found, remedy))
    found, remedy = problems[0]
    if len(problems) == 1:
        return InputError(found, remedy)
    listed = "\n".join(f"  {text} {advice}" for text, advice in problems)
    return InputError(f"{len(problems)} settings are wrong:\n{listed}")
