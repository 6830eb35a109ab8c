"""Column filters: scikit-learn's contract and what they keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from nbradiomics.errors import InputError
from nbradiomics.outcome.settings import OutcomeSettings
from nbradiomics.outcome.stability import Ratings
from nbradiomics.outcome.transformers import (
    CorrelationFilter,
    DropUninformative,
    StabilityFilter,
    UnlessEmpty,
    absolute_spearman,
)
from nbradiomics.reproducibility import StabilitySettings
from nbradiomics.reproducibility.statistics.icc import icc

EXPECTED = {
    "check_estimators_empty_data_messages": "no column is allowed: an earlier filter may have dropped all",
    "check_dtype_object": "DropUninformative takes text, for categorical covariates",
}


def table(seed=0, subjects=20, features=6):
    values = np.random.default_rng(seed).normal(size=(subjects, features))
    names = [f"f{number}" for number in range(features)]
    return pd.DataFrame(values, columns=names, index=[f"s{number:02}" for number in range(subjects)])


@pytest.mark.parametrize("estimator", [DropUninformative(), CorrelationFilter()])
def test_scikit_learns_own_checks(estimator):
    check_estimator(estimator, expected_failed_checks=EXPECTED, on_skip=None)


@pytest.mark.parametrize(
    "estimator",
    [
        DropUninformative(),
        CorrelationFilter(),
        StabilityFilter(),
        StabilityFilter(stable=("f1", "f4", "gone")),
        UnlessEmpty(StandardScaler()),
        UnlessEmpty(SimpleImputer()),
    ],
)
def test_contract(estimator):
    X = table()
    fitted = clone(estimator).fit(X)
    out = fitted.transform(X)
    assert isinstance(out, pd.DataFrame)
    assert out.index.equals(X.index)
    assert out.columns.tolist() == list(fitted.get_feature_names_out())
    pd.testing.assert_frame_equal(fitted.transform(X.iloc[:3]), out.iloc[:3])
    empty = clone(estimator).set_output(transform="pandas").fit(X.iloc[:, :0])
    assert empty.transform(X.iloc[:, :0]).shape == (20, 0)
    assert list(empty.get_feature_names_out()) == []


def test_empty_and_constant_columns_are_dropped():
    X = pd.DataFrame(
        {
            "good": [1.0, 2.0, np.nan],
            "empty": [np.nan] * 3,
            "same": [5.0, np.nan, 5.0],
            "rounding": [1e6, 1e6 + 1e-8, 1e6],
            "small": [1e-9, 2e-9, 1e-9],
            "text": ["a", "b", np.nan],
            "one text": ["a", "a", np.nan],
            "no text": pd.Series([np.nan] * 3, dtype=object),
        }
    )
    assert DropUninformative().fit_transform(X).columns.tolist() == ["good", "small", "text"]


def test_spearman_equals_scipy():
    values = np.round(table(features=5).to_numpy(), 1)  # with ties
    np.testing.assert_allclose(absolute_spearman(values), np.abs(spearmanr(values).statistic), atol=1e-9)


def test_of_two_alike_the_more_redundant_goes():
    rng = np.random.default_rng(0)
    a, lone = rng.normal(size=200), rng.normal(size=200)
    half = a + 0.8 * rng.normal(size=200)  # resembles a, so that a is more redundant than its copy's noise
    near = a + 0.15 * rng.normal(size=200)
    X = pd.DataFrame({"a": a, "near": near, "half": half, "lone": lone})
    correlation = absolute_spearman(X.to_numpy())
    assert correlation[0, 1] > 0.9 > correlation[0, 2]
    redundant = "a" if correlation[0].mean() > correlation[1].mean() else "near"
    kept = CorrelationFilter(0.9).fit(X).get_feature_names_out().tolist()
    assert kept == [name for name in X.columns if name != redundant]


def test_of_exact_copies_the_first_stays():
    X = table(features=3).assign(copy=lambda frame: frame["f1"], opposite=lambda frame: -frame["f1"])
    assert CorrelationFilter(0.9).fit(X).get_feature_names_out().tolist() == ["f0", "f1", "f2"]


@given(
    arrays(np.float64, (12, 7), elements=st.integers(-3, 3).map(float)),
    st.floats(0.1, 0.95),
    st.integers(0, 9),
)
def test_no_kept_pair_exceeds_the_limit_and_no_feature_goes_without_cause(values, limit, seed):
    kept = CorrelationFilter(limit).fit(values).support_
    correlation = absolute_spearman(values) - np.eye(7)
    assert (correlation[np.ix_(kept, kept)] <= limit + 1e-9).all()
    assert (correlation[~kept].max(axis=1, initial=0) > limit).all()
    monotone = np.exp(values) * np.arange(1, 8)
    np.testing.assert_array_equal(CorrelationFilter(limit).fit(monotone).support_, kept)


def test_correlation_filter_depends_on_column_order_only_through_exact_ties():
    rng = np.random.default_rng(5)
    base = rng.normal(size=(60, 4))
    X = pd.DataFrame(np.repeat(base, 5, axis=1) + 0.3 * rng.normal(size=(60, 20))).add_prefix("f")
    kept = set(CorrelationFilter(0.85).fit(X).get_feature_names_out())
    order = rng.permutation(X.columns)
    assert set(CorrelationFilter(0.85).fit(X[order]).get_feature_names_out()) == kept
    assert len(kept) < 20


def ratings(noise, subjects=20, seed=0):
    """Ratings by three readers of one feature per noise level."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(len(noise), subjects, 1))
    values = truth + np.reshape(noise, (-1, 1, 1)) * rng.normal(size=(len(noise), subjects, 3))
    names = tuple(f"f{number}" for number in range(len(noise)))
    return Ratings(values, names, tuple(f"s{number:02}" for number in range(subjects)), ("r1", "r2", "r3"))


