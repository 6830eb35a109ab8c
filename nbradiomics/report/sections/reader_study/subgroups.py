"""Agreement by subgroup."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from nbradiomics.messages.wording import MISSING, interval, number, p_value
from nbradiomics.report.content import Block, Heading, Table, Text
from nbradiomics.report.metric_text import metric_form
from nbradiomics.report.sections.reader_study.frames import Column, StudyRun, count, filled, table_of

#: Names of the two agreements in the tables, and on the page.
_WHAT = {"auto to readers": "Model and readers", "readers to readers": "Readers among themselves"}


def subgroup_blocks(study_run: StudyRun) -> list[Block]:
    """One row per group with both kinds of agreement, and the tests below."""
    groups, tests = filled(study_run.study.subgroups), filled(study_run.study.subgroup_tests)
    if groups.empty:
        return []
    blocks: list[Block] = [Heading("Subgroups"), _table(groups, study_run)]
    if len(tests):
        columns = (
            Column("Variable", lambda row: row["variable"]),
            Column("Agreement", lambda row: _WHAT.get(str(row["what"]), str(row["what"]))),
            Column("Test", lambda row: row["test"] or MISSING),
            Column("Direction", lambda row: row.get("direction") or MISSING),
            Column("Note", lambda row: row["note"] or MISSING),
            Column("Statistic", lambda row: number(row["statistic"], 1)),
            Column("p", lambda row: p_value(row["p"])),
            Column("p (Holm)", lambda row: p_value(row["p_holm"])),
        )
        blocks.append(table_of(tests, columns, text_columns=5, caption="Do the groups differ?"))
    return [*blocks, Text(_NOTE, tone="note")]


_NOTE = (
    "The unit is the subject within a group. A small p means that the groups differ in agreement; a large p "
    "does not mean that they are equal. If the readers differ between groups as much as the model does, the "
    "cause is the difficulty of the cases, not the model. p (Holm): adjusted over the variables."
)


def _table(groups: pd.DataFrame, study_run: StudyRun) -> Table:
    form, digits = metric_form(study_run.metric)
    kinds = list(dict.fromkeys(groups["what"]))
    cells: dict[tuple[str, str], dict[str, dict[Hashable, Any]]] = {}
    for row in groups.to_dict("records"):
        cells.setdefault((row["variable"], row["group"]), {})[row["what"]] = row
    rows = []
    for (variable, group), by_kind in cells.items():
        line = [variable, group]
        for kind in kinds:
            agreement = by_kind.get(kind)
            if agreement is None:
                line += [MISSING, MISSING]
                continue
            quartiles = (agreement["median"], agreement["q1"], agreement["q3"])
            line += [count(agreement["n"]), interval(*quartiles, digits=digits, form=form)]
        rows.append(tuple(line))
    heads = [head for kind in kinds for head in ("Subjects", _WHAT.get(kind, kind))]
    caption = f"{study_run.label} by subgroup, median [quartiles] over subjects"
    return Table(("Variable", "Group", *heads), tuple(rows), text_columns=2, caption=caption)
