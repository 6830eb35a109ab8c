"""Measurements that are copies of each other are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.reproducibility import arrange, copied_masks
from nbradiomics.reproducibility.copies import copied

NAMES = [f"original_firstorder_F{number}" for number in range(12)]


@pytest.fixture
def table() -> pd.DataFrame:
    """Ten subjects, each read by A, B and C."""
    values = np.random.default_rng(0).normal(size=(30, len(NAMES)))
    index = pd.DataFrame({"subject": np.repeat([f"S{n}" for n in range(10)], 3), "reader": [*"ABC"] * 10})
    return pd.concat([index, pd.DataFrame(values, columns=NAMES)], axis=1)


def copy(table: pd.DataFrame, subjects: int, to: str = "B") -> pd.DataFrame:
    """Let a reader have the values of A in the first subjects."""
    chosen = table["subject"].isin([f"S{number}" for number in range(subjects)])
    table = table.copy()
    table.loc[chosen & (table["reader"] == to), NAMES] = table.loc[
        chosen & (table["reader"] == "A"), NAMES
    ].to_numpy()
    return table


def said(table: pd.DataFrame) -> list[str]:
    return copied(table, arrange(table), NAMES)


def test_independent_readers_are_not_suspected(table: pd.DataFrame) -> None:
    assert said(table) == copied_masks(table) == []


def test_copies_are_counted_for_each_pair(table: pd.DataFrame) -> None:
    (pair,) = said(copy(table, 4))
    assert pair.startswith("Caution: A and B have identical values of all 12 features in 4 of 10 subjects.")
    three = said(copy(copy(table, 4), 2, "C"))
    assert [text.split(" subjects")[0].split("Caution: ")[1] for text in three] == [
        "A and B have identical values of all 12 features in 4 of 10",
        "A and C have identical values of all 12 features in 2 of 10",
        "B and C have identical values of all 12 features in 2 of 10",
    ]


def test_only_some_equal_features_are_no_copy(table: pd.DataFrame) -> None:
    same = copy(table, 10)
    same.loc[same["reader"] == "B", NAMES[-1]] += 1e-9
    assert said(same) == []
    assert said(table.assign(**dict.fromkeys(NAMES[:9], 2.0))) == []


def test_rows_without_values_are_no_copies_and_missing_values_do_not_hide_one(table: pd.DataFrame) -> None:
    empty = table.copy()
    empty[NAMES] = np.nan
    assert said(empty) == []
    gap = table.copy()
    gap[NAMES[0]] = np.nan
    assert len(said(copy(gap, 3))) == 1


def test_masks_are_compared_within_an_image(table: pd.DataFrame) -> None:
    other = copy(table, 10).assign(timepoint="second")
    (pair,) = copied_masks(pd.concat([table.assign(timepoint="first"), other], ignore_index=True))
    assert "A and B have identical values of all 12 features in 10 of 20 images" in pair
    # The same values in another image are another matter.
    assert copied_masks(pd.concat([table.assign(timepoint=time) for time in "12"], ignore_index=True)) == []


def test_a_copied_reading_is_named(table: pd.DataFrame) -> None:
    twice = pd.concat([table.assign(reading=number) for number in (1, 2)], ignore_index=True)
    (first, *_) = copied_masks(twice)
    assert first.startswith("Caution: two rows of A have identical values of all 12 features in 10 of 10")
