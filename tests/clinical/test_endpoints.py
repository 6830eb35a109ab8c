"""Endpoints of a clinical table, however they are coded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.clinical import Declaration, Endpoint, endpoint_problems, read_endpoint
from nbradiomics.errors import InputError


def clinical(**columns):
    table = {"subject": ["a", "b", "c"], "t": [1.0, 2.5, 3.0], "e": [1, 0, 1]}
    return pd.DataFrame({**table, **columns})


NOTHING = Declaration()


def problems_of(table, time, event, *, declared=NOTHING, **asked):
    return endpoint_problems(table, Endpoint(time=time, event=event, **asked), declared=declared)


def endpoint_of(table, time, event, *, declared=NOTHING, **asked):
    return read_endpoint(table, Endpoint(time=time, event=event, **asked), declared=declared)


def test_a_sound_endpoint_has_no_problem_and_is_read():
    assert problems_of(clinical(), "t", "e") == []
    table = endpoint_of(clinical(), "t", "e")
    assert table.index.tolist() == ["a", "b", "c"]
    assert table["time"].tolist() == [1.0, 2.5, 3.0]
    assert table["event"].tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "events",
    [[True, False, True], ["1", "0", "1"], pd.array([1, 0, 1], dtype="Int64"), pd.array([True, False, True])],
)
def test_events_may_be_coded_in_any_of_the_usual_ways(events):
    assert endpoint_of(clinical(e=events), "t", "e")["event"].tolist() == [1.0, 0.0, 1.0]


def test_missing_values_are_no_problem():
    table = endpoint_of(clinical(t=[1.0, None, 3.0], e=[True, False, None]), "t", "e")
    assert np.isnan(table.loc["b", "time"])
    assert np.isnan(table.loc["c", "event"])


@pytest.mark.parametrize("bad", [0, -3.0, np.inf, "12 months"])
def test_a_time_that_is_no_positive_number_is_named(bad):
    (problem,) = problems_of(clinical(t=[1.0, bad, 3.0]), "t", "e")
    assert (problem.row, problem.column, problem.severity) == ("3", "t", "error")
    assert "subject b" in problem.problem
    assert str(bad) in problem.problem


@pytest.mark.parametrize("bad", [2, -1, 0.5, "dead"])
def test_an_event_that_is_neither_0_nor_1_is_named(bad):
    (problem,) = problems_of(clinical(e=[1, 0, bad]), "t", "e")
    assert (problem.row, problem.column) == ("4", "e")
    assert str(bad) in problem.problem


def test_all_problems_are_listed_at_once():
    table = clinical(subject=["a", "a", None], t=[0.0, 1.0, 2.0], e=[1, 5, 0])
    assert [(p.row, p.column) for p in problems_of(table, "t", "e")] == [
        ("4", "subject"),
        ("3", "subject"),
        ("2", "t"),
        ("3", "e"),
    ]
    with pytest.raises(InputError, match=r"(?s)4 problem.*subject a has a second row.*time|t is '0.0'"):
        endpoint_of(table, "t", "e")


def test_absent_columns_and_one_column_for_both_are_refused():
    assert [p.column for p in problems_of(clinical(), "months", "dead")] == ["months", "dead"]
    assert "both as time and as event" in problems_of(clinical(), "t", "t")[0].problem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("yes", "no"),
        ("Y", "N"),
        ("TRUE", "FALSE"),
        ("dead", "alive"),
        ("Deceased", "Living"),
        ("1:DECEASED", "0:LIVING"),
        ("event", "censored"),
        ("Event", "no event"),
        ("relapse", "no relapse"),
        (" progressed ", "n"),
        ("1.0", "0.0"),
        ("1", "0"),
    ],
)
def test_usual_words_for_events_are_read(one, other):
    table = clinical(e=[one, other, one])
    assert problems_of(table, "t", "e") == []
    assert endpoint_of(table, "t", "e")["event"].tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("events", [[1, 2, 1], ["exitus", "vivo", "vivo"], [2, 2, 3], ["a", "b", "yes"]])
def test_events_coded_otherwise_are_refused_with_the_values(events):
    (problem,) = problems_of(clinical(e=events), "t", "e")
    assert problem.severity == "error"
    assert all(f"'{value}'" in problem.problem for value in events)
    assert "event_value" in problem.remedy


@pytest.mark.parametrize(
    ("events", "value"), [([2, 1, 2], "2"), (["Exitus", "vivo", "exitus "], "exitus"), ([2.0, 1.0, 2.0], "2")]
)
def test_a_declared_value_means_an_event_and_all_others_none(events, value):
    table = clinical(e=events)
    assert problems_of(table, "t", "e", event_value=(value,)) == []
    assert endpoint_of(table, "t", "e", event_value=(value,))["event"].tolist() == [1.0, 0.0, 1.0]


def test_several_values_that_count_as_no_event_are_warned_of():
    (problem,) = problems_of(clinical(e=[1, 0, 9]), "t", "e", event_value=("1",))
    assert problem.severity == "warning"
    assert "'0' (1), '9' (1) count as no event" in problem.problem
    declared = Declaration(missing={"e": ("9",)})
    assert problems_of(clinical(e=[1, 0, 9]), "t", "e", declared=declared) == []
    assert np.isnan(endpoint_of(clinical(e=[1, 0, 9]), "t", "e", declared=declared).loc["c", "event"])


def test_a_declared_value_that_no_cell_has_is_refused():
    (problem,) = problems_of(clinical(), "t", "e", event_value=("dead",))
    assert "no cell of e is 'dead'" in problem.problem


@pytest.mark.parametrize("name", ["alive", "os_censored", "event_free", "Censoring"])
def test_a_name_that_says_the_opposite_is_warned_of(name):
    table = clinical().rename(columns={"e": name})
    (problem,) = problems_of(table, "t", name)
    assert problem.severity == "warning"
    assert "opposite" in problem.problem
    assert problems_of(table, "t", name, event_value=("0",)) == []


def test_an_empty_cell_that_may_mean_no_event_is_warned_of():
    (problem,) = problems_of(clinical(e=["1", "", "1"]), "t", "e")
    assert (problem.severity, "1 subjects with a time have no value" in problem.problem) == ("warning", True)


def test_a_time_of_0_is_named_left_out_or_replaced_as_declared():
    table = clinical(t=["0", "2,5", "3"])
    (problem,) = problems_of(table, "t", "e")
    assert (problem.row, problem.severity) == ("2", "error")
    assert "subject a" in problem.problem
    assert "zero_times" in problem.remedy
    dropped = endpoint_of(table, "t", "e", zero_times="drop")["time"]
    assert np.isnan(dropped["a"])
    assert dropped.tolist()[1:] == [2.5, 3.0]
    assert endpoint_of(table, "t", "e", zero_times=0.5)["time"].tolist() == [0.5, 2.5, 3.0]
    with pytest.raises(InputError, match=r"another t is 2\.5"):
        endpoint_of(table, "t", "e", zero_times=2.5)


@pytest.mark.parametrize("rule", ["half", 0, -1.0, np.inf, np.nan])
def test_other_rules_for_times_of_0_are_refused(rule):
    with pytest.raises(InputError, match="zero_times"):
        Endpoint(time="t", event="e", zero_times=rule)


@pytest.mark.parametrize(
    "dates", [["2020-01-31", "31.12.2021", "1/2/20"], ["20200131", "20210203", "20220304"]]
)
def test_dates_are_no_times(dates):
    (problem,) = problems_of(clinical(t=dates), "t", "e")
    assert "has dates" in problem.problem


def test_codes_of_missing_values_are_missing_and_numbers_that_look_like_one_are_asked_about():
    table = clinical(t=["1", "n/a", "3"], e=["1", "0", "."])
    assert problems_of(table, "t", "e") == []
    assert endpoint_of(table, "t", "e").isna().to_numpy().tolist() == [
        [False, False],
        [True, False],
        [False, True],
    ]
    (problem,) = problems_of(clinical(t=[1, 2, 9999]), "t", "e")
    assert problem.severity == "warning"
    assert "9999" in problem.problem


def test_competing_events_are_declared() -> None:
    table = clinical(subject=list("abcd"), t=[1.0, 2.0, 3.0, 4.0], e=["1", "0", "2", ""])
    (problem,) = [one for one in problems_of(table, "t", "e") if one.severity == "error"]
    assert "competing" in problem.remedy
    assert problems_of(table, "t", "e", competing=["2"]) == []
    events = endpoint_of(table, "t", "e", competing=["2"])["event"]
    assert events.tolist()[:3] == [1.0, 0.0, 2.0]
    assert np.isnan(events["d"])


def test_a_competing_event_among_words() -> None:
    table = clinical(e=["relapse", "died of sepsis", "alive"])
    events = endpoint_of(table, "t", "e", competing=["died of sepsis"])["event"]
    assert events.tolist() == [1.0, 2.0, 0.0]
    (problem,) = problems_of(clinical(), "t", "e", competing=["3"])
    assert "declared as competing" in problem.problem
    assert problem.severity == "warning"
    asked = {"event_value": ["relapse"], "competing": ["died of sepis"]}
    severities = [one.severity for one in problems_of(table, "t", "e", **asked)]
    assert "error" in severities
