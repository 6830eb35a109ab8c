"""Tables: whole or not at all, rows by what was asked for."""

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.tables import feature_columns, read_table, select, write_table


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_comes_back_as_it_was_written(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame({"subject": ["007", "8"], "reading": [1, 2], "value": [0.1 + 0.2, float("nan")]})
    read = read_table(write_table(table, tmp_path / f"deep/t{ending}"))
    pd.testing.assert_frame_equal(read, table, check_exact=True)
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_an_unknown_ending_and_a_missing_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"csv or \.parquet"):
        write_table(pd.DataFrame(), tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "t.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "t.parquet")


def test_features_are_the_numbers_that_are_no_index() -> None:
    table = pd.DataFrame({"subject": ["a"], "reading": [1], "note": ["x"], "f": [1.0], "g": [2]})
    assert feature_columns(table) == ["f", "g"]


def test_rows_are_chosen_and_what_is_ambiguous_is_refused() -> None:
    table = pd.DataFrame({"subject": ["a", "a", "b"], "timepoint": ["t1", "t2", "t1"], "reading": [1, 1, 1]})
    assert len(select(table, timepoint="t1", reading=None)) == 2
    assert len(select(table, timepoint="t1", reading=1, variant=None)) == 2
    with pytest.raises(AmbiguousError, match="t1, t2"):
        select(table, timepoint=None)
    with pytest.raises(InputError, match="Choose from: t1, t2"):
        select(table, timepoint="t3")
    with pytest.raises(InputError, match="no column 'roi'"):
        select(table, roi="x")


def test_names_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("subject,reader,reference,age\n007,1,2,NA\nNA,1,2,3\n")
    table = read_table(tmp_path / "t.csv")
    assert table["subject"].tolist() == ["007", "NA"]
    assert table["reference"].tolist() == ["2", "2"]
    assert table["age"].isna().tolist() == [True, False]
