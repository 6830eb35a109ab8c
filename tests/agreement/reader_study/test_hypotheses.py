"""Williams index and alternative annotator test: by hand, against a naive implementation, and in words."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.agreement_table import checked_rows
from nbradiomics.agreement.reader_study.alt_test import advantage_p, advantages, alternative_test
from nbradiomics.agreement.reader_study.comparison import case_differences
from nbradiomics.agreement.reader_study.hypotheses import hypotheses_table
from nbradiomics.agreement.reader_study.paired import paired_difference
from nbradiomics.agreement.reader_study.williams import williams_index
from tests.support.agreement_rows import both_ways, row, simulated

SETTINGS = ReaderStudySettings()


def table_of(values, metric="dice"):
    """Rows of subjects with the symmetric values of their pairs: {(first, second): [that of s0, s1]}."""
    rows = [
        line
        for (first, second), column in values.items()
        for number, value in enumerate(column)
        if value is not None
        for line in both_ways(f"s{number:03}", first, second, value, metric=metric)
    ]
    return checked_rows(pd.DataFrame(rows), metric)


def of(table, test, **wanted):
    rows = table[table["test"] == test]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


#: Three subjects, two readers. Auto with A, auto with B, A with B.
TINY = {("auto", "A"): [0.9, 0.8, 0.7], ("auto", "B"): [0.8, 0.8, 0.5], ("A", "B"): [0.8, 0.9, 0.5]}


def test_williams_index_by_hand():
    # Auto: (0.85 + 0.8 + 0.6) / 3 = 0.75; readers: (0.8 + 0.9 + 0.5) / 3 = 0.7333.
    cases = case_differences(table_of(TINY), ["dice"])
    index = williams_index(cases, SETTINGS)
    assert index.value == pytest.approx(2.25 / 2.2)
    assert index.subjects == 3
    assert np.isnan([index.low, index.high]).all()  # three subjects are too few for an interval


def test_williams_interval_is_that_of_a_simple_loop():
    table = simulated(4, subjects=12)
    cases = case_differences(checked_rows(table, "dice"), ["dice"])
    index = williams_index(cases, SETTINGS)
    auto, readers = cases["dice:auto"].to_numpy(), cases["dice:readers"].to_numpy()
    generator = np.random.default_rng(9)
    draws = []
    for _ in range(4000):
        drawn = generator.integers(0, 12, size=12)
        draws.append(auto[drawn].mean() / readers[drawn].mean())
    assert (index.low, index.high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.003)


def test_williams_index_of_a_distance_is_refused_in_words():
    rows = table_of({pair: [10 * v for v in column] for pair, column in TINY.items()}, "hd95_mm")
    found = of(hypotheses_table(rows, ReaderStudySettings(metric="hd95_mm", margin=1)), "williams_index")
    assert np.isnan(found["value"])
    assert "not defined for HD95 (mm)" in found["sentence"]


def test_alternative_test_by_hand():
    # A left out, B remains: auto 0.8 0.8 0.5 against A 0.8 0.9 0.5: tie, A, tie. B left out, A remains:
    # auto 0.9 0.8 0.7 against B 0.8 0.9 0.5: auto, B, auto.
    first, second = advantages(table_of(TINY), "dice")
    assert (first.reader, second.reader) == ("A", "B")
    assert (first.auto, first.human) == (pytest.approx(2 / 3), 1)
    assert (second.auto, second.human) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert first.differences.tolist() == [0, 1, 0]
    assert second.differences.tolist() == [-1, 1, -1]
    # Epsilon 0.2, both tests, the larger p. A: -0.2, 0.8, -0.2: ranks 1.5 3 1.5, 5 of 8 ways reach a positive
    # sum of 3 or less; t = (1/3 - 1/5) / (1/3) = 0.4. B: -1.2, 0.8, -1.2: ranks 2.5 1 2.5, 2 of 8 ways reach
    # 1 or less; t = (-1/3 - 1/5) / (2/3) = -0.8. With 2 degrees of freedom P(T <= t) is
    # 1/2 + t / (2 sqrt(2 + t^2)).
    test = alternative_test([first, second], epsilon=0.2, alpha=0.05)
    expected = [max(5 / 8, 0.5 + 0.4 / (2 * np.sqrt(2.16))), max(2 / 8, 0.5 - 0.8 / (2 * np.sqrt(2.64)))]
    np.testing.assert_allclose(test.p, expected)
    np.testing.assert_allclose(test.p_adjusted, [1.5 * expected[0], 3 * expected[1]])
    assert (test.winning_rate, test.passed) == (0, False)


def test_from_thirty_subjects_on_it_is_a_t_test():
    d = np.array([-1.0] * 12 + [0.0] * 10 + [1.0] * 8)
    mean, sd = -4 / 30, np.sqrt((20 - 16 / 30) / 29)
    expected = stats.t.cdf((mean - 0.2) / (sd / np.sqrt(30)), 29)
    assert advantage_p(d, 0.2) == pytest.approx(expected)
    # One less, and signed ranks must reject too. At epsilon 0.2, here, the t test is the stricter one.
    fewer = stats.ttest_1samp(d[:-1], 0.2, alternative="less").pvalue
    ranks = stats.wilcoxon(d[:-1] - 0.2, alternative="less", method="asymptotic").pvalue
    assert ranks < fewer == pytest.approx(advantage_p(d[:-1], 0.2))
    # At epsilon 0 and with many ties it is the signed-rank test.
    tied = np.array([-1.0] * 5 + [0.0] * 20)
    assert stats.ttest_1samp(tied, 0, alternative="less").pvalue < 0.02
    assert advantage_p(tied, 0) == pytest.approx(0.5**5)


@pytest.mark.parametrize("subjects", [10, 20, 29, 46])
@pytest.mark.parametrize("ties", [0.0, 0.8])
def test_a_model_just_epsilon_behind_rarely_wins(subjects, ties):
    # Nominal 5 %. Signed ranks alone reject 25 % (20 subjects, no ties) and 41 % (80 % ties).
    generator = np.random.default_rng(0)
    shares = [max(0, 0.4 - ties / 2), ties, 0.6 - ties / 2]
    found = [
        advantage_p(generator.choice([-1.0, 0, 1], p=shares, size=subjects), 0.2) <= 0.05 for _ in range(600)
    ]
    assert np.mean(found) <= 0.12


def test_differences_that_are_all_the_same_have_the_probability_of_just_that():
    # All ties: a model that is 0.2 behind is alone behind in 20 % at least, and alike in 80 % at most.
    assert advantage_p(np.zeros(40), 0.2) == pytest.approx(0.8**40)
    assert advantage_p(np.full(40, -1.0), 0.2) == pytest.approx(0.4**40)
    assert advantage_p(np.full(10, -1.0), 0.0) == pytest.approx(0.5**10)
    assert advantage_p(np.zeros(8), 0.2) > 0.05
    assert advantage_p(np.zeros(40), 0.0) == 1
    assert advantage_p(np.ones(40), 0.2) == 1
    assert advantage_p(np.ones(40), 1.0) == 1


def naive_alternative(values, readers, subjects, epsilon):
    """Loops over readers and subjects; values[a, b, s] is missing where one of both did not draw."""
    found = {}
    for left_out in readers:
        wins, losses = [], []
        for subject in subjects:
            others = [
                other
                for other in readers
                if other != left_out
                and (left_out, other, subject) in values
                and ("auto", other, subject) in values
            ]
            if not others:
                continue
            auto = round(sum(values["auto", other, subject] for other in others) / len(others), 12)
            human = round(sum(values[left_out, other, subject] for other in others) / len(others), 12)
            wins.append(1 if auto >= human else 0)
            losses.append(1 if human >= auto else 0)
        if wins:
            d = [loss - win for win, loss in zip(wins, losses, strict=True)]
            if len(set(d)) == 1:
                p = ((1 - epsilon) / (1 - d[0])) ** len(d) if d[0] < epsilon else 1.0
            else:
                p = stats.ttest_1samp(d, epsilon, alternative="less").pvalue
                if len(d) < 30:
                    shifted = np.round(np.array(d) - epsilon, 12)
                    ranks = np.where(shifted == 0, 0, stats.rankdata(abs(shifted)))
                    signs = np.array(np.meshgrid(*[[0, 1]] * len(d))).reshape(len(d), -1)
                    p = max(p, (ranks @ signs <= ranks[shifted > 0].sum() + 1e-9).mean())
            found[left_out] = (np.mean(wins), np.mean(losses), p, len(d))
    return found


def naive_rejections(p, alpha):
    """Benjamini and Yekutieli's steps: the largest k with p_(k) <= k alpha / (m c)."""
    order, m = np.argsort(p), len(p)
    c = sum(1 / k for k in range(1, m + 1))
    reached = [k for k in range(1, m + 1) if p[order[k - 1]] <= k * alpha / (m * c)]
    return {int(index) for index in order[: max(reached, default=0)]}


