"""The alternative annotator test as rows of the table of tests, each with its sentence."""

from __future__ import annotations

from typing import Any

import pandas as pd

from nbradiomics.agreement.reader_study.alt_test import (
    T_TEST_FROM,
    Advantage,
    AlternativeTest,
    advantages,
    alternative_test,
)
from nbradiomics.agreement.reader_study.result_rows import ADVANTAGE, MEAN_ADVANTAGE, WINNING_RATE, result_row
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.wording import number
from nbradiomics.messages.wording import counted, p_text


def alternative_rows(rows: pd.DataFrame, settings: ReaderStudySettings) -> list[dict[str, Any]]:
    """Rows of the alternative annotator test: readers at each epsilon, winning rates, the mean advantage.

    Parameters
    ----------
    rows
        Rows of `counted_rows`.
    settings
        Metric, epsilons and alpha.
    """
    found = advantages(rows, settings.metric)
    if not found:
        sentence = (
            "The alternative annotator test is not possible: it needs cases with an automatic mask and the "
            "independent masks of two readers or more."
        )
        return [result_row(WINNING_RATE, sentence, epsilon=epsilon) for epsilon in settings.epsilons]
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
    return [*readers, *rates, result_row(MEAN_ADVANTAGE, sentence, value=mean, n=subjects)]


def _reader_row(
    advantage: Advantage, test: AlternativeTest, position: int, settings: ReaderStudySettings
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
    return result_row(
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
        notes += (
            " With two readers the winning rate can only be 0, a half or 1; the test's authors ask for three "
            "readers or more."
        )
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
    return result_row(
        WINNING_RATE,
        sentence,
        epsilon=test.epsilon,
        value=test.winning_rate,
        reference_value=0.5,
        passed=test.passed,
        n=subjects,
    )
