"""Warnings of columns that may be the outcome under another name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from lifelines.utils import concordance_index

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.suspicion import name_reasons, suspicions


@pytest.mark.parametrize(
    "name",
    [
        "efs_event",
        "efs_days",
        "OS",
        "survivalTime",
        "time_to_relapse",
        "dead",
        "date_of_death",
        "followup",
        "follow_up_months",
        "FollowUp",
        "progression",
        "recurrence_free",
        "daysToDeath",
        "vital_status",
        *[
            "age_at_death",
            "age_at_event",
            "age_death_days",
            "ageAtDeath",
            "futime",
            "fustat",
            "survtime",
            "eventtime",
            "dfsevent",
        ],
        *[
            "osdays",
            "efsdays",
            "PFStime",
            "OSmonths",
            "vitalstatus",
            "timetoevent",
            "isdead",
            "dead1",
            "fu_months",
            "lastcontact",
        ],
        *[
            "OS_STATUS",
            "time2event",
            "pfs1",
            "os5y",
            "days_to_last_contact",
            "fup_months",
            "dmfs_time",
            "DSS",
        ],
    ],
)
def test_names_that_speak_of_an_outcome(name: str) -> None:
    assert list(name_reasons(name))


@pytest.mark.parametrize(
    "name",
    [
        "age_days",
        "age",
        "stage",
        "sex",
        "mycn",
        "dose",
        "surgeon",
        "timepoint_volume",
        "progesterone",
        "original_firstorder_Mean",
        "log-sigma-3-0-mm-3D_glcm_Idm",
        "original_shape_Time",
        *[
            "Sex",
            "age_months",
            "agedays",
            "AgeDays",
            "positive",
            "sometimes",
            "osteolysis",
            "seventh",
            "preventive",
            "birthday",
        ],
        *["futility", "fused", "diagnosis", "cosmetic", "CTScan", "survey", "vitality", "timepoint"],
    ],
)
def test_other_names_do_not(name: str) -> None:
    assert list(name_reasons(name)) == []


def test_the_words_are_those_that_stand_in_the_name() -> None:
    assert list(name_reasons("PFStime")) == ["its name contains 'pfs', 'time'"]
    assert list(name_reasons("age_death_days")) == ["its name contains 'death', 'days'"]


def cohort(subjects: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    time, event = rng.exponential(100, subjects), rng.random(subjects) < 0.6
    frame = pd.DataFrame(rng.normal(size=(subjects, 30))).rename(columns=lambda place: f"f{place}")
    return frame, survival_array(time, event)


def test_chance_is_not_suspicious() -> None:
    frame, y = cohort()
    assert suspicions(frame, y, time="t", event="e") == {}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_copy_of_the_time_is_found_whatever_it_is_called(sign: int) -> None:
    frame, y = cohort()
    hidden = sign * np.log(y["time"])
    hidden[::15] = np.nan
    found = suspicions(frame.assign(x=hidden), y, time="t", event="e")
    assert list(found) == ["x"]
    known = np.isfinite(hidden)
    c = concordance_index(y["time"][known], hidden[known], y["event"][known])
    assert f"{1 - c:.3f}" in found["x"][0]
    assert found["x"][1] == f"its rank correlation with t is {sign:.3f}"


def test_a_copy_of_the_event_is_found() -> None:
    frame, y = cohort()
    copied = suspicions(frame.assign(x=2 - y["event"]), y, time="t", event="e")
    assert copied == {"x": ["its rank correlation with e is -1.000"]}


COARSE = {
    "thirds": lambda time, _: pd.qcut(time, 3, labels=["a", "b", "c"]).astype(str),
    "above the median": lambda time, _: (time > np.median(time)).astype(float),
    "rounded": lambda time, _: np.round(time / 60),
    "only of events": lambda time, event: np.where(event, time, 0.0),
    "negative if censored": lambda time, event: np.where(event, time, -time),
}


@pytest.mark.parametrize("made", COARSE.values(), ids=list(COARSE))
def test_a_coarse_copy_of_the_time_is_found(made: Callable[..., np.ndarray]) -> None:
    frame, y = cohort()
    values = np.asarray(made(y["time"], y["event"]))
    texts = [] if values.dtype.kind == "f" else ["x"]
    assert list(suspicions(frame.assign(x=values), y, texts, time="t", event="e")) == ["x"]
    exchanged = np.random.default_rng(1).permutation(values)
    assert suspicions(frame.assign(x=exchanged), y, texts, time="t", event="e") == {}


def test_levels_that_give_the_order_of_events_are_found() -> None:
    frame, y = cohort()
    order = np.argsort(np.argsort(y["time"]))
    levels = pd.Series(order // 2).map(lambda place: f"level {chr(97 + place % 26)}{place}")
    assert list(suspicions(frame.assign(x=levels), y, ["x"], time="t", event="e")) == ["x"]


def test_few_pairs_and_constants_say_nothing() -> None:
    frame, y = cohort(9)
    assert suspicions(frame.assign(x=y["time"], one=1.0, none=np.nan), y, time="t", event="e") == {}
