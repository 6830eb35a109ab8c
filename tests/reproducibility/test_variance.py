"""Variance components: R's values, balanced designs by hand, designs without an answer, undefined ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.reproducibility.variance.components import COMPONENTS
from nbradiomics.reproducibility.variance.reml import fit_reml
from nbradiomics.reproducibility.variance.reml_layout import lay_out
from nbradiomics.reproducibility.variance.schema import share_name, variance_name
from nbradiomics.reproducibility.variance.text import variance_sentences
from nbradiomics.reproducibility.variance.variance import variance_components
from tests.support.paths import ROOT

WITNESS = ROOT / "tests" / "support" / "variance_witness.csv"
#: Values of R's lme4 1.1.31, printed by `tests/support/variance_witness.R`.
LME4 = {
    ("main", "shape"): {"subject": 103.255524, "reader": 5.792944, "residual": 17.265690},
    ("main", "texture"): {"subject": 1.06004634, "reader": 0.00917054, "residual": 0.32012204},
    ("nested", "shape"): {"subject": 92.089077, "site": 13.578096, "reader": 5.786632, "residual": 17.258945},
    ("nested", "texture"): {"subject": 1.060046, "site": 0.0, "reader": 0.009170539, "residual": 0.3201220},
    ("full", "shape"): {
        "subject_reader": 9.529710,
        "subject_timepoint": 3.862278,
        "subject": 78.188396,
        "site": 16.888908,
        "reader": 5.357150,
        "timepoint": 2.529505,
        "residual": 9.431537,
    },
    ("full", "texture"): {
        "subject_reader": 0.03821096,
        "subject_timepoint": 0.4995234,
        "subject": 0.3733132,
        "site": 0.0,
        "reader": 0.007105879,
        "timepoint": 0.0,
        "residual": 0.2973191,
    },
}
FACTORS = {"main": ["reader"], "nested": ["site", "reader"], "full": ["site", "timepoint", "reader"]}


@pytest.mark.parametrize(("model", "feature"), LME4)
def test_unbalanced_designs_have_the_components_of_lme4(model, feature):
    table = pd.read_csv(WITNESS)
    rows = table if model == "full" else table[table["timepoint"] == "first"]
    found = variance_components(rows, components=FACTORS[model], feature_names=[feature]).iloc[0]
    expected = LME4[model, feature]
    total = sum(expected.values())
    for name in COMPONENTS:
        if name in expected:
            assert found[variance_name(name)] == pytest.approx(expected[name], rel=2e-5, abs=1e-7 * total)
        else:
            assert np.isnan(found[variance_name(name)])
    assert found[[share_name(name) for name in COMPONENTS]].sum() == pytest.approx(1)
    assert found["rows"] == len(rows)


def crossed(values, **columns):
    """Table of subjects by readers, one feature for each layer of (features, subjects, readers)."""
    features, subjects, readers = values.shape
    table = pd.DataFrame(values.reshape(features, -1).T, columns=[f"f{place}" for place in range(features)])
    table.insert(0, "subject", np.repeat([f"P{place}" for place in range(subjects)], readers))
    table.insert(1, "reader", np.tile([f"r{place}" for place in range(readers)], subjects))
    return table.assign(**columns)


def draws(seed, features=4, subjects=12, readers=3):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(features, subjects, 1))
        + rng.normal(size=(features, 1, readers)) * rng.uniform(0, 1, (features, 1, 1))
        + rng.normal(size=(features, subjects, readers)) * rng.uniform(0.1, 2, (features, 1, 1))
    )


def mean_squares(values):
    _, n, k = values.shape
    row, column = values.mean(axis=2, keepdims=True), values.mean(axis=1, keepdims=True)
    mean = values.mean(axis=(1, 2), keepdims=True)
    rest = ((values - row - column + mean) ** 2).sum(axis=(1, 2)) / ((n - 1) * (k - 1))
    rows = k * ((row - mean) ** 2).sum(axis=(1, 2)) / (n - 1)
    columns = n * ((column - mean) ** 2).sum(axis=(1, 2)) / (k - 1)
    return rows, columns, rest


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_balanced_designs_have_the_components_of_the_analysis_of_variance(seed, readers):
    values = draws(seed, readers=readers)
    n, k = values.shape[1:]
    table = variance_components(crossed(values))
    rows, columns, rest = mean_squares(values)
    by_hand = np.stack([(rows - rest) / k, (columns - rest) / n, rest], axis=1)
    found = table[[variance_name(name) for name in ("subject", "reader", "residual")]].to_numpy()
    positive = (by_hand > 1e-6).all(axis=1)
    np.testing.assert_allclose(found[positive], by_hand[positive], rtol=1e-5)
    # Without its effect, the sum of squares of the readers belongs to the residual.
    alone = (by_hand[:, 1] < 0) & (by_hand[:, 0] > 0)
    pooled = ((n - 1) * (k - 1) * rest + (k - 1) * columns) / (n * (k - 1))
    kept = alone & (rows > pooled)
    np.testing.assert_allclose(found[kept, 1], 0, atol=1e-9)
    np.testing.assert_allclose(found[kept, 2], pooled[kept], rtol=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_shares_depend_on_neither_unit_nor_offset_nor_order(seed, offset, unit):
    values = draws(seed)
    shares = [share_name(name) for name in COMPONENTS]
    table = crossed(values)
    plain = variance_components(table)[shares].to_numpy()
    moved = variance_components(crossed(values * unit + offset * unit))[shares].to_numpy()
    shuffled = variance_components(table.sample(frac=1, random_state=1))[shares].to_numpy()
    np.testing.assert_allclose(moved, plain, atol=1e-5)
    np.testing.assert_allclose(shuffled, plain, atol=1e-7)


def test_planted_shares_are_found_on_average():
    rng = np.random.default_rng(5)
    features, subjects, readers = 300, 60, 8
    subject = rng.normal(size=(features, subjects, 1)) * np.sqrt(0.6)
    reader = rng.normal(size=(features, 1, readers)) * np.sqrt(0.15)
    values = subject + reader + rng.normal(size=(features, subjects, readers)) * np.sqrt(0.25)
    means = variance_components(crossed(values))[[variance_name("subject"), variance_name("reader")]].mean()
    # Standard errors of the means: 0.006 and 0.005.
    assert means.to_numpy() == pytest.approx([0.6, 0.15], abs=0.02)


def test_a_second_reading_tells_the_interaction_from_the_residual():
    rng = np.random.default_rng(3)
    values = draws(3, features=200, subjects=20)
    noise = 0.1
    readings = [
        crossed(values + noise * rng.normal(size=values.shape), reading=reading) for reading in (1, 2)
    ]
    table = variance_components(pd.concat(readings))
    assert (table["not_told_apart"] == "").all()
    assert table[variance_name("residual")].mean() == pytest.approx(noise**2, rel=0.05)
    once = variance_components(readings[0])
    assert once[variance_name("subject_reader")].isna().all()
    assert once["not_told_apart"].str.startswith("subject x reader").all()


def test_features_without_an_answer_say_why():
    values = draws(1)
    values[0] = 7
    values[1] = np.nan
    values[2, 2:] = np.nan
    values[3, :, 1] = values[3, :, 2] = values[3, :, 0]
    table = variance_components(crossed(values))
    assert list(table["note"]) == [
        "the values do not vary",
        "0 subjects; 10 are needed",
        "2 subjects; 10 are needed",
        "",
    ]
    assert table.loc[:2, [share_name(name) for name in COMPONENTS]].isna().all(axis=None)
    # Readers with equal values: all variation is between subjects.
    assert table[share_name("subject")][3] == pytest.approx(1)


HASHES = ("p44136fa355b3678", "p0123456789abcde")


def test_a_table_that_cannot_answer_is_refused():
    table = crossed(draws(2))
    with pytest.raises(InputError, match="nothing is repeated"):
        variance_components(table[table["reader"] == "r0"])
    with pytest.raises(InputError, match="there is only one subject"):
        variance_components(table[table["subject"] == table["subject"].iloc[0]])
    with pytest.raises(InputError, match="cannot tell site and reader apart"):
        variance_components(table.assign(site=table["reader"]))
    with pytest.raises(AmbiguousError, match="several rows have the same subject"):
        variance_components(pd.concat([table, table]))
    with pytest.raises(InputError, match="Did you mean 'reader'"):
        variance_components(table, components=["readr"])
    with pytest.raises(InputError, match="column subject"):
        variance_components(table.drop(columns="subject"))
    with pytest.raises(InputError, match="column site is empty in 1 of 36 rows"):
        variance_components(table.assign(site=["a"] * (len(table) - 1) + [None]))
    with pytest.raises(InputError, match="made with 2 different parameters"):
        variance_components(table.assign(parameters=np.where(table["reader"] == "r0", *HASHES)))


def test_a_factor_that_is_left_out_is_no_repetition():
    with pytest.raises(AmbiguousError, match="mistaken for repetitions"):
        variance_components(crossed(draws(2)).assign(site="a"), components=["subject"])


def test_training_subjects_of_the_model_are_left_out():
    table = crossed(draws(4, subjects=14)).replace({"reader": {"r2": "auto"}})
    table["in_training"] = np.where(table["subject"].isin(["P0", "P1"]), "yes", "no")
    with_model = variance_components(table, readers=["auto", "r0", "r1"])
    assert set(with_model["subjects"]) == {12}
    assert set(variance_components(table)["subjects"]) == {14}


def test_a_row_that_is_not_chosen_may_say_that_the_model_was_trained_on_the_subject():
    table = crossed(draws(4, subjects=14)).replace({"reader": {"r2": "auto"}})
    said = table["subject"].isin(["P0", "P1"]) & (table["reader"] == "r1")
    table["in_training"] = np.where(said, "yes", "")
    assert set(variance_components(table, readers=["auto", "r0"])["subjects"]) == {12}


def test_sites_belong_to_subjects():
    table = crossed(draws(6, subjects=20))
    table["site"] = table["subject"].map(lambda name: f"s{int(name[1:]) % 4}")
    found = variance_components(table)
    assert found[share_name("site")].notna().all()
    assert found[share_name("subject_site")].isna().all()
    text = " ".join(variance_sentences(found))
    assert "site (4 levels), reader (3 levels) are rough" in text


def test_missing_rows_form_a_design_of_their_own():
    values = draws(8, features=2, subjects=15)
    holes = values.copy()
    holes[0, 3, 1] = holes[0, 7, 0] = np.nan
    table = crossed(holes)
    whole = variance_components(table)
    alone = variance_components(table.dropna(subset="f0"), feature_names=["f0"])
    assert whole["rows"].tolist() == [43, 45]
    np.testing.assert_allclose(whole[share_name("subject")][0], alone[share_name("subject")][0], rtol=1e-9)


def test_nothing_between_subjects_gives_no_share_of_subjects():
    rng = np.random.default_rng(9)
    subject = np.repeat(np.arange(30), 2)
    values = rng.normal(size=(200, 60))
    values -= values.reshape(200, 30, 2).mean(axis=2).repeat(2, axis=1)
    fitted = fit_reml(lay_out(subject, [subject], []), values)
    assert (fitted[:, 0] == 0).all()
