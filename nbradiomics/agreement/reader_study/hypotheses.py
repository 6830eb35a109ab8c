"""Tests of the study: one row with one sentence in plain words for each result."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.reader_study.agreement_table import CASE, automatic
from nbradiomics.agreement.reader_study.alt_test_rows import alternative_rows
from nbradiomics.agreement.reader_study.comparison import case_differences, subject_differences
from nbradiomics.agreement.reader_study.model_failures import (
    ModelFailures,
    compared_failures,
    counted_rows,
    failures_text,
    segmented_rows,
    worst_text,
    worst_value,
)
from nbradiomics.agreement.reader_study.paired import PairedDifference, paired_difference
from nbradiomics.agreement.reader_study.resampling import fewest_subjects
from nbradiomics.agreement.reader_study.result_rows import (
    DIFFERENCE,
    NO_CASE,
    NON_INFERIORITY,
    SEGMENTED,
    WILLIAMS,
    WINNING_RATE,
    result_row,
)
from nbradiomics.agreement.reader_study.schemas import TESTS
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.williams import is_ratio, williams_index
from nbradiomics.agreement.reader_study.wording import amount_text, interval_text, listed, number
from nbradiomics.messages.wording import counted, p_text

#: A disagreement of the readers up to this size is rounding; a margin cannot be related to it.
_ROUNDING = 1e-9


def hypotheses_table(
    rows: pd.DataFrame, settings: ReaderStudySettings, *, with_model: bool | None = None, preface: str = ""
) -> pd.DataFrame:
    """Test the primary metric: non-inferiority, difference, Williams index, alternative annotator test.

    Failures of the model count with the worst value of the metric in every test (`model_failures`). If there
    are failures, a separate row without a verdict is about the segmented cases alone.

    Parameters
    ----------
    rows, settings
        Rows of `checked_rows`, and settings of the analysis.
    with_model
        As in `failed_cases`.
    preface
        Text that begins the sentence on non-inferiority, such as which subjects were left out.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.TESTS`: one row per result. The row of a result that is not available has no
        numbers, and its sentence says why.
    """
    failures = compared_failures(rows, settings.metric, with_model=with_model)
    counted_in = counted_rows(rows, with_model=with_model)
    if failures.any and math.isnan(worst_value(settings.metric)):
        results = [*_no_verdict(failures, settings), *_segmented(rows, settings, failures, with_model)]
    else:
        cases = case_differences(counted_in, [settings.metric])
        paired = _paired(cases, settings)
        results = [
            _non_inferiority(paired, cases, counted_in, failures, settings),
            *_segmented(rows, settings, failures, with_model),
            _difference(paired, settings),
            _williams(cases, settings),
            *alternative_rows(counted_in, settings),
        ]
    results[0]["sentence"] = f"{preface} {results[0]['sentence']}".strip()
    # In memory a verdict is True, False or None, so that `if passed` raises no error without a verdict.
    return TESTS.table(results).assign(passed=pd.Series([row["passed"] for row in results], dtype=object))


def _paired(cases: pd.DataFrame, settings: ReaderStudySettings) -> PairedDifference:
    differences = subject_differences(cases, settings.metric)[settings.metric].to_numpy()
    return paired_difference(differences, settings)


def _no_verdict(failures: ModelFailures, settings: ReaderStudySettings) -> list[dict[str, Any]]:
    """Return every test without numbers: without the failures the model would look better than it is."""
    label = METRIC[settings.metric].label
    reason = (
        f"{label} has no worst value, and there are {failures_text(failures)}. Without these cases the model "
        "would look better than it is"
    )
    remedy = "Choose a primary metric with a worst value, such as Dice."
    sentences = {
        NON_INFERIORITY: f"There is no verdict on non-inferiority: {reason}. {remedy}",
        DIFFERENCE: f"A difference in {label} was not tested: the failures of the model have no value.",
        WILLIAMS: f"The Williams index of {label} was not computed: the failures of the model have no value.",
    }
    rows = [result_row(test, sentence) for test, sentence in sentences.items()]
    not_done = f"The alternative annotator test was not done: failures of the model have no {label} value."
    return [*rows, *(result_row(WINNING_RATE, not_done, epsilon=epsilon) for epsilon in settings.epsilons)]


def _segmented(
    rows: pd.DataFrame, settings: ReaderStudySettings, failures: ModelFailures, with_model: bool | None
) -> list[dict[str, Any]]:
    """Return the result of the cases in which the model did not fail; no row if it never failed."""
    if not failures.any:
        return []
    alone = segmented_rows(rows, with_model=with_model)
    paired = _paired(case_differences(alone, [settings.metric]), settings)
    begin = "Segmented cases only, without the cases in which the model failed"
    if not paired.subjects:
        return [result_row(SEGMENTED, f"{begin}: {NO_CASE}.")]
    level = interval_text(paired.low, paired.high, settings.confidence)
    sentence = f"{begin}: {_mean_text(paired, settings)} ({level} of the difference). This is not a verdict."
    return [
        result_row(
            SEGMENTED, sentence, value=paired.difference, low=paired.low, high=paired.high, n=paired.subjects
        )
    ]


def _non_inferiority(
    paired: PairedDifference,
    cases: pd.DataFrame,
    rows: pd.DataFrame,
    failures: ModelFailures,
    settings: ReaderStudySettings,
) -> dict[str, Any]:
    # The margin with all digits, as it was fixed.
    margin = f"{settings.margin:.15g} {METRIC[settings.metric].unit or METRIC[settings.metric].label}"
    level = interval_text(paired.low, paired.high, settings.confidence, beside=(-settings.margin, 0))
    mean = f"{_mean_text(paired, settings)} ({level} of the difference)"
    if paired.non_inferior is None:
        verdict = f"Non-inferiority at a margin of {margin} was not tested: {_too_few(paired, settings)}."
    elif paired.non_inferior:
        verdict = (
            f"The model is not inferior to {_readers(cases, rows, settings)} at a margin of {margin}: "
            f"{mean}, and the whole interval lies above -{settings.margin:.15g}."
        )
    else:
        verdict = (
            f"The model is not shown to be as good as {_readers(cases, rows, settings)} (non-inferiority "
            f"at a margin of {margin}): {mean}, and its lower limit is not above -{settings.margin:.15g}."
        )
    parts = [verdict, _failures_sentence(failures, settings), margin_sentence(cases, settings)]
    sentence = " ".join(part for part in parts if part)
    return result_row(
        NON_INFERIORITY,
        sentence,
        value=paired.difference,
        reference_value=-settings.margin,
        low=paired.low,
        high=paired.high,
        p=paired.p_margin,
        passed=paired.non_inferior,
        n=paired.subjects,
    )


def _readers(cases: pd.DataFrame, rows: pd.DataFrame, settings: ReaderStudySettings) -> str:
    """Names of the readers with whom the model is compared: the verdict applies only to them."""
    compared = cases.loc[cases[settings.metric].notna(), CASE]
    names = sorted(set(automatic(rows).merge(compared, on=CASE)["reference"]))
    return listed([str(name) for name in names])


def _failures_sentence(failures: ModelFailures, settings: ReaderStudySettings) -> str:
    if not failures.any:
        return ""
    return f"{failures_text(failures)}, count as {worst_text(settings.metric)}."


def margin_sentence(cases: pd.DataFrame, settings: ReaderStudySettings) -> str:
    """Relate the margin to the disagreement of the readers, and say whether it was fixed beforehand.

    Parameters
    ----------
    cases
        Cases of `case_differences`.
    settings
        Metric, margin, and when the margin was fixed.
    """
    metric = METRIC[settings.metric]
    best = metric.high if metric.better == "higher" else metric.low
    readers = subject_differences(cases, settings.metric)[f"{settings.metric}:readers"]
    relation = ""
    if best is not None and len(readers) and abs(best - readers.mean()) > _ROUNDING:
        mean = float(readers.mean())
        share = 100 * settings.margin / abs(best - mean)
        relation = (
            f"The margin is {number(share, 0)} % of the readers' own distance from full agreement (mean "
            f"{metric.label} {number(mean)}, full agreement {best:g}). "
        )
    if settings.margin_fixed:
        return f"{relation}The margin was fixed beforehand: {settings.margin_fixed.rstrip('. ')}."
    return (
        f"{relation}It is not stated that the margin was fixed before the results were seen "
        "(setting margin_fixed)."
    )


def _difference(paired: PairedDifference, settings: ReaderStudySettings) -> dict[str, Any]:
    if paired.non_inferior is None:
        sentence, passed = f"A difference was not tested: {_too_few(paired, settings)}.", None
    else:
        outside = paired.low > 0 or paired.high < 0
        significant = paired.p < settings.alpha
        passed = significant and paired.low > 0
        verdict = _difference_verdict(paired, significant=significant, outside=outside)
        level = interval_text(paired.low, paired.high, settings.confidence, beside=(0,))
        p = p_text(paired.p, beside=(settings.alpha,))
        sentence = f"{verdict}: {_mean_text(paired, settings)} ({level}; signed-rank test, {p})."
    return result_row(
        DIFFERENCE,
        sentence,
        value=paired.difference,
        reference_value=0.0,
        low=paired.low,
        high=paired.high,
        p=paired.p,
        passed=passed,
        n=paired.subjects,
    )


def _difference_verdict(paired: PairedDifference, *, significant: bool, outside: bool) -> str:
    if significant and outside:
        word = "better" if paired.low > 0 else "worse"
        return f"The model agrees with the readers {word} than they agree with each other"
    if significant != outside:
        return "The interval of the mean and the signed-rank test disagree, so no difference is claimed"
    return "No difference is shown, which does not prove that there is none"


def _mean_text(paired: PairedDifference, settings: ReaderStudySettings) -> str:
    size = amount_text(abs(paired.difference), settings.metric)
    word = "worse" if paired.difference < 0 else "better"
    return (
        f"over {counted(paired.subjects, 'subject')} the model's agreement with the readers is on average "
        f"{size} {word} than the readers' agreement with each other"
    )


def _too_few(paired: PairedDifference, settings: ReaderStudySettings) -> str:
    if not paired.subjects:
        return NO_CASE
    return (
        f"{counted(paired.subjects, 'subject')} with an automatic mask and two readers are too few; "
        f"at least {fewest_subjects(settings.confidence)} are needed"
    )


def _williams(cases: pd.DataFrame, settings: ReaderStudySettings) -> dict[str, Any]:
    label = METRIC[settings.metric].label
    index = williams_index(cases, settings)
    if not is_ratio(settings.metric):
        sentence = (
            f"The Williams index is not defined for {label}: it is a ratio of agreements, and needs a metric "
            "that is 0 for no agreement and higher for better agreement."
        )
        return result_row(WILLIAMS, sentence, n=index.subjects)
    if math.isnan(index.value):
        reason = "the readers' mean agreement with each other is 0" if index.subjects else NO_CASE
        return result_row(WILLIAMS, f"The Williams index cannot be computed: {reason}.", n=index.subjects)
    level = interval_text(index.low, index.high, settings.confidence)
    sentence = (
        f"Williams index {number(index.value)} ({level}) over {counted(index.subjects, 'subject')}: the "
        f"model's {label} with the readers is {number(100 * index.value, 1)} % of the readers' {label} with "
        "each other. An interval that contains 1 does not prove that both agree equally well."
    )
    return result_row(
        WILLIAMS,
        sentence,
        value=index.value,
        reference_value=1.0,
        low=index.low,
        high=index.high,
        n=index.subjects,
    )