def test_stable_features_are_kept_and_undefined_ones_are_not():
    rated = ratings([0.05, 2.0, 0.1])
    rated.values[2] = 1.0  # no variation: its ICC is undefined
    X = table(features=3)
    assert StabilityFilter(ratings=rated).fit(X).get_feature_names_out().tolist() == ["f0"]


def test_the_lower_limit_decides_not_the_value():
    rated = ratings([0.42])
    result = icc(rated.values)
    assert result.low[0] < 0.75 < result.value[0]
    assert StabilityFilter(ratings=rated).fit(table(features=1)).support_.tolist() == [False]
    criteria = StabilitySettings(threshold=float(result.low[0]))
    assert StabilityFilter(ratings=rated, criteria=criteria).fit(table(features=1)).support_[0]


def test_the_filter_uses_the_form_and_the_readers_that_were_asked_for():
    rated = ratings([0.3])
    rated = replace(rated, values=rated.values + np.arange(rated.values.shape[2]))  # readers with a bias
    asked = (("C,1", False), ("A,1", False), ("A,1", True))
    criteria = {
        each: StabilitySettings(form=each[0], readers_in_general=each[1], threshold=0.2) for each in asked
    }
    filters = {each: StabilityFilter(ratings=rated, criteria=criteria[each]) for each in asked}
    kept = {each: bool(one.fit(table(features=1)).support_[0]) for each, one in filters.items()}
    limits = {key: float(icc(rated.values, key[0], readers_in_general=key[1]).low[0]) >= 0.2 for key in kept}
    assert kept == limits
    assert kept["C,1", False]
    assert not kept["A,1", True]


def test_stability_is_judged_on_the_fitted_subjects_only():
    rated = ratings([0.05, 0.05])
    rated.values[0, 10:] = np.random.default_rng(1).normal(size=(10, 3))  # f0 is unstable in s10 to s19
    X = table(features=2)
    assert StabilityFilter(ratings=rated).fit(X.iloc[:10]).support_.tolist() == [True, True]
    assert StabilityFilter(ratings=rated).fit(X).support_.tolist() == [False, True]


def test_too_few_rated_subjects_are_an_error():
    with pytest.raises(InputError, match="only 4 training subjects were measured by all of r1, r2, r3"):
        StabilityFilter(ratings=ratings([0.1])).fit(table(features=1).iloc[:4])


def test_an_array_has_no_subjects():
    with pytest.raises(InputError, match="indexed by subject"):
        StabilityFilter().fit(np.zeros((5, 2)))


def test_readers_in_general_need_a_form_of_agreement():
    with pytest.raises(InputError, match="forms A,1 and A,k"):
        OutcomeSettings(icc_form="C,1", readers_in_general=True)
    assert OutcomeSettings(icc_form="A,k", readers_in_general=True).stability_of_fold.form == "A,k"
