"""Values of R's survival 3.5.3, printed by `tests/support/survival_witness.R`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_gbsg2, load_lung, load_rossi

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.baseline_table import median_follow_up
from nbradiomics.outcome.group_differences import group_difference, restricted_mean
from nbradiomics.outcome.groups import log_rank
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.solvers import fit_ridge, predicted_survival
from nbradiomics.outcome.solvers.score_test import univariable_p

#: Coefficients, concordance, survival of the first three subjects at the median event time, log-rank
#: statistic of the first covariate above its median, hazard ratio with its limits, restricted means of both
#: groups (high first) with their standard errors, median follow-up.
R = {
    "lung": (
        [0.0133690944876, -0.5907745292322, 0.5151110891821, -0.0090060517118],
        0.646705882353,
        [0.7005724189, 0.7385166096, 0.5868154306],
        3.42778458418,
        [1.3517432233, 0.9813627427, 1.8619106497],
        [188.5321999, 213.2044340, 7.614058659, 4.393691325],
        588,
    ),
    "rossi": (
        [
            *[-0.3794221668712, -0.0574377430138, 0.3138997859493, -0.1497956972228],
            *[-0.4337038766903, -0.0848710829908, 0.0914970793511],
        ],
        0.6403292471,
        [0.8578561504, 0.6661500804, 0.6830483433],
        3.83756957655,
        [0.6913775584, 0.4766759574, 1.0027838005],
        [26.68055556, 26.18981481, 0.2917386130, 0.3582872013],
        52,
    ),
    "gbsg2": (
        [-0.003471305311127, 0.050879988716469, -0.002684205712914, 0.000125025528098, 0.007647054237914],
        0.681833894433,
        [0.8051328650, 0.7774245810, 0.7072224786],
        0.738919615175,
        [1.1046204381, 0.8803272672, 1.3860598866],
        [601.2317038, 585.5601413, 5.988240994, 6.857485996],
        1645,
    ),
}


def table_of(name: str) -> pd.DataFrame:
    if name == "rossi":
        return load_rossi().rename(columns={"week": "time", "arrest": "event"})
    if name == "lung":
        used = ["time", "status", "age", "sex", "ph.ecog", "wt.loss"]
        return load_lung().dropna(subset=used)[used].rename(columns={"status": "event"})
    return load_gbsg2()[["time", "cens", "age", "pnodes", "progrec", "estrec", "tsize"]].rename(
        columns={"cens": "event"}
    )


@pytest.mark.parametrize("name", list(R))
def test_the_values_are_those_of_r(name: str) -> None:
    beta, concordance, survival, statistic, ratio, means, follow_up = R[name]
    table = table_of(name)
    y = survival_array(table["time"], table["event"])
    x = table.drop(columns=["time", "event"]).to_numpy(dtype=float)
    ours = fit_ridge(x, y, np.zeros(x.shape[1]))
    assert ours == pytest.approx(beta, rel=1e-6, abs=1e-9)
    risk = (x - x.mean(axis=0)) @ ours
    assert harrell_c(y["time"], y["event"], risk) == pytest.approx(concordance, abs=1e-9)
    middle = float(np.median(y["time"][y["event"]]))
    first = predicted_survival(y, risk, risk[:3], np.array([middle]))[:, 0]
    assert first == pytest.approx(survival, abs=1e-7)
    group = (x[:, 0] > np.median(x[:, 0])).astype(float)
    assert log_rank(y, group) == pytest.approx(statistic, abs=1e-6)
    found = group_difference(y, group, middle, 0.95)
    assert found is not None
    assert found.hazard_ratio == pytest.approx(ratio, rel=1e-6)
    moments = [restricted_mean(y[group == value], middle) for value in (1, 0)]
    assert [mean for mean, _ in moments] == pytest.approx(means[:2], rel=1e-8)
    assert [np.sqrt(variance) for _, variance in moments] == pytest.approx(means[2:], rel=1e-7)
    assert median_follow_up(y) == follow_up
    assert 0 < univariable_p(x, y).min() < 0.05
