"""The tests that features had to pass: rules about several studies, or the comparisons themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.reproducibility import TITLES
from nbradiomics.reproducibility.reasons import TOO_FEW
from nbradiomics.reproducibility.rules.rule import Rule, parse_rule
from nbradiomics.reproducibility.rules.schema import STABLE

#: Ways to fail a test.
MISSED, UNDEFINED, FEW, ABSENT = "misses the limit", "undefined", "too few subjects", "not measured"
WAYS = (MISSED, UNDEFINED, FEW, ABSENT)


@dataclass(frozen=True)
class Criterion:
    """One test, and how each feature did.

    Attributes
    ----------
    name
        Short name: the rule, or the comparison.
    ways
        By feature: empty if it passes, otherwise one of `WAYS`.
    table
        Table of the comparison with the intervals of the ICC; ``None`` if it could not be done.
    """

    name: str
    ways: Mapping[str, str]
    table: pd.DataFrame | None

    def passes(self, feature: str) -> bool:
        """Whether a feature passes; one that was not measured does not."""
        return self.ways.get(feature, ABSENT) == ""


def tests_of(run: Run, context: str) -> list[Criterion]:
    """List the tests of a context: the rules if there are some, otherwise its comparisons and the studies."""
    if run.stable is not None:
        return _rules(run, run.stable)
    tables = run.reproducibility.get(context, {})
    named = {title: tables[name] for name, title in TITLES.items() if name in tables}
    return [_comparison(name, table) for name, table in {**named, **run.studies}.items()]


def contexts_of(run: Run) -> list[str]:
    """Contexts that have tests of their own; one if there are rules, which speak of the whole study."""
    if run.stable is not None or not run.reproducibility:
        return [""] if run.stable is not None or run.studies else []
    return list(run.reproducibility)


def features_of(tests: list[Criterion]) -> list[str]:
    """Features of any test, in the order of the tables."""
    return list(dict.fromkeys(name for test in tests for name in test.ways))


def _comparison(name: str, table: pd.DataFrame) -> Criterion:
    reasons = table["reason"] if "reason" in table else table.get("note", pd.Series("", table.index))
    ways = {
        str(feature): "" if stable else FEW if str(reason).endswith(TOO_FEW) else _way(value)
        for feature, stable, value, reason in zip(
            table["feature"], table["stable"], table["icc"], reasons, strict=True
        )
    }
    return Criterion(name, ways, table)


def _rules(run: Run, stable: pd.DataFrame) -> list[Criterion]:
    written = [name for name in stable.columns if name not in STABLE.names and " " in name]
    rules = [parse_rule(text, {text.partition(".")[0]}) for text in written]
    return [
        Criterion(
            rule.text,
            dict(_ways_of_rule(rule, stable, run.studies.get(rule.study))),
            run.studies.get(rule.study),
        )
        for rule in rules
    ]


def _ways_of_rule(rule: Rule, stable: pd.DataFrame, study: pd.DataFrame | None) -> Iterator[tuple[str, str]]:
    measured = set() if study is None else set(study["feature"].astype(str))
    for feature, value, passed in stable[["feature", rule.value_name, rule.text]].itertuples(index=False):
        if passed:
            way = ""
        elif feature not in measured:
            way = ABSENT
        elif rule.passes(float(value)):
            way = FEW  # the only other condition of a rule
        else:
            way = _way(value)
        yield str(feature), way


def _way(value: float) -> str:
    return MISSED if np.isfinite(value) else UNDEFINED
