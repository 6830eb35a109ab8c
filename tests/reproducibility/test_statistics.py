"""Statistics of reproducibility: values of R and of papers, coverage of the intervals, what is undefined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from nbradiomics.reproducibility import StabilitySettings, icc
from nbradiomics.reproducibility.statistics.bland_altman import limits_of_agreement
from nbradiomics.reproducibility.statistics.bootstrap import _Sums, bootstrap_limits
from nbradiomics.reproducibility.statistics.concordance import (
    _with_each_left_out,
    concordance,
    pair_differences,
)
from nbradiomics.reproducibility.statistics.mean_squares import standardise
from nbradiomics.reproducibility.statistics.one_way import one_way_icc
from nbradiomics.reproducibility.statistics.rank_agreement import kendall_w
from nbradiomics.reproducibility.statistics.table import statistics
from nbradiomics.reproducibility.statistics.within_subject import within_subject

JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
# Bland and Altman 1986: peak expiratory flow by two meters, and by the first of them twice.
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
AGAIN = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]
FLOW, WRIGHT = (np.array([LARGE, other], dtype=float).T for other in (MINI, AGAIN))
DATA = {"judges": JUDGES, "flow": FLOW, "wright": WRIGHT}
# Printed by tests/support/reproducibility_witness.R (R 4.2.2, psych 2.2.9, epiR 2.0.57).
ICCS = {
    ("judges", "1"): (0.165741768405, -0.132932324875, 0.722560062328),
    ("judges", "A,1"): (0.2897637795276, 0.0187865133747, 0.7610843696490),
    ("judges", "C,1"): (0.714840714841, 0.342464765034, 0.945858259955),
    ("judges", "k"): (0.442797133679, -0.884442155238, 0.912415420341),
    ("judges", "A,k"): (0.6200505475990, 0.0711368153025, 0.9272320401677),
    ("judges", "C,k"): (0.909315542377, 0.675674713816, 0.985891678169),
    ("flow", "1"): (0.946014725088, 0.860790171320, 0.979939215451),
    ("flow", "A,1"): (0.945928405577, 0.857411171235, 0.980078659146),
    ("flow", "C,1"): (0.942913072407, 0.849908391677, 0.978943134397),
    ("wright", "A,1"): (0.983164008259, 0.955216723351, 0.993818972746),
    ("wright", "A,k"): (0.991510539890, 0.977095492221, 0.996899905489),
}
WITNESS = {
    # overall CCC, Kendall's W, wSD, wSD of the logarithm, median quartile coefficient of dispersion
    "judges": (0.253723110866, 0.887037037037, 2.50277623628, 0.634381684689, 0.301025641026),
    "flow": (0.942742431427, 0.949754901961, 26.6347848631, 0.084028696722, 0.0117004680187),
    "wright": (0.982130561883, 0.975490196078, 15.3066690579, 0.0350250511596, 0.00465838509317),
}
# Bias and limits of Bland and Altman, interval of the upper limit, test of proportional bias.
LIMITS = {
    "flow": [
        *(-2.11764705882, -22.04883769665, 17.81354357900, -78.0973016111, 73.8620074934),
        *(48.860767070, 119.927533667, 0.749498533649),
    ],
    "wright": [
        *(4.94117647059, -6.22829316899, 16.11064611017, -37.6379378517, 47.5202907929),
        *(33.5095575188, 73.3354819361, 0.558864291079),
    ],
}
WHOLE = arrays(
    np.float64, st.tuples(st.integers(3, 9), st.integers(2, 4)), elements=st.integers(1, 30).map(float)
)


@pytest.mark.parametrize(("name", "form"), list(ICCS))
def test_icc_and_its_interval_are_those_of_psych(name: str, form: str) -> None:
    result = icc(DATA[name], form)
    found = [result.value[0], result.low[0], result.high[0]]
    np.testing.assert_allclose(found, ICCS[name, form], rtol=1e-5)


@pytest.mark.parametrize("name", list(DATA))
def test_other_statistics_are_those_of_r(name: str) -> None:
    ratings = DATA[name][np.newaxis]
    within = within_subject(ratings)
    rc_log = np.log(within.rc_log[0]) / (1.96 * np.sqrt(2))
    found = [concordance(ratings).value[0], kendall_w(ratings)[0], within.wsd[0], rc_log, within.qcd[0]]
    np.testing.assert_allclose(found, WITNESS[name], rtol=1e-10)
    assert within.rc[0] == pytest.approx(1.96 * np.sqrt(2) * within.wsd[0])
    assert within.wcv[0] == pytest.approx(within.wsd[0] / ratings.mean())


@pytest.mark.parametrize("name", list(LIMITS))
def test_limits_of_agreement_are_those_of_r(name: str) -> None:
    one = limits_of_agreement(DATA[name][np.newaxis])
    found = [one.bias, one.bias_low, one.bias_high, one.loa_low, one.loa_high]
    found += [one.loa_high_low, one.loa_high_high, one.proportional_p]
    np.testing.assert_allclose(np.ravel(found), LIMITS[name], rtol=1e-8)
    # The interval of the lower limit mirrors that of the upper one.
    np.testing.assert_allclose(one.loa_low - one.loa_low_low, one.loa_high_high - one.loa_high)


def test_peak_flow_as_published() -> None:
    """Bland and Altman 1986: bias -2.1 (-22.0 to 17.8), 1999: within-subject SD 15.3 of the large meter."""
    one = limits_of_agreement(FLOW[np.newaxis])
    published = [-2.1, -22.0, 17.8]
    np.testing.assert_allclose(np.ravel([one.bias, one.bias_low, one.bias_high]), published, atol=0.051)
    assert within_subject(WRIGHT[np.newaxis]).wsd[0] == pytest.approx(15.3, abs=0.05)


def test_limits_of_agreement_need_two_raters() -> None:
    for found in vars(limits_of_agreement(JUDGES[np.newaxis])).values():
        assert np.isnan(found).all()


@given(WHOLE)
def test_the_overall_coefficient_is_the_weighted_mean_of_the_pairs(ratings: np.ndarray) -> None:
    k = ratings.shape[1]
    above, below = 0.0, 0.0
    for first in range(k):
        for second in range(first):
            x, y = ratings[:, first], ratings[:, second]
            above += 2 * np.mean((x - x.mean()) * (y - y.mean()))
            below += x.var() + y.var() + (x.mean() - y.mean()) ** 2
    found = concordance(ratings[np.newaxis])
    if below < 1e-12:
        assert np.isnan(found.value[0])
    else:
        assert found.value[0] == pytest.approx(above / below, abs=1e-9)
        assert found.low[0] - 1e-12 <= found.value[0] <= found.high[0] + 1e-12
        assert found.low[0] >= -1 / (k - 1) - 1e-9
        assert found.high[0] <= 1


def test_leaving_out_each_subject_equals_computing_again() -> None:
    ratings = np.random.default_rng(3).normal([0.0, 2.0, -1.0], size=(4, 9, 3))
    x, rounding = standardise(ratings, np.ones((4, 9, 1), dtype=bool))
    means, differences = x.mean(axis=1), pair_differences(x)
    _, left_out = _with_each_left_out(x - means[:, np.newaxis], means, differences, rounding)
    for subject in range(9):
        alone = concordance(np.delete(ratings, subject, axis=1)).value
        np.testing.assert_allclose(1 - left_out[:, subject], alone, rtol=1e-10)


@pytest.mark.parametrize("k", [2, 3, 7, 10])
def test_identical_ratings_agree_perfectly_whatever_their_unit_and_offset(k: int) -> None:
    rng = np.random.default_rng(4)
    subjects = rng.normal(10, 1, size=(60, 20, 1)) * 10 ** rng.uniform(-8, 8, size=(60, 1, 1))
    subjects[:20] += 1e4 * subjects[:20].max(axis=1, keepdims=True)
    found = statistics(np.repeat(subjects, k, axis=2), "A,1", StabilitySettings(bootstraps=200))
    perfect = [name for name in found if name.startswith(("icc", "ccc")) or name in ("low", "high")]
    assert len(perfect) == 10
    for name in (*perfect, "rc_log"):
        assert (found[name] == 1).all(), name
    for name in ("wsd", "wcv", "rc", "rc_high", "qcd"):
        assert (found[name] == 0).all(), name


def test_the_interval_of_a_nearly_perfect_ccc_keeps_its_digits() -> None:
    """1 - CCC shrinks with the square of the differences, and so do its limits."""
    rng = np.random.default_rng(5)
    subjects, errors = rng.normal(size=(3, 30, 1)), rng.normal(size=(3, 30, 2))
    large, small = (concordance(subjects + size * errors) for size in (1e-4, 1e-6))
    for one, other in zip(large, small, strict=True):
        np.testing.assert_allclose((1 - other) / (1 - one), 1e-4, rtol=1e-3)


@given(WHOLE)
def test_equal_numbers_of_values_give_the_one_way_icc(ratings: np.ndarray) -> None:
    known = icc(ratings, "1")
    found, subjects = one_way_icc(ratings[np.newaxis])
    assert subjects[0] == len(ratings)
    for name in ("value", "low", "high"):
        ours, theirs = getattr(found, name)[0], getattr(known, name)[0]
        if name == "low" and not np.isnan(theirs):
            ours = max(ours, min(found.value[0], -1 / (ratings.shape[1] - 1)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_unequal_numbers_of_values_cover_the_truth() -> None:
    rng = np.random.default_rng(8)
    ratings = np.sqrt(0.9) * rng.normal(size=(4000, 25, 1)) + np.sqrt(0.1) * rng.normal(size=(4000, 25, 6))
    for subject in range(25):
        ratings[:, subject, 1 + subject % 6 :] = np.nan  # 1 to 6 values
    found, subjects = one_way_icc(ratings)
    assert set(subjects) == {20}
    covered = ((found.low <= 0.9) & (found.high >= 0.9)).mean()
    assert covered == pytest.approx(0.95, abs=0.012)
    assert found.value.mean() == pytest.approx(0.89, abs=0.015)
    within = within_subject(ratings)
    truth = 1.96 * np.sqrt(2 * 0.1)
    assert ((within.rc_low <= truth) & (within.rc_high >= truth)).mean() == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("n", "k"), [(20, 2), (30, 3)])
def test_intervals_of_ccc_cover_the_truth(n: int, k: int) -> None:
    rng = np.random.default_rng(9)
    raters = np.linspace(-0.15, 0.15, k)
    ratings = (
        np.sqrt(0.9) * rng.normal(size=(4000, n, 1)) + raters + np.sqrt(0.1) * rng.normal(size=(4000, n, k))
    )
    truth = 0.9 / (1 + raters.var(ddof=1))
    found = concordance(ratings)
    assert ((found.low <= truth) & (found.high >= truth)).mean() == pytest.approx(0.945, abs=0.015)


def test_intervals_of_limits_of_agreement_cover_the_truth() -> None:
    rng = np.random.default_rng(10)
    ratings = rng.normal(size=(4000, 12, 1)) + [0.5, 0.0] + 0.5 * rng.normal(size=(4000, 12, 2))
    found = limits_of_agreement(ratings)
    spread = 0.5 * np.sqrt(2)
    for low, high, truth in (
        (found.bias_low, found.bias_high, 0.5),
        (found.loa_low_low, found.loa_low_high, 0.5 - 1.96 * spread),
        (found.loa_high_low, found.loa_high_high, 0.5 + 1.96 * spread),
    ):
        assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.012)
    # No proportional bias: the p value is uniform.
    assert (found.proportional_p < 0.05).mean() == pytest.approx(0.05, abs=0.012)


def test_a_rater_who_stretches_the_scale_is_found() -> None:
    size = np.random.default_rng(2).normal(10, 2, size=40)
    noise = np.random.default_rng(3).normal(0, 0.2, size=(40, 2))
    stretched = np.stack([size, 1.3 * size], axis=1) + noise
    assert limits_of_agreement(stretched[np.newaxis]).proportional_p[0] < 1e-6


@pytest.mark.parametrize(("raters", "readers"), [(0.1, 5), (0.02, 8)])
def test_the_interval_for_readers_in_general_covers_the_truth(raters: float, readers: int) -> None:
    rng = np.random.default_rng(11)
    shape = (1000, 20, readers)
    ratings = np.sqrt(0.9 - raters) * rng.normal(size=(1000, 20, 1)) + np.sqrt(0.1) * rng.normal(size=shape)
    ratings += np.sqrt(raters) * rng.normal(size=(1000, 1, readers))
    found = icc(ratings, "A,1", readers_in_general=True)
    truth = 0.9 - raters
    assert ((found.low <= truth) & (found.high >= truth)).mean() == pytest.approx(0.95, abs=0.025)
    again = icc(ratings[::-1], "A,1", readers_in_general=True)
    np.testing.assert_array_equal(again.low[::-1], found.low)


def test_bootstrap_limits_are_near_the_others_and_always_the_same() -> None:
    rng = np.random.default_rng(12)
    ratings = 3 * rng.normal(size=(6, 200, 1)) + rng.normal(size=(6, 200, 3))
    found = bootstrap_limits(ratings, "A,1", 0.95, 1000)
    again = bootstrap_limits(ratings, "A,1", 0.95, 1000)
    for name, one in (("icc", icc(ratings)), ("ccc", concordance(ratings))):
        np.testing.assert_array_equal(found[name], again[name])
        np.testing.assert_allclose(found[name], (one.low, one.high), atol=0.02)


def test_bootstrap_samples_equal_computing_again() -> None:
    rng = np.random.default_rng(13)
    ratings = rng.normal(size=(3, 12, 1)) + 0.5 * rng.normal(size=(3, 12, 3)) + [0.1, 0.0, -0.1]
    counts = rng.multinomial(12, np.full(12, 1 / 12), size=4)
    sums = _Sums(ratings, counts.astype(float))
    for number, row in enumerate(counts):
        drawn = np.repeat(ratings, row, axis=1)
        for form in ("1", "A,1", "C,k"):
            np.testing.assert_allclose(sums.icc(form)[number], icc(drawn, form).value, rtol=1e-9)
        np.testing.assert_allclose(sums.ccc()[number], concordance(drawn).value, rtol=1e-9)


def test_ties_and_order_of_raters_do_not_matter_for_kendall() -> None:
    same = np.tile(np.array([[1.0], [2.0], [2.0], [5.0]]), (1, 3))
    assert kendall_w(same[np.newaxis])[0] == pytest.approx(1)
    against = np.stack([np.arange(5.0), -np.arange(5.0)], axis=1)
    assert kendall_w(against[np.newaxis])[0] == pytest.approx(0)
    assert np.isnan(kendall_w(np.ones((1, 5, 3)))[0])


ALL = [
    JUDGES,
    np.full((6, 4), 3.0),
    np.full((6, 4), np.nan),
    JUDGES - 5.5,
    np.where(np.arange(24).reshape(6, 4) == 7, np.nan, JUDGES),
    np.zeros((6, 4)),
]


@pytest.mark.parametrize("form", ["1", "A,1", "C,k"])
def test_many_features_with_gaps_equal_one_at_a_time(form: str) -> None:
    asked = StabilitySettings(bootstraps=200)
    together = statistics(np.stack(ALL), form, asked)
    for place, ratings in enumerate(ALL):
        alone = statistics(ratings[np.newaxis], form, asked)
        for name, values in together.items():
            np.testing.assert_allclose(values[place], alone[name][0], rtol=1e-9, err_msg=name)


def test_what_cannot_be_computed_is_missing() -> None:
    found = statistics(np.stack(ALL), "A,1", StabilitySettings())
    counts = {"subjects", "complete"}
    for name in set(found) - counts:
        assert np.isnan(found[name][2]), name  # no value
    assert found["complete"].tolist() == [6, 6, 0, 6, 5, 6]
    for name in ("icc", "low", "high", "ccc", "ccc_low", "ccc_high", "kendall_w"):
        assert np.isnan(found[name][[1, 5]]).all(), name  # all values are equal
    assert found["wsd"][[1, 5]].tolist() == [0, 0]
    assert found["wcv"][1] == 0
    assert np.isnan(found["wcv"][[3, 5]]).all()  # values of both signs, values of 0
    assert np.isnan(found["rc_log"][[3, 5]]).all()
    assert np.isnan(found["qcd"][[3, 5]]).all()


@settings(max_examples=30)
@given(WHOLE, st.sampled_from([1e-200, 0.01, 1e8, 1e200]))
def test_a_unit_changes_only_what_has_a_unit(ratings: np.ndarray, unit: float) -> None:
    plain = statistics(ratings[np.newaxis], "A,1", StabilitySettings())
    other = statistics(unit * ratings[np.newaxis], "A,1", StabilitySettings())
    with_unit = (
        "wsd",
        "rc",
        "rc_low",
        "rc_high",
        *(name for name in plain if name.startswith(("bias", "loa"))),
    )
    largest = np.abs(ratings).max()
    for name, value in plain.items():
        factor = unit if name in with_unit else 1.0
        np.testing.assert_allclose(other[name] / factor, value, rtol=1e-6, atol=1e-9 * largest, err_msg=name)


@pytest.mark.parametrize(
    ("readers", "truth", "rate"), [(2, 10 / 11, 0.836), (3, 10 / 11, 0.940), (2, 0.75, 0.025)]
)
def test_planted_features_are_kept_at_the_rate_of_theory(readers: int, truth: float, rate: float) -> None:
    """Exact rates: the quotient of the mean squares is a multiple of an F variable."""
    rng = np.random.default_rng(14)
    subject = np.sqrt(truth) * rng.normal(size=(4000, 30, 1))
    ratings = subject + np.sqrt(1 - truth) * rng.normal(size=(4000, 30, readers))
    assert np.mean(icc(ratings, "1").low >= 0.75) == pytest.approx(rate, abs=0.02)
    assert np.mean(icc(ratings, "A,1").low >= 0.75) == pytest.approx(rate, abs=0.03)


def test_the_repeatability_of_readers_in_general_is_wider_and_covers_the_truth() -> None:
    rng = np.random.default_rng(15)
    ratings = 10 + rng.normal(size=(800, 25, 1)) + 0.3 * rng.normal(size=(800, 1, 5))
    ratings += 0.2 * rng.normal(size=ratings.shape)
    found = statistics(ratings, "A,1", StabilitySettings(readers_in_general=True))
    these = statistics(ratings, "A,1", StabilitySettings())
    truth = 1.96 * np.sqrt(2 * (0.09 + 0.04))
    assert ((found["rc_low"] <= truth) & (truth <= found["rc_high"])).mean() == pytest.approx(0.95, abs=0.03)
    assert ((these["rc_low"] <= truth) & (truth <= these["rc_high"])).mean() < 0.6
    assert (found["rc_log_high"] > these["rc_log_high"]).all()


@pytest.mark.parametrize("shape", [(0, 5, 2), (3, 0, 2), (3, 1, 2), (3, 2, 2), (3, 5, 1)])
@pytest.mark.parametrize("form", ["1", "A,1"])
def test_hardly_any_subjects_or_raters_give_no_statistics_and_no_error(
    shape: tuple[int, int, int], form: str
) -> None:
    ratings = np.random.default_rng(16).normal(size=shape)
    found = statistics(ratings, form, StabilitySettings(bootstraps=200))
    assert {len(values) for values in found.values()} == {shape[0]}
    if min(shape[1:]) < 2:
        assert np.isnan(found["icc"]).all()
        assert np.isnan(found["ccc_low"]).all()
