"""Site effects before and after, and whether the effects of covariates are still there."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbradiomics import ComBat, InputError, SiteEffectSettings, measure_site_effects
from nbradiomics.agreement.reader_study import multiplicity
from nbradiomics.agreement.reader_study.multiplicity import benjamini_hochberg, holm
from nbradiomics.harmonisation import site_tests
from tests.support.harmonisation_tables import feature_names, site_table

NONE = np.empty((90, 0))


def arrays(seed: int = 0, *, gaps: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    codes = np.repeat([0, 1, 2], (20, 30, 40))
    values = np.exp(random.normal(size=(90, 6)) * np.array([1.0, 1.5, 1.0])[codes][:, None])
    values += codes[:, None] * np.linspace(0, 1, 6)
    if gaps:
        values[random.random(values.shape) < 0.1] = np.nan
    return values, codes


@pytest.mark.parametrize("gaps", [False, True])
def test_location_is_the_analysis_of_variance_of_normal_scores(gaps: bool) -> None:
    values, codes = arrays(gaps=gaps)
    found = site_tests.location_effect(values, codes, NONE)
    for place, column in enumerate(values.T):
        kept = ~np.isnan(column)
        scores = stats.norm.ppf((stats.rankdata(column[kept]) - 0.5) / kept.sum())
        parts = [scores[codes[kept] == code] for code in range(3)]
        statistic, p = stats.f_oneway(*parts)
        assert found.p[place] == pytest.approx(p, rel=1e-8)
        n, k = len(scores), 3
        omega = (k - 1) * (statistic - 1) / ((k - 1) * (statistic - 1) + n)
        assert found.share[place] == pytest.approx(max(omega, 0), rel=1e-8)


def test_limits_of_a_share_are_those_for_which_the_statistic_is_a_quantile() -> None:
    values, codes = arrays()
    values[:, 4] = 2.0
    effect = site_tests.location_effect(values, codes, NONE)
    low, high = site_tests.share_limits(effect)
    assert np.isnan([low[4], high[4]]).all()
    kept = np.arange(6) != 4
    assert (low[kept] <= effect.share[kept]).all()
    assert (effect.share[kept] <= high[kept]).all()
    for place in np.flatnonzero(kept):
        f, n = effect.statistic[place], 90
        for limit, quantile in ((low[place], 0.975), (high[place], 0.025)):
            found = (
                stats.ncf.cdf(f, 2, 87, n * limit / (1 - limit)) if limit > 1e-6 else stats.f.cdf(f, 2, 87)
            )
            assert found == pytest.approx(quantile, abs=1e-4) or (limit <= 1e-6 and found < quantile)


def test_limits_of_a_share_cover() -> None:
    random = np.random.default_rng(5)
    sizes, shifts, scales = np.array([30, 30, 20]), np.array([0, 0.4, 0.8]), np.array([1, 1.3, 0.7])

    def draw(times: int, features: int) -> tuple[np.ndarray, np.ndarray]:
        codes = np.repeat([0, 1, 2], sizes * times)
        values = np.exp(
            random.normal(size=(len(codes), features)) * scales[codes][:, None] + shifts[codes][:, None]
        )
        return site_tests.normal_scores(values), codes

    scores, codes = draw(3000, 1)
    means = pd.Series(scores[:, 0]).groupby(codes).transform("mean")
    truth = means.var() / scores.var()
    low, high = site_tests.share_limits(site_tests.location_effect(*draw(1, 1000), np.empty((80, 0))))
    assert 0.92 < ((low <= truth) & (truth <= high)).mean() < 0.98


@pytest.mark.parametrize("gaps", [False, True])
def test_scale_is_brown_and_forsythe_s_test(gaps: bool) -> None:
    values, codes = arrays(1, gaps=gaps)
    found = site_tests.scale_effect(values, codes, NONE)
    for place, column in enumerate(values.T):
        parts = [column[(codes == code) & ~np.isnan(column)] for code in range(3)]
        assert found.p[place] == pytest.approx(stats.levene(*parts, center="median").pvalue, rel=1e-6)
    ratio = site_tests.largest_ratio(values, codes, NONE)
    deviations = [pd.Series(values[codes == code, 0]).std() for code in range(3)]
    assert ratio[0] == pytest.approx(max(deviations) / min(deviations))


def test_covariates_are_taken_into_account() -> None:
    """An effect of the age is no site effect; the F test equals that of two nested models."""
    random = np.random.default_rng(2)
    codes = np.repeat([0, 1], 100)
    age = random.normal(size=200) + codes
    values = np.column_stack([age + random.normal(size=200) for _ in range(200)])
    covariates = (age - age.mean())[:, None]
    plain = site_tests.location_effect(values, codes, np.empty((200, 0))).p
    adjusted = site_tests.location_effect(values, codes, covariates).p
    assert (plain < 0.05).mean() > 0.9
    assert 0.005 <= (adjusted < 0.05).mean() <= 0.12
    scores = site_tests.normal_scores(values)[:, 0]
    full = np.column_stack([codes == 0, codes == 1, age]).astype(float)
    squares = [
        np.linalg.lstsq(design, scores)[1][0] for design in (full, np.column_stack([np.ones(200), age]))
    ]
    statistic = (squares[1] - squares[0]) / (squares[0] / 197)
    assert adjusted[0] == pytest.approx(stats.f.sf(statistic, 1, 197), rel=1e-8)


def test_the_covariate_s_effect_is_that_of_a_regression() -> None:
    table = site_table((50,), 10, slope=0.6)
    values, age = table[feature_names(table)].to_numpy(), table["age"].to_numpy()
    column = ((age - age.mean()) / age.std())[:, None]
    effect, slope = site_tests.covariate_effect(values, column, np.empty((50, 0)))
    found = stats.linregress(age, values[:, 0])
    assert effect.p[0] == pytest.approx(found.pvalue, rel=1e-8)
    assert slope[0] == pytest.approx(found.rvalue * np.std(age) / np.std(age, ddof=1), rel=1e-8)
    twice = site_tests.covariate_effect(values, column, column)
    assert np.isnan(twice[0].p).all()


def test_what_cannot_be_tested_is_missing() -> None:
    values, codes = arrays()
    values[:, 0] = 3.0
    values[:, 1] = np.where(codes == 0, values[:, 1], np.nan)
    found = site_tests.location_effect(values, codes, NONE)
    assert np.isnan(found.p[:2]).all()
    assert np.isfinite(found.p[2:]).all()
    assert np.isnan(site_tests.scale_effect(values, codes, NONE).p[:2]).all()
    assert np.isnan(site_tests.largest_shift(values, codes, NONE)[0])


def test_corrections() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03, 0.005])
    assert holm(p) == pytest.approx(multiplicity.holm(p), nan_ok=True)
    assert benjamini_hochberg(p)[[0, 2, 3, 4]] == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert np.isnan(benjamini_hochberg(p)[1])


def test_a_planted_effect_goes_and_the_biology_stays() -> None:
    table = site_table((60, 60), 20, seed=1, shift=1.5, slope=0.6)
    settings = SiteEffectSettings(classifier="linear", folds=3)
    found = measure_site_effects(ComBat("site", covariates=["age"]), table, settings)
    sizes = found.features.groupby("state")[["location_share", "largest_shift", "largest_ratio"]].median()
    assert sizes.loc["before", "largest_shift"] > 0.6
    assert sizes.loc["after", "largest_shift"] < 0.4
    assert sizes.loc["after", "location_share"] < 0.05 < sizes.loc["before", "location_share"]
    told = found.separability.set_index("state")["balanced_accuracy"]
    assert told["before"] > 0.85
    assert told["after"] < 0.65
    assert found.separability["chance"].tolist() == [0.5, 0.5]
    slopes = found.covariates.set_index(["state", "feature"])["slope"]
    planted = feature_names(table)[:10]
    assert slopes["after"][planted].mean() == pytest.approx(0.6 / np.sqrt(1.36), abs=0.15)
    assert slopes["after"][planted].mean() > slopes["before"][planted].mean()


def test_it_is_measured_on_subjects_who_did_not_fit_it() -> None:
    table = site_table((30, 30), 8)
    twice = pd.concat([table, table])
    settings = SiteEffectSettings(classifier="linear", folds=2, held_out=0.4)
    combat = ComBat("site")
    found = measure_site_effects(combat, table, settings)
    assert not hasattr(combat, "stages_")
    assert set(found.features["rows"]) == {24}
    # Two rows of a subject are never on both sides.
    assert set(measure_site_effects(combat, twice, settings).features["rows"]) == {48}


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_classifier_is_not_below_chance(shift: float) -> None:
    """A classifier trained on subjects who fitted the harmonisation has 0.41 here."""
    told = []
    for seed in range(8):
        table = site_table((30, 30), 30, seed=seed, shift=shift)
        settings = SiteEffectSettings(classifier="linear", seed=seed)
        found = measure_site_effects(ComBat("site"), table, settings).separability
        told.append(found.set_index("state").loc["after", "balanced_accuracy"])
    assert 0.48 < np.mean(told) < 0.65


def test_permutations_give_the_chance_level() -> None:
    table = site_table((20, 20), 8, shift=0.0)
    settings = SiteEffectSettings(classifier="linear", folds=2, permutations=4)
    found = measure_site_effects(ComBat("site", least_subjects=5), table, settings).separability
    assert found["chance"].between(0.3, 0.7).all()
    assert found["p"].between(0.2, 1).all()


def test_too_few_subjects() -> None:
    table = site_table((30, 2), 8)
    combat = ComBat("site", least_subjects=1)
    with pytest.raises(InputError, match=r"site 'B' has 1 subject who did not fit .*; at least 2"):
        measure_site_effects(combat, table)
    with pytest.raises(InputError, match="one batch only"):
        measure_site_effects(combat, table[table["site"] == "A"])
