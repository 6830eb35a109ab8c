"""Settings of several studies of reproducibility, and of the rules that combine them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nbradiomics.errors import InputError
from nbradiomics.reproducibility.designs import design_of
from nbradiomics.reproducibility.forms import GivenForm
from nbradiomics.reproducibility.rules.rule import EXAMPLE, NEEDED, Rule, parse_rule
from nbradiomics.reproducibility.settings import StabilitySettings
from nbradiomics.settings.kinds import Texts
from nbradiomics.tables import RowsOfReader

#: Name of a study: part of a rule, and of a file.
StudyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


def _known(across: str) -> str:
    try:
        return design_of(across).across
    except InputError as error:
        raise ValueError(f"{error.problem.rstrip('.')}. {error.remedy}") from error


class ReproducibilityStudy(RowsOfReader):
    """One comparison of repeated measurements."""

    across: Annotated[str, AfterValidator(_known)] = Field(
        default="reader",
        description="What is compared: reader, reading, timepoint, repeat, site or variant.",
    )
    levels: Texts | None = Field(
        default=None,
        description="Values to compare, such as [auto, A]; default: all, of readers all except auto.",
    )
    form: GivenForm | None = Field(
        default=None, description="Form of the ICC; default: that of the section `reproducibility`."
    )
    features: Path | None = Field(
        default=None, description="Feature table; default: that of the run, or of the rules."
    )
    table: Path | None = Field(
        default=None,
        description="Table that `nbradiomics reproducibility` wrote, instead of a comparison.",
    )

    @model_validator(mode="after")
    def _finished_or_not(self) -> Self:
        others = sorted(self.model_fields_set - {"table"})
        if self.table is not None and others:
            raise ValueError(f"a finished table is not compared again: leave out {', '.join(others)}")
        return self


class CombinedRules(StabilitySettings):
    """Criteria for stable features, and studies whose results are combined by rules."""

    studies: dict[StudyName, ReproducibilityStudy] = Field(
        default={}, description="Further comparisons by name."
    )
    rules: tuple[str, ...] = Field(
        default=(),
        description=f"Conditions that a feature must meet, such as {EXAMPLE}: study, column of its table, "
        "comparison, number.",
    )

    @field_validator("studies")
    @classmethod
    def _files_apart(cls, studies: dict[str, ReproducibilityStudy]) -> dict[str, ReproducibilityStudy]:
        if len({name.casefold() for name in studies}) < len(studies):
            raise ValueError(f"each study needs a different name, not {', '.join(studies)}")
        return studies

    @field_validator("rules", mode="before")
    @classmethod
    def _as_list(cls, rules: Any) -> Any:
        return [rules] if isinstance(rules, str) else rules

    @field_validator("rules")
    @classmethod
    def _readable(cls, rules: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        studies = info.data.get("studies")
        if studies is None:  # the studies themselves are reported
            return rules
        for rule in [parse_rule(text, studies) for text in rules]:
            needed = NEEDED.get(rule.column) if studies[rule.study].table is None else None
            if needed and not info.data.get(needed):
                raise ValueError(f"{rule.text!r} needs bootstrap samples: set {needed}, such as 200")
        return rules

    @property
    def parsed(self) -> tuple[Rule, ...]:
        """The rules, read."""
        return tuple(dict.fromkeys(parse_rule(text, self.studies) for text in self.rules))


class RulesFile(CombinedRules):
    """Content of a file of rules for `nbradiomics stable`."""

    features: Path | None = Field(default=None, description="Feature table of the studies that name none.")
