"""What an external cohort cannot tell follows from its intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.outcome.external_limits import cannot_be_told
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.tasks import Survival

TASK = Survival(Horizons((365.0,), 800.0))


def table(c: tuple[float, float], ratio: tuple[float, float], slope: tuple[float, float]) -> pd.DataFrame:
    limits = {"harrell_c": c, "observed_expected": ratio, "calibration_slope": slope}
    horizons = {"observed_expected": 365.0}
    rows = [
        ("combined", name, horizons.get(name, np.nan), sum(pair) / 2, *pair) for name, pair in limits.items()
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "horizon", "value", "low", "high"])


NARROW = ((0.70, 0.78), (0.9, 1.1), (0.85, 1.2))


@pytest.mark.parametrize(
    ("place", "limits", "said"),
    [
        (0, (0.55, 0.80), "how well it orders subjects (Harrell's C 0.55 to 0.80: 0.25 wide)"),
        (1, (0.5, 1.6), "too many or too few events by 365 (observed over expected 0.50 to 1.60)"),
        (1, (0.7, 1.1), "whether the number of events by 365 is about right"),
        (2, (0.5, 1.1), "are too large (slope 0.50 to 1.10)"),
        (2, (0.9, 1.5), "are too small (slope 0.90 to 1.50)"),
        (2, (0.4, 2.2), "are too large or too small (slope 0.40 to 2.20)"),
    ],
)
def test_an_open_question_is_named_alone(place: int, limits: tuple[float, float], said: str) -> None:
    text = cannot_be_told(table(*(limits if place == i else each for i, each in enumerate(NARROW))), TASK, 30)
    assert said in text
    assert text.startswith("With 30 events it stays open, for the combined model, ")
    assert ";" not in text


def test_narrow_intervals_leave_nothing_open() -> None:
    assert "narrow enough for all questions above" in cannot_be_told(table(*NARROW), TASK, 400)


def test_no_interval_is_no_certainty() -> None:
    none = table(*NARROW).assign(low=np.nan, high=np.nan)
    assert "There is no interval" in cannot_be_told(none, TASK, 30)
    undefined = table(*NARROW)
    undefined.loc[0, ["value", "low", "high"]] = np.nan
    assert "(Harrell's C has no interval)" in cannot_be_told(undefined, TASK, 30)
