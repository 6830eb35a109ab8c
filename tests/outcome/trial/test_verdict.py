"""The verdict in words: what was shown, what was shown not to be lost, and what was not decided."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.outcome.tasks import Classification
from nbradiomics.outcome.trial.compared import Comparison
from nbradiomics.outcome.trial.decision import UNKNOWN, Estimate
from nbradiomics.outcome.trial.permuted import PERMUTATIONS, QUICK_PERMUTATIONS, Permuted
from nbradiomics.outcome.trial.run import Found, trial_table
from nbradiomics.outcome.trial.verdict import WARNING, permuted_sentences, verdict

TASK = Classification(("no", "yes"))
REAL = Estimate(0.7, 0.6, 0.8)
CHANCE = Permuted(np.linspace(0.4, 0.6, 40))
LOST, NONE, OPEN, BETTER = (0.1, 0.04, 0.16), (0.0, -0.03, 0.03), (0.02, -0.05, 0.09), (-0.05, -0.09, -0.01)
LITTLE = (0.007, 0.002, 0.012)


def told(
    real: Estimate = REAL, permuted: Permuted = CHANCE, **costs: tuple[float, float, float]
) -> list[str]:
    compared = {
        name: Comparison(90, real, Estimate(real.value - cost[0], 0.4, 0.9), Estimate(*cost))
        for name, cost in costs.items()
    }
    table = trial_table(Found(real, compared, {}, permuted, 90, 40), TASK, 0.95)
    return list(verdict(table, permuted, TASK, 0.95, 40))


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        (
            {"shuffled": NONE, "volume": NONE},
            "What the model knows is volume, but for less than 0.05 of the ROC area: shuffling",
        ),
        ({"shuffled": BETTER, "volume": NONE}, "What the model knows is volume, but for less than"),
        (
            {"shuffled": LOST, "volume": NONE},
            "The model needs texture: shuffling the voxels costs 0.10 [0.04, 0.16]",
        ),
        ({"shuffled": LOST}, "The model needs texture:"),
        ({"shuffled": LITTLE, "volume": NONE}, "What the model knows is volume, but for less than 0.05"),
        (
            {"shuffled": LITTLE},
            "What the model knows is volume, shape or the distribution of the intensities, but",
        ),
        ({"shuffled": LITTLE, "volume": LOST}, "What the model knows is no texture, but for less than 0.05"),
        ({"shuffled": OPEN, "volume": LITTLE}, "The volume alone would do: it costs 0.01 [0.002, 0.01]"),
        ({"shuffled": NONE}, "What the model knows is volume, shape or the distribution of the intensities"),
        (
            {"shuffled": NONE, "volume": LOST},
            "What the model knows is no texture, but for less than 0.05 of the ROC area (shuffling",
        ),
        (
            {"shuffled": NONE, "volume": OPEN},
            "What the model knows is no texture, but for less than 0.05 of the ROC area (shuffling",
        ),
        ({"shuffled": OPEN, "volume": NONE}, "The volume alone would do: it costs 0.00 [-0.03, 0.03]"),
        ({"shuffled": OPEN, "volume": LOST}, "It was not decided whether the model needs texture:"),
        ({"shuffled": OPEN}, "It was not decided whether the model needs texture:"),
        ({"volume": NONE}, "The volume alone would do:"),
        ({"volume": LOST}, "The model knows more than the volume:"),
        ({"volume": OPEN}, "It was not decided whether the model knows more than the volume:"),
        ({}, "No verdict: there is neither a shuffled control nor a volume"),
    ],
)
def test_the_verdict_is_the_first_sentence(
    costs: dict[str, tuple[float, float, float]], expected: str
) -> None:
    assert told(**costs)[0].startswith(expected)


@pytest.mark.parametrize(
    ("random", "rest"),
    [(LOST, "the distribution of the intensities."), (NONE, ": shape."), (OPEN, "shape or the")],
)
def test_what_is_more_than_volume_and_no_texture_is_named_by_the_random_control(
    random: tuple[float, float, float], rest: str
) -> None:
    assert rest in told(shuffled=NONE, volume=LOST, random=random)[0]


def test_that_an_interval_includes_0_is_never_called_volume() -> None:
    """The interval of a small cohort: absence of evidence is no evidence of absence."""
    for volume in (OPEN, LOST):
        sentences = told(shuffled=OPEN, volume=volume)
        assert "knows is volume" not in " ".join(sentences)
        assert "40 subjects of the smallest class are too few for a verdict" in sentences[0]


def test_a_model_that_is_no_better_than_chance_gets_no_verdict() -> None:
    sentences = told(Estimate(0.58, 0.46, 0.69), shuffled=NONE, volume=NONE)
    assert sentences[0].startswith("No verdict: the radiomic model was not shown to be better than chance")
    assert not any("costs" in text for text in sentences)
    assert told(UNKNOWN, shuffled=NONE)[0].startswith("No verdict: the radiomic model could not be judged")


def test_a_small_signal_is_not_equivalent_to_chance() -> None:
    """From 0.56 a cost of 0.04 is most of the signal, although it is below 0.05."""
    little = (0.01, -0.02, 0.04)
    assert told(shuffled=little, volume=little)[0].startswith("What the model knows is volume")
    assert told(Estimate(0.56, 0.52, 0.6), shuffled=little)[0].startswith("It was not decided")


def test_a_small_margin_is_never_shown_as_none() -> None:
    real = Estimate(0.508, 0.501, 0.515)
    assert "but for less than 0.004 of the ROC area" in told(real, shuffled=(0.0, -0.003, 0.002))[0]


def test_without_a_comparison_of_shuffled_voxels_nothing_is_said_of_controls_that_were_made() -> None:
    """Other controls were made, or this one failed for too many subjects."""
    for rest in ({"random": NONE}, {}):
        text = told(volume=NONE, **rest)[0]
        assert text.endswith("was not tried, without the control shuffled.")


def test_limits_stay_on_their_side_of_0_and_of_the_margin() -> None:
    assert "[0.001, 0.10]" in told(shuffled=(0.05, 0.001, 0.1))[0]
    assert "[-0.03, 0.0498]" in told(shuffled=(0.01, -0.03, 0.0498))[0]


def test_permuted_outcomes_above_chance_are_a_warning_and_at_chance_are_none() -> None:
    rng = np.random.default_rng(0)
    leak = Permuted(rng.normal(0.56, 0.05, PERMUTATIONS))
    assert any(text.startswith(WARNING) for text in permuted_sentences(leak, TASK, 0.95))
    assert not any(text.startswith(WARNING) for text in permuted_sentences(CHANCE, TASK, 0.95))
    assert not list(permuted_sentences(Permuted(np.array([0.7])), TASK, 0.95))
    failed = Permuted(np.array([]), failed=3, cause="no pair was comparable.")
    (text,) = permuted_sentences(failed, TASK, 0.95)
    assert text == "3 permutations of the outcome could not be evaluated (no pair was comparable)."


def test_the_false_alarms_of_the_warning_are_rare_and_the_spread_holds_further_permutations() -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(0.5, 0.05, size=(4000, PERMUTATIONS))
    for number in (QUICK_PERMUTATIONS, PERMUTATIONS):
        alarms = [Permuted(each[:number]).exceeds_chance for each in draws]
        assert 0 < np.mean(alarms) < 0.004
    further = rng.normal(0.5, 0.05, size=4000)
    limits = [Permuted(each).spread(0.95) for each in draws]
    inside = [one.low <= value <= one.high for one, value in zip(limits, further, strict=True)]
    assert 0.94 < np.mean(inside) < 0.96


def test_rows_without_a_comparison_say_why() -> None:
    found = Found(
        REAL, {}, {"displaced": "left out: only 3 of 90 subjects have this control"}, CHANCE, 90, 40
    )
    table = trial_table(found, TASK, 0.95)
    assert pd.isna(table.set_index("features").loc["displaced", "value"])
    sentences = list(verdict(table, CHANCE, TASK, 0.95, 40))
    assert "Control displaced: left out: only 3 of 90 subjects have this control." in sentences
