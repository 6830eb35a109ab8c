"""Types of values that settings of several packages use."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _as_text(value: Any) -> Any:
    """Convert a value of a table to text: YAML reads 1 as a number, and yes as true."""
    if isinstance(value, bool):
        raise ValueError("YAML does not read yes, no, true and false as text: put quotes around them")
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _as_texts(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


#: A value of a table as text.
Text = Annotated[str, BeforeValidator(_as_text)]
#: Values of a table; a single value is read as a list of one.
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_texts)]
#: Names; a list in a study file.
Names = tuple[str, ...]
#: Confidence level of an interval.
Confidence = Annotated[float, Field(gt=0, lt=1)]
#: Meaning of the seed of a study and of its parts.
SEED = (
    "Seed of folds, bootstraps and permutations; the same seed gives the same result with any number of jobs."
)
#: Seed of a random generator.
Seed = Annotated[int, Field(ge=0)]
