"""Facts of a run, each with the files that it was read from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

FORMAT: Literal[1] = 1
#: Name of the fact that says which endpoints were asked for, and which of them have no models.
ENDPOINTS = "endpoints"
Sha256 = Annotated[str, Field(pattern=r"[0-9a-f]{64}")]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(_Frozen):
    """A file that a fact was read from.

    Attributes
    ----------
    file
        Path in the run folder, with `/`.
    sha256
        Hash of its bytes.
    where
        What was read in it: columns, rows or keys, in words; may be empty.
    """

    file: str
    sha256: Sha256
    where: str = ""


class Fact(_Frozen):
    """One thing that is known of a run.

    Attributes
    ----------
    name
        Dotted name, as ``outcome.os.performance``.
    text
        The fact as a sentence for a reader.
    value
        The same as numbers and texts.
    sources
        The files that prove it.
    """

    name: str
    text: str
    value: JsonValue = None
    sources: tuple[Source, ...] = ()


class Evidence(_Frozen):
    """Everything that is known of a run.

    Attributes
    ----------
    format
        Version of the layout.
    nbradiomics
        Version of the package.
    facts
        The facts, in the order of the report.
    """

    format: Literal[1] = FORMAT
    nbradiomics: str
    facts: tuple[Fact, ...]

    def fact(self, name: str) -> Fact | None:
        """The fact of a name; None if the run does not know it."""
        return next((each for each in self.facts if each.name == name), None)

    def under(self, beginning: str) -> tuple[Fact, ...]:
        """The facts whose name begins with a dotted part, as ``outcome.os``."""
        return tuple(
            each for each in self.facts if each.name == beginning or each.name.startswith(f"{beginning}.")
        )
