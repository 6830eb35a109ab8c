"""Firth's method: values of R and of the papers, separation, too few events, the path of penalised models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from lifelines.datasets import load_lung, load_rossi

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, survival_array, validate_outcome
from nbradiomics.outcome.firth import FirthCox, FirthLogistic, OneVsRestFirth
from nbradiomics.outcome.penalised import NotConvergedError
from nbradiomics.outcome.solvers import fit_ridge
from tests.outcome.test_classes import make_classes

FAST = OutcomeSettings(folds=2, repeats=1, refits=0, bootstraps=0, method="firth")
#: Values of R's survival 3.5.3 and brglm2 0.9, printed by `tests/support/firth_witness.R`: coefficients of
#: the Cox model, of the logistic one, and its corrected intercept.
R = {
    "lung": (
        [0.012986217989, -0.585666989030, 0.514669286213, -0.008772647582],
        [0.022820598166, -1.111972793624, 0.734132695046, -0.007857523565],
        0.544073189,
    ),
    "rossi": (
        [
            *[-0.37573412417, -0.05527503144, 0.27803185140, -0.15157446260],
            *[-0.38600382471, -0.08777101788, 0.09275210893],
        ],
        [
            *[-0.42729036697, -0.06463928748, 0.32390733730, -0.15298378072],
            *[-0.44775912304, -0.08915818849, 0.09900809795],
        ],
        0.3053430188,
    ),
    "monotone": (
        [-0.9822641287, -0.4399685460, 0.2217234047, 9.8771778657],
        [-0.3123268420, -0.5364722250, 0.1810674977, 7.4510946442],
        9.08029736,
    ),
}


def table_of(name: str) -> pd.DataFrame:
    """Time, event and covariates; in `monotone` the last one has all early events and nobody else."""
    if name == "lung":
        used = ["time", "status", "age", "sex", "ph.ecog", "wt.loss"]
        return load_lung().dropna(subset=used)[used].rename(columns={"status": "event"})
    table = load_rossi().rename(columns={"week": "time", "arrest": "event"})
    if name == "rossi":
        return table
    table = table.loc[:59, ["time", "event", "fin", "age", "prio"]]
    happened = table["event"] == 1
    early = happened & (table["time"] < table.loc[happened, "time"].median())
    return table.assign(early=early.astype(int))


def arrays_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    table = table_of(name)
    x = table.drop(columns=["time", "event"]).to_numpy(dtype=float)
    return x, survival_array(table["time"], table["event"])


def make_survival(
    subjects: int = 80, features: int = 3, effect: float = 1.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of which the first one carries the hazard, and a clinical table with three levels."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(subjects, features))
    time = rng.exponential(np.exp(-effect * values[:, 0])) + 0.01
    names = [f"s{number:03}" for number in range(subjects)]
    table = pd.DataFrame(values, columns=[f"f{place}" for place in range(features)]).assign(subject=names)
    stage = np.array(["I", "I", "II", "III"], dtype=object)[np.arange(subjects) % 4]
    event = (time < np.quantile(time, 0.6)).astype(int)
    clinical = pd.DataFrame({"subject": names, "days": time.round(4), "died": event, "stage": stage})
    return table, clinical


@pytest.mark.parametrize("name", list(R))
def test_the_values_are_those_of_r(name: str) -> None:
    x, y = arrays_of(name)
    cox, logistic, intercept = R[name]
    assert FirthCox().fit(x, y).coef_ == pytest.approx(cox, rel=1e-4)
    model = FirthLogistic().fit(x, y["event"])
    assert model.coef_ == pytest.approx(logistic, rel=1e-6)
    assert model.intercept_ - model.mean_ @ model.coef_ == pytest.approx(intercept, rel=1e-6)


def test_the_worked_example_of_heinze_and_schemper() -> None:
    """Biometrics 2001;57:114, two subjects: the hazard ratio is 3, where the likelihood has no maximum."""
    x, y = np.array([[1.0], [0.0]]), survival_array([1, 2], [1, 0])
    model = FirthCox()
    with pytest.raises(NotConvergedError, match="1 column and 1 event: choose selection"):
        model.fit(x, y)
    model._known = lambda _: 2  # type: ignore[method-assign]
    assert model.fit(x, y).coef_ == pytest.approx([np.log(3)], rel=1e-6)


def test_a_table_of_two_rows_has_half_a_subject_more_in_each_cell() -> None:
    """For one binary column Firth's log odds ratio is that of the counts, each plus 1/2 (Firth 1993)."""
    x = np.repeat([0.0, 0.0, 1.0], [9, 3, 8])[:, None]
    y = np.repeat([False, True, True], [9, 3, 8])
    expected = np.log((8.5 / 0.5) / (3.5 / 9.5))
    assert FirthLogistic().fit(x, y).coef_ == pytest.approx([expected], rel=1e-6)


@given(st.integers(0, 2**31), st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=15)
def test_coefficients_follow_the_units_and_risks_do_not(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 2))
    y = survival_array(rng.exponential(size=40) + 0.01, np.arange(40) % 2 == 0)
    moved = x * [scale, 1] + [shift, 0]
    for kind, outcome in ((FirthCox, y), (FirthLogistic, y["event"])):
        one, other = kind().fit(x, outcome), kind().fit(moved, outcome)
        assert other.predict(moved) == pytest.approx(one.predict(x), abs=1e-5)
        assert other.coef_[0] * scale == pytest.approx(one.coef_[0], abs=1e-5)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_probabilities_add_up_to_the_subjects_of_the_class(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, 3)), rng.permutation(np.arange(60) < 12)
    predicted = OneVsRestFirth().fit(x, y.astype(int)).predict_proba(x)
    assert predicted[:, 1].sum() == pytest.approx(12, abs=1e-6)


