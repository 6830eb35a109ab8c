"""The trial: the same subjects, folds and samples, nothing computed twice, and the right verdict in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.workspace import Workspace
from nbradiomics.outcome import (
    OutcomeResult,
    OutcomeSettings,
    evaluate_outcome,
    try_outcome,
    validate_outcome,
    write_outcome,
)
from nbradiomics.outcome.trial import compared, run
from nbradiomics.outcome.trial.permuted import QUICK_PERMUTATIONS
from nbradiomics.outcome.trial_schema import CONTROLS, NO_COST
from nbradiomics.tables.feature_kinds import shape_names
from tests.support.trial_tables import trial_tables

FIXED = {"folds": 2, "repeats": 2, "penalizer": 0.1, "l1_ratio": 0.0, "power_transform": False}
QUICK = OutcomeSettings(**FIXED, refits=0, bootstraps=0)
TIMES = {"time": "months", "event": "dead"}


def tried(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], settings: OutcomeSettings = QUICK, **how: Any
) -> OutcomeResult:
    features, controls, clinical = tables
    endpoint = {} if "target" in how else TIMES
    result = evaluate_outcome(features, clinical, settings=settings, reader="A", **endpoint, **how)
    return try_outcome(result, controls)


def rows(result: OutcomeResult) -> pd.DataFrame:
    assert result.trial is not None
    return result.trial.set_index("features")


@pytest.fixture(scope="module")
def with_intervals() -> OutcomeResult:
    """A cohort whose hazard depends on texture, with refits."""
    settings = OutcomeSettings(**FIXED, refits=50)
    return tried(trial_tables(1, subjects=120, texture=1.5), settings)


@pytest.mark.slow
def test_where_the_hazard_is_texture_shuffling_costs(with_intervals: OutcomeResult) -> None:
    table = rows(with_intervals)
    assert list(table.index) == ["real", "shuffled", "volume", "shape", "permuted outcome"]
    assert table.loc["shuffled", "decision"] == "costs"
    verdict = with_intervals.summary["answers"]["What does the model know?"]
    assert verdict.startswith("The model needs texture: shuffling the voxels costs 0.")
    assert verdict in with_intervals.summary["sentences"]


@pytest.mark.slow
def test_real_features_and_volume_are_those_of_the_evaluation(with_intervals: OutcomeResult) -> None:
    """And the volume's cost is the gain over the volume, with its interval: two ways to one number."""
    table = rows(with_intervals)
    performance = with_intervals.performance.set_index(["model", "metric"])
    limits = ["value", "low", "high"]
    for name, model in (("real", "radiomic"), ("volume", "volume")):
        expected = performance.loc[(model, "harrell_c"), limits].to_numpy(float)
        np.testing.assert_allclose(table.loc[name, limits].to_numpy(float), expected, rtol=1e-12)
    gain = performance.loc[("radiomic", "harrell_c_gain_over_volume"), limits].to_numpy(float)
    cost = table.loc["volume", ["cost", "cost_low", "cost_high"]].to_numpy(float)
    np.testing.assert_allclose(cost, gain, rtol=1e-9)


@pytest.mark.slow
def test_the_table_can_be_read_back_and_the_summary_is_json(
    with_intervals: OutcomeResult, tmp_path: Path
) -> None:
    write_outcome(with_intervals, tmp_path)
    texts = ["decision", "note"]  # an empty cell is read as an empty text
    written = CONTROLS.read(tmp_path / "controls.csv")
    pd.testing.assert_frame_equal(written, with_intervals.trial.fillna(dict.fromkeys(texts, "")))
    facts = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["trial"]
    assert facts["controls"] == ["shuffled"]
    assert facts["permutations"] == 40
    assert abs(facts["permuted_mean"] - 0.5) < 5 * facts["permuted_error"]


def test_an_earlier_table_does_not_stay_beside_a_result_without_a_trial(tmp_path: Path) -> None:
    features, controls, clinical = trial_tables(0)
    result = evaluate_outcome(features, clinical, settings=QUICK, reader="A", **TIMES)
    write_outcome(try_outcome(result, controls), tmp_path)
    write_outcome(result, tmp_path)
    assert not (tmp_path / "controls.csv").exists()


def test_a_control_equal_to_the_real_features_costs_exactly_nothing() -> None:
    """The pairs have the same folds and samples, so that nothing is left but what the features differ in."""
    features, controls, clinical = trial_tables(2)
    names = [name for name in features if name.startswith("original_")]
    controls[names] = features[names]
    controls.loc[0, "original_glcm_T0"] = np.nan  # filled in by the median: hardly another value
    cost = rows(tried((features, controls, clinical))).loc["shuffled", "cost"]
    assert abs(cost) < 0.02


def test_without_refits_there_are_values_and_no_verdict() -> None:
    result = tried(trial_tables(1, texture=1.5))
    assert rows(result)["decision"].isna().all()
    assert result.summary["trial"]["verdict"].startswith(
        "No verdict: the radiomic model has a Harrell's C of 0."
    )
    assert result.summary["trial"]["permutations"] == QUICK_PERMUTATIONS


def test_the_order_of_the_rows_of_the_controls_changes_nothing() -> None:
    features, controls, clinical = trial_tables(3, texture=1.0)
    one = tried((features, controls, clinical))
    other = tried((features, controls.sample(frac=1, random_state=0), clinical))
    pd.testing.assert_frame_equal(one.trial, other.trial)


