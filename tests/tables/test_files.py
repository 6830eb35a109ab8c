"""The same table in every file in which people keep one, and files that are named as what they are."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.tables import HEADER_LINE, read_table, read_text_table

HEADER = ["subject", "Größe, mm", "site"]
ROWS = [["007", "1.5", "Köln"], ["NA", "", 'the "old" one'], ["c;d", "-2e-3", "a\tb|c"]]

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]
ENDS = ["\n", "\r\n", "\r"]
SEPARATORS = [",", ";", "\t", "|"]


def line(cells: list[str], separator: str) -> str:
    special = (*SEPARATORS, '"')
    quoted = [
        '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in special) else cell
        for cell in cells
    ]
    return separator.join(quoted)


def read(tmp: Path, content: bytes | str, name: str = "t.csv") -> pd.DataFrame:
    file = tmp / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_text_table(file)


def refusal(tmp: Path, content: bytes | str, name: str = "t.csv") -> str:
    with pytest.raises(InputError) as error:
        read(tmp, content, name)
    return str(error.value)


@given(
    separator=st.sampled_from(SEPARATORS),
    encoding=st.sampled_from(ENCODINGS),
    end=st.sampled_from(ENDS),
    stated=st.booleans(),
    trailing=st.integers(0, 2),
    blank_before=st.integers(0, 2),
    blank_between=st.booleans(),
    last_end=st.booleans(),
    packed=st.booleans(),
    spaces=st.booleans(),
)
def test_a_table_is_the_same_in_every_file(
    tmp_path_factory: pytest.TempPathFactory,
    separator: str,
    encoding: str,
    end: str,
    stated: bool,
    trailing: int,
    blank_before: int,
    blank_between: bool,
    last_end: bool,
    packed: bool,
    spaces: bool,
) -> None:
    lines = [line(cells, separator) + separator * trailing for cells in [HEADER, *ROWS]]
    if spaces:
        lines[1] = lines[1].replace("007", " 007\u00a0")
    if blank_between:
        lines.insert(2, separator * (len(HEADER) - 1))
    lines = [*([f"sep={separator}"] if stated else []), *[""] * blank_before, *lines]
    content = (end.join(lines) + end * last_end).encode(encoding)
    table = read(tmp_path_factory.mktemp("t"), gzip.compress(content) if packed else content, "t.txt")
    assert table.columns.tolist() == HEADER
    assert table.to_numpy().tolist() == ROWS
    header = 1 + stated + blank_before
    first = header - 1
    assert table.attrs[HEADER_LINE] == header
    assert table.index.tolist() == [first, first + 1 + blank_between, first + 2 + blank_between]


def test_a_cell_of_several_lines_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, 'subject,note\na,"one\ntwo"\nb,x\n')
    assert table["note"].tolist() == ["one\ntwo", "x"]
    assert table.index.tolist() == [0, 2]


def test_the_separator_is_that_which_fits_all_rows(tmp_path: Path) -> None:
    commas = read(tmp_path, "subject;dose, Gy;vol, ml\na;1,5;2\n")
    assert commas.columns.tolist() == ["subject", "dose, Gy", "vol, ml"]
    assert read(tmp_path, "subject\tsites; all\na\tx\n").columns.tolist() == ["subject", "sites; all"]
    assert read(tmp_path, "subject;a;b\nx;1,5;2,5\n").loc[0].tolist() == ["x", "1,5", "2,5"]
    assert read(tmp_path, "subject\na\n007\n")["subject"].tolist() == ["a", "007"]
    assert "may be separated by ',' or ';'" in refusal(tmp_path, "subject;dose, Gy\na;1,5\n")
    assert read(tmp_path, "sep=;\nsubject;dose, Gy\na;1,5\n").loc[1].tolist() == ["a", "1,5"]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("subject,name\na,J\xfcrgen\n".encode("latin-1"), ["line 2", "0xFC", "'ü'", "CSV UTF-8"]),
        ("subject,name\na,x\n".encode("utf-16-le"), ["zero bytes", "UTF-16"]),
        (b"\xff\xfes\x00u", ["damaged UTF-16"]),
        (b"", ["is empty"]),
        (b"\n \n,,\n", ["is empty"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ["old kind (.xls)", "password"]),
        (b"%PDF-1.7", ["a PDF"]),
        (b"<html><table><tr><td>subject", ["web page"]),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>\n<html>", ["web page"]),
        (b'<?xml version="1.0"?><Workbook/>', ["XML"]),
        (b'[\n  {"subject": "a"}]', ["JSON"]),
        (b"{\\rtf1 subject", ["RTF"]),
        (b"$FL2@(#) SPSS DATA FILE", ["SPSS"]),
        (b"\x1f\x8b\x08broken", ["damaged gzip"]),
        (b"PK\x03\x04broken", ["damaged ZIP"]),
        (b'subject,f\na,"1\nb,2\n', ["line 2", "quotation mark"]),
        (b'subject,f\na,"1" x\nb,2\n', ["line 2", "quotation mark"]),
        (b"subject,f\na,1,5\nb,2,5\nc,3\n", ["3 instead of 2", "line 2, 3.", "decimal comma"]),
        (b"subject;f;g\na;1;2\nb,1,2\n", ["line 3 seems to be separated by ','", "other rows by ';'"]),
        (b"subject,f,subject\na,1,b\n", ["several columns have the name subject"]),
        (b"subject,,f\na,x,1\n", ["column 2 has values but no name", "merged"]),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, parts: list[str]) -> None:
    told = refusal(tmp_path, content)
    assert all(part in told for part in parts), told
    assert str(tmp_path) in told


@pytest.mark.parametrize(
    ("member", "what"),
    [
        ("content.xml", "OpenDocument"),
        ("xl/workbook.bin", "binary Excel"),
        ("word/document.xml", "Word"),
        ("a.csv", "ZIP archive"),
    ],
)
def test_archives_are_named_by_what_they_hold(tmp_path: Path, member: str, what: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(member, "x")
    assert what in refusal(tmp_path, content.getvalue(), "t.xlsx")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path, found in ((tmp_path, "is a folder"), (tmp_path / "no.csv", "does not exist or is not a file")):
        with pytest.raises(InputError, match=found):
            read_text_table(path)


def test_parquet_is_read_whatever_its_name_and_as_text_too(tmp_path: Path) -> None:
    table = pd.DataFrame({"subject": ["007", "8"], "n": [1.0, float("nan")], "f": [0.1 + 0.2, 2.0]})
    table.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").rename(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), table)
    text = read_text_table(tmp_path / "t.csv")
    assert text.to_numpy().tolist() == [["007", "1", repr(0.1 + 0.2)], ["8", "", "2"]]


def test_an_excel_workbook_asks_for_openpyxl_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    assert "pip install openpyxl" in refusal(tmp_path, content.getvalue(), "t.csv")


# --- types -------------------------------------------------------------------------------------------


def test_types_are_those_of_the_whole_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "subject,whole,gap,point,answer,half,words,none,mixed\n"
        "007,1,1,0.30000000000000004,True,True,a,NA,1.5\n"
        "8,-2,,1e-3,FALSE,,b,,x\n"
    )
    table = read_table(tmp_path / "t.csv")
    assert [str(kind) for kind in table.dtypes] == [
        "object",
        "int64",
        "float64",
        "float64",
        "bool",
        "object",
        "object",
        "float64",
        "object",
    ]
    assert table["point"].tolist() == [0.1 + 0.2, 0.001]
    assert table["answer"].tolist() == [True, False]
    assert table["half"].iloc[0] is True
    assert table["half"].isna().tolist() == [False, True]
    assert table["mixed"].tolist() == ["1.5", "x"]


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("subject,f\n")
    assert read_table(tmp_path / "t.csv").columns.tolist() == ["subject", "f"]
    assert read_table(tmp_path / "t.csv").empty


@pytest.mark.parametrize("cells", [["1.234", "850"], ["12.345", "1.234"]])
def test_points_that_may_separate_thousands_beside_decimal_commas_are_refused(
    tmp_path: Path, cells: list[str]
) -> None:
    file = tmp_path / "t.csv"
    rows = "".join(f"s{number};{cell};0,5{number}\n" for number, cell in enumerate(cells))
    file.write_text(f"subject;volume;sphericity\n{rows}")
    with pytest.raises(InputError, match=r"line 2, column 'volume': '.*' may mean a thousand times"):
        read_table(file)


def test_parquet_keeps_categories_and_nullable_columns(tmp_path: Path) -> None:
    stage = pd.Categorical(["I", "II"], categories=["II", "I"], ordered=True)
    table = pd.DataFrame(
        {"stage": stage, "n": pd.array([1, None], dtype="Int64"), "s": pd.array(["é", None], dtype="string")}
    )
    table.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").equals(table)
    assert read_text_table(tmp_path / "t.parquet").to_dict("list") == {
        "stage": ["I", "II"],
        "n": ["1", ""],
        "s": ["é", ""],
    }


@pytest.mark.parametrize("cell", ["first line\nsecond, third", "a\nb, c\nd", "one\n\ntwo, three\nfour, five"])
def test_a_remark_in_the_second_of_two_columns_is_no_swallowed_row(cell: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f'subject,remark\na,"{cell}"\nb,none\n')
    assert list(read_text_table(file)["remark"]) == [cell, "none"]


def test_a_remark_of_several_lines_is_no_swallowed_row(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('subject,remark,n\na,"first, line\nsecond line",1\nb,"one\n\ntwo, three, four, five",2\n')
    assert list(read_text_table(file)["remark"]) == [
        "first, line\nsecond line",
        "one\n\ntwo, three, four, five",
    ]
