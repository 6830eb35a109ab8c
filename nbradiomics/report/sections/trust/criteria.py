"""The tests that features had to pass: rules about several studies, or the comparisons themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.missing_parts import failed_studies
from nbradiomics.report.sections.reproducibility import TITLES
from nbradiomics.reproducibility.reasons import TOO_FEW
from nbradiomics.reproducibility.rules.combined import no_result, rules_of
from nbradiomics.reproducibility.rules.rule import Rule

#: Ways to fail a test.
MISSED, UNDEFINED, FEW, ABSENT = "misses the limit", "undefined", "too few subjects", "not measured"
WAYS = (MISSED, UNDEFINED, FEW, ABSENT)
#: Context of the studies, which choose their rows themselves, in a run with several contexts.
STUDIES = "Further studies"


@dataclass(frozen=True)
class Criterion:
    """One test, and how each feature did.

    Attributes
    ----------
    name
        Short name: the rule, or the comparison.
    ways
        By feature: empty if it passes, otherwise one of `WAYS`.
    study
        Study of the rule, or the comparison: several rules may be about one study.
    table
        Table of the study with the intervals of the ICC; ``None`` if it could not be done.
    why
        Why it could not be done, if this is known.
    """

    name: str
    ways: Mapping[str, str]
    study: str
    table: pd.DataFrame | None
    why: str = ""

    def passes(self, feature: str) -> bool:
        """Whether a feature passes; one that was not measured does not."""
        return self.ways.get(feature, ABSENT) == ""


def tests_of(run: Run, context: str) -> list[Criterion]:
    """List the tests of a context: the rules if there are some, otherwise its comparisons and the studies.

    Studies choose their rows themselves. If there are several contexts they belong to none of them.
    """
    if run.stable is not None:
        return _rules(run, run.stable)
    tables = run.reproducibility.get(context, {})
    named = {title: tables[name] for name, title in TITLES.items() if name in tables}
    studies = run.studies if context == STUDIES or len(run.reproducibility) < 2 else {}
    return [_comparison(name, table) for name, table in {**named, **studies}.items()]


def contexts_of(run: Run) -> list[str]:
    """Contexts that have tests of their own; one if there are rules, which speak of the whole study."""
    if run.stable is not None:
        return [""]
    several = len(run.reproducibility) > 1
    contexts = list(run.reproducibility) or ([""] if run.studies else [])
    return [*contexts, STUDIES] if several and run.studies else contexts


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
    return Criterion(name, ways, name, table)


def _rules(run: Run, stable: pd.DataFrame) -> list[Criterion]:
    causes = failed_studies(run)
    return [
        Criterion(
            rule.text,
            dict(_ways_of_rule(rule, stable, run.studies.get(rule.study))),
            rule.study,
            run.studies.get(rule.study),
            causes.get(rule.study) or _why_none(stable, rule.study),
        )
        for rule in rules_of(stable)
    ]


def _why_none(stable: pd.DataFrame, study: str) -> str:
    """Why a study has no result; empty if it has one, or if all features failed another rule before."""
    begin = no_result(study)
    reasons = [str(text) for text in stable["reason"].unique() if str(text).startswith(begin)]
    return reasons[0].removeprefix(begin) if reasons else ""


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
