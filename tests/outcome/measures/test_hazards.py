"""The test of proportional hazards: what it must not depend on, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures import proportional_hazards

Cohort = tuple[np.ndarray, np.ndarray, pd.DataFrame]


def cohort(seed: int, subjects: int = 80) -> Cohort:
    """Times with ties, events, a number and a category of three levels."""
    rng = np.random.default_rng(seed)
    number, level = rng.normal(size=subjects), rng.integers(3, size=subjects)
    time = np.ceil(10 * rng.exponential(np.exp(-0.5 * number - 0.3 * level)))
    return time, rng.random(subjects) < 0.7, pd.DataFrame({"number": number, "level": level})


def coded(table: pd.DataFrame, reference: int) -> np.ndarray:
    indicators = [table["level"] == level for level in range(3) if level != reference]
    return np.column_stack([table["number"], *indicators]).astype(float)


TERMS = ["number", "level", "level"]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(1e-4, 1e4),
    st.floats(-1e3, 1e3),
    st.sampled_from(["km", "rank", "identity", "log"]),
    st.integers(0, 2),
)
def test_scale_and_reference_level_do_not_matter(seed, scale, shift, transform, reference) -> None:
    time, event, table = cohort(seed)
    first = proportional_hazards(time, event, coded(table, 0), terms=TERMS, transform=transform)
    moved = table.assign(number=table["number"] * scale + shift)
    second = proportional_hazards(time, event, coded(moved, reference), terms=TERMS, transform=transform)
    np.testing.assert_allclose(first["chi2"], second["chi2"], rtol=1e-5, atol=1e-7)
    assert first["df"].tolist() == second["df"].tolist() == [1, 2, 3]
    assert ((first["chi2"] >= 0) & (first["chi2"] <= first["chi2"].iloc[-1] + 1e-9)).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.randoms())
def test_only_the_order_of_times_matters_for_ranks_and_survival(seed, random) -> None:
    time, event, table = cohort(seed)
    order = list(range(len(time)))
    random.shuffle(order)
    for transform in ("km", "rank"):
        first = proportional_hazards(time, event, coded(table, 0), transform=transform)
        other = proportional_hazards(
            time[order] ** 3, event[order], coded(table, 0)[order], transform=transform
        )
        np.testing.assert_allclose(first["chi2"], other["chi2"], rtol=1e-7, atol=1e-10)


def test_an_effect_that_ends_is_found() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat([0.0, 1.0], 300)
    early = rng.exponential(np.where(group == 1, 0.3, 1.0))
    # A hazard ratio above 3 until 0.5, and of 1 afterwards.
    time = np.where(early < 0.5, early, 0.5 + rng.exponential(1.0, size=600))
    columns = pd.DataFrame({"group": group, "noise": rng.normal(size=600)})
    p = proportional_hazards(time, np.ones(600), columns).set_index("term")["p"]
    assert p["group"] < 0.001 < 0.05 < p["noise"]


def test_subjects_with_a_missing_value_are_left_out() -> None:
    time, event, table = cohort(3)
    values = coded(table, 0)
    rest = proportional_hazards(time[4:], event[4:], values[4:])
    values[:4, 0] = np.nan
    pd.testing.assert_frame_equal(proportional_hazards(time, event, values), rest)
    assert rest["term"].tolist() == ["1", "2", "3", "GLOBAL"]


def test_two_times_cannot_tell_all_changes() -> None:
    time, event, table = cohort(4)
    found = proportional_hazards(np.ones(80), event, coded(table, 0))
    assert found["chi2"].isna().all()
    assert found["p"].isna().all()
    early = np.where(time < np.median(time), 1, 2)
    assert proportional_hazards(early, event, coded(table, 0))["chi2"].notna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": np.zeros(80)}, "no subject had the event"),
        ({"columns": np.ones((80, 1))}, "a column has the same value in all subjects"),
        ({"columns": np.arange(160.0).reshape(80, 2)}, "a column is a combination of the others"),
        ({"columns": np.ones(80)}, "the columns have the shape"),
        ({"columns": np.full((80, 1), np.inf)}, "infinite"),
        ({"terms": ["a", "b"]}, "there are 2 terms for 3 columns"),
        ({"terms": ["a", "b", "GLOBAL"]}, "called GLOBAL"),
        ({"transform": "square"}, "the transform 'square' is unknown"),
        ({"transform": lambda time: np.where(time > 0, np.nan, time)}, "no finite value"),
    ],
)
def test_what_cannot_be_tested_is_refused(change, message) -> None:
    time, event, table = cohort(1)
    given = {"time": time, "event": event, "columns": coded(table, 0)} | change
    with pytest.raises(InputError, match=message):
        proportional_hazards(**given)


def test_separated_levels_are_refused() -> None:
    time, event, table = cohort(2)
    event = event & (table["level"] != 2).to_numpy()
    with pytest.raises(InputError, match="the hazard ratio of column 3 has no finite estimate"):
        proportional_hazards(time, event, coded(table, 0))
