"""Text that a spreadsheet would run leaves as text and comes back as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from nbradiomics.cohort.columns import read_cohort_table
from nbradiomics.tables import read_table, read_text_table, write_table
from nbradiomics.tables.spreadsheet import as_written, guarded, guarded_table

_SIGNS = "=+-@\t\r\n'\"１＝＋－＠ 0.eEx,;"


@given(st.text() | st.text(_SIGNS, max_size=6))
def test_what_is_made_harmless_comes_back(text: str) -> None:
    assert as_written(guarded(text)) == text


@given(st.text(_SIGNS, max_size=6))
def test_no_harmless_cell_begins_a_formula(text: str) -> None:
    cell = guarded(text)
    begins = cell.strip()[:1]
    assert begins not in tuple("=@＝＋－＠")
    if begins in ("+", "-") and cell.strip() != begins:
        float(cell)  # a plain number


@pytest.mark.parametrize("text", ["-1", "+5", "-1.5e-3", "-", "+", "", "x", "a=b", "007", "-.5"])
def test_numbers_and_plain_text_stay(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "@x", "-x", "+cmd|' /C calc'!A0", "\t=1", " =1", "-1+1", "'=1", "－1", "--1"]
)
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


def test_numbers_of_a_table_stay_numbers() -> None:
    table = pd.DataFrame(
        {
            "n": [-1.5, 2],
            "mixed": [-1, "=x"],
            "gap": [None, 7],
            "=t": ["-y", None],
            "c": pd.Categorical(["@", "b"]),
        }
    )
    changed = guarded_table(table)
    assert list(changed.columns) == ["n", "mixed", "gap", "'=t", "c"]
    assert changed["n"].equals(table["n"])
    assert list(changed["mixed"]) == [-1, "'=x"]
    assert list(changed["'=t"]) == ["'-y", None]
    assert list(changed["c"]) == ["'@", "b"]
    assert list(table.columns)[3] == "=t"  # what was given stays
    assert changed["gap"].equals(table["gap"])


_CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.text(
    _SIGNS, max_size=6
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_CELLS, min_size=1, max_size=4))
@example(["=a", "-1", "+5", "@x", "'=x"])
def test_a_table_that_is_written_is_read_as_it_was(tmp_path: Path, names: list[str]) -> None:
    names = [" ".join(name.split()) for name in names]  # as a table of the user would be read
    table = pd.DataFrame(
        {"subject": ["first", *names], "original_firstorder_Mean": [1.5, *range(len(names))]}
    )
    for ending in (".csv", ".parquet"):
        read = read_table(write_table(table, tmp_path / f"t{ending}"))
        assert list(read["subject"]) == list(table["subject"])
        assert list(read["original_firstorder_Mean"]) == list(table["original_firstorder_Mean"])


def test_what_stands_in_the_file_is_what_owasp_advises(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"=a": ["=cmd|' /C calc'!A0", "-1", "@SUM(1)"]}), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["'=a"], ["'=cmd|' /C calc'!A0"], ["-1"], ["'@SUM(1)"]]
    assert list(read_text_table(tmp_path / "t.csv").columns) == ["=a"]


def test_a_cohort_that_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    rows = {
        "subject": ["=a", "-1", "+5", "@x"],
        "image": ["=i.nii", "-i.nii", "i.nii", "@/i.nii"],
        "reader": ["-r", "r", "=r", "r"],
        "mask": ["-m.nii", "m.nii", "=m.nii", "@m.nii"],
    }
    table, problems = read_cohort_table(write_table(pd.DataFrame(rows), tmp_path / "cohort.csv"))
    assert problems == []
    for column in ("subject", "reader"):
        assert list(table[column]) == rows[column]
    for column in ("image", "mask"):
        assert list(table[column]) == [str(tmp_path / name) for name in rows[column]]
