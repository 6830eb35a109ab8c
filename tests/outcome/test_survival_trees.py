"""Survival forests and boosting: scikit-survival's own values, a planted signal, what is said without it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, survival_array, validate_outcome
from nbradiomics.outcome.survival_trees import SurvivalTrees
from nbradiomics.report.run_files import Endpoint
from nbradiomics.report.sections.outcome_selection import selection_blocks

FOREST, BOOSTING = "random_forest", "gradient_boosting"
FAST = OutcomeSettings(folds=2, repeats=1, refits=0, bootstraps=0)


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sksurv", reason="the extra `forest` is not installed")
    monkeypatch.setattr("nbradiomics.outcome.trees.TREES", 60)
    monkeypatch.setattr("nbradiomics.outcome.trees.STAGES", 100)


def make_arrays(effect: float = 2.0, subjects: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Five columns; the hazard is high at both ends of the first one, which no linear model sees."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, 5))
    time = rng.exponential(np.exp(-effect * (np.abs(x[:, 0]) > 0.7)))
    end = rng.uniform(0, np.quantile(time, 0.95), subjects)
    # Rounded: several subjects have the same time.
    return x, survival_array(np.round(np.minimum(time, end), 2) + 0.01, time <= end)


def make_tables(effect: float = 2.0, subjects: int = 90, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    x, y = make_arrays(effect, subjects, seed)
    names = [f"s{number:03}" for number in range(subjects)]
    features = pd.DataFrame(x, columns=[f"f{place}" for place in range(5)]).assign(subject=names)
    clinical = pd.DataFrame({"subject": names, "days": y["time"], "died": y["event"].astype(int)})
    return features, clinical.assign(age=np.arange(subjects) % 17)


def c_of(result, model: str = "radiomic") -> float:
    rows = result.performance.query("model == @model and metric == 'harrell_c'")
    return float(rows["value"].iloc[0])


@pytest.mark.usefixtures("few_trees")
def test_a_forest_is_that_of_scikit_survival() -> None:
    """Also where censored times are set back to the events before them, which keeps memory small."""
    from sksurv.ensemble import RandomSurvivalForest

    (x, y), (unseen, _) = make_arrays(), make_arrays(seed=1)
    ours = SurvivalTrees(FOREST, seed=3).fit(x, y)
    theirs = RandomSurvivalForest(60, min_samples_leaf=3, random_state=3).fit(x, y)
    assert ours.predict(unseen) == pytest.approx(np.log(theirs.predict(unseen)), abs=1e-12)
    times = np.quantile(y["time"], [0.2, 0.5, 0.8])
    expected = [[step(time) for time in times] for step in theirs.predict_survival_function(unseen)]
    assert ours.survival(unseen, times) == pytest.approx(np.array(expected), abs=1e-12)
    assert len(ours.model_.unique_times_) < len(theirs.unique_times_)
    assert ours.importances_ is None


@pytest.mark.usefixtures("few_trees")
def test_boosting_is_that_of_scikit_survival() -> None:
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis

    (x, y), (unseen, _) = make_arrays(), make_arrays(seed=1)
    ours = SurvivalTrees(BOOSTING, seed=3).fit(x, y)
    theirs = GradientBoostingSurvivalAnalysis(
        n_estimators=100,
        learning_rate=0.05,
        max_depth=2,
        subsample=0.7,
        max_features="sqrt",
        random_state=3,
    ).fit(x, y)
    assert ours.predict(unseen) == pytest.approx(theirs.predict(unseen), abs=1e-12)
    times = np.quantile(y["time"][y["event"]], [0.2, 0.5, 0.8])
    expected = [[step(time) for time in times] for step in theirs.predict_survival_function(unseen)]
    assert ours.survival(unseen, times) == pytest.approx(np.array(expected), abs=1e-12)
    assert ours.importances_ == pytest.approx(theirs.feature_importances_)


@pytest.mark.parametrize("method", [FOREST, BOOSTING])
@pytest.mark.usefixtures("few_trees")
def test_survival_is_a_probability_that_decreases(method: str) -> None:
    (x, y), (unseen, _) = make_arrays(), make_arrays(seed=1)
    model = SurvivalTrees(method).fit(x, y)
    times = np.concatenate([[1e-6], np.linspace(0.05, 2, 40) * y["time"].max()])
    survival = model.survival(unseen, times)
    assert survival.min() >= 0
    assert (np.diff(survival, axis=1) <= 1e-12).all()
    assert (survival[:, 0] == 1).all()
    assert (survival[:, -1] == survival[:, -2]).all()
    high, low = np.argmax(model.predict(unseen)), np.argmin(model.predict(unseen))
    middle = len(times) // 4
    assert survival[high, middle] < survival[low, middle]


@pytest.mark.parametrize("method", [FOREST, BOOSTING])
@pytest.mark.usefixtures("few_trees")
def test_the_seed_decides(method: str) -> None:
    x, y = make_arrays()
    one, same, other = (SurvivalTrees(method, seed).fit(x, y).predict(x) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


@pytest.mark.parametrize("method", [FOREST, BOOSTING])
@pytest.mark.usefixtures("few_trees")
def test_without_a_column_all_subjects_are_alike(method: str) -> None:
    _, y = make_arrays()
    model = SurvivalTrees(method).fit(np.empty((90, 0)), y)
    assert model.predict(np.empty((2, 0))).tolist() == [0, 0]
    first, second = model.survival(np.empty((2, 0)), np.array([0.2, 0.5])).tolist()
    assert first == second
    assert 1 > first[0] > first[1] > 0


@pytest.mark.parametrize("method", [FOREST, BOOSTING])
@pytest.mark.usefixtures("few_trees")
def test_a_signal_that_is_not_linear_is_found(method: str) -> None:
    tables, asked = make_tables(subjects=160), FAST.changed(method=method)
    result = evaluate_outcome(*tables, time="days", event="died", covariates=["age"], settings=asked)
    linear = evaluate_outcome(
        *tables, time="days", event="died", settings=FAST.changed(penalizer=0.1, l1_ratio=0.0)
    )
    assert c_of(result) > 0.62 > c_of(linear)
    assert result.summary["failures"] == []
    assert result.summary["constant_folds"] == {"clinical": 0, "radiomic": 0, "combined": 0}
    assert f"of the kind {method} (scikit-survival)" in " ".join(result.summary["sentences"])
    if method == BOOSTING:
        rows = result.selection.query("model == 'radiomic'").sort_values("coefficient")
        assert rows["feature"].iloc[-1] == "f0"
        assert rows["coefficient"].sum() == pytest.approx(1)
    else:
        assert result.selection.empty
        endpoint = Endpoint("os", selection=result.selection, summary=result.summary)
        assert "does not say how much" in selection_blocks(endpoint)[0].text


@pytest.mark.parametrize("method", [FOREST, BOOSTING])
@pytest.mark.usefixtures("few_trees")
def test_noise_has_the_order_of_chance(method: str) -> None:
    asked = FAST.changed(method=method)
    found = [
        c_of(evaluate_outcome(*make_tables(0.0, 60, seed), time="days", event="died", settings=asked))
        for seed in range(6)
    ]
    # The C of 60 subjects varies by about 0.06, the mean of six by 0.025.
    assert np.mean(found) == pytest.approx(0.5, abs=0.075)


@pytest.mark.usefixtures("few_trees")
def test_outcomes_of_held_out_subjects_change_no_prediction() -> None:
    features, clinical = make_tables()
    names = clinical["subject"].tolist()
    asked = OutcomeSettings(method=FOREST, bootstraps=0)
    changed = clinical.copy()
    changed.loc[60:, "days"] = changed.loc[60:, "days"].to_numpy()[::-1]
    kept = []
    for table in (clinical, changed):
        first, second = (
            tuple(one[one["subject"].isin(part)] for one in (features, table))
            for part in (names[:60], names[60:])
        )
        kept.append(validate_outcome(first, second, time="days", event="died", settings=asked).predictions)
    assert kept[0]["risk"].tolist() == kept[1]["risk"].tolist()
    assert kept[0]["group"].tolist() == kept[1]["group"].tolist()


def test_without_the_package_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sksurv", None)
    monkeypatch.setitem(sys.modules, "sksurv.ensemble", None)
    with pytest.raises(InputError, match=r"needs the package scikit-survival") as error:
        evaluate_outcome(
            *make_tables(), time="days", event="died", settings=FAST.changed(method="random_forest")
        )
    assert 'pip install "nbradiomics[forest]"' in str(error.value)
    assert "GPL-3.0-or-later" in str(error.value)


def test_a_penalty_has_no_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbradiomics.outcome.prepared.require_survival_trees", lambda _: None)
    with pytest.raises(InputError, match="have no penalty"):
        evaluate_outcome(
            *make_tables(), time="days", event="died", settings=FAST.changed(method=FOREST, penalizer=1)
        )


def test_no_file_loads_the_package_unless_it_is_asked_for() -> None:
    """Its licence is not that of this package: it is imported inside two functions, and nowhere else."""
    package = Path(sys.modules["nbradiomics"].__file__ or "").parent
    lines = [
        (file.name, line)
        for file in package.rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import sksurv", "from sksurv"))
    ]
    assert {name for name, _ in lines} == {"survival_trees.py"}
    assert all(line.startswith("    ") for _, line in lines)
