"""Measures against scikit-survival 0.28 on a published trial (GBSG2, 686 women; lifelines holds the data).

A Cox model of all covariates (Efron's ties), evaluated on the data that it was fitted to. The expected values
were printed by scikit-survival from the same risks and survival; `half` estimates the censoring from every
other row and evaluates the rest; `ties` rounds the risks to whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.measures import (
    brier_score,
    calibration_slope,
    cumulative_dynamic_auc,
    harrell_c,
    integrated_brier_score,
    uno_c,
)
from nbradiomics.outcome.measures.arguments import Train

TIMES = np.arange(365, 1826, 365.0)
EXACT = {"rtol": 0, "atol": 1e-8}


@dataclass
class Trial:
    time: np.ndarray
    event: np.ndarray
    risk: np.ndarray
    survival: np.ndarray


@pytest.fixture(scope="module")
def gbsg2() -> Trial:
    table = load_gbsg2()
    covariates = pd.get_dummies(table.drop(columns=["time", "cens"]), drop_first=True).astype(float)
    cox = CoxPHFitter().fit(covariates.assign(time=table["time"], cens=table["cens"]), "time", "cens")
    return Trial(
        table["time"].to_numpy(float),
        table["cens"].to_numpy(bool),
        cox.predict_log_partial_hazard(covariates).to_numpy(),
        cox.predict_survival_function(covariates, TIMES).T.to_numpy(),
    )


def test_all_subjects(gbsg2: Trial) -> None:
    outcome = gbsg2.time, gbsg2.event
    assert harrell_c(*outcome, gbsg2.risk) == pytest.approx(0.6918510280149093, abs=1e-8)
    assert uno_c(*outcome, gbsg2.risk, tau=1825) == pytest.approx(0.6816900430680654, abs=1e-8)
    assert uno_c(*outcome, gbsg2.risk) == pytest.approx(0.6794215745214612, abs=1e-8)
    np.testing.assert_allclose(
        cumulative_dynamic_auc(*outcome, gbsg2.risk, TIMES),
        [0.7659139633668601, 0.7392950162631078, 0.7430976621550098, 0.7376665957564245, 0.7501528658710569],
        **EXACT,
    )
    np.testing.assert_allclose(
        brier_score(*outcome, gbsg2.survival, TIMES),
        [
            0.07435674096476198,
            0.1677793525995818,
            0.19447313210338021,
            0.20733123498108483,
            0.20739354463740836,
        ],
        **EXACT,
    )
    whole = integrated_brier_score(*outcome, gbsg2.survival, TIMES)
    assert whole == pytest.approx(0.177614715621283, abs=1e-8)
    # Of a model without penalty, on its own data, as far as lifelines goes towards the maximum.
    assert calibration_slope(*outcome, gbsg2.risk) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("structured", [False, True])
def test_censoring_of_other_subjects(gbsg2: Trial, structured: bool) -> None:
    fitted = np.arange(len(gbsg2.time)) % 2 == 0
    train: Train = (gbsg2.time[fitted], gbsg2.event[fitted])
    if structured:
        train = survival_array(*train)
    outcome = gbsg2.time[~fitted], gbsg2.event[~fitted]
    risk, survival = gbsg2.risk[~fitted], gbsg2.survival[~fitted]
    assert uno_c(*outcome, risk, 1825, train) == pytest.approx(0.6695859028309942, abs=1e-8)
    np.testing.assert_allclose(
        cumulative_dynamic_auc(*outcome, risk, TIMES, train),
        [0.7542482704035688, 0.7491483308238451, 0.7314260367129113, 0.7254128158084083, 0.7504954673771423],
        **EXACT,
    )
    np.testing.assert_allclose(
        brier_score(*outcome, survival, TIMES, train),
        [
            0.07511500533480035,
            0.15654091863227523,
            0.19077049786122816,
            0.20632262592245415,
            0.21386805634567974,
        ],
        **EXACT,
    )


def test_equal_risks_count_half(gbsg2: Trial) -> None:
    rounded = np.round(gbsg2.risk)
    assert uno_c(gbsg2.time, gbsg2.event, rounded, 1825) == pytest.approx(0.6298467351487066, abs=1e-8)
    np.testing.assert_allclose(
        cumulative_dynamic_auc(gbsg2.time, gbsg2.event, rounded, TIMES),
        [0.6838621264768163, 0.6806012936706145, 0.6742501650436472, 0.6593184510782393, 0.6759290092498482],
        **EXACT,
    )