def test_no_set_is_scored_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    features, controls, clinical = trial_tables(1)
    second = controls.assign(variant="control-random")
    second.loc[3, [name for name in second if name.startswith("original_")]] = np.nan
    calls: list[int] = []

    def counting(data: Any, *args: Any) -> Any:
        calls.append(len(data.y))
        return compared.scored(data, *args)

    monkeypatch.setattr(run, "scored", counting)
    table = rows(tried((features, pd.concat([controls, second]), clinical)))
    # Shuffled, shape; real and random without the subject whose control failed. Never real or volume again.
    assert sorted(calls) == [79, 79, 80, 80]
    assert table["subjects"].to_dict() == {
        "real": 80, "shuffled": 80, "random": 79, "volume": 80, "shape": 80, "permuted outcome": 80,
    }  # fmt: skip
    assert table.loc["random", "real"] != table.loc["real", "value"]
    assert table.loc["random", "note"] == "without 1 subject who lacks it"


@pytest.mark.slow
def test_results_do_not_depend_on_jobs_and_are_stored(tmp_path: Path) -> None:
    features, controls, clinical = trial_tables(4)
    settings = OutcomeSettings(**{**FIXED, "repeats": 1}, refits=50)
    result = evaluate_outcome(features, clinical, settings=settings, reader="A", **TIMES)
    first = try_outcome(result, controls, execution=Execution(workspace=Workspace(tmp_path)))
    files = sorted(tmp_path.rglob("*.json"))
    assert files
    again = try_outcome(result, controls, execution=Execution(workspace=Workspace(tmp_path), jobs=2))
    pd.testing.assert_frame_equal(first.trial, again.trial)
    assert sorted(tmp_path.rglob("*.json")) == files


def test_one_set_that_fails_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(data: Any, *args: Any) -> Any:
        if len(data.radiomic) == 2:  # the shape alone
            raise InputError("a fold is empty.", "")
        return compared.scored(data, *args)

    monkeypatch.setattr(run, "scored", failing)
    table = rows(tried(trial_tables(1)))
    assert np.isfinite(table.loc["shuffled", "value"])
    assert table.loc["shape", "note"] == "failed: a fold is empty."
    assert np.isnan(table.loc["shape", "value"])


def test_classes_competing_events_sites_and_firth_are_tried_too() -> None:
    features, controls, clinical = trial_tables(5, subjects=90, texture=1.5)
    rng = np.random.default_rng(0)
    signal = features["original_glcm_T0"].rank(pct=True) + rng.normal(0, 0.3, 90)
    clinical["grade"] = np.where(signal > 0.9, "high", np.where(signal > 0.4, "middle", "low"))
    clinical["alive"] = np.where(clinical["grade"] == "high", "no", "yes")
    clinical["site"] = np.where(np.arange(90) % 3, "north", "south")
    tables = features, controls, clinical
    for how in ({"target": "grade"}, {"target": "alive"}):
        table = rows(tried(tables, **how))
        assert set(table["metric"]) == {"roc_auc"}
        assert table.loc["shuffled", "cost"] > 0.1
    sites = OutcomeSettings(
        **{name: FIXED[name] for name in FIXED if name not in ("folds", "repeats")}, bootstraps=0
    )
    assert rows(tried(tables, sites, leave_out="site")).loc["shuffled", "cost"] > 0.05
    firth = OutcomeSettings(folds=2, repeats=1, refits=0, bootstraps=0, method="firth")
    assert rows(tried(tables, firth)).loc["shuffled", "cost"] > 0.05
    clinical.loc[clinical.index % 5 == 0, "dead"] = 2
    table = rows(tried(tables, competing=["2"]))
    assert table.loc["shuffled", "cost"] > 0.05
    assert set(table["metric"]) == {"harrell_c"}


def test_an_external_validation_cannot_be_tried() -> None:
    features, controls, clinical = trial_tables(0)
    settings = OutcomeSettings(penalizer=0.1, l1_ratio=0.0, bootstraps=0)
    others, _, outcomes = trial_tables(1)
    external = [table.assign(subject="x" + table["subject"]) for table in (others, outcomes)]
    result = validate_outcome((features, clinical), tuple(external), settings=settings, reader="A", **TIMES)
    with pytest.raises(InputError, match="only the result of a cross-validation"):
        try_outcome(result, controls)


def test_controls_of_other_parameters_are_refused() -> None:
    features, controls, clinical = trial_tables(0)
    tables = features.assign(parameters="p44136fa355b3678"), controls.assign(parameters="p0123456789abcde")
    with pytest.raises(InputError, match="the parameters of the features are p44136fa355b3678"):
        tried((*tables, clinical))


def test_without_controls_volume_and_shape_are_tried_alone() -> None:
    features, _, clinical = trial_tables(1)
    result = try_outcome(evaluate_outcome(features, clinical, settings=QUICK, reader="A", **TIMES))
    assert list(rows(result).index) == ["real", "volume", "shape", "permuted outcome"]


def test_the_shape_has_no_feature_of_the_intensities() -> None:
    shape = ("original_shape_MeshVolume", "original_morph_comp_1", "original_morph_vol_dens_aabb")
    others = ("original_morph_com", "original_morph_moran_i", "original_morph_integ_int", "original_stat_cov")
    assert shape_names((*shape, *others)) == shape


def test_the_volume_as_the_only_feature_of_the_shape_is_not_tried_twice() -> None:
    features, controls, clinical = (
        table.drop(columns="original_shape_Sphericity", errors="ignore") for table in trial_tables(1)
    )
    result = tried((features, controls, clinical))
    assert list(rows(result).index) == ["real", "shuffled", "volume", "permuted outcome"]


def test_a_table_of_neither_volume_nor_shape_has_the_permuted_outcome_alone() -> None:
    features, _, clinical = trial_tables(1)
    features = features[[name for name in features if "shape" not in name]]
    result = try_outcome(evaluate_outcome(features, clinical, settings=QUICK, reader="A", **TIMES))
    assert list(rows(result).index) == ["real", "permuted outcome"]
    assert NO_COST not in set(rows(result)["decision"])
