"""Compare model-to-reader with reader-to-reader agreement on the same cases, with tests."""

from __future__ import annotations

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages.wording import MISSING, against, interval, p_value, signed
from nbradiomics.report.content import Block, Details, Table, Text
from nbradiomics.report.metric_text import write_metric
from nbradiomics.report.sections.reader_study.frames import (
    Column,
    Row,
    StudyRun,
    count,
    filled,
    table_of,
    whole,
)
from nbradiomics.report.sections.reader_study.pools import MAIN


def comparison_blocks(study_run: StudyRun) -> list[Block]:
    """Main comparison: means over subjects, and their difference with its interval and test."""
    table = filled(study_run.study.comparison)
    if table.empty:
        return []
    main = table["metric"].isin([*MAIN, study_run.metric])
    order = {name: place for place, name in enumerate(dict.fromkeys([study_run.metric, *MAIN, *METRIC]))}
    ordered = table.sort_values("metric", key=lambda names: names.map(order), kind="stable")
    caption = "The same cases: the model with the readers against the readers among themselves"
    blocks: list[Block] = [_table(ordered[main.loc[ordered.index]], study_run, caption)]
    if not main.all():
        rest = _table(ordered[~main.loc[ordered.index]], study_run, "")
        blocks.append(Details("The same comparison for further metrics", (rest,)))
    segmented = filled(study_run.study.comparison_segmented)
    if len(segmented):
        title = "Segmented cases only, without cases in which the model failed"
        blocks.append(Details(title, (_table(segmented, study_run, title),)))
    return [*blocks, Text(_NOTE, tone="note")]


_NOTE = (
    "Means over subjects; the cases of a subject are averaged first. A difference above 0 means that the "
    "model agrees with the readers better than they agree with each other, also for distances and error "
    "rates. p: Wilcoxon's signed-rank test over the subjects; p (Holm): adjusted over all metrics of the "
    "table. Left out: cases with the model and two readers in which the metric is undefined for a pair. "
    "Model missing or empty: cases in which readers drew a tumour, but the automatic mask is missing or "
    "empty. They count with the worst value of the metric (Dice 0). A metric without a worst value, such as "
    "a distance, is not compared if there are such cases."
)


def _table(table: pd.DataFrame, study_run: StudyRun, caption: str) -> Table:
    columns = (
        Column("Metric", lambda row: study_run.name(str(row["metric"]))),
        whole("Subjects", "subjects"),
        whole("Cases", "cases"),
        Column("Left out", _left_out),
        Column("Model and readers", lambda row: _value(row, "auto_readers")),
        Column("Readers", lambda row: _value(row, "readers_readers")),
        Column(f"Difference [{study_run.level} interval]", difference_cell),
        Column("p", lambda row: p_value(row["p"])),
        Column("p (Holm)", lambda row: p_value(row["p_holm"])),
    )
    return table_of(table, columns, caption=caption)


def difference_cell(row: Row) -> str:
    """Format the difference with its interval, with one decimal more than the metric."""
    if pd.isna(row["difference"]):
        return MISSING
    digits = 3 if not METRIC[str(row["metric"])].unit else 2
    form = against(signed, 0)
    if pd.isna(row["low"]):
        return form(row["difference"], digits)
    return interval(row["difference"], row["low"], row["high"], digits=digits, form=form)


def _left_out(row: Row) -> str:
    """Count the cases without a value and the model's failures, which may count as the worst value."""
    counted_in = not pd.isna(row["difference"])
    failures = [
        f"{count(row[name])} model {name}{', counted as worst' if counted_in else ''}"
        for name in ("missing", "empty")
        if row.get(name, 0) > 0
    ]
    return "\n".join([count(row["left_out"]), *failures])


def _value(row: Row, name: str) -> str:
    return write_metric(str(row["metric"]), row[name], more=1)
