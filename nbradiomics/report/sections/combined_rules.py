"""Features that meet rules about several studies of reproducibility."""

from __future__ import annotations

import pandas as pd

from nbradiomics.report.content import Block, Details, Heading, Sentences, Table
from nbradiomics.report.feature_names import CLASSES, OTHER, feature_class
from nbradiomics.report.run_files import Run
from nbradiomics.reproducibility import combined_sentences, stable_text
from nbradiomics.reproducibility.stable_schema import STABLE

_ALL = "all"


def combined_blocks(run: Run) -> tuple[Block, ...]:
    """Studies, and the features that meet all rules by class; nothing without studies."""
    studies = tuple(f"{name}: {stable_text(table)}." for name, table in run.studies.items())
    if run.stable is None:
        return (Heading("Further studies"), Sentences(studies)) if studies else ()
    rules = [name for name in run.stable.columns if name not in STABLE.names and " " in name]
    return (
        Heading("Combined rules"),
        Sentences((*studies, *combined_sentences(run.stable))),
        _by_class(run.stable, rules),
        Details("Features that do not meet all rules, and why", (_reasons(run.stable),)),
    )


def _by_class(table: pd.DataFrame, rules: list[str]) -> Table:
    grouped = table.assign(group=table["feature"].map(feature_class))
    groups = [name for name in (*CLASSES, OTHER) if name in set(grouped["group"])]
    rows = []
    for group in (*groups, _ALL):
        part = grouped if group == _ALL else grouped[grouped["group"] == group]
        counts = (str(int(part[name].sum())) for name in (*rules, "stable"))
        rows.append((group, str(len(part)), *counts))
    return Table(
        ("Class", "Features", *rules, "all rules"), tuple(rows), caption="Features that meet the rules"
    )


def _reasons(table: pd.DataFrame) -> Table:
    failed = table[~table["stable"]]
    rows = tuple(zip(failed["feature"].astype(str), failed["reason"].astype(str), strict=True))
    return Table(("Feature", "First rule that it does not meet"), rows, text_columns=2)