@pytest.mark.parametrize("subjects", [9, 45])
@pytest.mark.parametrize("seed", range(6))
def test_alternative_test_against_loops_on_incomplete_tables(seed, subjects):
    generator = np.random.default_rng(seed)
    readers = ["A", "B", "C", "D"]
    values, rows = {}, []
    for number in range(subjects):
        subject = f"s{number:03}"
        there = ["auto", *(name for name in readers if generator.random() < 0.8)]
        for first, second in combinations(there, 2):
            # Two decimals make ties.
            value = round(0.85 + 0.05 * generator.normal() + (0.02 if first == "auto" else 0), 2)
            values[first, second, subject] = values[second, first, subject] = value
            rows += both_ways(subject, first, second, value)
    table = checked_rows(pd.DataFrame(rows), "dice")
    for epsilon in (0.0, 0.2):
        expected = naive_alternative(values, readers, sorted(set(table["subject"])), epsilon)
        found = advantages(table, "dice")
        test = alternative_test(found, epsilon=epsilon, alpha=0.05)
        assert [advantage.reader for advantage in found] == list(expected)
        for advantage, p, (auto, human, expected_p, count) in zip(
            found, test.p, expected.values(), strict=True
        ):
            assert (advantage.auto, advantage.human, advantage.subjects) == (
                pytest.approx(auto),
                pytest.approx(human),
                count,
            )
            assert p == pytest.approx(expected_p, rel=1e-9)
        rejected = naive_rejections(np.array([values[2] for values in expected.values()]), 0.05)
        assert set(np.flatnonzero(test.rejected)) == rejected
        assert test.winning_rate == len(rejected) / 4


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=45), st.floats(0, 1))
def test_p_is_a_probability_and_falls_with_epsilon(values, epsilon):
    d = np.array(values)
    p = advantage_p(d, epsilon)
    assert 0 <= p <= 1
    assert advantage_p(d, 1.0) <= 1
    if len(d) >= 30:
        assert advantage_p(d, 1.0) <= p + 1e-12


