"""Forms of the intraclass correlation, under the names of McGraw and Wong."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator

#: One-way, two-way agreement, two-way consistency; for one rating, for a mean of k ratings.
Form = Literal["1", "A,1", "C,1", "k", "A,k", "C,k"]
FORMS: tuple[Form, ...] = get_args(Form)
#: Forms in which the differences between raters count.
AGREEMENT: tuple[Form, ...] = ("A,1", "A,k")


def _as_text(value: Any) -> Any:
    """Read the whole number 1, as YAML reads ``form: 1``, as the name of the one-way form."""
    return str(value) if type(value) is int else value


#: A form as users write it.
GivenForm = Annotated[Form, BeforeValidator(_as_text)]
