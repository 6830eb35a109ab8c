"""Overview of a reader study: its results in sentences, and counts and verdicts for programs."""

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
    """Count the compared masks, collect the verdicts, and describe the results in sentences.

    Parameters
    ----------
    rows, tables, settings
        Rows of `checked_rows`, the tables made from them, and settings of the analysis.
    first
        Sentences that come before all others.
    failures
        Cases of the comparison in which the model failed.
    with_model
        Whether the cohort has automatic masks, even if they are left out.

    Returns
    -------
    dict
        Ready for JSON: ``subjects, cases, readers, auto, failed_pairs, edited_masks, verdicts, sentences``. A
        verdict is true, false, or null if no test was possible.
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
    sentences = [*first, *_counts(counts, with_model), *_medians(tables["summary"], settings, failures)]
    sentences += [*tables["tests"]["sentence"], *_different_verdicts(tables["tests"], settings)]
    sentences += [
        *_scans_without_mask(failures),
        *_left_out(tables, settings),
        *_warnings(counts),
        *_detection(tables["detection"]),
    ]
    sentences += [*_direction(tables["direction"]), *_subgroups(tables, settings), *_times(tables)]
    return {**counts, "verdicts": _verdicts(tables["tests"]), "sentences": sentences}


def _edited_masks(rows: pd.DataFrame) -> int:
    """Number of edited automatic masks; a mask in several pairs counts once."""
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


def _counts(counts: Mapping[str, Any], with_model: bool) -> Iterator[str]:
    readers = counted(len(counts["readers"]), "reader")
    names = f" ({', '.join(counts['readers'])})" if counts["readers"] else ""
    model = "the model and " if counts["auto"] else ""
    yield (
        f"{counted(counts['subjects'], 'subject')}, {counted(counts['cases'], 'case')} (regions of images): "
        f"{model}{readers} with independent masks{names}."
    )
    if not with_model:
        yield "There are no automatic masks: the study compares only the readers."
    elif counts["auto"] and len(counts["readers"]) < 2:
        yield "There are fewer than two readers: the model's agreement cannot be compared with theirs."


def _medians(summary: pd.DataFrame, settings: ReaderStudySettings, failures: ModelFailures) -> Iterator[str]:
    label = METRIC[settings.metric].label
    for pair, reader, reference, label_of_pair in _POOLS:
        chosen = (
            (summary["pair"] == pair) & (summary["reader"] == reader) & (summary["reference"] == reference)
        )
        for row in _each(summary[chosen & (summary["metric"] == settings.metric)]):
            undefined = f"; undefined in {counted(row.undefined, 'further case')}" if row.undefined else ""
            if not row.n:
                yield f"{label_of_pair}: {label} is undefined in all {counted(row.undefined, 'case')}."
                continue
            if pair == AUTO_PAIR and failures.missing:
                undefined += f"; {counted(failures.missing, 'case')} without a mask to compare not included"
            yield (
                f"{label_of_pair}: median {label} {number(row.median)} (quartiles {number(row.q1)} to "
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
                "a separate table compares the segmented cases alone."
            )
            continue
        yield (
            f"{METRIC[row.metric].label}: the comparison leaves out {counted(row.left_out, 'case')} with "
            "auto and two readers, because a value is undefined."
        )
    single = int((cases["auto_readers"].notna() & cases["readers_readers"].isna()).sum())
    if single and (tables["tests"]["n"] > 0).any():
        yield (
            f"{counted(single, 'case')} of the model with fewer than two readers to compare "
            f"({METRIC[settings.metric].label}): used in the medians, but not in the tests."
        )


def _scans_without_mask(failures: ModelFailures) -> Iterator[str]:
    if failures.missing:
        yield (
            f"{counted(failures.missing, 'case')} with masks of two readers but without an automatic mask "
            "to compare: each counts as a failure of the model. Remove scans that the model was not meant to "
            "segment from the cohort table of this study."
        )


def _different_verdicts(tests: pd.DataFrame, settings: ReaderStudySettings) -> Iterator[str]:
    """Explain the two verdicts if they seem to contradict each other."""
    non_inferior = tests.loc[tests["test"] == NON_INFERIORITY, "passed"].tolist()
    rates = tests[(tests["test"] == WINNING_RATE) & tests["passed"].notna()]
    if not non_inferior or non_inferior[0] is None:
        return
    shown = non_inferior[0]
    different = [row.epsilon for row in _each(rates) if row.passed != shown]
    if not different:
        return
    epsilons = listed([f"{value:g}" for value in different])
    passes = "passes" if not shown else "does not pass"
    inferior = "is shown" if shown else "is not shown"
    yield (
        f"Non-inferiority {inferior} and the model {passes} the alternative annotator test at epsilon "
        f"{epsilons}: these are two questions. The first asks how much lower the model's mean agreement is, "
        f"and allows the margin of {settings.margin:g}. The second asks in how many subjects the model is at "
        "least as close as a reader, even if the difference is small. Epsilon 0 allows nothing: a model that "
        "is just as good as the readers is then not expected to pass."
    )


def _warnings(counts: Mapping[str, Any]) -> Iterator[str]:
    if counts["failed_pairs"]:
        yield f"{counted(counts['failed_pairs'], 'pair')} of masks could not be compared; see the failures."
    if counts["edited_masks"]:
        amount = counted(
            counts["edited_masks"], "mask is an edited automatic one", "masks are edited automatic ones"
        )
        yield (
            f"{amount}. An edited mask starts from the automatic one, so their agreement makes the model "
            "look better than it is. It is reported separately and is not used in any test."
        )


def _detection(detection: pd.DataFrame) -> Iterator[str]:
    auto = detection[(detection["reader"] == AUTO) & (detection["of"] > 0)]
    words = {
        IMAGE: "The model missed the tumour (no voxel shared with any reader) in {missed} of {of} images",
        NOT_SEGMENTED: "{missed} of {of} images of the cohort have no automatic mask",
        FALSE_ALARM: "The model drew a region in {missed} of {of} images in which no reader drew a tumour",
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
        yield "The cohort table states no times."
    elif tables["time_saved"].empty:
        yield "No image has times of both an independent and an edited mask: the time saved is unknown."
    yield from tables["time_saved"]["sentence"]


def _each(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows with their cells as attributes of any type."""
    yield from table.itertuples()
