"""Endpoints and covariates of a clinical table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import endpoint_problems, read_endpoint
from nbradiomics.outcome.covariates import read_covariates


def clinical(**columns):
    table = {"subject": ["a", "b", "c"], "t": [1.0, 2.5, 3.0], "e": [1, 0, 1]}
    return pd.DataFrame({**table, **columns})


def test_a_sound_endpoint_has_no_problem_and_is_read():
    assert endpoint_problems(clinical(), "t", "e") == []
    table = read_endpoint(clinical(), "t", "e")
    assert table.index.tolist() == ["a", "b", "c"]
    assert table["time"].tolist() == [1.0, 2.5, 3.0]
    assert table["event"].tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "events",
    [[True, False, True], ["1", "0", "1"], pd.array([1, 0, 1], dtype="Int64"), pd.array([True, False, True])],
)
def test_events_may_be_coded_in_any_of_the_usual_ways(events):
    assert read_endpoint(clinical(e=events), "t", "e")["event"].tolist() == [1.0, 0.0, 1.0]


def test_missing_values_are_no_problem():
    table = read_endpoint(clinical(t=[1.0, None, 3.0], e=[True, False, None]), "t", "e")
    assert np.isnan(table.loc["b", "time"])
    assert np.isnan(table.loc["c", "event"])


@pytest.mark.parametrize("bad", [0, -3.0, np.inf, "12 months"])
def test_a_time_that_is_no_positive_number_is_named(bad):
    (problem,) = endpoint_problems(clinical(t=[1.0, bad, 3.0]), "t", "e")
    assert (problem.row, problem.column, problem.severity) == ("3", "t", "error")
    assert "subject b" in problem.problem
    assert str(bad) in problem.problem


@pytest.mark.parametrize("bad", [2, -1, 0.5, "dead"])
def test_an_event_that_is_neither_0_nor_1_is_named(bad):
    (problem,) = endpoint_problems(clinical(e=[1, 0, bad]), "t", "e")
    assert (problem.row, problem.column) == ("4", "e")
    assert str(bad) in problem.problem


def test_all_problems_are_listed_at_once():
    table = clinical(subject=["a", "a", None], t=[0.0, 1.0, 2.0], e=[1, 5, 0])
    assert [(p.row, p.column) for p in endpoint_problems(table, "t", "e")] == [
        ("4", "subject"),
        ("3", "subject"),
        ("2", "t"),
        ("3", "e"),
    ]
    with pytest.raises(InputError, match=r"(?s)4 problem.*subject a has a second row.*time|t is '0.0'"):
        read_endpoint(table, "t", "e")


def test_absent_columns_and_one_column_for_both_are_refused():
    assert [p.column for p in endpoint_problems(clinical(), "months", "dead")] == ["months", "dead"]
    assert "both as time and as event" in endpoint_problems(clinical(), "t", "t")[0].problem


def test_covariates_are_numbers_or_levels():
    table = clinical(
        age=[60, np.inf, 50], male=[True, False, None], stage=["2", "4S", None], text=["1", "2", None]
    )
    numeric, categorical = read_covariates(table, ["age", "male", "stage", "text"], taken=("t", "e"))
    assert numeric.columns.tolist() == ["age", "male", "text"]
    assert numeric["male"].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(numeric.loc["b", "age"])
    assert categorical["stage"].tolist()[:2] == ["2", "4S"]
    assert pd.isna(categorical.loc["c", "stage"])


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        (["height"], r"no column 'height'.*subject, t, e"),
        (["t"], "cannot be a covariate"),
        (["subject"], "cannot be a covariate"),
        (["age", "age"], "named twice"),
        ("age", "Give a list"),
    ],
)
def test_covariates_that_cannot_be_are_refused(covariates, message):
    with pytest.raises(InputError, match=message):
        read_covariates(clinical(age=[1, 2, 3]), covariates, taken=("t", "e"))


def test_a_number_column_with_a_remark_is_not_taken_for_a_category():
    table = pd.DataFrame({"subject": range(20), "age": [*map(str, range(19)), "unknown"]})
    with pytest.raises(InputError, match="20 different texts, such as 'unknown'"):
        read_covariates(table, ["age"], taken=())
