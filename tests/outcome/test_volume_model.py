"""The volume alone is always beside the features: what they know beyond it is a gain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.outcome import OutcomeSettings, evaluate_outcome

VOLUME = "original_shape_MeshVolume"
QUICK = OutcomeSettings(folds=3, repeats=3, bootstraps=200, refits=0, penalizer=0.2, l1_ratio=0.0)


def cohort(*, beyond: float, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Log-normal volumes that predict the outcome, near copies of them, and one feature that adds to them."""
    rng = np.random.default_rng(seed)
    size, texture = rng.normal(size=(2, 120))
    names = [f"s{number:03}" for number in range(120)]
    features = pd.DataFrame({"subject": names, VOLUME: np.exp(10 + size)})
    for number in range(3):
        features[f"original_shape_Copy{number}"] = size + 0.3 * rng.normal(size=120)
    features["original_firstorder_Mean"] = texture
    time = rng.exponential(np.exp(-(0.9 * size + beyond * texture)))
    end = rng.exponential(3, size=120)
    clinical = pd.DataFrame({"subject": names, "months": np.minimum(time, end) + 1e-6})
    return features, clinical.assign(dead=(time <= end).astype(int))


def found(*tables: pd.DataFrame, **options: object) -> tuple[pd.DataFrame, str]:
    result = evaluate_outcome(*tables, time="months", event="dead", settings=QUICK, **options)
    return result.performance.set_index(["model", "metric"]), " ".join(result.summary["sentences"])


def test_features_that_only_repeat_the_volume_gain_nothing() -> None:
    table, text = found(*cohort(beyond=0.0))
    gain = table.loc[("radiomic", "harrell_c_gain_over_volume")]
    assert table.loc[("volume", "harrell_c"), "value"] > 0.65
    assert gain["value"] == pytest.approx(
        table.loc[("radiomic", "harrell_c"), "value"] - table.loc[("volume", "harrell_c"), "value"]
    )
    assert gain["low"] < 0 < gain["high"] or gain["value"] < 0
    assert "Compared with the volume alone, the features changed C by" in text


def test_a_feature_that_adds_to_the_volume_is_a_gain() -> None:
    table, text = found(*cohort(beyond=1.2))
    assert table.loc[("radiomic", "harrell_c_gain_over_volume"), "low"] > 0
    assert "is above 0" in text


def test_the_volume_is_there_although_it_is_no_chosen_feature() -> None:
    features, clinical = cohort(beyond=1.2)
    table, _ = found(features, clinical, feature_names=["original_firstorder_*"])
    whole, _ = found(features, clinical)
    value = ("volume", "harrell_c"), "value"
    assert table.loc[value] == whole.loc[value]


def test_without_a_volume_it_is_said() -> None:
    features, clinical = cohort(beyond=1.2)
    table, text = found(features.drop(columns=VOLUME), clinical)
    assert set(table.index.get_level_values("model")) == {"radiomic"}
    assert "a gain over the volume alone was not assessed" in text
    table, _ = found(features[["subject", VOLUME]], clinical)
    assert set(table.index.get_level_values("model")) == {"radiomic"}


def test_voxels_stand_in_for_the_mesh() -> None:
    features, clinical = cohort(beyond=1.2)
    voxels = features.rename(columns={VOLUME: "original_shape_VoxelVolume"})
    first, second = (found(table, clinical)[0]["value"] for table in (features, voxels))
    pd.testing.assert_series_equal(first, second)


def test_the_name_of_the_region_may_be_before_that_of_the_volume() -> None:
    features, clinical = cohort(beyond=0.0)
    table, _ = found(features.rename(columns={VOLUME: f"GTV_{VOLUME}"}), clinical)
    assert ("volume", "harrell_c") in table.index
    two = features.rename(columns={VOLUME: f"GTV_{VOLUME}"}).assign(**{f"node_{VOLUME}": features[VOLUME]})
    table, text = found(two, clinical)  # which one is the tumour is not known
    assert ("volume", "harrell_c") not in table.index
    assert "volume alone was not assessed" in text
