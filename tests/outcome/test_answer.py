"""The answers in words follow from the intervals, and say what they depend on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.outcome.answer import answers
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.performance_schema import PERFORMANCE
from nbradiomics.outcome.tasks import Survival

TASK = Survival(Horizons((1.0,), 2.0))
GAIN = "harrell_c_gain_over_clinical"
SIZES = {"subjects": 60, "events": 27, "candidates": 110, "needed": 8700}


def performance(c: tuple[float, ...], gain: tuple[float, ...], slope: float = 1.0) -> pd.DataFrame:
    rows = [
        ("radiomic", "harrell_c", None, *c),
        ("combined", "harrell_c", None, *c),
        ("combined", "calibration_slope", None, slope, np.nan, np.nan),
        ("combined", GAIN, None, *gain),
    ]
    return PERFORMANCE.table(rows)


def told(table: pd.DataFrame, *, refitted: bool = True, **sizes: int) -> list[str]:
    return list(answers(table, TASK, SIZES | sizes, 0.95, refitted=refitted).values())


def test_a_model_that_works() -> None:
    works, clinic, volume, calibrated, events = told(performance((0.7, 0.6, 0.8), (0.1, 0.02, 0.2)))
    assert "C of 0.70 (95 % interval 0.60 to 0.80): better than chance." in works.replace("\u00a0", " ")
    assert clinic.endswith("+0.02 to +0.20): a gain.")
    assert "was not assessed" in volume
    assert "about the right size" in calibrated
    assert events.startswith("No: 27 events in 60 subjects for 110 candidate columns; 8,700 subjects")


@pytest.mark.parametrize(
    ("gain", "words"), [((0.0, -0.1, 0.1), "no gain was shown"), ((-0.2, -0.3, -0.1), "a loss")]
)
def test_a_model_that_does_not(gain: tuple[float, ...], words: str) -> None:
    works, clinic, *_ = told(performance((0.55, 0.45, 0.65), gain))
    assert "not shown to be better than chance" in works
    assert words in clinic


def test_a_quick_interval_makes_no_verdict_without_a_caution() -> None:
    works, clinic, *_ = told(performance((0.7, 0.6, 0.8), (0.1, 0.02, 0.2)), refitted=False)
    for answer in (works, clinic):
        assert "quick 95" in answer
        assert "by the quick interval, which is too narrow" in answer


@pytest.mark.parametrize(
    ("slope", "words"),
    [(-0.1, "no information"), (0.4, "too large"), (1.1, "right size"), (2, "too small")],
)
def test_the_calibration_slope_is_explained(slope: float, words: str) -> None:
    assert words in told(performance((0.6, 0.5, 0.7), (0.0, -0.1, 0.1), slope))[3]


def test_what_could_not_be_computed_is_said() -> None:
    nothing = (np.nan,) * 3
    works, clinic, _, calibrated, _ = told(performance(nothing, nothing, np.nan))
    assert "could not be judged" in works
    assert "could not be computed" in clinic
    assert "could not be computed" in calibrated
    assert told(performance((0.6, *nothing[1:]), (0.1, *nothing[1:])))[1].endswith("+0.10 (no interval).")


def test_enough_events_are_enough() -> None:
    assert told(performance((0.7, 0.6, 0.8), (0.1, 0, 0.2)), needed=50)[4].startswith("Yes")


@pytest.mark.parametrize(
    ("limits", "words"),
    [((0.85, 0.75, 0.95), "too large"), ((1.2, 1.1, 1.3), "too small"), ((0.7, 0.3, 1.1), "includes 1")],
)
def test_a_slope_with_an_interval_is_judged_by_it(limits: tuple[float, ...], words: str) -> None:
    table = performance((0.7, 0.6, 0.8), (0.1, 0.02, 0.2))
    table.loc[table["metric"] == "calibration_slope", ["value", "low", "high"]] = limits
    assert words in told(table)[3]
