"""Rules about several studies of reproducibility, such as ``readers.low >= 0.75``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import number
from nbradiomics.reproducibility.rules.direction import TESTS, require_sensible
from nbradiomics.reproducibility.schema import REPRODUCIBILITY

_RULE = re.compile(r"\s*([^\s.<>=]+)\.([^\s.<>=]+)\s*(>=|<=|=>|=<|==|=|>|<)\s*(\S+)\s*")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
#: What a value does that fails a comparison.
_FAILS = {">=": "below", "<=": "above", ">": "not above", "<": "not below"}
#: Columns that a rule can use: one number cannot be a limit for features in different units, and a p value
#: shows no agreement.
COLUMNS = tuple(
    column.name
    for column in REPRODUCIBILITY.columns
    if column.kind == "number" and not column.unit and column.name not in TESTS
)
_IN_UNITS = tuple(column.name for column in REPRODUCIBILITY.columns if column.unit)
#: Columns that need a setting.
NEEDED = {"stays": "resamples"} | {name: "bootstraps" for name in COLUMNS if "_bca_" in name}
#: Statistics of the subjects with a value by every rater; the others are of the subjects of the ICC.
_COMPLETE = ("ccc", "kendall", "icc_bca")
EXAMPLE = "readers.low >= 0.75"


@dataclass(frozen=True)
class Rule:
    """One condition that a feature must meet.

    Attributes
    ----------
    study
        Name of the study.
    column
        Column of its table.
    sign
        ``>=``, ``<=``, ``>`` or ``<``.
    limit
        The number that the value is compared with.
    """

    study: str
    column: str
    sign: str
    limit: float

    @property
    def text(self) -> str:
        """The rule as written, with single spaces."""
        return f"{self.study}.{self.column} {self.sign} {self.limit:.12g}"

    @property
    def value_name(self) -> str:
        """Column of the value in the table of combined rules."""
        return f"{self.study}.{self.column}"

    @property
    def subjects_column(self) -> str:
        """Column with the number of subjects that the value is from."""
        return "complete" if self.column.startswith(_COMPLETE) else "subjects"

    def passes(self, value: float) -> bool:
        """Whether a value meets the rule; an undefined value does not."""
        return not math.isnan(value) and _COMPARE[self.sign](value, self.limit)

    def failure(self, value: float) -> str:
        """Say why a value does not meet the rule."""
        if math.isnan(value):
            return f"{self.value_name} is undefined"
        shown = number(value, 2, beside=(self.limit,)) if math.isfinite(value) else f"{value:g}"
        return f"{self.value_name} {shown} is {_FAILS[self.sign]} {self.limit:g}"


def parse_rule(text: str, studies: Collection[str]) -> Rule:
    """Read a rule: name of a study, a point, a column of its table, a comparison, a number.

    Parameters
    ----------
    text
        Such as ``readers.low >= 0.75``.
    studies
        Names of the studies.

    Raises
    ------
    ValueError
        When the text is no rule, there is no such study or column, or the rule would keep the wrong features.
        The message says what was expected.
    """
    match = _RULE.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a rule; write study.column >= number, such as {EXAMPLE!r}")
    study, column, sign, limit = match.groups()
    if study not in studies:
        raise ValueError(
            f"{text!r}: there is no study {study!r}. {did_you_mean(study, studies)}"
            f"The studies are: {', '.join(studies) or 'none'}"
        )
    if column in _IN_UNITS:
        raise ValueError(
            f"{text!r}: {column} is in the unit of each feature, so that no number is a limit for all. "
            f"Choose from: {', '.join(COLUMNS)}"
        )
    if column in TESTS:
        raise ValueError(
            f"{text!r}: a p value shows no agreement: with few subjects or large errors it is large too. "
            f"Choose from: {', '.join(COLUMNS)}"
        )
    if column not in COLUMNS:
        raise ValueError(
            f"{text!r}: a table of reproducibility has no number {column!r}. {did_you_mean(column, COLUMNS)}"
            f"Choose from: {', '.join(COLUMNS)}"
        )
    if sign not in _COMPARE:
        raise ValueError(f"{text!r}: {sign!r} is no comparison; choose from: {', '.join(_COMPARE)}")
    if _NUMBER.fullmatch(limit) is None or not math.isfinite(float(limit)):
        raise ValueError(f"{text!r}: {limit!r} is not a number; write it with a point, such as 0.75")
    require_sensible(str(text), column, sign, float(limit))
    return Rule(study, column, sign, float(limit))
