"""The tests of the study, one row and one sentence in plain words for each result."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.study.alternative import (
    T_TEST_FROM,
    Advantage,
    AlternativeTest,
    advantages,
    alternative_test,
)
from nbradiomics.agreement.study.comparison import case_differences, subject_differences
from nbradiomics.agreement.study.paired import PairedDifference, paired_difference
from nbradiomics.agreement.study.resampling import fewest_subjects
from nbradiomics.agreement.study.settings import StudySettings
from nbradiomics.agreement.study.williams import is_ratio, williams_index
from nbradiomics.agreement.study.wording import amount_text, interval_text, number
from nbradiomics.tables import AUTO
from nbradiomics.wording import counted, p_text

COLUMNS = [
    "test", "subject_of_test", "epsilon", "value", "reference_value", "low", "high", "p", "p_adjusted",
    "passed", "n", "sentence",
]  # fmt: skip
#: Names of the tests.
NON_INFERIORITY, DIFFERENCE, WILLIAMS = "non_inferiority", "difference", "williams_index"
ADVANTAGE, WINNING_RATE, MEAN_ADVANTAGE = (
    "alt_test_reader",
    "alt_test_winning_rate",
    "alt_test_mean_advantage",
)
_NO_CASE = "no case has an automatic mask and two readers' independent ones with a defined value"


def hypotheses_table(rows: pd.DataFrame, settings: StudySettings) -> pd.DataFrame:
    """Test the primary metric: non-inferiority, difference, Williams index, alternative annotator test.

    Returns
    -------
    pandas.DataFrame
        One row per result; where one cannot be had, a row without numbers that says why:

        =================== ========================================================================
        column              content
        =================== ========================================================================
        ``test``            ``non_inferiority``, ``difference``, ``williams_index``,
                            ``alt_test_reader``, ``alt_test_winning_rate``, ``alt_test_mean_advantage``
        ``subject_of_test`` ``auto``, or the reader whom auto might stand in for
        ``epsilon``         of the alternative annotator test
        ``value``           mean difference (positive: the model is better), index, auto's advantage
                            probability, or winning rate
        ``reference_value`` what the value is held against: minus the margin, 0, 1, the reader's
                            advantage probability, 0.5
        ``low, high``       interval of the value, where there is one
        ``p, p_adjusted``   adjusted over the readers (Benjamini-Yekutieli)
        ``passed``          True or False; missing for an estimate, or where nothing could be tested
        ``n``               subjects
        ``sentence``        what it means
        =================== ========================================================================
    """
    cases = case_differences(rows, [settings.metric])
    differences = subject_differences(cases, settings.metric)[settings.metric].to_numpy()
    paired = paired_difference(differences, settings)
    found = [_non_inferiority(paired, settings), _difference(paired, settings), _williams(cases, settings)]
    return pd.DataFrame([*found, *_alternative(rows, settings)], columns=COLUMNS)


def _row(test: str, sentence: str, *, subject: str = AUTO, **values: Any) -> dict[str, Any]:
    numbers = dict.fromkeys(
        ("epsilon", "value", "reference_value", "low", "high", "p", "p_adjusted"), math.nan
    )
    return {
        **numbers,
        "passed": None,
        "n": 0,
        "test": test,
        "subject_of_test": subject,
        "sentence": sentence,
    } | values


def _non_inferiority(paired: PairedDifference, settings: StudySettings) -> dict[str, Any]:
    # As it was fixed, to the last digit.
    margin = f"{settings.margin:.15g} {METRIC[settings.metric].unit or METRIC[settings.metric].label}"
    level = interval_text(paired.low, paired.high, settings.confidence, beside=(-settings.margin, 0))
    mean = _mean_text(paired, settings)
    fixed = "The margin must have been fixed before the results were seen."
    if paired.non_inferior is None:
        sentence = f"Non-inferiority at a margin of {margin} was not tested: {_too_few(paired, settings)}."
    elif paired.non_inferior:
        sentence = (
            f"The model is not inferior to another reader at a margin of {margin}: {mean} "
            f"({level} of the difference), and the whole interval lies above -{settings.margin:.15g}. {fixed}"
        )
    else:
        sentence = (
            "The model is not shown to be as good as another reader (non-inferiority at a margin of "
            f"{margin}): {mean} ({level} of the difference), and the interval reaches "
            f"-{settings.margin:.15g} or less. {fixed}"
        )
    return _row(
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


def _difference(paired: PairedDifference, settings: StudySettings) -> dict[str, Any]:
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
    return _row(
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


def _mean_text(paired: PairedDifference, settings: StudySettings) -> str:
    size = amount_text(abs(paired.difference), settings.metric)
    word = "worse" if paired.difference < 0 else "better"
    return (
        f"over {counted(paired.subjects, 'subject')} the model's agreement with the readers is on average "
        f"{size} {word} than theirs with each other"
    )


def _too_few(paired: PairedDifference, settings: StudySettings) -> str:
    if not paired.subjects:
        return _NO_CASE
    return (
        f"{counted(paired.subjects, 'subject')} with an automatic mask and two readers are too few, "
        f"{fewest_subjects(settings.confidence)} are needed"
    )


def _williams(cases: pd.DataFrame, settings: StudySettings) -> dict[str, Any]:
    label = METRIC[settings.metric].label
    index = williams_index(cases, settings)
    if not is_ratio(settings.metric):
        sentence = (
            f"The Williams index is not defined for {label}: it is a ratio of agreements, and needs a metric "
            "that is 0 without agreement and higher where it is better."
        )
        return _row(WILLIAMS, sentence, n=index.subjects)
    if math.isnan(index.value):
        reason = "the readers' mean agreement with each other is 0" if index.subjects else _NO_CASE
        return _row(WILLIAMS, f"The Williams index cannot be computed: {reason}.", n=index.subjects)
    level = interval_text(index.low, index.high, settings.confidence)
    sentence = (
        f"Williams index {number(index.value)} ({level}) over {counted(index.subjects, 'subject')}: the "
        f"model's {label} with the readers is {number(100 * index.value, 1)} % of theirs with each other. "
        "An interval that holds 1 does not prove that both agree alike."
    )
    return _row(
        WILLIAMS,
        sentence,
        value=index.value,
        reference_value=1.0,
        low=index.low,
        high=index.high,
        n=index.subjects,
    )


def _alternative(rows: pd.DataFrame, settings: StudySettings) -> list[dict[str, Any]]:
    found = advantages(rows, settings.metric)
    if not found:
        sentence = (
            "The alternative annotator test is not possible: it needs cases with an automatic mask and the "
            "independent masks of two readers or more."
        )
        return [_row(WINNING_RATE, sentence, epsilon=epsilon) for epsilon in settings.epsilons]
    tests = [alternative_test(found, epsilon=value, alpha=settings.alpha) for value in settings.epsilons]
    subjects = min(advantage.subjects for advantage in found)
    mean = sum(sorted(advantage.auto for advantage in found)) / len(found)
    sentence = (
        "Averaged over the readers who are left out in turn, the model is at least as close to the others as "
        f"the one left out in {number(100 * mean, 1)} % of the subjects."
    )
    readers = [
        _reader_row(advantage, test, position, settings)
        for test in tests
        for position, advantage in enumerate(found)
    ]
    rates = [_rate_row(found, test, subjects) for test in tests]
    return [*readers, *rates, _row(MEAN_ADVANTAGE, sentence, value=mean, n=subjects)]


def _reader_row(
    advantage: Advantage, test: AlternativeTest, position: int, settings: StudySettings
) -> dict[str, Any]:
    rejected = bool(test.rejected[position])
    p = p_text(float(test.p_adjusted[position]), beside=(settings.alpha,))
    verdict = "can" if rejected else "is not shown to be able to"
    others = (
        f" {counted(advantage.left_out, 'case')} with an undefined value left out."
        if advantage.left_out
        else ""
    )
    sentence = (
        f"Reader {advantage.reader}, epsilon {test.epsilon:g}: in {number(100 * advantage.auto, 1)} % of "
        f"{counted(advantage.subjects, 'subject')} the model is at least as close to the other readers as "
        f"{advantage.reader} is, in {number(100 * advantage.human, 1)} % the reader at least as close as the "
        f"model; the model {verdict} stand in for {advantage.reader} "
        f"(adjusted {p}, alpha {settings.alpha:g}).{others}"
    )
    return _row(
        ADVANTAGE,
        sentence,
        subject=advantage.reader,
        epsilon=test.epsilon,
        value=advantage.auto,
        reference_value=advantage.human,
        p=float(test.p[position]),
        p_adjusted=float(test.p_adjusted[position]),
        passed=rejected,
        n=advantage.subjects,
    )


def _rate_row(found: list[Advantage], test: AlternativeTest, subjects: int) -> dict[str, Any]:
    wins = int(test.rejected.sum())
    rate = number(test.winning_rate, 2, beside=(0.5,))
    verdict = "passes" if test.passed else "does not pass"
    notes = ""
    if len(found) == 2:
        notes += " With two readers the winning rate can only be 0, a half or 1."
    if subjects < T_TEST_FROM:
        notes += (
            f" Fewer than {T_TEST_FROM} subjects ({subjects}): the test's authors advise at least as many; "
            "both the t test and the signed-rank test must reject."
        )
    sentence = (
        f"The model may stand in for {wins} of {counted(len(found), 'reader')} at epsilon {test.epsilon:g} "
        f"(winning rate {rate}; 0.5 is needed): it {verdict} the alternative "
        f"annotator test.{notes}"
    )
    return _row(
        WINNING_RATE,
        sentence,
        epsilon=test.epsilon,
        value=test.winning_rate,
        reference_value=0.5,
        passed=test.passed,
        n=subjects,
    )
