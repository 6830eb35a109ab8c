"""Selection and reduction by name: other implementations, defining properties, no leakage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import logrank_test
from scipy.stats import false_discovery_control
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, survival_array
from nbradiomics.outcome.selection import (
    ClusterFilter,
    Mrmr,
    PrincipalComponents,
    StabilitySelection,
    UnivariableFilter,
)
from nbradiomics.outcome.solvers import RiskSets
from nbradiomics.outcome.solvers.cox_likelihood import log_likelihood
from nbradiomics.outcome.solvers.score_test import univariable_p
from nbradiomics.outcome.transformers import absolute_spearman
from tests.support.outcome_tables import make_cohort

METHODS = ("univariable", "mrmr", "stability", "clusters", "pca", "supervised_pca")


def planted(
    subjects: int = 120, columns: int = 30, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of which the first two carry the hazard, a time to an event with ties, and classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, columns))
    time = np.ceil(20 * rng.exponential(np.exp(-x[:, 0] - x[:, 1])))
    return x, survival_array(time, rng.random(subjects) < 0.7), np.digitize(x[:, 0] + x[:, 1], [-1, 1])


def test_score_tests_are_those_of_the_likelihood() -> None:
    x, y, _ = planted()
    sets = RiskSets.of(y)
    for column, p in enumerate(univariable_p(x, y)):
        _, slope, curve = log_likelihood(x[sets.order, column : column + 1], np.zeros(1), sets)
        assert -2 * np.log(p) > 0
        from scipy.stats import chi2

        assert p == pytest.approx(chi2.sf(slope[0] ** 2 / curve[0, 0], 1))


def test_of_two_groups_the_score_test_is_the_log_rank_test() -> None:
    rng = np.random.default_rng(1)
    group, time = rng.random(80) < 0.5, rng.exponential(size=80)
    event = rng.random(80) < 0.6
    theirs = logrank_test(time[group], time[~group], event[group], event[~group])
    ours = univariable_p(group[:, None].astype(float), survival_array(time, event))
    assert ours[0] == pytest.approx(theirs.p_value)


def test_classes_have_the_f_test_and_a_constant_column_has_none() -> None:
    x, _, classes = planted()
    assert univariable_p(x, classes) == pytest.approx(f_classif(x, classes)[1])
    assert univariable_p(np.ones((120, 1)), classes).tolist() == [1]
    assert univariable_p(classes[:, None].astype(float), classes).tolist() == [0]


@pytest.mark.parametrize("kind", [1, 2])
def test_univariable_holds_the_false_discovery_rate(kind: int) -> None:
    tables = planted()
    x, y = tables[0], tables[kind]
    kept = UnivariableFilter().fit(x, y).support_
    assert (kept == (false_discovery_control(univariable_p(x, y)) <= 0.1)).all()
    assert kept[:2].all()
    noise = [UnivariableFilter().fit(planted(seed=seed)[0][:, 2:], y).support_.any() for seed in range(1, 40)]
    assert np.mean(noise) < 0.25


def test_mrmr_passes_over_a_copy() -> None:
    x, y, _ = planted()
    rng = np.random.default_rng(0)
    copies = x[:, :1] + 0.05 * rng.normal(size=(120, 3))
    kept = Mrmr(3).fit(np.hstack([copies, x]), y).support_
    assert kept.sum() == 3
    assert kept[[0, 1, 2, 3]].sum() == 1
    assert kept[4]
    assert Mrmr(99).fit(x, y).support_.all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [1, 2])
def test_stability_selection_finds_the_planted_features_and_little_else(kind: int) -> None:
    tables = planted(200)
    kept = StabilitySelection(seed=1).fit(tables[0], tables[kind]).support_
    assert kept[:2].all()
    assert kept[2:].sum() <= 2


def test_stability_selection_keeps_copies_of_a_subject_together() -> None:
    x, y, _ = planted(60, 10)
    frame = pd.DataFrame(x, index=[f"s{place}" for place in range(60)])
    twice = np.repeat(np.arange(60), 2)
    once, both = (
        StabilitySelection(seed=0)._shares(x[rows], y[rows], frame.index.to_numpy()[rows])
        for rows in (np.arange(60), twice)
    )
    assert both == pytest.approx(once, abs=0.1)


def test_a_cluster_has_one_representative_and_no_two_are_much_alike() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=(100, 4))
    x = np.repeat(base, 3, axis=1) + 0.2 * rng.normal(size=(100, 12))
    kept = ClusterFilter().fit(x).support_
    assert kept.reshape(4, 3).sum(axis=1).tolist() == [1, 1, 1, 1]
    correlation = absolute_spearman(x[:, kept])
    assert (correlation[~np.eye(4, dtype=bool)] < 0.7).all()


def test_components_are_those_of_scikit_learn() -> None:
    x, y, _ = planted()
    ours = PrincipalComponents(5).fit(x, y).transform(x).to_numpy()
    theirs = PCA(5, whiten=True).fit_transform(x)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-8)
    assert ours.std(axis=0, ddof=1) == pytest.approx(1)
    few = PrincipalComponents(50).fit(x[:, :3], y).transform(x[:, :3])
    assert list(few) == ["component 1", "component 2", "component 3"]


def test_supervised_components_come_from_the_features_that_go_with_the_outcome() -> None:
    x, y, _ = planted(columns=60)
    model = PrincipalComponents(3, supervised=True).fit(x, y)
    assert set(np.argsort(univariable_p(x, y))[:20]) == set(model.used_)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_fitted_to_training_subjects_alone(method: str) -> None:
    asked = OutcomeSettings(folds=3, repeats=1, refits=0, bootstraps=0, penalizer=0.3, l1_ratio=0.0)
    asked = asked.changed(selection=method, **({"selected": 3} if method in ("mrmr", "pca") else {}))
    features, clinical = make_cohort()
    results = []
    for value in (0.0, 3.0):
        changed = features.copy()
        victim = changed["subject"] == "p00"
        changed.loc[victim, "f1"] = value
        results.append(evaluate_outcome(changed, clinical, time="months", event="dead", settings=asked))
    tables = [result.predictions for result in results]
    fold = tables[0].query("subject == 'p00'")["fold"].item()
    one, other = (
        table[(table["fold"] == fold) & (table["subject"] != "p00")]["risk"].to_numpy() for table in tables
    )
    assert one == pytest.approx(other)
    assert f"selected by {method}" in " ".join(results[0].summary["sentences"])


def test_a_number_without_a_meaning_is_refused() -> None:
    asked = OutcomeSettings(folds=3, repeats=1, refits=0, selection="univariable", selected=5)
    with pytest.raises(InputError, match="selection univariable has no number"):
        evaluate_outcome(*make_cohort(), time="months", event="dead", settings=asked)
