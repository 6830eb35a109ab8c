"""The tests of the study, one row and one sentence in plain words for each result."""

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

#: A disagreement of the readers that is rounding, and no measure of a margin.
_NOTHING = 1e-9


def hypotheses_table(
    rows: pd.DataFrame, settings: ReaderStudySettings, *, with_model: bool | None = None, told: str = ""
) -> pd.DataFrame:
    """Test the primary metric: non-inferiority, difference, Williams index, alternative annotator test.

    The model's failures count with the metric's worst value in every test (`model_failures`). Where there are
    some, the segmented cases alone stand in a row of their own, without a verdict.

    Parameters
    ----------
    rows, settings
        Rows of `checked_rows`, and how they are analysed.
    with_model
        As in `failed_cases`.
    told
        What must be known first, such as who was left out: it begins the sentence on non-inferiority.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.TESTS`: one row per result; where one cannot be had, a row without numbers that
        says why.
    """
    failures = compared_failures(rows, settings.metric, with_model=with_model)
    counted_in = counted_rows(rows, with_model=with_model)
    if failures.any and math.isnan(worst_value(settings.metric)):
        found = [*_no_verdict(failures, settings), *_segmented(rows, settings, failures, with_model)]
    else:
        cases = case_differences(counted_in, [settings.metric])
        paired = _paired(cases, settings)
        found = [
            _non_inferiority(paired, cases, counted_in, failures, settings),
            *_segmented(rows, settings, failures, with_model),
            _difference(paired, settings),
            _williams(cases, settings),
            *alternative_rows(counted_in, settings),
        ]
    found[0]["sentence"] = f"{told} {found[0]['sentence']}".strip()
    # In memory a verdict is True, False or None: `if passed` is no error where there is none.
    return TESTS.table(found).assign(passed=pd.Series([row["passed"] for row in found], dtype=object))


def _paired(cases: pd.DataFrame, settings: ReaderStudySettings) -> PairedDifference:
    differences = subject_differences(cases, settings.metric)[settings.metric].to_numpy()
    return paired_difference(differences, settings)


def _no_verdict(failures: ModelFailures, settings: ReaderStudySettings) -> list[dict[str, Any]]:
    """Every test as one without numbers: the failures would be left out, and the rest looks better."""
    label = METRIC[settings.metric].label
    why = (
        f"{label} has no worst value, and there are {failures_text(failures)}: leaving these out would "
        "make the model look better than it is"
    )
    remedy = "Take a metric with a worst value, such as Dice, as the one that decides."
    sentences = {
        NON_INFERIORITY: f"There is no verdict on non-inferiority: {why}. {remedy}",
        DIFFERENCE: f"A difference in {label} was not tested: the model's failures have no value.",
        WILLIAMS: f"The Williams index of {label} was not computed: the model's failures have no value.",
    }
    rows = [result_row(test, sentence) for test, sentence in sentences.items()]
    undone = f"The alternative annotator test was not done: the model's failures have no value of {label}."
    return [*rows, *(result_row(WINNING_RATE, undone, epsilon=epsilon) for epsilon in settings.epsilons)]


def _segmented(
    rows: pd.DataFrame, settings: ReaderStudySettings, failures: ModelFailures, with_model: bool | None
) -> list[dict[str, Any]]:
    """The cases in which the model gave a mask, for themselves; nothing where it failed in none."""
    if not failures.any:
        return []
    alone = segmented_rows(rows, with_model=with_model)
    paired = _paired(case_differences(alone, [settings.metric]), settings)
    begin = "Segmented cases alone, without those in which the model failed"
    if not paired.subjects:
        return [result_row(SEGMENTED, f"{begin}: {NO_CASE}.")]
    level = interval_text(paired.low, paired.high, settings.confidence)
    sentence = f"{begin}: {_mean_text(paired, settings)} ({level} of the difference). This is no verdict."
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
    # As it was fixed, to the last digit.
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
            f"at a margin of {margin}): {mean}, and the interval reaches -{settings.margin:.15g} or less."
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
    """Names of the readers against whom the model is held: the verdict is on these alone."""
    compared = cases.loc[cases[settings.metric].notna(), CASE]
    names = sorted(set(automatic(rows).merge(compared, on=CASE)["reference"]))
    return listed([str(name) for name in names])


def _failures_sentence(failures: ModelFailures, settings: ReaderStudySettings) -> str:
    if not failures.any:
        return ""
    return f"{failures_text(failures)}, count as {worst_text(settings.metric)}."


def margin_sentence(cases: pd.DataFrame, settings: ReaderStudySettings) -> str:
    """Hold the margin against what the readers differ by, and tell whether it was fixed beforehand.

    Parameters
    ----------
    cases
        Of `case_differences`.
    settings
        Metric, margin, and who says when it was fixed.
    """
    metric = METRIC[settings.metric]
    best = metric.high if metric.better == "higher" else metric.low
    readers = subject_differences(cases, settings.metric)[f"{settings.metric}:readers"]
    told = ""
    if best is not None and len(readers) and abs(best - readers.mean()) > _NOTHING:
        mean = float(readers.mean())
        share = 100 * settings.margin / abs(best - mean)
        told = (
            f"The margin is {number(share, 0)} % of what the readers themselves lack of full agreement (mean "
            f"{metric.label} {number(mean)}, full agreement {best:g}). "
        )
    if settings.margin_fixed:
        return f"{told}The margin was fixed beforehand: {settings.margin_fixed.rstrip('. ')}."
    return f"{told}Nobody has stated that the margin was fixed before the results were seen (margin_fixed)."


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
        return "Interval of the mean and signed-rank test disagree, so no difference is claimed"
    return "No difference is shown, which does not prove that there is none"


def _mean_text(paired: PairedDifference, settings: ReaderStudySettings) -> str:
    size = amount_text(abs(paired.difference), settings.metric)
    word = "worse" if paired.difference < 0 else "better"
    return (
        f"over {counted(paired.subjects, 'subject')} the model's agreement with the readers is on average "
        f"{size} {word} than theirs with each other"
    )


def _too_few(paired: PairedDifference, settings: ReaderStudySettings) -> str:
    if not paired.subjects:
        return NO_CASE
    return (
        f"{counted(paired.subjects, 'subject')} with an automatic mask and two readers are too few, "
        f"{fewest_subjects(settings.confidence)} are needed"
    )


def _williams(cases: pd.DataFrame, settings: ReaderStudySettings) -> dict[str, Any]:
    label = METRIC[settings.metric].label
    index = williams_index(cases, settings)
    if not is_ratio(settings.metric):
        sentence = (
            f"The Williams index is not defined for {label}: it is a ratio of agreements, and needs a metric "
            "that is 0 without agreement and higher where it is better."
        )
        return result_row(WILLIAMS, sentence, n=index.subjects)
    if math.isnan(index.value):
        reason = "the readers' mean agreement with each other is 0" if index.subjects else NO_CASE
        return result_row(WILLIAMS, f"The Williams index cannot be computed: {reason}.", n=index.subjects)
    level = interval_text(index.low, index.high, settings.confidence)
    sentence = (
        f"Williams index {number(index.value)} ({level}) over {counted(index.subjects, 'subject')}: the "
        f"model's {label} with the readers is {number(100 * index.value, 1)} % of theirs with each other. "
        "An interval that holds 1 does not prove that both agree alike."
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
