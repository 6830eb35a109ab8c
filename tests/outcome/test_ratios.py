"""Ratios of the covariates: whose they are, what they are compared with, and when there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2
from scipy.stats import chi2

from nbradiomics import evaluate_outcome, validate_outcome
from nbradiomics.outcome import survival_array
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.ratios import Ratios, covariate_ratios
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.tasks import Classification, Survival
from tests.outcome.test_hazard_witness import VETERAN, R
from tests.support.outcome_tables import ENDPOINT, make_cohort

TOLD = {"ratio", "low", "high", "p", "sd", "ratio_sd", "low_sd", "high_sd", "joint_p", "ph_p"}


def data_of(table: pd.DataFrame, y: np.ndarray, classes: tuple[str, ...] = ()) -> OutcomeData:
    numeric = tuple(name for name in table if pd.api.types.is_numeric_dtype(table[name]))
    categorical = tuple(name for name in table if name not in numeric)
    table = table.rename(index=str)
    excluded = pd.DataFrame({"subject": [], "reason": []})
    return OutcomeData(
        table, y, (), numeric, categorical, StabilityRule("none", ""), excluded, classes=classes
    )


def ratios_of(table: pd.DataFrame, y: np.ndarray, classes: tuple[str, ...] = ()) -> Ratios:
    task = Classification(classes) if classes else Survival(find_horizons(y, ()))
    return covariate_ratios(data_of(table, y, classes), task, 0.95)


def veteran() -> tuple[pd.DataFrame, np.ndarray]:
    table = pd.read_csv(VETERAN)
    return table[["karno", "trt", "celltype", "age"]], survival_array(table["time"], table["status"])


def test_the_ratios_of_the_veterans_are_those_of_r() -> None:
    found = ratios_of(*veteran())
    assert found.facts == {
        "positive": None,
        "kind": "hazard ratio",
        "subjects": 137,
        "informative": 128,
        "left_out": 0,
        "columns": 6,
        "reason": "",
        "ph_p": pytest.approx(R["veteran"].p[-1], rel=1e-6),
    }
    table = found.table.set_index(["variable", "level"])
    beta = dict(
        zip(["karno", "trt", "large", "smallcell", "squamous", "age"], R["veteran"].coefficients, strict=True)
    )
    # R compares with adenocarcinoma, here the most frequent cell type is the reference.
    assert set(table.loc["celltype", "reference"]) == {"smallcell"}
    levels = table.loc["celltype", "ratio"].to_dict()
    against = {level: beta[level] - beta["smallcell"] for level in ("large", "squamous")}
    against["adeno"] = -beta["smallcell"]
    assert levels == {level: pytest.approx(np.exp(value), rel=1e-6) for level, value in against.items()}
    karno = table.loc[("karno", "")]
    assert karno[["ratio", "low", "high"]].tolist() == pytest.approx(
        [np.exp(beta["karno"]), 0.9576368602, 0.9781577413], rel=1e-6
    )
    spread = pd.read_csv(VETERAN)["karno"].std()
    assert karno["sd"] == pytest.approx(spread)
    assert karno["high_sd"] == pytest.approx(0.9781577413**spread, rel=1e-5)
    tested = table.loc[[("karno", ""), ("trt", ""), ("celltype", "large"), ("age", ""), ("GLOBAL", "")]]
    assert tested["ph_chi2"].tolist() == pytest.approx(R["veteran"].chi2["km"], rel=1e-6)
    assert tested["ph_df"].tolist() == [1, 1, 3, 1, 6]
    assert table.loc["celltype", "ph_p"].nunique() == 1


def test_ratios_of_a_trial_are_those_of_lifelines() -> None:
    table = load_gbsg2()[["age", "tsize", "pnodes", "time", "cens"]].iloc[:200]
    found = ratios_of(table[["age", "tsize", "pnodes"]], survival_array(table["time"], table["cens"])).table
    theirs = CoxPHFitter().fit(table, "time", "cens", fit_options={"precision": 1e-12}).summary
    for ours, name in (("ratio", "exp(coef)"), ("low", "exp(coef) lower 95%"), ("p", "p")):
        assert found[ours].iloc[:-1].tolist() == pytest.approx(theirs[name].tolist(), rel=1e-5)
    assert found["joint_p"].iloc[:-1].tolist() == pytest.approx(theirs["p"].tolist(), rel=1e-5)


def test_odds_ratios_are_those_of_r() -> None:
    table, y = veteran()
    found = ratios_of(table, (y["time"] > 100).astype(int), ("early", "late"))
    ratio = found.table.set_index(["variable", "level"])["ratio"]
    assert np.log(ratio[("karno", "")]) == pytest.approx(0.06390571473, rel=1e-6)
    assert np.log(ratio[("celltype", "adeno")]) == pytest.approx(-0.30125286922, rel=1e-6)
    assert found.table[["ph_chi2", "ph_df", "ph_p"]].isna().all(axis=None)
    assert found.facts["positive"] == "late"
    assert "The odds ratios of the covariates for 'late' (ratios.csv)" in found.sentences[0]


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e3), st.permutations(["squamous", "smallcell", "adeno", "large"]))
def test_units_and_names_of_levels_do_not_matter(scale, names) -> None:
    table, y = veteran()
    renamed = dict(zip(["squamous", "smallcell", "adeno", "large"], names, strict=True))
    moved = table.assign(karno=table["karno"] * scale, celltype=table["celltype"].map(renamed))
    first, second = (ratios_of(one, y).table for one in (table, moved))
    karno, other = (one.set_index("variable").loc["karno"] for one in (first, second))
    same = ["p", "ratio_sd", "low_sd", "high_sd", "joint_p", "ph_chi2"]
    np.testing.assert_allclose(karno[same].astype(float), other[same].astype(float), rtol=1e-5)
    assert other["ratio"] == pytest.approx(karno["ratio"] ** (1 / scale), rel=1e-6)
    joint = [one[one["variable"] == "celltype"]["joint_p"].iloc[0] for one in (first, second)]
    assert joint[0] == pytest.approx(joint[1], rel=1e-5)


def test_another_reference_leaves_the_joint_tests() -> None:
    table, y = veteran()
    # Another level is the most frequent one when some subjects are left out.
    kept = (table["celltype"] != "smallcell") | (table.groupby("celltype").cumcount() < 20)
    fewer, outcome = table[kept], y[kept.to_numpy()]
    assert set(ratios_of(fewer, outcome).table["reference"]) == {"", "squamous"}
    x = pd.get_dummies(fewer, columns=["celltype"], dtype=float).drop(columns="celltype_adeno")
    x["time"], x["event"] = outcome["time"], outcome["event"]
    theirs = CoxPHFitter().fit(x, "time", "event", fit_options={"precision": 1e-12})
    names = [name for name in theirs.params_.index if name.startswith("celltype")]
    beta, covariance = theirs.params_[names], theirs.variance_matrix_.loc[names, names]
    expected = chi2.sf(beta @ np.linalg.solve(covariance, beta), 3)
    found = ratios_of(fewer, outcome).table.set_index("variable").loc["celltype", "joint_p"].iloc[0]
    assert found == pytest.approx(expected, rel=1e-4)


def test_subjects_with_a_missing_covariate_are_counted_and_left_out() -> None:
    table, y = veteran()
    holes = table.astype({"karno": float})
    holes.loc[:4, "karno"], holes.loc[10, "celltype"] = np.nan, None
    found, rest = ratios_of(holes, y), ratios_of(table.drop([*range(5), 10]), np.delete(y, [*range(5), 10]))
    pd.testing.assert_frame_equal(found.table, rest.table)
    assert (found.facts["left_out"], found.facts["subjects"]) == (6, 131)
    assert "131 subjects (122 events; 6 subjects with a missing covariate left out)" in found.sentences[0]


def without_numbers(found: Ratios) -> bool:
    return bool(found.table[sorted(TOLD)].isna().all(axis=None)) and found.facts["ph_p"] is None


def test_too_few_events_have_no_ratios() -> None:
    table, y = veteran()
    places = np.flatnonzero(y["event"])[::4][:30]
    assert not without_numbers(ratios_of(table.iloc[places], y[places]))
    few = ratios_of(table.iloc[places[1:]], y[places[1:]])
    assert without_numbers(few)
    assert few.facts["reason"] == "29 events are too few for 6 columns; 5 for each are needed"
    assert few.sentences == (f"There are no hazard ratios of the covariates: {few.facts['reason']}.",)


def test_a_level_without_events_has_no_ratio() -> None:
    table, y = veteran()
    y["event"] &= (table["celltype"] != "large").to_numpy()
    found = ratios_of(table, y)
    assert without_numbers(found)
    assert "the ratio of celltype = large has no finite estimate" in found.facts["reason"]
    classes = ratios_of(table.assign(twin=(y["time"] > 100) * 1.0), (y["time"] > 100) * 1, ("a", "b"))
    assert without_numbers(classes)
    assert "twin" in classes.facts["reason"] or "no solution" in classes.facts["reason"]


def test_covariates_that_depend_on_each_other_have_no_ratio() -> None:
    table, y = veteran()
    found = ratios_of(table.assign(months=table["age"] * 12), y)
    assert without_numbers(found)
    assert found.facts["reason"] == "the model has no solution: a column is a combination of the others"


def test_a_constant_covariate_leaves_the_others() -> None:
    table, y = veteran()
    found = ratios_of(table.assign(site="one", dose=2.0), y).table
    expected = ratios_of(table, y).table
    constant = found["reason"] == "all subjects have the same value"
    assert found[constant]["variable"].tolist() == ["dose", "site"]
    assert found["variable"].iloc[-1] == "GLOBAL"
    pd.testing.assert_frame_equal(found[~constant].reset_index(drop=True), expected)
    alone = ratios_of(table.assign(dose=2.0)[["dose"]], y)
    assert alone.facts["reason"] == "no covariate differs between the subjects"


def test_more_classes_and_no_covariates() -> None:
    table, y = veteran()
    three = np.digitize(y["time"], [50, 150])
    found = ratios_of(table, three, ("a", "b", "c"))
    assert without_numbers(found)
    assert found.facts["reason"] == "the target has 3 classes, and this model is for two"
    none = ratios_of(table[[]], y)
    assert none.table.empty
    assert none.sentences == ()


def test_a_column_of_0_and_1_has_no_ratio_per_standard_deviation() -> None:
    table, y = veteran()
    found = ratios_of(table[["karno"]].assign(test=table["trt"] - 1.0), y).table.set_index("variable")
    assert found.loc["test", ["sd", "ratio_sd", "low_sd", "high_sd"]].isna().all()
    assert found.loc["karno", ["sd", "ratio_sd", "low_sd", "high_sd"]].notna().all()
    assert found.loc["test", ["ratio", "low", "high"]].notna().all()


def test_the_reason_tells_who_was_left_out() -> None:
    table, y = veteran()
    holes = table.astype({"karno": float})
    holes.loc[holes.index % 9 > 0, "karno"] = np.nan
    (sentence,) = ratios_of(holes, y).sentences
    assert sentence.endswith("5 for each are needed; 121 subjects with a missing covariate left out.")


def test_a_covariate_may_be_called_global() -> None:
    table, y = veteran()
    found = ratios_of(table[["karno", "trt"]].rename(columns={"trt": "GLOBAL"}), y).table
    assert found["variable"].tolist() == ["karno", "GLOBAL", "GLOBAL"]
    assert found["ph_df"].tolist() == [1, 1, 2]


def test_the_sentences_say_which_effects_change_with_time() -> None:
    table, y = veteran()
    _, changing = ratios_of(table, y).sentences
    assert changing.startswith(
        "The effects of karno (p < 0.001), celltype (p = 0.002) change with time (all covariates together "
        "p < 0.001): their hazard ratios are averages"
    )
    _, one = ratios_of(table[["karno", "age"]], y).sentences
    assert one.startswith(
        "The effect of karno (p < 0.001) changes with time (all covariates together p < 0.001"
    )
    _, neither = ratios_of(table[["trt", "age"]], y).sentences
    assert "together change with time (p = 0.045), although no single one shows it" in neither
    assert len(ratios_of(table[["trt"]], y).sentences) == 1


def test_an_evaluation_and_an_external_validation_have_ratios_of_their_own_subjects() -> None:
    features, clinical = make_cohort(subjects=80, age=0.8)
    options = {**ENDPOINT, "covariates": ["age", "stage"]}
    result = evaluate_outcome(features, clinical, **options)
    y = survival_array(clinical["months"], clinical["dead"])
    expected = ratios_of(clinical[["age", "stage"]], y)
    pd.testing.assert_frame_equal(result.ratios, expected.table)
    assert result.summary["ratios"] == expected.facts
    assert result.summary["sentences"][-1] == expected.sentences[-1]
    others, outcomes = make_cohort(7, subjects=70, age=0.8)
    for table in (others, outcomes):
        table["subject"] = "x" + table["subject"]
    external = validate_outcome(
        (features, clinical),
        (others, outcomes),
        time="months",
        event="dead",
        covariates=["age", "stage"],
        penalizer=0.2,
        l1_ratio=0.0,
        bootstraps=0,
    )
    own = ratios_of(outcomes[["age", "stage"]], survival_array(outcomes["months"], outcomes["dead"]))
    pd.testing.assert_frame_equal(external.ratios, own.table)
    assert "fitted to 70 external subjects (" in " ".join(external.summary["sentences"])
