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


@pytest.mark.parametrize("header", ["", "Unnamed: 0"])
def test_row_numbers_are_never_a_feature(tmp_path: Path, header: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"{header},subject,f\n0,a,1.5\n1,b,2.5\n")
    assert feature_columns(read_table(file)) == ["f"]
    in_memory = pd.DataFrame({"Unnamed: 0": [0, 1], "subject": ["a", "b"], "f": [1.5, 2.5]})
    assert feature_columns(in_memory) == ["f"]


@pytest.mark.parametrize("cells", [["1.5", "ERROR", "2"], ["1,5", "2,5", "3"]])
def test_a_column_of_numbers_with_a_broken_cell_is_refused(cells: list[str]) -> None:
    table = pd.DataFrame({"subject": list("abc"), "f": cells, "g": [1.0, 2.0, 3.0]})
    with pytest.raises(InputError, match=r"'f' has numbers, but also '(ERROR|1,5)'"):
        feature_columns(table)


def test_a_column_of_words_is_no_feature_and_no_error() -> None:
    table = pd.DataFrame({"subject": list("abc"), "site": ["north", "south", "3"], "g": [1.0, 2.0, 3.0]})
    assert feature_columns(table) == ["g"]


def test_two_columns_of_one_name_are_refused() -> None:
    table = pd.DataFrame([["a", 1.0, 2.0]], columns=["subject", "f", "f"])
    with pytest.raises(InputError, match="several columns have the name f"):
        feature_columns(table)


def test_semicolons_empty_rows_and_readings_with_gaps_are_read(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("subject;reading;f\na;1;0.5\nb;;0.7\n;;\n", encoding="utf-8-sig")
    table = read_table(file)
    assert table["subject"].tolist() == ["a", "b"]
    assert len(select(table, reading=1)) == 1


def test_rows_longer_than_the_header_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("subject,f\na,1,9\nb,2,9\n")
    with pytest.raises(InputError, match="more cells than the header"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("subject,f\na,1,\nb,2,\n")  # a separator too many, and nothing behind it
    assert read_table(tmp_path / "t.csv")["f"].tolist() == [1, 2]
