"""What must hold for every table that is harmonised."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics import ComBat
from tests.support.harmonisation_tables import feature_names, site_table

FEW = settings(max_examples=6, deadline=None)
METHODS = st.sampled_from(
    [
        {},
        {"parametric": False},
        {"mean_only": True},
        {"eb": False},
        {"reference_batch": "B"},
        {"reference_batch": "A", "m_combat": True},
        {"covariates": ["age"]},
        {"covariates": ["age"], "reference_batch": "A", "parametric": False},
    ]
)
SEEDS = st.integers(0, 10**6)


def with_gaps(table: pd.DataFrame, seed: int, share: float) -> pd.DataFrame:
    features = feature_names(table)
    gaps = np.random.default_rng(seed).random((len(table), len(features))) < share
    return table.assign(**{name: table[name].mask(gaps[:, place]) for place, name in enumerate(features)})


@FEW
@given(method=METHODS, seed=SEEDS, share=st.sampled_from([0.0, 0.1]))
def test_order_of_the_rows_does_not_matter(method: dict, seed: int, share: float) -> None:
    table = with_gaps(site_table((12, 15, 11), 6, seed=seed), seed, share)
    order = np.random.default_rng(seed).permutation(len(table))
    one = ComBat("site", **method).fit_transform(table)
    other = ComBat("site", **method).fit_transform(table.iloc[order])
    pd.testing.assert_frame_equal(other.sort_index(), one, rtol=1e-8, atol=1e-8)


@FEW
@given(method=METHODS, seed=SEEDS, share=st.sampled_from([0.0, 0.1]))
def test_a_part_of_the_training_subjects_is_transformed_as_all_of_them(
    method: dict, seed: int, share: float
) -> None:
    table = with_gaps(site_table((12, 15, 11), 6, seed=seed), seed, share)
    combat = ComBat("site", **method)
    all_of_them = combat.fit_transform(table)
    part = table[np.random.default_rng(seed).random(len(table)) < 0.3]
    pd.testing.assert_frame_equal(combat.transform(part), all_of_them.loc[part.index], rtol=1e-12)


@FEW
@given(method=METHODS, seed=SEEDS)
def test_new_subjects_move_nothing(method: dict, seed: int) -> None:
    table = site_table((14, 15, 14), 6, seed=seed)
    training, new = table[::2], table[1::2]
    method = {**method, "least_subjects": 5}
    combat = ComBat("site", **method).fit(training)
    before = combat.transform(new)
    wild = new.assign(**{name: new[name] * 50 for name in feature_names(new)})
    mixed = pd.concat([wild.iloc[1:], new.iloc[:1]])
    after = combat.transform(mixed).iloc[[-1]]
    pd.testing.assert_frame_equal(after, before.iloc[[0]], rtol=1e-12)
    pd.testing.assert_frame_equal(
        combat.transform(training), ComBat("site", **method).fit_transform(training)
    )


@FEW
@given(
    method=METHODS, seed=SEEDS, unit=st.sampled_from([1e-6, 0.1, 1e5]), start=st.sampled_from([-3.0, 0.0, 40])
)
def test_units_of_a_feature_do_not_matter(method: dict, seed: int, unit: float, start: float) -> None:
    table = site_table((12, 15, 11), 6, seed=seed)
    name = feature_names(table)[2]
    other = table.assign(**{name: table[name] * unit + start})
    found = ComBat("site", **method).fit_transform(table)
    rescaled = ComBat("site", **method).fit_transform(other)
    assert rescaled[name].to_numpy() / unit == pytest.approx(
        found[name].to_numpy() + start / unit, rel=1e-6, abs=1e-6
    )
    rest = [each for each in feature_names(table) if each != name]
    assert rescaled[rest].to_numpy() == pytest.approx(found[rest].to_numpy(), abs=1e-7)


@FEW
@given(method=METHODS, seed=SEEDS)
def test_one_batch_is_left_as_it_is(method: dict, seed: int) -> None:
    table = with_gaps(site_table((25,), 6, seed=seed), seed, 0.05)
    reference = {"reference_batch": "A"} if "reference_batch" in method else {}
    found = ComBat("site", **{**method, **reference}).fit_transform(table)
    pd.testing.assert_frame_equal(found, table, check_exact=True)


@FEW
@given(seed=SEEDS, parametric=st.booleans(), share=st.sampled_from([0.0, 0.1]))
def test_the_reference_batch_stays_exactly(seed: int, parametric: bool, share: float) -> None:
    table = with_gaps(site_table((12, 15, 11), 6, seed=seed), seed, share)
    combat = ComBat("site", covariates=["age"], reference_batch="B", parametric=parametric)
    found = combat.fit_transform(table)
    rows = table["site"] == "B"
    pd.testing.assert_frame_equal(found[rows], table[rows], check_exact=True)
    assert not np.allclose(
        found.loc[~rows, feature_names(table)], table.loc[~rows, feature_names(table)], equal_nan=True
    )


@FEW
@given(method=METHODS, seed=SEEDS)
def test_missing_values_stay_missing_and_move_no_value_of_their_row(method: dict, seed: int) -> None:
    table = site_table((12, 15, 11), 6, seed=seed)
    combat = ComBat("site", **method).fit(table)
    gaps = with_gaps(table, seed, 0.2)
    found, complete = combat.transform(gaps), combat.transform(table)
    features = feature_names(table)
    missing = gaps[features].isna()
    assert (found[features].isna() == missing).all(axis=None)
    pd.testing.assert_frame_equal(found[features], complete[features].mask(missing))


@FEW
@given(method=METHODS, seed=SEEDS)
def test_a_gap_in_training_moves_its_feature_as_its_own_table_would(method: dict, seed: int) -> None:
    """Without shrinkage, location and scale of a feature come from its own values alone."""
    table = site_table((12, 15, 11), 6, seed=seed)
    first, *rest = feature_names(table)
    gaps = table.assign(**{first: table[first].mask(table.index.isin([3, 20]))})
    plain = {**method, "eb": False, "parametric": True}
    found = ComBat("site", **plain).fit_transform(gaps)
    complete = ComBat("site", **plain).fit_transform(table)
    pd.testing.assert_frame_equal(found[rest], complete[rest], rtol=1e-10)
    without = gaps.dropna()
    own = ComBat("site", **plain).fit_transform(without)
    assert found.loc[without.index, first].to_numpy() == pytest.approx(own[first].to_numpy(), abs=1e-8)
