"""Direction, times and the list of cases, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.agreement_table import checked_rows
from nbradiomics.agreement.reader_study.cases import cases_table
from nbradiomics.agreement.reader_study.comparison import comparison_table
from nbradiomics.agreement.reader_study.direction import direction_table
from nbradiomics.agreement.reader_study.subgroups import subgroup_tables
from nbradiomics.agreement.reader_study.times import time_saved_table, times_table
from nbradiomics.cohort.columns import DEFAULTS
from tests.support.agreement_rows import both_ways, row, simulated
from tests.support.study_rows import SETTINGS, grouped, masks_of, one, rows_of

# Direction


def test_direction_by_hand():
    lines = []
    for number in range(8):
        subject = f"s{number}"
        lines += [
            row(subject, "auto", "A", 0.8, fprm=0.3 + number / 100, fnr=0.1, signed_distance_mm=1.0),
            row(subject, "auto", "B", 0.8, fprm=0.1, fnr=0.3 + number / 100, signed_distance_mm=-1.0),
            row(subject, "A", "B", 0.8, fprm=0.2, fnr=0.2, signed_distance_mm=np.nan),
        ]
    lines += [row("s9", "auto", "A", 0.0, fprm=np.nan, fnr=np.nan, status="empty_reference")]
    table = direction_table(rows_of(lines), SETTINGS)
    outward, inward = one(table, reader="auto", reference="A"), one(table, reader="auto", reference="B")
    assert (outward["direction"], inward["direction"]) == ("outward", "inward")
    assert outward[["n", "left_out", "share_outward", "signed_distance_mm"]].tolist() == [8, 1, 1, 1]
    assert outward["fprm_median"] == pytest.approx(0.335)
    assert outward["p"] == pytest.approx(2 / 2**8)
    assert "errs outward" in outward["sentence"]
    assert one(table, reader="auto", reference="readers")["direction"] == "neither"
    assert one(table, reader="A")[["direction", "p"]].tolist() == ["neither", 1]


# Times


def test_times_by_hand():
    cohort = masks_of(
        [
            ("s1", "A", "", "10"),
            ("s1", "A", "edited", "4"),
            ("s2", "A", "independent", "12"),
            ("s2", "B", "edited", "2"),
            ("s3", "B", "", ""),
            ("s4", "auto", "", "1"),
        ]
    )
    table = times_table(cohort)
    assert table[["reader", "kind", "n", "median", "total"]].to_numpy().tolist() == [
        ["A", "edited", 1, 4, 4],
        ["A", "independent", 2, 11, 22],
        ["B", "edited", 1, 2, 2],
    ]
    saved = time_saved_table(cohort, SETTINGS).iloc[0]
    assert saved[["n", "same_reader", "subjects", "median"]].tolist() == [2, 1, 2, 8]
    assert np.isnan([saved["low"], saved["p"]]).all()
    assert "saves a median of 8.0 minutes" in saved["sentence"]
    nothing = masks_of([("s1", "A", "", "")])
    assert times_table(nothing).empty
    assert time_saved_table(nothing, SETTINGS).empty


def test_time_saved_is_tested_by_subject():
    lines = [
        line
        for n in range(8)
        for line in (
            (f"s{n}", "A", "", str(10 + n)),
            (f"s{n}", "A", "edited", "4"),
            (f"s{n}", "B", "edited", "99"),
        )
    ]
    saved = time_saved_table(masks_of(lines), SETTINGS).iloc[0]
    assert saved[["n", "same_reader", "median"]].tolist() == [8, 8, 9.5]
    assert saved["p"] == pytest.approx(2 / 2**8)
    assert 6 <= saved["low"] <= 9.5 <= saved["high"] <= 13


# Cases


def test_the_worst_case_comes_first():
    rows = rows_of(
        [row("good", "auto", "A", 0.9), row("good", "auto", "B", 0.8), *both_ways("good", "A", "B", 0.7)],
        [row("bad", "auto", "A", 0.3, hd95_mm=9.0, fprm=0.1), *both_ways("bad", "A", "B", 0.7)],
        [row("empty", "auto", "A", 0.0, status="empty_mask")],
        both_ways("absent", "A", "B", 0.6),
        [row("failed", "auto", "A", np.nan, status=None)],
        [row("nothing", "auto", "A", np.nan, status="both_empty")],
    )
    table = cases_table(rows, SETTINGS).set_index("subject")
    assert set(table.index[:3]) == {"empty", "absent", "failed"}
    assert table.index[3:].tolist() == ["bad", "good", "nothing"]
    assert table.loc["absent", ["status", "lowest_pair"]].tolist() == ["missing", "A-B"]
    good = table.loc["good"]
    assert good[["auto_readers", "readers_readers", "difference"]].tolist() == pytest.approx(
        [0.85, 0.7, 0.15]
    )
    assert good[["lowest_pair", "status"]].tolist() == ["auto-B", "ok"]
    assert table.loc["bad", ["hd95_mm", "fprm"]].tolist() == [9, 0.1]


def test_the_worst_case_of_a_distance_and_of_readers_alone():
    rows = rows_of(
        both_ways("near", "A", "B", 0.1, hd95_mm=1.0), both_ways("far", "A", "B", 0.9, hd95_mm=8.0)
    )
    chosen = ReaderStudySettings(metric="hd95_mm", margin=1)
    assert cases_table(rows, chosen)["subject"].tolist() == ["far", "near"]
    table = cases_table(rows, SETTINGS)
    assert table["subject"].tolist() == ["near", "far"]
    assert table["auto_readers"].isna().all()
    assert table["hd95_mm"].tolist() == [1, 8]


def test_a_number_is_split_alike_for_the_model_and_the_readers():
    # The four oldest have no automatic mask, which counts as Dice 0; the median age is that of all.
    table, cohort, clinical = grouped()
    number = table["subject"].str[1:].astype(int)
    table = table[(table["pair"] == "inter") | (number < 20)]
    chosen = ReaderStudySettings(subgroups=("age", "timepoint"))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    ages = groups[groups["variable"] == "age"]
    assert ages[["what", "group", "n"]].to_numpy().tolist() == [
        ["auto to readers", "<= 12", 12],
        ["auto to readers", "> 12", 12],
        ["readers to readers", "<= 12", 12],
        ["readers to readers", "> 12", 12],
    ]
    assert groups.loc[groups["variable"] == "timepoint", "n"].tolist() == [24, 24]


def test_a_metric_that_readers_never_have_is_not_compared():
    table = simulated(0, subjects=8).assign(auc=np.nan)
    table.loc[table["reader"] == "auto", "auc"] = 0.98
    assert "auc" not in comparison_table(checked_rows(table, "dice"), SETTINGS)["metric"].tolist()


def test_names_of_sites_and_timepoints_are_no_quantities():
    table, cohort, _ = grouped()
    number = cohort["subject"].str[1:].astype(int)
    sites = cohort.assign(site=(number % 12 + 2023001).astype(str))
    chosen = ReaderStudySettings(subgroups=("site",))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), sites, None, chosen)
    auto = groups[groups["what"] == "auto to readers"]
    assert auto["group"].tolist() == [str(2023001 + place) for place in range(12)]
    alike = cohort.assign(site=np.where(number % 2, "1", "01"))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), alike, None, chosen)
    assert sorted(set(groups["group"])) == ["01", "1"]


def test_long_numbers_of_the_clinic_are_told_apart():
    table, cohort, clinical = grouped()
    clinical = clinical.assign(ward=np.where(clinical["age"] > 12, 2023001, 2023002))
    chosen = ReaderStudySettings(subgroups=("ward",))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    assert set(groups["group"]) == {"2023001", "2023002"}


def test_the_clinic_s_site_stands_in_where_the_cohort_states_none():
    table, cohort, clinical = grouped()
    cohort = cohort.assign(site=np.where(cohort["subject"] == "s000", "Leiden", ""))
    clinical = clinical.assign(site="Valencia")
    chosen = ReaderStudySettings(subgroups=("site",))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    auto = groups[groups["what"] == "auto to readers"].set_index("group")["n"].to_dict()
    assert auto == {"Leiden": 1, "Valencia": 23}


def test_minutes_of_several_lesions_of_an_image_are_added_up():
    rows = [
        {"reader": reader, "roi": roi, "reference_kind": kind, "minutes": minutes, "reading": reading}
        for reader, kind, reading, times in [
            ("A", "independent", 1, (20, 10)),
            ("A", "edited", 2, (5, 5)),
            ("B", "independent", 1, (30, "")),
        ]
        for roi, minutes in zip(("l1", "l2"), times, strict=True)
    ]
    cohort = pd.DataFrame(
        [{**DEFAULTS, **row, "subject": f"s{number}", "mask": "m"} for number in range(7) for row in rows]
    )
    saved = time_saved_table(cohort, SETTINGS).iloc[0]
    assert (saved["n"], saved["median"]) == (7, 20)
    assert "20.0 minutes per image" in saved["sentence"]
    times = times_table(cohort).set_index(["reader", "kind"])
    assert times["median"].to_dict() == {("A", "edited"): 10, ("A", "independent"): 30}


def test_an_empty_mask_where_nobody_drew_is_no_failure_of_the_model():
    table = simulated(0, subjects=8)
    first = table["subject"] == "s000"
    table.loc[first, ["dice", "status"]] = [np.nan, "both_empty"]
    found = comparison_table(checked_rows(table, "dice"), SETTINGS).iloc[0]
    assert (found["left_out"], found["missing"], found["empty"]) == (1, 0, 0)
