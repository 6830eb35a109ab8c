"""The path of the elastic-net Cox model: scikit-survival, lifelines, and the conditions of an optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.solvers import (
    NoMaximumError,
    Penalty,
    RiskSets,
    fit_elastic_net,
    fit_ridge,
    largest_strength,
)
from nbradiomics.outcome.solvers.cox_likelihood import log_likelihood

STRENGTHS = np.array([0.08, 0.04, 0.02, 0.01, 0.002])
#: Of `CoxnetSurvivalAnalysis(l1_ratio, alphas=STRENGTHS, tol=1e-14)` of scikit-survival 0.28, for Rossi's
#: recidivism data with standardised columns. Its ties are Breslow's, so equal weeks are set apart.
COXNET = {
    1.0: [
        [0, -0.0264518581, 0, 0, 0, 0, 0.0365471677],
        [-0.0251094033, -0.1752606819, 0, -0.0422841985, 0, 0, 0.1659370365],
        [-0.102833256, -0.2494457496, 0.0203787497, -0.0622492106, -0.0634505004, 0, 0.2229884515],
        [
            -0.1441425302,
            -0.2950553658,
            0.060585845,
            -0.0687300051,
            -0.1002928289,
            -0.0116593722,
            0.2499581001,
        ],
        [
            -0.1788478836,
            -0.3384273421,
            0.0956250426,
            -0.0724938916,
            -0.1322995936,
            -0.0433799561,
            0.2673837449,
        ],
    ],
    0.5: [
        [-0.0226330225, -0.1457273375, 0, -0.0494670889, 0, 0, 0.1462950508],
        [-0.0960545813, -0.2236213749, 0.017311724, -0.0693229245, -0.0604027516, 0, 0.2095817284],
        [
            -0.1390402425,
            -0.2773646469,
            0.0572715547,
            -0.0739951539,
            -0.0969915186,
            -0.0108678638,
            0.2423564223,
        ],
        [
            -0.1627425852,
            -0.3112310191,
            0.0799959001,
            -0.0743315963,
            -0.1175498467,
            -0.0305980925,
            0.2569845142,
        ],
        [
            -0.1825189055,
            -0.3416639337,
            0.0996169848,
            -0.0736917593,
            -0.1360635501,
            -0.0470816059,
            0.2686727335,
        ],
    ],
    0.1: [
        [
            -0.1202972978,
            -0.2152553388,
            0.0493153476,
            -0.0900428657,
            -0.0866836234,
            -0.0146973125,
            0.2088249923,
        ],
        [
            -0.1497111058,
            -0.2660781676,
            0.0724062375,
            -0.0879962542,
            -0.1090364377,
            -0.0299531699,
            0.237338258,
        ],
        [
            -0.1673879126,
            -0.3017742861,
            0.0870481816,
            -0.0831074271,
            -0.1234081437,
            -0.0396015046,
            0.2535614761,
        ],
        [
            -0.1771410645,
            -0.3238138392,
            0.0954472906,
            -0.0790226776,
            -0.1317403239,
            -0.0451463762,
            0.2623155005,
        ],
        [
            -0.1854361052,
            -0.3442368515,
            0.1028077107,
            -0.0746589856,
            -0.1390930168,
            -0.0500187186,
            0.2696931256,
        ],
    ],
}


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.1])
def test_the_coefficients_are_those_of_coxnet(l1_ratio: float) -> None:
    table = load_rossi()
    y = survival_array(table["week"] + np.arange(len(table)) / 1000, table["arrest"])
    x = table.drop(columns=["week", "arrest"]).to_numpy(float)
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    ours = fit_elastic_net(x, y, Penalty.elastic_net(np.ones(7), l1_ratio), STRENGTHS)
    np.testing.assert_allclose(ours, COXNET[l1_ratio], rtol=0, atol=1e-6)


def draw(seed: int, subjects: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, columns)) + 0.7 * rng.normal(size=(subjects, 1))
    x *= rng.uniform(0.1, 10, columns)
    time = np.ceil(6 * rng.exponential(np.exp(-x[:, 0] / x[:, 0].std())))  # many ties
    event = rng.random(subjects) < 0.7
    event[0] = True
    return x, survival_array(time, event)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    subjects=st.integers(8, 40),
    columns=st.integers(1, 60),
    l1_ratio=st.sampled_from([0.05, 0.5, 1.0]),
)
def test_the_conditions_of_an_optimum_hold_everywhere(
    seed: int, subjects: int, columns: int, l1_ratio: float
) -> None:
    x, y = draw(seed, subjects, columns)
    # The last third are covariates: a light ridge that does not grow.
    covariate = np.arange(columns) >= columns - columns // 3
    penalty = Penalty.elastic_net((~covariate).astype(float), l1_ratio, 0.1 * covariate)
    strengths = largest_strength(x, y, penalty) * np.geomspace(1.0001, 0.05, 8)
    spread = x.std(axis=0, ddof=1)
    sets = RiskSets.of(y)
    standard = ((x - x.mean(axis=0)) / spread)[sets.order]
    path = fit_elastic_net(x, y, penalty, strengths) * spread
    assert (path[0][~covariate] == 0).all()
    for strength, beta in zip(strengths, path, strict=True):
        if np.isnan(beta).any():
            continue  # separated: the largest log hazard ratio grows without end
        _, gradient, _ = log_likelihood(standard, beta, sets)
        l1, l2 = strength * penalty.lasso, strength * penalty.ridge + penalty.fixed_ridge
        slope = gradient / subjects - l2 * beta
        chosen = beta != 0
        np.testing.assert_allclose(slope[chosen], l1[chosen] * np.sign(beta[chosen]), rtol=0, atol=2e-6)
        assert (np.abs(slope[~chosen]) <= l1[~chosen] + 2e-6).all()


@pytest.mark.parametrize(("subjects", "columns"), [(40, 5), (40, 90)])
def test_without_lasso_it_is_the_ridge_model(subjects: int, columns: int) -> None:
    x, y = draw(1, subjects, columns)
    penalties = np.linspace(0.2, 1, columns)
    (path,) = fit_elastic_net(x, y, Penalty.elastic_net(penalties, 0.0), np.ones(1))
    np.testing.assert_allclose(x @ path, x @ fit_ridge(x, y, penalties), rtol=0, atol=1e-5)


def test_the_risks_are_those_of_lifelines_with_ties() -> None:
    x, y = draw(2, 120, 6)
    (ours,) = fit_elastic_net(x, y, Penalty.elastic_net(np.ones(6), 0.5), np.array([0.05]))
    table = pd.DataFrame(x).assign(time=y["time"], event=y["event"])
    theirs = CoxPHFitter(penalizer=0.05, l1_ratio=0.5).fit(table, "time", "event").params_.to_numpy()
    # lifelines smooths the corner of the lasso.
    np.testing.assert_allclose(ours * x.std(axis=0), theirs * x.std(axis=0), rtol=0, atol=2e-3)


def test_a_path_holds_the_same_models_as_fits_one_by_one() -> None:
    x, y = draw(3, 50, 200)
    penalty = Penalty.elastic_net(np.ones(200), 0.9)
    strengths = largest_strength(x, y, penalty) * np.geomspace(1, 0.1, 6)
    path = fit_elastic_net(x, y, penalty, strengths)
    for strength, beta in zip(strengths, path, strict=True):
        (alone,) = fit_elastic_net(x, y, penalty, np.array([strength]))
        np.testing.assert_allclose(x @ alone, x @ beta, rtol=0, atol=1e-5)


def test_the_path_ends_where_data_are_separated() -> None:
    x = np.arange(30.0)[:, None]
    y = survival_array(100 - np.arange(30), np.ones(30))
    path = fit_elastic_net(x, y, Penalty.elastic_net(np.ones(1), 1.0), np.array([0.5, 0.1, 1e-9]))
    assert np.isnan(path[:, 0]).tolist() == [False, False, True]
    with pytest.raises(NoMaximumError):
        fit_elastic_net(x, y, Penalty.elastic_net(np.ones(1), 1.0), np.zeros(1))
