"""An interval that includes 0 is no proof that nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from nbradiomics.outcome.trial.decision import MARGIN, Estimate, above_chance, decide, margin_of
from nbradiomics.outcome.trial_schema import COSTS, GAINS, NO_COST, OPEN, SMALL

LIMITS = st.floats(-1, 1, allow_nan=False)


@given(LIMITS, LIMITS, st.floats(0.001, 0.05))
def test_each_interval_has_the_one_decision_that_it_shows(one: float, other: float, margin: float) -> None:
    low, high = sorted([one, other])
    found = decide(Estimate((low + high) / 2, low, high), margin)
    assert (found == COSTS) == (low > 0 and high >= margin)
    assert (found == SMALL) == (low > 0 and high < margin)
    assert (found == GAINS) == (high < 0)
    assert (found == NO_COST) == (low <= 0 <= high < margin)
    assert (found == OPEN) == (low <= 0 and high >= margin)


def test_without_an_interval_nothing_is_decided() -> None:
    assert decide(Estimate(0.2, np.nan, np.nan), MARGIN) is None


@pytest.mark.parametrize(("real", "expected"), [(0.9, 0.05), (0.64, 0.05), (0.56, 0.03), (0.5, 0), (0.4, 0)])
def test_the_margin_is_never_more_than_half_of_what_is_known(real: float, expected: float) -> None:
    assert margin_of(real) == pytest.approx(expected)


def test_a_model_whose_interval_touches_chance_has_nothing_to_lose() -> None:
    assert above_chance(Estimate(0.6, 0.51, 0.7))
    assert not above_chance(Estimate(0.6, 0.5, 0.7))
    assert not above_chance(Estimate(0.6, np.nan, np.nan))
