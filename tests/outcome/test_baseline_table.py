"""Baseline table, follow-up, and columns that are missing too often."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, survival_array
from nbradiomics.outcome.baseline_table import median_follow_up
from nbradiomics.outcome.transformers import DropUninformative
from tests.support.outcome_tables import make_cohort

FAST = OutcomeSettings(folds=2, repeats=1, bootstraps=0, penalizer=1.0, l1_ratio=0.0)
ASKED = {"time": "months", "event": "dead", "settings": FAST}


def test_follow_up_is_the_median_of_reverse_kaplan_meier() -> None:
    # Ends of observation at 2 (3 of 5 remain), 4 (1 of 2 remains) and 5.
    y = survival_array([1, 2, 3, 4, 5], [1, 0, 1, 0, 0])
    assert median_follow_up(y) == 4
    assert np.isnan(median_follow_up(survival_array([1, 2], [1, 1])))


@pytest.mark.realdata
def test_follow_up_of_the_gliomas_is_the_published_one(real_data: Path) -> None:
    clinical = pd.read_csv(real_data / "lgg" / "clinical.csv")
    known = clinical.dropna(subset=["os_days", "os_event"])
    assert median_follow_up(survival_array(known["os_days"], known["os_event"])) == 532


def test_the_baseline_table_counts_everybody_by_event() -> None:
    table, clinical = make_cohort(features=2)
    clinical.loc[:4, "age"] = np.nan
    result = evaluate_outcome(table, clinical, covariates=["age", "stage"], **ASKED)
    baseline = result.baseline.fillna({"level": ""}).set_index(["variable", "level"])
    events = int(clinical["dead"].sum())
    assert list(baseline.loc[("subjects", "")][["all", "with_event", "without_event"]]) == [
        "60",
        f"{events}",
        f"{60 - events}",
    ]
    known = clinical["age"].dropna()
    low, middle, high = known.quantile([0.25, 0.5, 0.75])
    assert baseline.loc[("age", ""), "all"] == f"{middle:.2f} ({low:.2f} to {high:.2f})"
    assert baseline.loc[("age", ""), "missing"] == 5
    of_stage = baseline.loc["stage"]
    counts = of_stage["with_event"].str.split(" ").str[0].astype(int)
    assert counts.to_dict() == clinical.query("dead == 1")["stage"].value_counts().to_dict()


def test_columns_that_are_missing_too_often_are_left_out_and_named() -> None:
    table, clinical = make_cohort(features=4)
    table.loc[:29, "f1"] = np.nan
    clinical.loc[:29, "age"] = np.nan
    result = evaluate_outcome(table, clinical, covariates=["age", "stage"], **ASKED)
    assert result.summary["often_missing"] == ["f1", "age"]
    text = " ".join(result.summary["sentences"]).replace("\u00a0", " ")
    assert "2 columns (f1, age) are missing in too many subjects (more than 20 % for a feature, 40 %" in text
    frequency = result.selection.query("model == 'combined'").set_index("feature")["frequency"]
    assert frequency["f1"] == frequency["age"] == 0
    assert frequency["f0"] == 1
    kept = evaluate_outcome(
        table,
        clinical,
        covariates=["age"],
        **{**ASKED, "settings": FAST.changed(missing_features=1, missing_covariates=1)},
    )
    assert kept.summary["often_missing"] == []
    assert kept.selection.query("model == 'combined'")["frequency"].min() > 0


def test_the_limit_is_that_of_the_training_subjects() -> None:
    frame = pd.DataFrame({"a": [1.0, 2, np.nan, 3, 4], "b": ["x", None, None, "y", "x"]})
    assert DropUninformative(0.2).fit(frame).support_.tolist() == [True, False]
    assert DropUninformative(0.4).fit(frame).support_.tolist() == [True, True]
