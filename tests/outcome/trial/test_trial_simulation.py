"""A small version of `benchmarks/trial_verdicts.py`: the verdict on cohorts whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.trial_pipeline import KNOWN, row
from benchmarks.trial_verdicts import ALL, Setting, censoring_scale, cohort, cox, estimates, logistic
from nbradiomics.outcome.solvers import fit_ridge
from nbradiomics.outcome.trial.decision import above_chance, decide, margin_of
from nbradiomics.outcome.trial_schema import COSTS, WITHIN_MARGIN


@pytest.mark.slow
def test_where_the_hazard_is_volume_the_trial_says_so_and_never_that_texture_is_needed() -> None:
    setting = ALL["volume 1.2, 600 subjects, 300 events"]
    for seed in range(100, 102):
        found = estimates(setting, 1.0, 50, seed)
        assert above_chance(found["real"])
        for control in ("shuffled", "volume"):
            assert decide(found[control], margin_of(found["real"].value)) in WITHIN_MARGIN


@pytest.mark.slow
def test_where_the_hazard_is_texture_shuffling_costs() -> None:
    for seed in range(100, 105):
        found = estimates(Setting(300, 0.5, 0.0, 1.2), 1.0, 50, seed)
        assert decide(found["shuffled"], margin_of(found["real"].value)) == COSTS


@pytest.mark.slow
def test_the_models_of_the_simulation_are_those_of_the_package() -> None:
    for setting, fit in (
        (ALL["volume 0.8, 120 subjects, 60 events"], lambda x, y: cox(x, y["time"], y["event"])),
        (ALL["class: volume 0.8, 120 subjects, 60 positive"], logistic),
    ):
        sets, y = cohort(setting, 120, 1.0, np.random.default_rng(0))
        x = sets["real"]
        x = (x - x.mean(axis=0)) / x.std(axis=0)
        expected = fit_ridge(x, y, np.full(x.shape[1], 0.1))
        np.testing.assert_allclose(fit(x, y), expected, atol=2e-3)


@pytest.mark.slow
def test_the_evaluation_of_the_package_says_that_the_model_knows_volume_where_the_hazard_is_volume() -> None:
    found = row("volume", censoring_scale(KNOWN["volume"]), 100)
    assert str(found["verdict"]).startswith("What the model knows is volume, but for less than 0.05 of C")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "said", "least"),
    [("volume", "What the model knows is volume", 38), ("texture", "The model needs texture", 38)],
)
def test_the_verdict_of_40_cohorts_from_tables_to_words(name: str, said: str, least: int) -> None:
    """About a quarter of an hour for each of the two on a free processor; measured once, 40 of 40 in both."""
    scale = censoring_scale(KNOWN[name])
    verdicts = [str(row(name, scale, seed)["verdict"]) for seed in range(40)]
    assert sum(verdict.startswith(said) for verdict in verdicts) >= least