def test_several_cases_of_a_subject_count_once():
    # Subject s1 has two cases: auto is better in one by 0.3, worse in the other by 0.1; on the mean better.
    rows = [
        *both_ways("s1", "auto", "A", 0.9),
        *both_ways("s1", "auto", "B", 0.9),
        *both_ways("s1", "A", "B", 0.6),
        *both_ways("s1", "auto", "A", 0.7, timepoint="after"),
        *both_ways("s1", "auto", "B", 0.7, timepoint="after"),
        *both_ways("s1", "A", "B", 0.8, timepoint="after"),
    ]
    for advantage in advantages(checked_rows(pd.DataFrame(rows), "dice"), "dice"):
        assert advantage.differences.tolist() == [-1]


def test_the_model_s_failures_are_not_left_out_of_dice_but_counted_for_distances():
    values = {("auto", "A"): [0.0, 0.9, 0.9], ("auto", "B"): [0.0, 0.9, 0.9], ("A", "B"): [0.9, 0.8, 0.8]}
    table = table_of(values)
    table["hd95_mm"] = np.where(table["dice"] == 0, np.nan, 3.0)
    assert [found.subjects for found in advantages(table, "dice")] == [3, 3]
    distances = advantages(table, "hd95_mm")
    assert [found.subjects for found in distances] == [2, 2]
    assert [found.left_out for found in distances] == [1, 1]


