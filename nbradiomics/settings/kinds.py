"""Kinds of values that settings of several rooms hold."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _as_text(value: Any) -> Any:
    """Text of a value of a table: YAML makes numbers of 1 and 2, and truths of yes and no."""
    if isinstance(value, bool):
        raise ValueError("YAML reads yes, no, true and false as something else: put quotes around them")
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _as_texts(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


#: A value of a table as text.
Text = Annotated[str, BeforeValidator(_as_text)]
#: Values of a table; one stands for a list of one.
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_texts)]
#: Names; a list in a study file.
Names = tuple[str, ...]
#: Confidence level of an interval.
Confidence = Annotated[float, Field(gt=0, lt=1)]
#: Seed of what is drawn at random.
Seed = Annotated[int, Field(ge=0)]
