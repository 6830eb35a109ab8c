"""Base of what is read from a file of models: typed, frozen, without unknown keys or odd numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Names = tuple[str, ...]
Numbers = tuple[float, ...]
#: A number that something is divided by.
Divisor = Annotated[float, Field(gt=0)]


def numbers_of(values: Iterable[float]) -> Numbers:
    """Numbers of an array of one dimension."""
    return tuple(map(float, values))


class Learned(BaseModel):
    """What was learned from training subjects, as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    def require_one_length(self, *lists: Sized, of: Sized) -> None:
        """Refuse lists that have not one entry for each of some names.

        Raises
        ------
        ValueError
            When a list is shorter or longer.
        """
        lengths = {len(each) for each in lists} - {len(of)}
        if lengths:
            raise ValueError(f"a list has {lengths.pop()} entries instead of {len(of)}")