def test_with_many_events_it_is_the_unpenalised_model_but_for_ties() -> None:
    """Breslow's ties differ from those of our own solver, so they are broken here."""
    x, y = arrays_of("rossi")
    y = y.copy()
    y["time"] += np.random.default_rng(0).uniform(0, 0.5, len(y))
    x, y = np.tile(x, (10, 1)), np.tile(y, 10)
    y["time"] += np.random.default_rng(1).uniform(0, 1e-3, len(y))
    free = fit_ridge(x, y, np.zeros(x.shape[1]))
    assert np.abs((FirthCox().fit(x, y).coef_ - free) * x.std(axis=0)).max() < 0.005


def test_columns_that_follow_from_others_and_too_many_are_failures() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2))
    twice, y = np.column_stack([x, x.sum(axis=1)]), rng.permutation(np.arange(40) < 10)
    with pytest.raises(NotConvergedError, match="follows from the others"):
        FirthLogistic().fit(twice, y)
    many = rng.normal(size=(40, 10))
    with pytest.raises(NotConvergedError, match=r"10 columns and 10 subjects of the smaller class: choose"):
        FirthLogistic().fit(many, y)
    constant_at_risk = np.column_stack([x, np.arange(40) == 0])
    outcome = survival_array(np.arange(1, 41), np.arange(40) % 2 == 1)
    with pytest.raises(NotConvergedError, match="did not converge"):
        FirthCox().fit(constant_at_risk, outcome)


def test_survival_takes_the_path_of_penalised_models() -> None:
    asked = FAST.changed(permutations=2)
    result = evaluate_outcome(
        *make_survival(), time="days", event="died", covariates=["stage"], settings=asked
    )
    performance = result.performance.query("metric == 'harrell_c'").set_index("model")["value"]
    assert performance["radiomic"] > 0.65
    assert result.summary["failures"] == []
    assert result.summary["permutation_p"]["combined"] is not None
    assert result.summary["tuned_penalizer"]["radiomic"] is None
    assert "Cox regressions by Firth's method" in " ".join(result.summary["sentences"])
    # A level has no column: without a ridge penalty three columns of three levels have no unique solution.
    levels = result.selection.query("model == 'clinical'")["feature"]
    assert set(levels) == {"stage=II", "stage=III"}, result.selection
    assert "most frequent level" in result.summary["level_meaning"]
    assert result.predictions["group"].isin(["high", "low"]).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_take_the_path_of_penalised_models(classes: int) -> None:
    result = evaluate_outcome(
        *make_classes(classes), target="idh", settings=FAST.changed(selection="mrmr", selected=2)
    )
    values = result.performance.query("model == 'radiomic'").set_index("metric")["value"]
    assert values["roc_auc"] > 0.7
    assert result.predictions["probability"].between(0, 1).all()
    assert "(FLIC)" in " ".join(result.summary["sentences"])


def test_an_external_cohort_is_predicted_too() -> None:
    tables = make_survival()
    names = tables[1]["subject"].tolist()
    first, second = (
        tuple(table[table["subject"].isin(part)] for table in tables) for part in (names[:50], names[50:])
    )
    chosen = OutcomeSettings(method="firth", bootstraps=0)
    result = validate_outcome(first, second, time="days", event="died", settings=chosen)
    assert result.performance.query("metric == 'harrell_c'")["value"].iloc[0] > 0.65
    assert "Firth" in " ".join(result.summary["sentences"])
    many = make_survival(features=60)
    first, second = (
        tuple(table[table["subject"].isin(part)] for table in many) for part in (names[:50], names[50:])
    )
    with pytest.raises(InputError, match="Firth's method is for few columns"):
        validate_outcome(first, second, time="days", event="died", settings=chosen)


def test_what_cannot_work_is_refused_before_anything_is_fitted() -> None:
    tables = make_survival(features=60)
    with pytest.raises(InputError, match=r"60 features, and 24 events .* selection: mrmr, selected: 2, or"):
        evaluate_outcome(*tables, time="days", event="died", settings=FAST)
    chosen = FAST.changed(selection="pca", selected=23)
    with pytest.raises(InputError, match=r"23 features with 2 columns of covariates, and 24 events"):
        evaluate_outcome(*tables, time="days", event="died", covariates=["stage"], settings=chosen)
    for allowed in ({"selection": "mrmr", "selected": 3}, {"selection": "univariable"}):
        result = evaluate_outcome(*tables, time="days", event="died", settings=FAST.changed(**allowed))
        assert result.summary["failures"] == []
    result = evaluate_outcome(*tables, time="days", event="died", stable=["f0", "f1"], settings=FAST)
    assert set(result.selection.query("frequency > 0")["feature"]) <= {"f0", "f1"}


@pytest.mark.parametrize("name", ["penalizer", "l1_ratio", "covariate_penalizer"])
def test_a_penalty_has_no_meaning(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: Firth's method has a penalty of its own"):
        evaluate_outcome(*make_survival(), time="days", event="died", settings=FAST.changed(**{name: 0.5}))


def test_a_failed_fold_says_why_and_what_to_do() -> None:
    """How many features a selection by clusters keeps is not known before."""
    tables, chosen = make_survival(features=60), FAST.changed(selection="clusters")
    result = evaluate_outcome(*tables, time="days", event="died", settings=chosen)
    assert len(result.summary["failures"]) == 2
    told = " ".join(result.summary["sentences"])
    assert (
        "In 2 of 2 folds the radiomic model could not be fitted (Firth's method needs fewer columns" in told
    )
    assert "choose selection: mrmr, selected: 2, or method: penalised" in told
    assert result.performance["value"].isna().all()
