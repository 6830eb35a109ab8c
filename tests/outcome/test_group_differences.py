"""Hazard ratio and restricted mean survival of two groups: lifelines, a known hazard, draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.group_differences import group_difference, restricted_mean


def groups(seed: int, subjects: int = 120, ratio: float = 2.5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = (np.arange(subjects) % 2).astype(float)
    time = np.ceil(30 * rng.exponential(1 / np.where(group == 1, ratio, 1.0)))
    end = np.ceil(60 * rng.random(subjects))
    return survival_array(np.minimum(time, end), time <= end), group


def test_both_are_those_of_lifelines() -> None:
    y, group = groups(0)
    found = group_difference(y, group, 40.0, 0.95)
    assert found is not None
    table = pd.DataFrame({"time": y["time"], "event": y["event"], "group": group})
    fitted = CoxPHFitter().fit(table, "time", "event")
    theirs = np.exp([fitted.params_["group"], *fitted.confidence_intervals_.loc["group"]])
    assert found.hazard_ratio == pytest.approx(tuple(theirs), rel=1e-5)
    for value, mean in zip((1, 0), found.of_groups, strict=True):
        part = y[group == value]
        curve = KaplanMeierFitter().fit(part["time"], part["event"])
        assert mean == pytest.approx(restricted_mean_survival_time(curve, t=found.until))


def test_the_variance_is_that_of_many_cohorts() -> None:
    values = np.array([restricted_mean(groups(seed)[0], 30.0) for seed in range(300)])
    assert np.sqrt(values[:, 1].mean()) == pytest.approx(values[:, 0].std(), rel=0.12)


def test_survival_is_compared_only_while_both_groups_are_observed() -> None:
    y, group = groups(1)
    until = min(y["time"][group == 1].max(), y["time"][group == 0].max())
    found = group_difference(y, group, 1000.0, 0.95)
    assert found is not None
    assert found.until == until
    assert found.difference[1] < found.difference[0] < found.difference[2]


def test_one_group_has_no_difference_and_events_in_one_group_alone_no_ratio() -> None:
    y, group = groups(2)
    assert group_difference(y, np.ones(len(y)), 30.0, 0.95) is None
    alone = survival_array(y["time"], y["event"] & (group == 1))
    found = group_difference(alone, group, 30.0, 0.95)
    assert found is not None
    assert np.isnan(found.hazard_ratio).all()
    assert np.isfinite(found.difference).all()
