"""Rows of the alternative annotator test in the table of tests, each with a sentence."""

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
    """Return the rows of the test: each reader at each epsilon, winning rates, mean advantage.

    Parameters
    ----------
    rows
        Rows of `counted_rows`.
    settings
        Metric, epsilons and alpha.
    """
    compared = advantages(rows, settings.metric)
    if not compared:
        sentence = (
            "The alternative annotator test is not possible: it needs cases with an automatic mask and "
            "independent masks of at least two readers."
        )
        return [result_row(WINNING_RATE, sentence, epsilon=epsilon) for epsilon in settings.epsilons]
    tests = [alternative_test(compared, epsilon=value, alpha=settings.alpha) for value in settings.epsilons]
    subjects = min(advantage.subjects for advantage in compared)
    mean = sum(sorted(advantage.auto for advantage in compared)) / len(compared)
    sentence = (
        "On average over the readers, each left out in turn, the model is at least as close to the other "
        f"readers as the one left out in {number(100 * mean, 1)} % of the subjects."
    )
    readers = [
        _reader_row(advantage, test, position, settings)
        for test in tests
        for position, advantage in enumerate(compared)
    ]
    rates = [_rate_row(len(compared), test, subjects) for test in tests]
    return [*readers, *rates, result_row(MEAN_ADVANTAGE, sentence, value=mean, n=subjects)]


def _reader_row(
    advantage: Advantage, test: AlternativeTest, position: int, settings: ReaderStudySettings
) -> dict[str, Any]:
    rejected = bool(test.rejected[position])
    p = p_text(float(test.p_adjusted[position]), beside=(settings.alpha,))
    verdict = "can replace" if rejected else "is not shown to be able to replace"
    note = (
        f" Left out because a value is undefined: {counted(advantage.left_out, 'case')}."
        if advantage.left_out
        else ""
    )
    sentence = (
        f"Reader {advantage.reader}, epsilon {test.epsilon:g}: in {number(100 * advantage.auto, 1)} % of "
        f"{counted(advantage.subjects, 'subject')} the model is at least as close to the other readers as "
        f"{advantage.reader} is, in {number(100 * advantage.human, 1)} % {advantage.reader} is at least as "
        f"close as the model. The model {verdict} {advantage.reader} "
        f"(adjusted {p}, alpha {settings.alpha:g}).{note}"
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


def _rate_row(readers: int, test: AlternativeTest, subjects: int) -> dict[str, Any]:
    wins = int(test.rejected.sum())
    rate = number(test.winning_rate, 2, beside=(0.5,))
    verdict = "passes" if test.passed else "does not pass"
    notes = ""
    if readers == 2:
        notes += (
            " With two readers the winning rate can only be 0, 0.5 or 1; the authors of the test ask for at "
            "least three readers."
        )
    if subjects < T_TEST_FROM:
        notes += (
            f" There are fewer than {T_TEST_FROM} subjects ({subjects}), the number that the authors advise; "
            "so both the t test and the signed-rank test must reject."
        )
    sentence = (
        f"The model can replace {wins} of {counted(readers, 'reader')} at epsilon {test.epsilon:g} "
        f"(winning rate {rate}; at least 0.5 is needed): it {verdict} the alternative "
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
