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


def answer_blocks(study_run: StudyRun) -> list[Block]:
    """Non-inferiority in a box, a sentence for each further result, and the folded numbers."""
    tests = filled(study_run.study.tests)
    if tests.empty:
        return [Text("The study contains no test: tests.csv is missing or has no rows.")]
    first = tests[tests["test"] == NON_INFERIORITY]
    single = tests[tests["test"].isin(_FOLDED)]
    second = tests[tests["test"] == SEGMENTED]
    shown_elsewhere = {*second["sentence"], *single["sentence"], *_sentences_in_sections(study_run)}
    box = " ".join(first["sentence"])
    rest = _merged(
        [text for text in _sentences(study_run) if text not in shown_elsewhere and text not in box]
    )
    blocks: list[Block] = [Text(sentence, tone="answer") for sentence in first["sentence"]]
    blocks += [Text(sentence) for sentence in second["sentence"]]
    if rest:
        blocks.append(Sentences(rest))
    inner: list[Block] = [_table(tests, study_run)]
    if len(single):
        inner.append(Sentences(tuple(single["sentence"])))
    return [*blocks, Details("The tests with their numbers", tuple(inner))]


def _sentences(study_run: StudyRun) -> list[str]:
    """Sentences of the study's record; those of its tests if there is no record."""
    sentences = study_run.study.record.get("sentences")
    return (
        [str(text) for text in sentences]
        if isinstance(sentences, list) and sentences
        else list(filled(study_run.study.tests)["sentence"])
    )


def _merged(sentences: list[str]) -> tuple[str, ...]:
    """Merge sentences that differ only in the metric: ``HD95 (mm), ASSD (mm): 1 case ...``."""
    labels = {metric.label for metric in METRIC.values()}
    labels_by_text: dict[str, list[str]] = {}
    for text in sentences:
        label, colon, rest = text.partition(": ")
        labels_by_text.setdefault(rest if colon and label in labels else text, []).append(label)
    return tuple(
        rest if rest in sentences else f"{', '.join(merged)}: {rest}"
        for rest, merged in labels_by_text.items()
    )


def _sentences_in_sections(study_run: StudyRun) -> set[str]:
    tables = (filled(study_run.study.direction), filled(study_run.study.time_saved))
    return {str(text) for table in tables if "sentence" in table for text in table["sentence"]}


def answer_fact(run: Run) -> list[Fact]:
    """Mean difference of the primary metric and the verdict, for the box at the top."""
    if run.study is None:
        return []
    study_run = StudyRun.of(run, run.study)
    tests = filled(run.study.tests)
    rows = tests[tests["test"] == NON_INFERIORITY].to_dict("records") if len(tests) else []
    if not rows:
        return []
    row = rows[0]
    if pd.isna(row["value"]):
        failed = bool(study_run.study.record.get("missing") or study_run.study.record.get("empty"))
        detail = "no verdict: the model failed in some cases, and the metric has no worst value"
        return (
            [Fact(MISSING, f"difference in {study_run.label}, model and readers", detail)] if failed else []
        )
    digits = 2 if METRIC[study_run.metric].unit else 3
    value = _with_limits(row, digits, signed)
    verdict = {"true": "non-inferior", "false": "non-inferiority not shown"}.get(
        str(row["passed"]).lower(), "not tested"
    )
    margin = f" at the margin {study_run.margin:g}" if study_run.margin is not None else ""
    # Above 0 the model agrees better, whether high or low values of the metric are good.
    label = f"difference in {study_run.label}, model and readers"
    return [Fact(value.replace(" ", NO_BREAK), label, f"above 0: the model agrees better; {verdict}{margin}")]


def _table(tests: pd.DataFrame, study_run: StudyRun) -> Table:
    columns = (
        Column("Test", lambda row: _NAMES.get(str(row["test"]), str(row["test"]))),
        words("Model or reader", "subject_of_test"),
        Column("ε", lambda row: MISSING if pd.isna(row["epsilon"]) else f"{row['epsilon']:g}"),
        Column(f"Value [{study_run.level} interval]", _value),
        Column("Compared with", lambda row: number(row.get("reference_value"), 3)),
        Column("p", lambda row: p_value(row["p"], beside=(study_run.alpha,))),
        Column("p, adjusted", lambda row: p_value(row["p_adjusted"], beside=(study_run.alpha,))),
        Column("Passed", lambda row: _VERDICTS.get(str(row["passed"]).lower(), MISSING)),
        Column("Subjects", lambda row: count(row["n"])),
    )
    return table_of(tests, columns, text_columns=2, caption=f"Tests of {study_run.label}")


def _value(row: Row) -> str:
    return _with_limits(row, 3, number)


def _with_limits(row: Row, digits: int, write: Callable[..., str]) -> str:
    """Format a value and its interval; rounding keeps them apart from their reference value."""
    reference = row.get("reference_value")
    form = against(write, *(() if reference is None or pd.isna(reference) else (reference,)))
    if pd.isna(row["low"]):
        return form(row["value"], digits)
    return interval(row["value"], row["low"], row["high"], digits=digits, form=form)
