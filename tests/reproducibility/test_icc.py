"""ICC: published values, an analysis of variance by loops, coverage, and what is undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import f as f_distribution

from nbradiomics.errors import InputError
from nbradiomics.reproducibility import icc
from nbradiomics.reproducibility.statistics.icc import FORMS

# Shrout and Fleiss 1979, Table 2: 6 targets (rows), 4 judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
SINGLE = ("1", "A,1", "C,1")

ratings_strategy = arrays(
    np.float64,
    st.tuples(st.integers(3, 8), st.integers(2, 4)),
    elements=st.integers(-50, 50).map(float),
)


@pytest.mark.parametrize(
    ("form", "value", "low", "high"),
    [
        ("1", 0.17, -0.13, 0.72),
        ("A,1", 0.29, 0.02, 0.76),
        ("C,1", 0.71, 0.34, 0.95),
        ("k", 0.44, -0.88, 0.91),
        ("A,k", 0.62, 0.07, 0.93),
        ("C,k", 0.91, 0.68, 0.99),
    ],
)
def test_shrout_and_fleiss(form: str, value: float, low: float, high: float) -> None:
    result = icc(SHROUT_FLEISS, form)
    assert result.value.shape == (1,)
    np.testing.assert_allclose(
        [result.value[0], result.low[0], result.high[0]], [value, low, high], atol=0.005
    )
    assert result.subjects[0] == 6


def by_loops(ratings: np.ndarray, form: str, confidence: float) -> tuple[float, float, float]:
    """McGraw and Wong 1996 as printed: sums of squares by loops, a, b, v and the F quantiles of Table 7."""
    n, k = ratings.shape
    grand = sum(ratings[i, j] for i in range(n) for j in range(k)) / (n * k)
    row = [sum(ratings[i, j] for j in range(k)) / k for i in range(n)]
    column = [sum(ratings[i, j] for i in range(n)) / n for j in range(k)]
    msr = k * sum((m - grand) ** 2 for m in row) / (n - 1)
    msc = n * sum((m - grand) ** 2 for m in column) / (k - 1)
    msw = sum((ratings[i, j] - row[i]) ** 2 for i in range(n) for j in range(k)) / (n * (k - 1))
    left = sum((ratings[i, j] - row[i] - column[j] + grand) ** 2 for i in range(n) for j in range(k))
    mse = left / ((n - 1) * (k - 1))
    p = 1 - (1 - confidence) / 2
    if form in ("1", "k"):
        lower = msr / msw / f_distribution.ppf(p, n - 1, n * (k - 1))
        upper = msr / msw * f_distribution.ppf(p, n * (k - 1), n - 1)
        if form == "k":
            return (msr - msw) / msr, 1 - 1 / lower, 1 - 1 / upper
        return (
            (msr - msw) / (msr + (k - 1) * msw),
            (lower - 1) / (lower + k - 1),
            (upper - 1) / (upper + k - 1),
        )
    if form in ("C,1", "C,k"):
        lower = msr / mse / f_distribution.ppf(p, n - 1, (n - 1) * (k - 1))
        upper = msr / mse * f_distribution.ppf(p, (n - 1) * (k - 1), n - 1)
        if form == "C,k":
            return (msr - mse) / msr, 1 - 1 / lower, 1 - 1 / upper
        return (
            (msr - mse) / (msr + (k - 1) * mse),
            (lower - 1) / (lower + k - 1),
            (upper - 1) / (upper + k - 1),
        )
    rho = (msr - mse) / (msr + (k - 1) * mse + k / n * (msc - mse))
    a = k * rho / (n * (1 - rho))
    b = 1 + k * rho * (n - 1) / (n * (1 - rho))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    f_low, f_high = f_distribution.ppf(p, n - 1, v), f_distribution.ppf(p, v, n - 1)
    if form == "A,k":
        return (
            (msr - mse) / (msr + (msc - mse) / n),
            n * (msr - f_low * mse) / (f_low * (msc - mse) + n * msr),
            n * (f_high * msr - mse) / (msc - mse + n * f_high * msr),
        )
    rest = k * msc + (k * n - k - n) * mse
    low = n * (msr - f_low * mse) / (f_low * rest + n * msr)
    return rho, low, n * (f_high * msr - mse) / (rest + n * f_high * msr)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_equals_the_printed_formulas(form: str, confidence: float) -> None:
    rng = np.random.default_rng(7)
    for n, k in [(2, 2), (5, 3), (12, 2), (40, 6)]:
        subject, rater = rng.normal(size=(n, 1)), rng.normal(size=(1, k))
        ratings = 100 + 5 * subject + 2 * rater + rng.normal(size=(n, k))
        result = icc(ratings, form, confidence)
        expected = by_loops(ratings, form, confidence)
        if form == "A,k" and expected[1] > 1:  # beyond the pole of the printed limit: no lower end
            expected = (expected[0], -math.inf, expected[2])
        np.testing.assert_allclose([result.value[0], result.low[0], result.high[0]], expected, rtol=1e-9)


def test_an_average_of_noise_has_no_lower_end() -> None:
    """Beyond the pole of the printed A,k limit, its value would be above 1: a good-looking lower limit."""
    noise = np.random.default_rng(5).normal(size=(300, 4, 2))
    result = icc(noise, "A,k")
    printed = np.array([by_loops(ratings, "A,k", 0.95)[1] for ratings in noise])
    beyond = ~np.isnan(result.value) & (printed > 1)
    assert beyond.sum() > 10
    assert np.isneginf(result.low[beyond]).all()
    ordinary = ~np.isnan(result.value) & (printed <= 1)
    np.testing.assert_allclose(result.low[ordinary], printed[ordinary], rtol=1e-8)


@given(
    ratings_strategy,
    st.sampled_from(FORMS),
    st.sampled_from([0.001, -3.0, 1e-200, 1e150]),
    st.integers(-9, 9),
)
def test_affine_invariance(ratings: np.ndarray, form: str, scale: float, shift: int) -> None:
    # A shift by whole ranges keeps the ratings' own rounding below the tolerance.
    plain, moved = icc(ratings, form), icc(scale * (ratings + 100 * shift), form)
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(moved, name), getattr(plain, name), rtol=1e-7, atol=1e-9)


@given(ratings_strategy, st.sampled_from(FORMS), st.randoms(use_true_random=False))
def test_order_of_subjects_and_raters_does_not_matter(ratings: np.ndarray, form: str, random: object) -> None:
    rows, columns = list(range(ratings.shape[0])), list(range(ratings.shape[1]))
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(columns)  # type: ignore[attr-defined]
    plain, mixed = icc(ratings, form), icc(ratings[rows][:, columns], form)
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(mixed, name), getattr(plain, name), rtol=1e-7, atol=1e-9)


@given(ratings_strategy, st.sampled_from(FORMS))
def test_bounds(ratings: np.ndarray, form: str) -> None:
    result = icc(ratings, form)
    value, low, high = result.value[0], result.low[0], result.high[0]
    assume(not math.isnan(value))
    assert value <= 1
    assert low <= value <= high <= 1
    if form.endswith("1"):
        assert low >= min(value, -1 / (ratings.shape[1] - 1))


def test_a_negative_estimate_lies_within_its_interval_which_is_no_narrower_than_the_printed_one() -> None:
    # MSR is next to nothing: the printed degrees of freedom fall below 1, both printed limits below it.
    close = np.array([[1.0, 5.0], [2.0, 4.05], [3.0, 3.0], [0.0, 6.0], [2.5, 3.5]])
    printed = by_loops(close, "A,1", 0.95)
    result = icc(close, "A,1")
    value, low, high = result.value[0], result.low[0], result.high[0]
    assert printed[2] < value < 0
    assert -1 <= low <= value < high < 1


@pytest.mark.parametrize(("n", "k"), [(5, 4), (10, 2), (10, 3)])
def test_the_wider_interval_covers_no_less_where_the_truth_is_zero(n: int, k: int) -> None:
    noise = np.random.default_rng(11).normal(size=(4000, n, k))
    result = icc(noise, "A,1")
    covered = (result.low <= 0) & (result.high >= 0)
    assert covered.mean() >= 0.94
    assert covered[result.value < 0].mean() >= 0.94


@pytest.mark.parametrize(("n", "k"), [(50, 2), (50, 3)])
def test_the_agreement_interval_is_right_for_these_readers_as_documented(n: int, k: int) -> None:
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(20):
        raters = rng.normal(size=(1, 1, k))
        ratings = math.sqrt(3) * rng.normal(size=(200, n, 1)) + raters + rng.normal(size=(200, n, k))
        truth = 3 / (3 + np.var(raters, ddof=1) + 1)  # the raters are fixed: their spread is what it is
        result = icc(ratings, "A,1")
        covered.append(np.mean((result.low <= truth) & (truth <= result.high)))
    assert 0.97 <= np.mean(covered) <= 0.995


@given(ratings_strategy)
def test_two_raters_with_equal_means_and_spread_have_the_correlation(ratings: np.ndarray) -> None:
    """C,1 with two raters of the same variance is Pearson's correlation."""
    first = ratings[:, 0]
    assume(np.unique(first).size > 1)
    second = np.roll(first, 1)
    np.testing.assert_allclose(
        icc(np.stack([first, second], axis=1), "C,1").value[0], np.corrcoef(first, second)[0, 1], atol=1e-9
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "ratings",
    [
        np.full((5, 3), 0.1),  # nothing varies
        np.tile([[0.3, 0.1 + 0.2, 0.3]], (5, 1)),  # nothing but rounding varies
        1 + 1e-13 * SHROUT_FLEISS,  # a few units in the last place
        np.zeros((4, 2)),
        np.array([[1.0, 2.0]]),  # one subject
        np.array([[1.0], [2.0], [3.0]]),  # one rater
        np.empty((0, 2)),
        np.array([[1.0, np.nan], [np.nan, 2.0], [3.0, 3.0]]),  # one complete subject
        np.full((3, 2), np.nan),
    ],
)
def test_undefined_is_missing(form: str, ratings: np.ndarray) -> None:
    result = icc(ratings, form)
    assert np.isnan([result.value[0], result.low[0], result.high[0]]).all()


