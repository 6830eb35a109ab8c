"""A user's columns under our names, guesses at what was meant, and problems that are told once."""

from __future__ import annotations

import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, told_once
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.tables import with_names


def named(columns: list[str], **given: str) -> tuple[list[str], list[str]]:
    table, notes = with_names(
        pd.DataFrame([columns], columns=columns), ["subject", "image"], given, where="t.csv"
    )
    return list(table.columns), notes


def test_capitals_do_not_count_and_are_noted() -> None:
    assert named(["SUBJECT", "Image", "Note"]) == (
        ["subject", "image", "Note"],
        ["'SUBJECT', 'Image' are read as 'subject', 'image'."],
    )
    assert named(["subject", "image"]) == (["subject", "image"], [])


@pytest.mark.parametrize("columns", [["subject", "Subject"], ["SUBJECT", "Subject"]])
def test_two_columns_that_differ_in_capitals_alone_are_refused(columns: list[str]) -> None:
    with pytest.raises(InputError, match="differ only in capitals or blanks, and each could be 'subject'"):
        named(columns)


def test_the_users_own_column_stands_for_ours() -> None:
    table, notes = with_names(
        pd.DataFrame({"PatientID": ["p"], "image": ["ct"], "T2": ["t2"]}),
        ["subject", "image"],
        {"subject": "patientid", "image": "T2", "mask": "nowhere"},
        where="t.csv",
    )
    assert table.to_dict("records") == [{"subject": "p", "image": "t2"}]
    assert notes == ["column 'image' is not used: 'T2' replaces it."]


def test_the_users_own_column_is_the_one_of_its_capitals() -> None:
    assert named(["id", "ID"], subject="ID")[0] == ["id", "subject"]
    with pytest.raises(InputError, match="'id', 'ID' differ"):
        named(["id", "ID"], subject="Id")


@pytest.mark.parametrize(
    ("name", "known", "guess"),
    [
        ("marign", ["margin", "metric"], "Did you mean 'margin'? "),
        ("SUBJECT", ["subject"], "Did you mean 'subject'? "),
        ("os_day", ["os_days", "pfs_days"], "Did you mean 'os_days' or 'pfs_days'? "),
        ("age", ["subject"], ""),
        ("x", [], ""),
    ],
)
def test_guesses(name: str, known: list[str], guess: str) -> None:
    assert did_you_mean(name, known) == guess


def problem(row: int, column: str = "mask", found: str = "no mask.") -> Problem:
    return Problem("t.csv", str(row), column, "error", found, "Give it.")


def test_a_problem_of_most_rows_is_told_once_with_its_number_and_lines() -> None:
    rows = [problem(row, found=f"'{row}' is no number.") for row in range(2, 302)]
    (once,) = told_once(rows, 300)
    assert once.row == "2"
    assert once.problem == ("'2' is no number. 299 more rows (lines 3-301) have a similar problem.")


def test_problems_of_some_rows_stay_each_with_its_line() -> None:
    rows = [problem(row) for row in range(2, 102)]
    assert told_once(rows, 300) == rows
    assert told_once(rows[:5], 5) == rows[:5]
    mixed = [*rows[:6], problem(4, "image")]
    assert [(item.row, item.column) for item in told_once(mixed, 6)] == [("2", "mask"), ("4", "image")]
