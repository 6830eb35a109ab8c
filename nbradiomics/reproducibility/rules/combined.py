"""Combine several studies of reproducibility by rules: which features meet all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted
from nbradiomics.reproducibility.reasons import TOO_FEW
from nbradiomics.reproducibility.rules.rule import Rule, parse_rule
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.settings import MINIMUM_SUBJECTS


def combine_rules(
    studies: Mapping[str, pd.DataFrame | str],
    rules: Sequence[str],
    *,
    min_subjects: int = MINIMUM_SUBJECTS,
) -> pd.DataFrame:
    """Find the features that meet every rule about several studies of reproducibility.

    Parameters
    ----------
    studies
        Table of `assess_reproducibility` of each study, by name; or, as text, why a study has no result.
    rules
        Such as ``["readers.low >= 0.75", "perturbation.icc >= 0.9"]``: study, column, comparison, number.
    min_subjects
        A value from fewer subjects meets no rule.

    Returns
    -------
    pandas.DataFrame
        One row per feature of any study, with the columns of `reproducibility.rules.schema.STABLE`, and for
        each rule the value and whether it is met. An undefined value, a feature that a study lacks and a
        study without result meet no rule.

    Raises
    ------
    InputError
        When there is no rule, a rule cannot be read, a table lacks its column, or no study has a result.

    Examples
    --------
    >>> readers = assess_reproducibility(features)
    >>> table = combine_rules({"readers": readers}, ["readers.low >= 0.75", "readers.ccc >= 0.8"])
    >>> table.loc[table["stable"], "feature"].tolist()
    ['original_firstorder_Mean']
    """
    parsed = _parsed(studies, rules)
    tables = {name: table for name, table in studies.items() if not isinstance(table, str)}
    names = list(dict.fromkeys(str(name) for table in tables.values() for name in table["feature"]))
    if not names:
        why = "; ".join(f"{name}: {text}" for name, text in studies.items() if isinstance(text, str))
        raise InputError(f"no study has a result. {why}".rstrip(), "Correct the studies.")
    columns: dict[str, Any] = {"feature": names, "reason": np.full(len(names), "", dtype=object)}
    further: dict[str, Any] = {}
    for rule in parsed:
        values, reasons = _judged(rule, studies[rule.study], names, min_subjects)
        further[rule.value_name] = values
        further[rule.text] = reasons == ""
        columns["reason"] = np.where(columns["reason"] == "", reasons, columns["reason"])
    columns["stable"] = columns["reason"] == ""
    return STABLE.table({**columns, **further}, further=list(further))


def rules_of(table: pd.DataFrame) -> tuple[Rule, ...]:
    """Return the rules of a table of combined rules, in their order.

    Parameters
    ----------
    table
        Result of `combine_rules`, or the table that was written from it.
    """
    written = [str(name) for name in table.columns if name not in STABLE.names and " " in str(name)]
    return tuple(parse_rule(text, {text.partition(".")[0]}) for text in written)


def no_result(study: str) -> str:
    """Begin the reason of a feature whose study has no result; the reason of the study follows."""
    return f"{study} has no result: "


def combined_sentences(table: pd.DataFrame) -> list[str]:
    """Say how many features meet all rules, and how many each.

    Parameters
    ----------
    table
        Result of `combine_rules`.
    """
    each = ", ".join(f"{rule.text}: {int(table[rule.text].sum())}" for rule in rules_of(table))
    return [
        f"{int(table['stable'].sum())} of {counted(len(table), 'feature')} meet all rules. By rule, {each}."
    ]


def _parsed(studies: Mapping[str, pd.DataFrame | str], rules: Sequence[str]) -> tuple[Rule, ...]:
    if isinstance(rules, str) or not rules:
        raise InputError("there is no list of rules.", "Give a list, such as ['readers.low >= 0.75'].")
    try:
        parsed = tuple(dict.fromkeys(parse_rule(text, studies) for text in rules))
    except ValueError as error:
        raise InputError(f"{error}.", "Correct the rule.") from error
    for rule in parsed:
        table = studies[rule.study]
        needed = ("feature", "subjects", rule.column)
        absent = [name for name in needed if not isinstance(table, str) and name not in table]
        if absent:
            raise InputError(
                f"{rule.text}: the table of {rule.study} has no column {absent[0]}.",
                "Make it again with `nbradiomics reproducibility`.",
            )
    return parsed


def _judged(
    rule: Rule, table: pd.DataFrame | str, names: Sequence[str], minimum: int
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return the value of each feature, and why it does not meet the rule; empty if it does."""
    if isinstance(table, str):
        reason = f"{no_result(rule.study)}{table}"
        return np.full(len(names), np.nan), np.full(len(names), reason, dtype=object)
    rows = table.drop_duplicates("feature").set_index("feature").reindex(list(names))
    known = rows.index.isin(set(table["feature"]))
    values = rows[rule.column].to_numpy(dtype=np.float64, na_value=np.nan)
    counts = rows[_counted_by(rule, table)].to_numpy(dtype=np.float64, na_value=np.nan)
    reasons = [
        _reason(rule, bool(there), float(value), float(subjects), minimum)
        for there, value, subjects in zip(known, values, counts, strict=True)
    ]
    return values, np.array(reasons, dtype=object)


def _counted_by(rule: Rule, table: pd.DataFrame) -> str:
    """Column of the number of subjects that a value is from; tables of earlier releases have only one."""
    column = rule.subjects_column
    return column if column in table and table[column].notna().all() else "subjects"


def _reason(rule: Rule, there: bool, value: float, subjects: float, minimum: int) -> str:
    if not there:
        return f"{rule.study} lacks the feature"
    if subjects < minimum:
        return f"{rule.study}: {counted(int(subjects), 'subject')} for {rule.column}; {minimum} {TOO_FEW}"
    return "" if rule.passes(value) else rule.failure(value)
