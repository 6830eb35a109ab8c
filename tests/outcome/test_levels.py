"""Categories under a ridge penalty: the names of the levels decide nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, survival_array
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.transformers import LevelIndicators
from tests.support.outcome_models import build_model, coefficients
from tests.support.outcome_tables import make_cohort

SUBJECTS = 40
TRAIN = np.arange(SUBJECTS) < 30
LEVELS = ("L1", "L2", "M", "MS")


def cohort(seed: int, levels: int, *, missing: float = 0.1) -> OutcomeData:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, levels, SUBJECTS)
    codes[:levels] = np.arange(levels)
    time = rng.exponential(np.exp(-0.8 * codes))
    texts = pd.Series([LEVELS[code] for code in codes], dtype=object).mask(rng.random(SUBJECTS) < missing)
    frame = pd.DataFrame({"stage": texts, "age": rng.normal(size=SUBJECTS)})
    return OutcomeData(
        frame=frame,
        y=survival_array(time + 1e-6, rng.random(SUBJECTS) < 0.8),
        radiomic=(),
        numeric=("age",),
        categorical=("stage",),
        stability=StabilityRule("none", ""),
        excluded=pd.DataFrame(columns=["subject", "reason"]),
    )


def risks(data: OutcomeData, chosen: OutcomeSettings) -> np.ndarray:
    model = build_model("clinical", data, chosen).fit(data.frame[TRAIN], data.y[TRAIN])
    return np.asarray(model.predict(data.frame))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), levels=st.integers(2, 4), names=st.permutations(["a", "Z", "0", "é"]))
def test_renaming_the_levels_changes_no_risk(seed: int, levels: int, names: list[str]) -> None:
    data = cohort(seed, levels)
    renamed = data.frame.assign(stage=data.frame["stage"].map(dict(zip(LEVELS, names, strict=True))))
    chosen = OutcomeSettings()
    other = risks(replace(data, frame=renamed), chosen)
    np.testing.assert_allclose(risks(data, chosen), other, rtol=1e-5, atol=1e-6)


def test_without_a_penalty_neither() -> None:
    data, chosen = cohort(3, 3), OutcomeSettings(covariate_penalizer=0)
    renamed = data.frame.assign(stage=data.frame["stage"].map({"L1": "Z", "L2": "a", "M": "b"}))
    other = risks(replace(data, frame=renamed), chosen)
    np.testing.assert_allclose(risks(data, chosen), other, rtol=1e-5, atol=1e-6)
    model = build_model("clinical", data, chosen).fit(data.frame[TRAIN], data.y[TRAIN])
    assert model.named_steps["cox"].retries_ == 0
    assert len(coefficients(model)) == 3


def test_two_levels_are_the_number_0_or_1() -> None:
    data = cohort(1, 2, missing=0.0)
    number = data.frame.assign(stage=(data.frame["stage"] == "L2").astype(float))
    as_number = replace(data, frame=number, numeric=("age", "stage"), categorical=())
    chosen = OutcomeSettings()
    np.testing.assert_allclose(risks(data, chosen), risks(as_number, chosen), rtol=1e-5, atol=1e-6)


def test_levels_are_coded_against_their_average_and_the_unknown_by_the_shares() -> None:
    train = pd.DataFrame({"stage": ["M", "L1", "M", "L2", np.nan], "sex": ["F", "M", "F", "F", "M"]})
    coder = LevelIndicators().fit(train)
    assert coder.get_feature_names_out().tolist() == ["stage=L1", "stage=L2", "stage=M", "sex=M"]
    found = coder.transform(pd.DataFrame({"stage": ["M", "new", np.nan], "sex": ["M", "F", "?"]}))
    assert found.to_numpy().tolist() == [[0, 0, 1, 1], [0.25, 0.25, 0.5, 0], [0.25, 0.25, 0.5, 0.4]]


@pytest.mark.parametrize("seed", [0, 1])
def test_log_hazard_ratios_of_levels_average_to_nothing(seed: int) -> None:
    data = cohort(seed, 4, missing=0.0)
    model = build_model("clinical", data, OutcomeSettings()).fit(data.frame[TRAIN], data.y[TRAIN])
    found = coefficients(model).filter(like="stage=")
    share = data.frame["stage"][TRAIN].value_counts(normalize=True)
    weights = np.array([share[name.split("=")[1]] * (1 - share[name.split("=")[1]]) for name in found.index])
    # The ridge penalty of standardised columns makes this weighted average 0: each level is told against it.
    assert abs(weights @ found.to_numpy()) < 1e-4


def test_a_value_that_is_missing_for_a_reason_has_a_column() -> None:
    frame = pd.DataFrame({"grade": ["a", "b", np.nan, "a", np.nan], "age": [1.0, np.nan, 3.0, 4.0, 5.0]})
    levels = LevelIndicators(missing="missing").fit(frame[["grade"]])
    assert list(levels.get_feature_names_out()) == ["grade=a", "grade=b", "grade=missing"]
    assert levels.transform(frame[["grade"]])["grade=missing"].tolist() == [0, 0, 1, 0, 1]
    features, clinical = make_cohort(subjects=80)
    gone = np.random.default_rng(0).random(80) < 0.3
    clinical["age"] = clinical["age"].mask(gone)
    clinical["stage"] = clinical["stage"].mask(gone)
    asked = OutcomeSettings(folds=2, repeats=1, bootstraps=0, penalizer=1.0, missing_indicators=True)
    result = evaluate_outcome(
        features, clinical, time="months", event="dead", covariates=["age", "stage"], settings=asked
    )
    names = set(result.selection.query("model == 'clinical'")["feature"])
    assert names == {"age", "missingindicator_age", "stage=I", "stage=IV", "stage=missing"}
    assert "; a column says where." in " ".join(result.summary["sentences"])
