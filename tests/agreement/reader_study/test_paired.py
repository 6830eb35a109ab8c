"""The paired comparison: its level and power on simulated studies, its interval, its tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from nbradiomics.agreement.reader_study import ReaderStudySettings, study_readers
from nbradiomics.agreement.reader_study.multiplicity import benjamini_yekutieli, holm
from nbradiomics.agreement.reader_study.paired import mean_interval, paired_difference, signed_rank
from nbradiomics.agreement.reader_study.resampling import (
    fewest_subjects,
    median_interval,
    ratio_interval,
    subject_weights,
)
from nbradiomics.errors import InputError
from tests.support.agreement_rows import cohort_of, simulated

SETTINGS = ReaderStudySettings()
SEEDS = 400
#: SD of the noise of a pair by number of readers; the difference of a case has an SD of 0.049 with either.
NOISE = {2: 0.04, 3: 0.06}


def differences(seed: int, *, readers: int, shift: float = 0.0, subjects: int = 46) -> np.ndarray:
    """Differences of cases on the Dice scale: mean of auto's pairs less mean of the readers' pairs.

    The pairs share the case's difficulty, which cancels, and each has noise of its own.
    """
    generator = np.random.default_rng(seed)
    difficulty = 0.04 * generator.normal(size=(subjects, 1))
    auto = 0.8 + difficulty + NOISE[readers] * generator.normal(size=(subjects, readers)) + shift
    pairs = readers * (readers - 1) // 2
    between = 0.8 + difficulty + NOISE[readers] * generator.normal(size=(subjects, pairs))
    return auto.mean(axis=1) - between.mean(axis=1)


def share_non_inferior(*, readers: int, shift: float) -> float:
    found = [
        paired_difference(differences(seed, readers=readers, shift=shift), SETTINGS).non_inferior
        for seed in range(SEEDS)
    ]
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.parametrize("readers", [2, 3])
def test_an_exchangeable_model_is_found_non_inferior_and_one_worse_by_the_margin_is_not(readers):
    # The standard error of the mean is 0.049 / sqrt(46) = 0.0072, the margin 4.15 of them: a test with known
    # variance finds 98.6 % of exchangeable models non-inferior, not all, and 2.5 % of those at the margin.
    # Over 4000 other seeds it is 97.9 and 2.9 % with two readers, 98.0 and 2.6 % with three.
    equal = share_non_inferior(readers=readers, shift=0.0)
    worse = share_non_inferior(readers=readers, shift=-SETTINGS.margin)
    assert 0.95 <= equal < 1
    assert 0 < worse <= 0.05


@pytest.mark.parametrize("seed", range(3))
def test_the_whole_study_gives_the_core_s_verdicts(seed):
    for shift, verdict in ((0.0, True), (-0.06, False)):
        table = simulated(seed, shift=shift)
        study = study_readers(table, cohort_of(table))
        row = study.tests.set_index("test").loc["non_inferiority"]
        dice = {
            (first, second): group.sort_values("subject")["dice"].to_numpy()
            for (first, second), group in table.groupby(["reader", "reference"])
        }
        core = paired_difference((dice["auto", "A"] + dice["auto", "B"]) / 2 - dice["A", "B"], SETTINGS)
        assert row["passed"] is core.non_inferior is verdict
        assert row["value"] == pytest.approx(core.difference, abs=1e-12)
        assert (row["low"], row["high"]) == pytest.approx((core.low, core.high), abs=1e-12)
        assert row["n"] == 46


@pytest.mark.parametrize(("subjects", "least"), [(20, 0.93), (46, 0.94)])
def test_the_interval_covers_a_mean_of_skewed_differences(subjects, least):
    # Exponential, skewness -2, true mean -0.03: the percentile interval covers 90 % at 20 subjects.
    hits, too_high = 0, 0
    for seed in range(600):
        sample = -np.random.default_rng(seed).exponential(0.03, size=subjects)
        low, high = mean_interval(sample, SETTINGS)
        hits += low <= -0.03 <= high
        too_high += low > -0.03
    assert hits / 600 >= least - 0.01
    # What makes a wrong claim of non-inferiority: the lower limit above the truth.
    assert too_high / 600 <= 0.04


def test_the_verdict_the_interval_and_the_one_sided_p_agree():
    for seed in range(40):
        result = paired_difference(differences(seed, readers=2, shift=-0.017), SETTINGS)
        assert result.non_inferior == (result.low > -SETTINGS.margin)
        if abs(result.p_margin - 0.025) > 0.001:  # the step from one draw to the next
            assert result.non_inferior == (result.p_margin < 0.025)


def test_the_interval_is_the_bootstrap_t_of_a_simple_loop():
    sample = differences(3, readers=2, subjects=20)
    weights = subject_weights(20, 2000, 0).astype(int)
    draws = []
    for counts in weights:
        drawn = np.repeat(sample, counts)
        draws.append((drawn.mean() - sample.mean()) / (drawn.std(ddof=1) / np.sqrt(20)))
    error = sample.std(ddof=1) / np.sqrt(20)
    expected = sample.mean() - np.quantile(draws, [0.975, 0.025]) * error
    assert mean_interval(sample, SETTINGS) == pytest.approx(tuple(expected), rel=1e-9)


def test_too_few_subjects_get_no_interval_and_no_verdict():
    assert [fewest_subjects(level) for level in (0.9, 0.95, 0.99)] == [5, 6, 8]
    result = paired_difference(np.full(5, 0.1), SETTINGS)
    assert (result.subjects, result.difference, result.non_inferior) == (5, pytest.approx(0.1), None)
    assert np.isnan([result.low, result.high, result.p, result.p_margin]).all()
    assert np.isnan(paired_difference(np.array([]), SETTINGS).difference)


def test_constant_differences_are_their_own_interval():
    for value, verdict in ((0.0, True), (-0.02, True), (-0.03, False)):
        result = paired_difference(np.full(10, value), SETTINGS)
        assert (result.low, result.high, result.non_inferior) == (value, value, verdict)
    assert paired_difference(np.zeros(10), SETTINGS).p == 1


def test_differences_that_are_nearly_all_zero_get_a_finite_interval():
    sample = np.array([-0.5] + [0.0] * 45)
    result = paired_difference(sample, SETTINGS)
    assert -0.1 < result.low < -0.5 / 46 < result.high <= 0
    assert not result.non_inferior
    assert result.p_margin > 0.025


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=60))
def test_the_interval_turns_with_the_sign_and_is_around_the_mean(values):
    sample = np.round(values, 6)
    low, high = mean_interval(sample, SETTINGS)
    assert low <= sample.mean() + 1e-9
    assert sample.mean() - 1e-9 <= high
    other = mean_interval(-sample, SETTINGS)
    assert other == pytest.approx((-high, -low), rel=1e-6, abs=1e-9)


def test_signed_ranks_by_hand():
    # All five signs alike: 2 of 2^5 ways are as extreme.
    assert signed_rank(np.array([1.0, 2, 3, 4, 5])) == pytest.approx(2 / 32)
    assert signed_rank(np.array([-1.0, -2, -3]), "less") == pytest.approx(1 / 8)
    assert signed_rank(np.zeros(7)) == 1
    assert signed_rank(np.array([1e-16, -1e-17])) == 1
    assert signed_rank(np.array([0.3])) == 1
    assert np.isnan(signed_rank(np.array([])))


def test_signed_ranks_with_zeros_and_ties_against_all_changes_of_sign():
    sample = np.array([0.0, 0.1, 0.1, -0.1, 0.3, 0.4, 0.0, 0.5, 0.2])
    ranks = np.where(sample == 0, 0, stats.rankdata(abs(sample)))
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(sample))).reshape(len(sample), -1)
    sums = (np.maximum(signs, 0) * ranks[:, None]).sum(axis=0)
    observed = ranks[sample > 0].sum()
    both = 2 * min((sums >= observed - 1e-9).mean(), (sums <= observed + 1e-9).mean())
    assert signed_rank(sample) == pytest.approx(both)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("count", [6, 15, 50, 51, 80])
def test_signed_ranks_without_ties_are_scipy_s(count, alternative):
    sample = np.random.default_rng(count).normal(0.2, size=count)
    expected = stats.wilcoxon(
        sample, alternative=alternative, method="exact" if count <= 50 else "asymptotic"
    )
    assert signed_rank(sample, alternative) == pytest.approx(expected.pvalue, rel=1e-9)


def test_exact_and_approximate_signed_ranks_with_ties_and_zeros_are_near():
    sample = np.random.default_rng(1).integers(-2, 4, size=50) / 10
    approximate = stats.wilcoxon(sample, zero_method="pratt", method="asymptotic").pvalue
    assert signed_rank(sample) == pytest.approx(approximate, rel=0.05)


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.5, np.nan, 0.6])), [1, np.nan, 1])
    assert len(holm(np.array([]))) == 0


def test_benjamini_yekutieli_by_hand():
    # c(2) = 1 + 1/2; p_(1) * 2 * 1.5 / 1 and p_(2) * 2 * 1.5 / 2, made monotone.
    np.testing.assert_allclose(benjamini_yekutieli(np.array([0.04, 0.01])), [0.06, 0.03])
    np.testing.assert_allclose(benjamini_yekutieli(np.array([0.02, 0.02, 0.9])), [0.055, 0.055, 1])
    assert len(benjamini_yekutieli(np.array([]))) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_p_and_rejects_as_its_steps_do(values):
    p = np.array(values)
    adjusted = holm(p)
    assert (adjusted >= p - 1e-15).all()
    rejected = set()
    for position, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] * (len(p) - position) > 0.05:
            break
        rejected.add(int(index))
    assert set(np.flatnonzero(adjusted <= 0.05)) == rejected


def test_the_interval_of_the_median_is_that_of_a_simple_loop():
    generator = np.random.default_rng(5)
    subjects = np.sort(np.concatenate([np.arange(9), generator.integers(0, 9, size=12)]))
    values = generator.normal(size=len(subjects)).round(2)
    medians = [
        np.median(np.repeat(values, counts[subjects]))
        for counts in subject_weights(9, SETTINGS.bootstraps, SETTINGS.seed).astype(int)
    ]
    expected = np.quantile(medians, [0.025, 0.975])
    assert median_interval(values, subjects, SETTINGS) == pytest.approx(tuple(expected), abs=1e-12)


def test_weights_are_those_of_samples_with_replacement():
    weights = subject_weights(12, 2000, 1)
    assert weights.shape == (2000, 12)
    assert (weights.sum(axis=1) == 12).all()
    assert weights.mean() == pytest.approx(1)
    assert (weights == 0).mean() == pytest.approx((11 / 12) ** 12, abs=0.02)


def test_a_ratio_to_nothing_has_no_interval():
    assert np.isnan(ratio_interval(np.ones(8), np.zeros(8), SETTINGS)).all()
    assert ratio_interval(np.full(8, 0.9), np.full(8, 0.6), SETTINGS) == pytest.approx((1.5, 1.5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "beauty"},
        {"metric": "volume_difference_ml"},
        {"margin": 0},
        {"margin": float("nan")},
        {"epsilons": (0.2, 1.5)},
        {"epsilons": (0.2, 0.2)},
        {"confidence": 1},
        {"alpha": 0},
        {"bootstraps": 10},
        {"seed": -1},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        ReaderStudySettings(**wrong)
