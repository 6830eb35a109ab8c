"""What a reader study says in sentences, and its counts and verdicts for machines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.pairs import AUTO_PAIR, EDITED, INTER, INTRA
from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    FAILED,
    READERS,
    SAME_READER,
    automatic,
    between_readers,
)
from nbradiomics.agreement.reader_study.model_failures import ModelFailures, worst_value
from nbradiomics.agreement.reader_study.names import FALSE_ALARM, IMAGE, NOT_SEGMENTED
from nbradiomics.agreement.reader_study.result_rows import DIFFERENCE, NON_INFERIORITY, WILLIAMS, WINNING_RATE
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.wording import interval_text, listed, number
from nbradiomics.messages.wording import counted, p_text
from nbradiomics.tables import AUTO

_POOLS = (
    (AUTO_PAIR, AUTO, READERS, "Between the model and the readers"),
    (INTER, READERS, READERS, "Between readers"),
    (INTRA, SAME_READER, SAME_READER, "Between two readings of one reader"),
)


def study_overview(
    rows: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    settings: ReaderStudySettings,
    *,
    first: Sequence[str],
    failures: ModelFailures,
    with_model: bool,
) -> dict[str, Any]:
    """Count what was compared, collect the verdicts, and say it all in sentences.

    Parameters
    ----------
    rows, tables, settings
        Rows of `checked_rows`, the tables made of them, and how.
    first
        What must be said before everything else.
    failures
        Cases of the comparison in which the model failed.
    with_model
        Whether the cohort has automatic masks, be they left out or not.

    Returns
    -------
    dict
        Ready for JSON: ``subjects, cases, readers, auto, failed_pairs, edited_masks, verdicts, sentences``; a
        verdict is true, false, or null where nothing could be tested.
    """
    independent = pd.concat([automatic(rows), between_readers(rows)])
    readers = sorted((set(independent["reader"]) | set(independent["reference"])) - {AUTO})
    counts = {
        "subjects": int(rows["subject"].nunique()),
        "cases": len(rows[CASE].drop_duplicates()),
        "readers": readers,
        "auto": bool((rows["reader"] == AUTO).any()),
        "failed_pairs": int((rows["status"] == FAILED).sum()),
        "edited_masks": _edited_masks(rows),
    }
    sentences = [*first, *_what(counts, with_model), *_medians(tables["summary"], settings, failures)]
    sentences += [*tables["tests"]["sentence"], *_read_together(tables["tests"], settings)]
    sentences += [
        *_meant_to_run(failures),
        *_left_out(tables, settings),
        *_warnings(counts),
        *_detection(tables["detection"]),
    ]
    sentences += [*_direction(tables["direction"]), *_subgroups(tables, settings), *_times(tables)]
    return {**counts, "verdicts": _verdicts(tables["tests"]), "sentences": sentences}


def _edited_masks(rows: pd.DataFrame) -> int:
    """Number of edited automatic masks, each once however many pairs it stands in."""
    left = rows.loc[rows["mask_kind"] == EDITED, [*CASE, "reader", "reading"]]
    right = rows.loc[rows["reference_kind"] == EDITED, [*CASE, "reference", "reference_reading"]]
    return len(pd.concat([left, right.set_axis(left.columns, axis=1)]).drop_duplicates())


def _verdicts(tests: pd.DataFrame) -> dict[str, Any]:
    chosen = tests[tests["test"].isin([NON_INFERIORITY, DIFFERENCE, WILLIAMS, WINNING_RATE])]
    names = [
        f"{row.test} (epsilon {row.epsilon:g})" if row.test == WINNING_RATE else str(row.test)
        for row in _each(chosen)
    ]
    return dict(
        zip(names, (None if value is None else bool(value) for value in chosen["passed"]), strict=True)
    )


def _what(counts: Mapping[str, Any], with_model: bool) -> Iterator[str]:
    readers = counted(len(counts["readers"]), "reader")
    named = f" ({', '.join(counts['readers'])})" if counts["readers"] else ""
    model = "the model and " if counts["auto"] else ""
    yield (
        f"{counted(counts['subjects'], 'subject')}, {counted(counts['cases'], 'case')} (regions of images): "
        f"{model}{readers} with independent masks{named}."
    )
    if not with_model:
        yield "There are no automatic masks: the study is one between readers alone."
    elif counts["auto"] and len(counts["readers"]) < 2:
        yield "With fewer than two readers there is nothing to hold the model's agreement against."


def _medians(summary: pd.DataFrame, settings: ReaderStudySettings, failures: ModelFailures) -> Iterator[str]:
    label = METRIC[settings.metric].label
    for pair, reader, reference, words in _POOLS:
        chosen = (
            (summary["pair"] == pair) & (summary["reader"] == reader) & (summary["reference"] == reference)
        )
        for row in _each(summary[chosen & (summary["metric"] == settings.metric)]):
            undefined = (
                f"; in {counted(row.undefined, 'further case')} it is undefined" if row.undefined else ""
            )
            if not row.n:
                yield f"{words}: {label} is undefined in all {counted(row.undefined, 'case')}."
                continue
            if pair == AUTO_PAIR and failures.missing:
                undefined += f"; {counted(failures.missing, 'case')} without a mask to compare not among them"
            yield (
                f"{words}: median {label} {number(row.median)} (quartiles {number(row.q1)} to "
                f"{number(row.q3)}; {interval_text(row.low, row.high, settings.confidence)}) over "
                f"{counted(row.n, 'case')}{undefined}."
            )


def _left_out(tables: Mapping[str, pd.DataFrame], settings: ReaderStudySettings) -> Iterator[str]:
    comparison, cases = tables["comparison"], tables["cases"]
    for row in _each(comparison[comparison["left_out"] > 0]):
        if math.isnan(worst_value(row.metric)) and row.missing + row.empty:
            yield (
                f"{METRIC[row.metric].label}: not compared, because it has no worst value for the cases "
                f"in which the model failed ({row.missing} without a mask to compare, {row.empty} empty); "
                "the segmented cases alone have a table of their own."
            )
            continue
        yield (
            f"{METRIC[row.metric].label}: {counted(row.left_out, 'case')} with auto and two readers left out "
            "of the comparison, because a value is undefined."
        )
    single = int((cases["auto_readers"].notna() & cases["readers_readers"].isna()).sum())
    if single and (tables["tests"]["n"] > 0).any():
        yield (
            f"{counted(single, 'case')} of the model with fewer than two readers to compare "
            f"({METRIC[settings.metric].label}): in the medians, and in no test."
        )


def _meant_to_run(failures: ModelFailures) -> Iterator[str]:
    if failures.missing:
        yield (
            f"{counted(failures.missing, 'case')} that two readers drew without an automatic mask to "
            "compare: each counts as a failure of the model. Scans on which it was not meant to run do "
            "not belong into the cohort table of this study."
        )


def _read_together(tests: pd.DataFrame, settings: ReaderStudySettings) -> Iterator[str]:
    """How to read the two verdicts where they seem to differ."""
    shown = tests.loc[tests["test"] == NON_INFERIORITY, "passed"].tolist()
    rates = tests[(tests["test"] == WINNING_RATE) & tests["passed"].notna()]
    apart = [row.epsilon for row in _each(rates) if shown and shown[0] is not None and row.passed != shown[0]]
    if not apart:
        return
    epsilons = listed([f"{value:g}" for value in apart])
    passes = "passes" if not shown[0] else "does not pass"
    inferior = "is shown" if shown[0] else "is not shown"
    yield (
        f"Non-inferiority {inferior} and the model {passes} the alternative annotator test at epsilon "
        f"{epsilons}: these are two questions. The first asks by how much the model's mean agreement is "
        f"lower, and grants it the margin of {settings.margin:g}; the second asks in how many subjects "
        "the model is at least as close as a reader, however small the difference, and at epsilon 0 "
        "grants nothing: a model that is just as good as the readers is then not expected to pass."
    )


def _warnings(counts: Mapping[str, Any]) -> Iterator[str]:
    if counts["failed_pairs"]:
        yield f"{counted(counts['failed_pairs'], 'pair')} of masks could not be compared; see the failures."
    if counts["edited_masks"]:
        amount = counted(
            counts["edited_masks"], "mask is an edited automatic one", "masks are edited automatic ones"
        )
        yield (
            f"{amount}. An edited mask is anchored to the automatic one: its agreement with it flatters the "
            "model, stands apart, and enters no test."
        )


def _detection(detection: pd.DataFrame) -> Iterator[str]:
    auto = detection[(detection["reader"] == AUTO) & (detection["of"] > 0)]
    words = {
        IMAGE: "The model missed the tumour (no voxel shared with any reader) in {missed} of {of} images",
        NOT_SEGMENTED: "{missed} of {of} images of the cohort have no automatic mask",
        FALSE_ALARM: "The model drew something in {missed} of {of} images in which no reader drew a tumour",
    }
    for row in _each(auto):
        if row.unit in words and (row.unit == IMAGE or row.missed):
            text = words[row.unit].format(missed=row.missed, of=row.of)
            yield f"{text} ({number(100 * row.rate, 1)} %)."


def _direction(direction: pd.DataFrame) -> Iterator[str]:
    chosen = direction[(direction["reader"] == AUTO) & (direction["reference"] == READERS)]
    yield from chosen["sentence"]


def _subgroups(tables: Mapping[str, pd.DataFrame], settings: ReaderStudySettings) -> Iterator[str]:
    tests = tables["subgroup_tests"]
    for row in _each(tests[tests["p_holm"] < settings.alpha]):
        yield (
            f"{METRIC[settings.metric].label}, {row.what}, differs by {row.variable}: {row.direction} "
            f"({row.test}, {p_text(row.p_holm, beside=(settings.alpha,))} after Holm's correction)."
        )


def _times(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    if tables["times"].empty:
        yield "No times are stated in the cohort table."
    elif tables["time_saved"].empty:
        yield "No case has the minutes of both an independent and an edited mask: no time saved can be told."
    yield from tables["time_saved"]["sentence"]


def _each(table: pd.DataFrame) -> Iterator[Any]:
    """Rows with their cells as attributes, which are of any type."""
    yield from table.itertuples()
