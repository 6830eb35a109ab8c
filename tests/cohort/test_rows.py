"""Rows of one scan are held against each other as if each were compared with all, at the cost of one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, strategies as st

from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.columns import _ScanRows, read_cohort_table

Row = tuple[str, str, str]  # channel, image, mask
rows = st.lists(
    st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from("xyz"), st.sampled_from(["", "m"]))
)


def column_of_problem(before: list[Row], row: Row) -> str:
    """The rule, row against row."""
    channel, image, mask = row
    if any(other[0] == channel and other[1] != image for other in before):
        return "image"
    if any(other[1] == image and other[0] != channel for other in before):
        return "channel"
    channels = [other[0] for other in before]
    if before and channel not in channels and "" in {channel, *channels}:
        return "channel"
    drawn = [other[0] for other in before if other[2]]
    return "mask" if mask and drawn and drawn[0] != channel else ""


@given(rows)
def test_what_is_found_is_what_the_rule_finds(several: list[Row]) -> None:
    scan = _ScanRows()
    for place, row in enumerate(several):
        found = scan.add(place, *row)
        assert (found[0] if found else "") == column_of_problem(several[:place], row)


def test_problems_stand_by_scan_in_the_order_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    lines = ["a,1.nii,A,m1", "b,2.nii,A,m2", "b,3.nii,B,m3", "a,4.nii,B,m4"]
    path.write_text("\n".join(["subject,image,reader,mask", *lines]) + "\n")
    problems = [problem for problem in read_cohort_table(path)[1] if problem.severity == "error"]
    assert [(problem.row, problem.column) for problem in problems] == [("5", "image"), ("4", "image")]
    assert "another image for the scan of line 2." in problems[0].problem


def calls_of(path: Path) -> int:
    """How many functions of Python are called to read a cohort and find its cases."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        load_cohort(path).cases()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("row", ["s,i.nii,r{0},m{0}.nii", "s{0},i{0}.nii,A,m{0}.nii"])
def test_four_times_the_rows_take_four_times_the_steps(row: str, tmp_path: Path) -> None:
    taken = []
    for number in (250, 1000):
        path = tmp_path / f"{number}.csv"
        lines = [row.format(place) for place in range(number)]
        path.write_text("\n".join(["subject,image,reader,mask", *lines]) + "\n")
        taken.append(calls_of(path))
    assert taken[1] < 4.5 * taken[0]


def test_rows_that_are_all_alike_are_told_in_short_messages(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("subject,image,reader,mask\n" + "s,i.nii,A,m.nii\n" * 2000)
    problems = read_cohort_table(path)[1]
    assert all(len(problem.problem) < 1000 for problem in problems)
    assert "and 1980 more have the same" in problems[0].problem