def test_a_metric_of_which_less_is_better_is_turned_round():
    noise = simulated(2, subjects=20)
    better = noise.assign(hd95_mm=10 * (1 - noise["dice"]))
    settings = ReaderStudySettings(metric="hd95_mm", margin=0.3)
    dice, distance = (
        hypotheses_table(checked_rows(better, name.metric), name) for name in (SETTINGS, settings)
    )
    for test in ("non_inferiority", "difference"):
        first, second = of(dice, test), of(distance, test)
        assert second["value"] == pytest.approx(10 * first["value"])
        assert second["low"] == pytest.approx(10 * first["low"])
        assert second["passed"] == first["passed"]
    for epsilon in (0.2, 0.0):
        first, second = (of(table, "alt_test_winning_rate", epsilon=epsilon) for table in (dice, distance))
        assert first["value"] == second["value"]
    assert "a margin of 0.3 mm" in of(distance, "non_inferiority")["sentence"]


def test_sentences_say_what_was_found():
    table = hypotheses_table(checked_rows(simulated(0), "dice"), SETTINGS)
    text = of(table, "non_inferiority")["sentence"]
    assert "not inferior to A and B at a margin of 0.03 Dice" in text
    assert "It is not stated that the margin was fixed before" in text
    rate = of(table, "alt_test_winning_rate", epsilon=0.2)
    assert "With two readers the winning rate can only be 0, 0.5 or 1" in rate["sentence"]
    assert rate["value"] in (0, 0.5, 1)
    assert "fewer than 30" not in rate["sentence"]
    assert rate["passed"] == (rate["value"] >= 0.5)
    assert set(table.loc[table["test"] == "alt_test_reader", "subject_of_test"]) == {"A", "B"}
    small = hypotheses_table(checked_rows(simulated(0, subjects=12), "dice"), SETTINGS)
    assert "fewer than 30 subjects (12)" in of(small, "alt_test_winning_rate", epsilon=0.0)["sentence"]


def test_a_worse_model_is_called_worse_and_a_better_one_better():
    worse = of(hypotheses_table(checked_rows(simulated(1, shift=-0.1), "dice"), SETTINGS), "difference")
    better = of(hypotheses_table(checked_rows(simulated(1, shift=0.1), "dice"), SETTINGS), "difference")
    equal = of(hypotheses_table(checked_rows(simulated(1), "dice"), SETTINGS), "difference")
    assert (worse["passed"], better["passed"], equal["passed"]) == (False, True, False)
    assert "agrees with the readers worse than they" in worse["sentence"]
    assert "agrees with the readers better than they" in better["sentence"]
    assert "No difference is shown" in equal["sentence"]


def test_one_reader_gets_sentences_and_no_numbers():
    rows = checked_rows(pd.DataFrame([row(f"s{n}", "auto", "A", 0.9) for n in range(10)]), "dice")
    table = hypotheses_table(rows, SETTINGS)
    assert table[["value", "low", "high", "p"]].isna().all(axis=None)
    assert table["passed"].isna().all()
    assert "not possible" in of(table, "alt_test_winning_rate", epsilon=0.2)["sentence"]
    assert "no case has an automatic mask and two readers" in of(table, "non_inferiority")["sentence"]


def test_the_core_and_the_table_agree_on_subjects_with_several_cases():
    table = simulated(5, subjects=24)
    number = table["subject"].str[1:].astype(int)
    table = table.assign(
        subject="p" + (number // 2).astype(str), timepoint=np.where(number % 2, "second", "first")
    )
    found = of(hypotheses_table(checked_rows(table, "dice"), SETTINGS), "non_inferiority")
    pairs = table.assign(kind=np.where(table["pair"] == "auto", "auto", "inter"))
    means = pairs.groupby(["subject", "timepoint", "kind"])["dice"].mean().unstack().groupby("subject").mean()
    core = paired_difference((means["auto"] - means["inter"]).to_numpy(), SETTINGS)
    assert found["n"] == 12
    assert found["value"] == pytest.approx(core.difference)
