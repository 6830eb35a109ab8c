"""Yeo-Johnson's power against scikit-learn's, and what must hold for every column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st
from sklearn.preprocessing import PowerTransformer

from nbradiomics.outcome.yeo_johnson import LIMITS, YeoJohnson, most_likely_powers, yeo_johnson


def columns(seed: int, subjects: int = 60) -> np.ndarray:
    """Symmetric, skewed to both sides, and heavy-tailed ones, in various units."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(subjects, 12))
    normal[:, 3:6] = np.exp(normal[:, 3:6])
    normal[:, 6:9] = -(normal[:, 6:9] ** 2)
    normal[:, 9:] **= 3
    return normal * 10.0 ** rng.integers(-6, 7, 12) + rng.normal(size=12)


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 10_000))
@example(5939)
def test_powers_and_values_are_those_of_scikit_learn_within_the_limits(seed: int) -> None:
    values = columns(seed)
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    theirs = PowerTransformer().fit(standard)
    np.testing.assert_allclose(most_likely_powers(standard), np.clip(theirs.lambdas_, *LIMITS), atol=1e-4)
    within = (theirs.lambdas_ > LIMITS[0]) & (theirs.lambdas_ < LIMITS[1])
    found, expected = YeoJohnson().fit_transform(values), theirs.transform(standard)
    np.testing.assert_allclose(found[:, within], expected[:, within], atol=1e-4)


@given(st.integers(0, 10_000))
@example(2224)
def test_the_unit_of_a_feature_and_the_order_of_subjects_change_nothing(seed: int) -> None:
    values = columns(seed)
    expected = YeoJohnson().fit_transform(values)
    np.testing.assert_allclose(YeoJohnson().fit_transform(1000 * values + 7), expected, atol=1e-4)
    order = np.random.default_rng(seed).permutation(len(values))
    # The search ends when the power is known to 2e-6.
    np.testing.assert_allclose(YeoJohnson().fit(values[order]).transform(values), expected, atol=1e-5)


@given(st.integers(0, 10_000))
def test_the_order_of_values_stays_and_the_training_data_are_standard(seed: int) -> None:
    values = columns(seed)
    changed = YeoJohnson().fit_transform(values)
    np.testing.assert_allclose(changed.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(changed.std(axis=0), 1, atol=1e-8)
    for before, after in zip(values.T, changed.T, strict=True):
        assert (np.diff(after[np.argsort(before)]) >= 0).all()


def test_logarithms_where_the_exponent_is_0() -> None:
    values = np.array([[2.0], [-2.0]])
    np.testing.assert_allclose(yeo_johnson(values, np.zeros(1))[0], np.log(3))
    np.testing.assert_allclose(yeo_johnson(values, np.full(1, 2.0))[1], -np.log(3))
    np.testing.assert_allclose(yeo_johnson(values, np.ones(1)), values)


def test_one_value_far_from_all_others_stays_finite_and_a_new_outlier_is_limited() -> None:
    lonely = np.zeros((50, 1))
    lonely[0] = 1e9
    assert np.isfinite(YeoJohnson().fit_transform(lonely)).all()
    transformer = YeoJohnson().fit(np.random.default_rng(0).normal(size=(50, 1)))
    far, farther = transformer.transform(np.array([[1e3], [1e6]]))
    assert far == farther < 20


def test_names_of_columns_stay() -> None:
    table = pd.DataFrame(columns(1)[:, :2], columns=["a", "b"])
    changed = YeoJohnson().set_output(transform="pandas").fit_transform(table)
    assert changed.columns.tolist() == ["a", "b"]
