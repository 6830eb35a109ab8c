"""Sample sizes against published examples and the properties that they must have."""

from __future__ import annotations

import json
from math import log

import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.outcome.sample_size import sample_size_binary, sample_size_survival
from tests.support.helpers import call


@pytest.mark.parametrize(("parameters", "subjects"), [(25, 4286), (30, 5143)])
def test_the_published_example_of_survival(parameters: int, subjects: int) -> None:
    size = sample_size_survival(parameters, rate=0.065, mean_follow_up=2.07, r2=0.051, timepoint=2)
    assert (size.subjects, size.shrinkage) == (subjects, subjects)
    assert size.largest_r2 == pytest.approx(0.63, abs=0.005)


def test_the_published_example_of_a_binary_outcome() -> None:
    size = sample_size_binary(24, prevalence=0.174, r2=0.288)
    assert (size.shrinkage, size.optimism, size.overall_risk) == (623, 662, 221)
    assert (size.subjects, size.events) == (662, 116)


@given(
    parameters=st.integers(1, 2000),
    rate=st.floats(0.01, 5),
    follow_up=st.floats(0.1, 20),
    unit=st.sampled_from([1 / 365.25, 12.0, 365.25]),
)
def test_the_unit_of_time_changes_nothing_and_more_columns_need_more(
    parameters: int, rate: float, follow_up: float, unit: float
) -> None:
    if not 0.001 < rate * follow_up <= 1:
        return
    size = sample_size_survival(parameters, rate, follow_up)
    assert abs(sample_size_survival(parameters, rate / unit, follow_up * unit).subjects - size.subjects) <= 1
    assert sample_size_survival(parameters + 1, rate, follow_up).shrinkage >= size.shrinkage
    # By the definition of the first criterion.
    assert size.shrinkage == pytest.approx(parameters / (-0.1 * log(1 - size.r2 / 0.9)), abs=1)


@pytest.mark.parametrize(
    "call_it",
    [
        lambda: sample_size_survival(0, 0.1, 1),
        lambda: sample_size_survival(3, 0.0, 1),
        lambda: sample_size_survival(3, 0.1, 1, r2=0.99),
        lambda: sample_size_binary(3, 1.0),
        lambda: sample_size_binary(3, 0.2, shrinkage=1),
    ],
)
def test_what_is_not_possible_is_refused(call_it) -> None:
    with pytest.raises(InputError):
        call_it()


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    plan = ("--parameters", 25, "--rate", 0.065, "--follow-up", 2.07, "--r2", 0.051, "--timepoint", 2)
    assert call("sample-size", *plan) == 0
    assert "needs 4286 subjects" in " ".join(capsys.readouterr().out.split())
    assert call("sample-size", *plan, "--json") == 0
    assert json.loads(capsys.readouterr().out)["subjects"] == 4286
    assert call("sample-size", "--parameters", 24, "--prevalence", 0.174, "--r2", 0.288) == 0
    assert "662" in capsys.readouterr().out
    assert call("sample-size", "--parameters", 24) == 1
    assert "--rate and --follow-up" in " ".join(capsys.readouterr().err.split())