@pytest.mark.parametrize("form", ["k", "A,k", "C,k"])
def test_no_positive_total_variance_is_missing(form: str) -> None:
    # Equal subject means, pure error: the printed quotient would be n for A,k, infinite for the others.
    assert np.isnan(icc(np.array([[0.1, 0.3], [0.3, 0.1], [0.2, 0.2]]), form).value[0])


def test_subjects_with_equal_means_have_an_interval() -> None:
    # MSR = 0, MSC = 6, MSE = 2: the approximate degrees of freedom are 0 and the value is -2 / (2 + 8 / 3).
    result = icc(np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]]), "A,1")
    np.testing.assert_allclose([result.value[0], result.low[0], result.high[0]], -3 / 7, rtol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_perfect_agreement_is_one(form: str) -> None:
    result = icc(np.repeat([[0.1], [0.2], [0.7]], 3, axis=1), form)
    np.testing.assert_allclose([result.value[0], result.low[0], result.high[0]], 1, atol=1e-12)


def test_a_constant_bias_is_seen_by_agreement_only() -> None:
    subject = np.arange(6.0)
    ratings = np.stack([subject, subject + 10], axis=1)
    assert icc(ratings, "C,1").value[0] == pytest.approx(1)
    # MSR = 2 var = 7, MSE = 0, MSC = 300: 7 / (7 + 2 * 300 / 6)
    assert icc(ratings, "A,1").value[0] == pytest.approx(7 / 107)


def test_missing_ratings_leave_out_the_subject_for_that_feature_only() -> None:
    features = np.stack([SHROUT_FLEISS, SHROUT_FLEISS, SHROUT_FLEISS])
    features[1, 2, 0], features[2, 4, 3] = np.nan, -np.inf
    for form in FORMS:
        result = icc(features, form)
        for feature, kept in enumerate([range(6), [0, 1, 3, 4, 5], [0, 1, 2, 3, 5]]):
            alone = icc(SHROUT_FLEISS[list(kept)], form)
            assert result.subjects[feature] == len(kept)
            for name in ("value", "low", "high"):
                assert getattr(result, name)[feature] == pytest.approx(getattr(alone, name)[0], rel=1e-12)


def test_large_offset_and_small_spread_keep_their_digits() -> None:
    # Multiples of 2^-20 around 2^20 are exact in double precision, so that the answer must not move.
    step, offset = 2.0**-20, 2.0**20
    for form in FORMS:
        near, far = icc(SHROUT_FLEISS, form), icc(offset + step * SHROUT_FLEISS, form)
        np.testing.assert_allclose(
            [far.value, far.low, far.high], [near.value, near.low, near.high], rtol=1e-9
        )


def simulate(n: int, k: int, rater_sd: float, repeats: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    subject = math.sqrt(3) * rng.normal(size=(repeats, n, 1))
    return subject + rater_sd * rng.normal(size=(repeats, 1, k)) + rng.normal(size=(repeats, n, k))


def test_consistency_interval_covers_the_truth() -> None:
    result = icc(simulate(30, 3, 1.0, 4000, seed=1), "C,1")
    truth = 3 / (3 + 1)
    covered = np.mean((result.low <= truth) & (truth <= result.high))
    assert covered == pytest.approx(0.95, abs=0.012)  # 3.5 standard errors


def test_agreement_interval_is_optimistic_as_documented() -> None:
    result = icc(simulate(50, 2, 1.0, 4000, seed=2), "A,1")
    truth = 3 / (3 + 1 + 1)
    too_high, too_low = np.mean(result.low > truth), np.mean(result.high < truth)
    assert 1 - too_high - too_low == pytest.approx(0.82, abs=0.03)
    assert too_high > 10 * too_low


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_many_features_at_once_equal_one_at_a_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(7, 5, 3)) * 10.0 ** rng.integers(-5, 5, size=(7, 1, 1))
    features[rng.random(features.shape) < 0.05] = np.nan
    for form in FORMS:
        together = icc(features, form)
        for feature in range(7):
            alone = icc(features[feature], form)
            np.testing.assert_allclose(
                [together.value[feature], together.low[feature], together.high[feature]],
                [alone.value[0], alone.low[0], alone.high[0]],
                rtol=1e-9,
            )


def test_wrong_arguments_say_what_is_right() -> None:
    with pytest.raises(InputError, match=r"'2,1' is not a form.*A,1"):
        icc(SHROUT_FLEISS, "2,1")
    with pytest.raises(InputError, match="confidence is 95"):
        icc(SHROUT_FLEISS, confidence=95)
    with pytest.raises(InputError, match="1 dimensions; 2 or 3"):
        icc([1.0, 2.0])
    with pytest.raises(InputError, match="not an array of numbers"):
        icc([["a", "b"], ["c", "d"]])


def test_no_feature_gives_no_row() -> None:
    assert icc(np.empty((0, 5, 2))).value.shape == (0,)
