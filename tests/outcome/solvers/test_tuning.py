"""The strength of a penalty is chosen among the training subjects, and finds what was planted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.solvers import Penalty, RiskSets, TunedPath, fit_path, training_folds, tune
from nbradiomics.outcome.solvers.cox_likelihood import log_likelihood, log_likelihoods

COLUMNS = 200


def planted(seed: int, subjects: int, effect: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, COLUMNS))
    time = rng.exponential(np.exp(-effect * x[:, :3].sum(axis=1)))
    end = rng.exponential(2, subjects)
    return x, survival_array(np.minimum(time, end) + 1e-9, time <= end)


def tuned_with(x: np.ndarray, y: np.ndarray, penalties: Sequence[Penalty], seed: int = 0) -> TunedPath:
    return tune(x, y, penalties, training_folds(y, 5, seed))


def test_copies_of_a_subject_are_in_one_fold() -> None:
    _, y = planted(4, 40, 0.7)
    drawn = np.random.default_rng(0).integers(0, 40, 40)
    for train in training_folds(y[drawn], 5, 0, drawn):
        held_out = np.setdiff1d(np.arange(40), train)
        assert len(held_out)
        assert not set(drawn[train]) & set(drawn[held_out])


def c_on_new_subjects(seed: int, subjects: int, effect: float, l1_ratio: float) -> float:
    x, y = planted(seed, subjects + 1000, effect)
    penalty = Penalty.elastic_net(np.ones(COLUMNS), l1_ratio)
    tuned = tuned_with(x[:subjects], y[:subjects], [penalty])
    new = slice(subjects, None)
    return harrell_c(y["time"][new], y["event"][new], x[new] @ tuned.coefficients)


@pytest.mark.parametrize(("subjects", "least"), [(100, 0.68), (400, 0.72)])
def test_three_of_200_features_are_found(subjects: int, least: float) -> None:
    c = [c_on_new_subjects(seed, subjects, 0.7, 0.5) for seed in range(6)]
    assert np.mean(c) > least  # 0.76 with the true hazard


def test_noise_is_no_model() -> None:
    x, y = planted(0, 100, 0.0)
    chosen = [
        tuned_with(x[order], y, [Penalty.elastic_net(np.ones(COLUMNS), 0.5)]).coefficients
        for order in (np.random.default_rng(seed).permutation(100) for seed in range(8))
    ]
    assert np.median([(coefficients != 0).sum() for coefficients in chosen]) <= 3


def test_the_chosen_model_is_the_one_of_its_strength_and_the_most_likely_one() -> None:
    x, y = planted(1, 80, 0.7)
    penalty = Penalty.elastic_net(np.ones(COLUMNS), 0.5)
    tuned = tuned_with(x, y, [penalty], seed=3)
    assert tuned.chosen == np.argmax(tuned.likelihood)
    (alone,) = fit_path(x, y, penalty, tuned.strengths[[tuned.chosen]])
    np.testing.assert_allclose(x @ tuned.coefficients, x @ alone, atol=1e-5)
    again = tuned_with(x, y, [penalty], seed=3)
    np.testing.assert_array_equal(tuned.coefficients, again.coefficients)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_a_column_that_varies_in_one_subject_and_few_events_are_no_obstacle(l1_ratio: float) -> None:
    x, y = planted(2, 30, 0.7)
    x[:, 0] = 0
    x[4, 0] = 1
    y["event"] = np.arange(30) < 3
    tuned = tuned_with(x, y, [Penalty.elastic_net(np.ones(COLUMNS), l1_ratio)])
    assert np.isfinite(tuned.coefficients).all()


def test_likelihoods_of_several_models_are_those_of_each() -> None:
    x, y = planted(3, 40, 0.5)
    y["time"] = np.ceil(4 * y["time"])  # ties
    sets = RiskSets.of(y)
    betas = np.random.default_rng(0).normal(size=(5, 3))
    together = log_likelihoods(x[sets.order, :3] @ betas.T, sets)
    alone = [log_likelihood(x[sets.order, :3], beta, sets)[0] for beta in betas]
    np.testing.assert_allclose(together, alone)


def test_ridge_is_chosen_where_many_features_carry_a_little_and_elastic_net_where_few_carry_much() -> None:
    penalties = [Penalty.elastic_net(np.ones(COLUMNS), l1_ratio) for l1_ratio in (0.0, 0.5)]
    few = [tuned_with(*planted(seed, 100, 0.7), penalties).kind for seed in range(4)]
    many = []
    for seed in range(4):
        x, y = planted(seed, 100, 0.0)
        shared = np.random.default_rng(seed).normal(size=100)
        x += 2 * shared[:, None]  # each feature is mostly noise, their sum is not
        y["time"] = y["time"] * np.exp(-1.5 * shared)
        many.append(tuned_with(x, y, penalties).kind)
    assert (few, many) == ([1] * 4, [0] * 4)
