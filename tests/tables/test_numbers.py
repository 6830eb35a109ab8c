"""A column of text as numbers: as it was written, or named cell by cell."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.clinical.numbers import read_numbers as read_clinical_numbers
from nbradiomics.tables import read_numbers
from nbradiomics.tables.spreadsheet import guarded

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1), st.booleans())
def test_a_column_written_with_points_or_commas_comes_back_exactly(values: list[float], commas: bool) -> None:
    # Sixteen digits behind the mark: none of them could be taken for thousands.
    cells = [f"{value:.16e}" for value in values]
    numbers = read_numbers(pd.Series([cell.replace(".", ",") if commas else cell for cell in cells]))
    assert numbers.values.tolist() == [float(cell) for cell in cells]
    assert not numbers.unread
    assert numbers.mark == ("," if commas else ".")


@given(st.lists(st.from_regex(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", fullmatch=True), min_size=1))
def test_a_comma_before_three_digits_alone_is_never_guessed(cells: list[str]) -> None:
    numbers = read_numbers(pd.Series(cells))
    assert numbers.values.isna().all()
    assert set(numbers.unread) == numbers.undecided == set(range(len(cells)))
    assert numbers.unread[0].startswith("may mean ")


@given(st.lists(st.one_of(FINITE.map(repr), st.text(max_size=6)), max_size=8))
def test_a_cell_is_either_read_as_what_it_says_or_named(cells: list[str]) -> None:
    numbers = read_numbers(pd.Series(cells, dtype=object))
    for place, cell in enumerate(cells):
        value = numbers.values[place]
        assert (place in numbers.unread) == (bool(cell) and math.isnan(value))
        if not math.isnan(value) and "," not in cell:
            assert value == float(cell)


@pytest.mark.parametrize(
    ("cells", "values", "why"),
    [
        (["1,5", "2", ""], [1.5, 2, None], {}),
        (["1,5", "1,234"], [1.5, 1.234], {}),  # the first tells what the comma of the second means
        (["0,123", "0,456"], [0.123, 0.456], {}),
        (["1234,5", ",5", "-3,"], [1234.5, 0.5, -3], {}),
        (["1E+05", "2,5E-03"], [1e5, 0.0025], {}),
        (["1.5", "2,5"], [1.5, None], {1: "has a decimal comma, but '1.5' has a point"}),
        (["850.5", "1,234"], [850.5, None], {1: "may mean 1.234 or 1234"}),
        (["1.234,5", "2,5"], [None, 2.5], {0: "has thousands separators"}),
        (["1,234.5", "2.5"], [None, 2.5], {0: "has thousands separators"}),
        (["1 234", "1'234", "1\u202f234,5"], [None] * 3, dict.fromkeys(range(3), "has thousands separators")),
        (["1,234,567"], [None], {0: "has thousands separators"}),
        (
            ["2,5", "<1", "5 %", "\u22125"],
            [2.5, None, None, None],
            dict.fromkeys((1, 2, 3), "is not a number"),
        ),
        (
            ["1_000", "0x1F", "\u0663", "1e", "--1", "True"],
            [None] * 6,
            dict.fromkeys(range(6), "is not a number"),
        ),
        (["inf", "-Infinity"], [math.inf, -math.inf], {}),
        (["(0.52+0j)", "(1+0j)", "(-1.5e-3+0.0j)"], [0.52, 1, -0.0015], {}),
        (["(1+2j)"], [None], {0: "is not a number"}),
        (["1.2.2020"], [None], {0: "is not a number"}),
    ],
)
def test_what_is_read_and_what_is_named(
    cells: list[str], values: list[float | None], why: dict[int, str]
) -> None:
    numbers = read_numbers(pd.Series(cells))
    assert [None if math.isnan(value) else value for value in numbers.values] == values
    assert numbers.unread == why


def test_the_index_is_that_of_the_cells() -> None:
    numbers = read_numbers(pd.Series(["1,5", "x"], index=[3, 9]))
    assert numbers.values.index.tolist() == [3, 9]
    assert numbers.unread == {9: "is not a number"}


def test_a_cell_of_very_many_digits_takes_no_time() -> None:
    cells = pd.Series(["1" * 100_000 + "x", "-" + "1" * 100_000 + ",x", "(" + "1" * 100_000])
    assert len(read_numbers(cells).unread) == 3
    assert read_clinical_numbers(cells).bad.all()
    for cell in cells:
        guarded(f"-{cell}")
