"""Correlation clusters: scipy's Spearman, planted groups, representatives, the volume."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import spearmanr

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.reproducibility.clusters.clusters import correlation_clusters, spearman

VOLUME = "original_shape_MeshVolume"


def planted(seed=0, subjects=60):
    """Two groups of three features, a single one, and one that does not vary."""
    rng = np.random.default_rng(seed)
    size, texture = rng.normal(size=(2, subjects))
    noise = rng.normal(size=(subjects, 6)) * 0.05
    return pd.DataFrame(
        {
            "subject": [f"P{place:02d}" for place in range(subjects)],
            "reader": "A",
            VOLUME: np.exp(size),
            "original_shape_Area": size + noise[:, 1],
            "original_glcm_A": texture + noise[:, 2],
            "original_glcm_B": -texture + noise[:, 3],
            "original_glcm_C": np.exp(texture + noise[:, 4]),
            "original_firstorder_Mean": rng.normal(size=subjects),
            "original_firstorder_Minimum": 0.0,
        }
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30), st.booleans())
def test_complete_columns_have_the_correlation_of_scipy(seed, subjects, ties):
    values = np.random.default_rng(seed).normal(size=(subjects, 4))
    values = values.round(0) + values[:, :1] if ties else values
    expected = spearmanr(values).statistic
    np.testing.assert_allclose(spearman(values), expected, atol=1e-9)


def test_missing_values_are_left_out_pair_by_pair():
    values = np.random.default_rng(1).normal(size=(40, 3))
    values[:10, 0] = np.nan
    found = spearman(values, 10)
    assert found[1, 2] == pytest.approx(spearmanr(values[:, 1], values[:, 2]).statistic)
    both = np.isfinite(values[:, 0])
    # A column is ranked among all subjects that have it, so that pairs with gaps are near Spearman's rho.
    assert found[0, 1] == pytest.approx(spearmanr(values[both, 0], values[both, 1]).statistic, abs=0.03)
    assert np.isnan(spearman(values, 31)[0, 1])


def test_planted_groups_are_found_whatever_their_sign_and_scale():
    table = correlation_clusters(planted()).set_index("feature")
    assert list(table["cluster"].dropna()) == [2, 2, 1, 1, 1, 3]
    assert list(table["size"].dropna()) == [2, 2, 3, 3, 3, 1]
    assert pd.isna(table.loc["original_firstorder_Minimum", "cluster"])
    assert table.loc["original_firstorder_Minimum", "representative"] == ""
    assert table["only_volume"].tolist() == [True, True, False, False, False, False, False]
    assert table.loc["original_shape_Area", "with_volume"] > 0.9
    of_b = table.loc["original_glcm_B"]
    assert abs(of_b["correlation_with_representative"]) > 0.9


def test_the_most_reproducible_feature_represents_its_cluster():
    limits = pd.DataFrame(
        {
            "feature": ["original_glcm_A", "original_glcm_B", "original_glcm_C"],
            "low": [0.7, np.nan, 0.8],
        }
    )
    table = correlation_clusters(planted(), reproducibility=limits).set_index("feature")
    assert table.loc["original_glcm_A", "representative"] == "original_glcm_C"
    equal = limits.assign(low=0.8)
    alone = correlation_clusters(planted()).set_index("feature").loc["original_glcm_A", "representative"]
    tied = correlation_clusters(planted(), reproducibility=equal).set_index("feature")
    assert tied.loc["original_glcm_A", "representative"] == alone


def test_readers_are_averaged_and_the_model_is_not_among_them():
    one, two = planted(), planted()
    two["original_firstorder_Mean"] = -one["original_firstorder_Mean"] + 1e-3 * one[VOLUME]
    both = pd.concat([one, two.assign(reader="B"), planted(3).assign(reader="auto")])
    table = correlation_clusters(both).set_index("feature")
    # The readers' opposite values cancel, and what is left is the volume.
    assert table.loc["original_firstorder_Mean", "only_volume"]
    chosen = correlation_clusters(both, reader="A").set_index("feature")
    assert not chosen.loc["original_firstorder_Mean", "only_volume"]


def test_a_threshold_of_one_keeps_only_equal_ranks_together():
    table = planted()
    table["original_glcm_D"] = 2 * table["original_glcm_A"]
    found = correlation_clusters(table, threshold=1).set_index("feature")["cluster"]
    assert found["original_glcm_A"] == found["original_glcm_D"]
    assert found.nunique() == len(found.dropna()) - 1


def test_bad_tables_are_refused():
    table = planted()
    with pytest.raises(AmbiguousError, match="several values of timepoint"):
        correlation_clusters(table.assign(timepoint=["a", "b"] * 30))
    with pytest.raises(AmbiguousError, match="same subject, reader"):
        correlation_clusters(pd.concat([table, table]))
    with pytest.raises(InputError, match="Did you mean 'original_glcm_A'"):
        correlation_clusters(table, volume="original_glcm_a")
    with pytest.raises(InputError, match="no lower limit of any"):
        correlation_clusters(table, reproducibility=pd.DataFrame({"feature": ["x"], "low": [1.0]}))
    with pytest.raises(InputError, match="no column low"):
        correlation_clusters(table, reproducibility=pd.DataFrame({"feature": ["x"]}))
    with pytest.raises(InputError, match="threshold"):
        correlation_clusters(table, threshold=0)


def test_too_few_subjects_are_in_no_cluster():
    table = correlation_clusters(planted(subjects=9))
    assert table["cluster"].isna().all()
    assert set(table["subjects"]) == {9}
