"""The answer in sentences, and all tests with their numbers."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages.wording import MISSING, NO_BREAK, against, interval, number, p_value, signed
from nbradiomics.report.content import Block, Details, Fact, Sentences, Table, Text
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.reader_study.frames import (
    Column,
    Row,
    StudyRun,
    count,
    filled,
    table_of,
    words,
)

NON_INFERIORITY, SEGMENTED = "non_inferiority", "difference_segmented_cases"
#: Name of each test on the page; any other test keeps its own name.
_NAMES = {
    NON_INFERIORITY: "Non-inferiority",
    SEGMENTED: "Difference, segmented cases only",
    "difference": "Difference",
    "williams_index": "Williams index",
    "alt_test_reader": "Alternative annotator test, advantage probability",
    "alt_test_winning_rate": "Alternative annotator test, winning rate",
    "alt_test_mean_advantage": "Alternative annotator test, mean advantage",
}
_VERDICTS = {"true": "yes", "false": "no"}
#: Results that are only in the table of tests: one per reader and epsilon.
_FOLDED = ("alt_test_reader",)


def answer_blocks(of: StudyRun) -> list[Block]:
    """Non-inferiority in a box, a sentence for each further result, and the folded numbers."""
    tests = filled(of.study.tests)
    if tests.empty:
        return [Text("The study contains no test: tests.csv is missing or has no rows.")]
    first = tests[tests["test"] == NON_INFERIORITY]
    single = tests[tests["test"].isin(_FOLDED)]
    second = tests[tests["test"] == SEGMENTED]
    elsewhere = {*second["sentence"], *single["sentence"], *_told_in_sections(of)}
    box = " ".join(first["sentence"])
    rest = _merged([text for text in _sentences(of) if text not in elsewhere and text not in box])
    blocks: list[Block] = [Text(sentence, tone="answer") for sentence in first["sentence"]]
    blocks += [Text(sentence) for sentence in second["sentence"]]
    if rest:
        blocks.append(Sentences(rest))
    inner: list[Block] = [_table(tests, of)]
    if len(single):
        inner.append(Sentences(tuple(single["sentence"])))
    return [*blocks, Details("The tests with their numbers", tuple(inner))]


def _sentences(of: StudyRun) -> list[str]:
    """Sentences of the study's record; those of its tests if there is no record."""
    told = of.study.record.get("sentences")
    return (
        [str(text) for text in told]
        if isinstance(told, list) and told
        else list(filled(of.study.tests)["sentence"])
    )


def _merged(sentences: list[str]) -> tuple[str, ...]:
    """Merge sentences that differ only in the metric: ``HD95 (mm), ASSD (mm): 1 case ...``."""
    labels = {metric.label for metric in METRIC.values()}
    found: dict[str, list[str]] = {}
    for text in sentences:
        label, colon, said = text.partition(": ")
        found.setdefault(said if colon and label in labels else text, []).append(label)
    return tuple(said if said in sentences else f"{', '.join(told)}: {said}" for said, told in found.items())


def _told_in_sections(of: StudyRun) -> set[str]:
    tables = (filled(of.study.direction), filled(of.study.time_saved))
    return {str(text) for table in tables if "sentence" in table for text in table["sentence"]}


def answer_fact(run: Run) -> list[Fact]:
    """Mean difference of the primary metric and the verdict, for the box at the top."""
    if run.study is None:
        return []
    of = StudyRun.of(run, run.study)
    tests = filled(run.study.tests)
    rows = tests[tests["test"] == NON_INFERIORITY].to_dict("records") if len(tests) else []
    if not rows:
        return []
    row = rows[0]
    if pd.isna(row["value"]):
        failed = bool(of.study.record.get("missing") or of.study.record.get("empty"))
        told = "no verdict: the model failed in some cases, and the metric has no worst value"
        return [Fact(MISSING, f"difference in {of.label}, model and readers", told)] if failed else []
    digits = 2 if METRIC[of.metric].unit else 3
    value = _with_limits(row, digits, signed)
    verdict = {"true": "non-inferior", "false": "non-inferiority not shown"}.get(
        str(row["passed"]).lower(), "not tested"
    )
    margin = f" at the margin {of.margin:g}" if of.margin is not None else ""
    # Above 0 the model agrees better, whether high or low values of the metric are good.
    label = f"difference in {of.label}, model and readers"
    return [Fact(value.replace(" ", NO_BREAK), label, f"above 0: the model agrees better; {verdict}{margin}")]


def _table(tests: pd.DataFrame, of: StudyRun) -> Table:
    columns = (
        Column("Test", lambda row: _NAMES.get(str(row["test"]), str(row["test"]))),
        words("Model or reader", "subject_of_test"),
        Column("ε", lambda row: MISSING if pd.isna(row["epsilon"]) else f"{row['epsilon']:g}"),
        Column(f"Value [{of.level} interval]", _value),
        Column("Compared with", lambda row: number(row.get("reference_value"), 3)),
        Column("p", lambda row: p_value(row["p"], beside=(of.alpha,))),
        Column("p, adjusted", lambda row: p_value(row["p_adjusted"], beside=(of.alpha,))),
        Column("Passed", lambda row: _VERDICTS.get(str(row["passed"]).lower(), MISSING)),
        Column("Subjects", lambda row: count(row["n"])),
    )
    return table_of(tests, columns, text_columns=2, caption=f"Tests of {of.label}")


def _value(row: Row) -> str:
    return _with_limits(row, 3, number)


def _with_limits(row: Row, digits: int, write: Callable[..., str]) -> str:
    """Format a value and its interval; rounding keeps them apart from their reference value."""
    held = row.get("reference_value")
    form = against(write, *(() if held is None or pd.isna(held) else (held,)))
    if pd.isna(row["low"]):
        return form(row["value"], digits)
    return interval(row["value"], row["low"], row["high"], digits=digits, form=form)
