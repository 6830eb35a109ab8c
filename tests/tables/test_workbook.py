"""Excel workbooks: the values that a person sees, or a refusal that names the cell or sheet."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nbradiomics.errors import InputError
from nbradiomics.tables import read_table, read_text_table

openpyxl = pytest.importorskip("openpyxl")


def book(path: Path, rows: list[list[Any]], **more: list[list[Any]]) -> Path:
    """Workbook with a sheet `data`, and further ones."""
    written = openpyxl.Workbook()
    written.active.title = "data"
    for name, cells in {"data": rows, **more}.items():
        sheet = written["data"] if name == "data" else written.create_sheet(name)
        for row in cells:
            sheet.append(row)
    written.save(path)
    return path


def edited(path: Path, *pairs: tuple[str, str]) -> Path:
    """Replace text in the XML of the first sheet, as Excel would have written it."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = data.decode().replace("<v />", "<v></v>")
                for before, after in pairs:
                    assert before in text
                    text = text.replace(before, after)
                data = text.encode()
            new.writestr(name, data)
    path.write_bytes(content.getvalue())
    return path


def test_cells_are_read_as_the_text_that_a_csv_would_hold(tmp_path: Path) -> None:
    rows = [
        ["subject", " age ", "seen", "ok", "share"],
        [1.0, 1 / 3, dt.datetime(2020, 3, 1), True, "1,5"],
        [],
        ["s 2", 3, dt.date(2021, 12, 24), False, None],
    ]
    table = read_text_table(book(tmp_path / "t.xlsx", rows))
    assert table.columns.tolist() == ["subject", "age", "seen", "ok", "share"]
    assert table.to_numpy().tolist() == [
        ["1", repr(1 / 3), "2020-03-01", "True", "1,5"],
        ["s 2", "3", "2021-12-24", "False", ""],
    ]
    assert table.index.tolist() == [0, 2]


def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    file = book(tmp_path / "t.xlsx", [["subject", "f"], ["a", 1.5]]).rename(tmp_path / "t.csv")
    assert read_table(file)["f"].tolist() == [1.5]


def test_numbers_that_are_shown_with_zeros_keep_them(tmp_path: Path) -> None:
    written = openpyxl.Workbook()
    written.active.append(["subject", "f"])
    written.active.append([7, 1])
    written.active["A2"].number_format = "000"
    written.save(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx")["subject"].tolist() == ["007"]


def test_the_sheet_with_cells_is_taken_and_several_are_refused(tmp_path: Path) -> None:
    rows = [["subject"], ["a"]]
    assert len(read_text_table(book(tmp_path / "t.xlsx", rows, empty=[]))) == 1
    with pytest.raises(InputError, match="several sheets with values: data, legend"):
        read_text_table(book(tmp_path / "t.xlsx", rows, legend=[["x"]]))
    written = openpyxl.load_workbook(tmp_path / "t.xlsx")
    written["legend"].sheet_state = "hidden"
    written.save(tmp_path / "t.xlsx")
    assert read_text_table(tmp_path / "t.xlsx").columns.tolist() == ["subject"]


def test_formulas_count_by_their_stored_value_and_one_without_is_refused(tmp_path: Path) -> None:
    rows = [["subject", "f", "g"], ["a", "=1+1", '=IF(1,"",2)']]
    file = book(tmp_path / "t.xlsx", rows)
    with pytest.raises(InputError, match="cell B2 has a formula without a stored value"):
        read_text_table(file)
    edited(
        file,
        ("<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>"),
        ('<c r="C2"><f>', '<c r="C2" t="str"><f>'),
    )
    assert read_text_table(file).to_numpy().tolist() == [["a", "2", ""]]


def test_an_error_value_stays_and_a_wrong_range_hides_nothing(tmp_path: Path) -> None:
    file = book(tmp_path / "t.xlsx", [["subject", "f"], ["a", 1], ["b", "#DIV/0!"]])
    edited(file, ('<dimension ref="A1:B3"', '<dimension ref="A1"'))
    assert read_text_table(file).to_numpy().tolist() == [["a", "1"], ["b", "#DIV/0!"]]


def test_merged_headers_are_refused_by_their_column(tmp_path: Path) -> None:
    written = openpyxl.Workbook()
    for row in (["subject", "volume", None, "site"], ["a", 1, 2, "x"]):
        written.active.append(row)
    written.active.merge_cells("B1:C1")
    written.save(tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="column 3 has values but no name"):
        read_text_table(tmp_path / "t.xlsx")


def test_a_damaged_workbook_is_named(tmp_path: Path) -> None:
    file = edited(book(tmp_path / "t.xlsx", [["subject"], ["a"]]), ("<sheetData>", "<sheetData><row"))
    with pytest.raises(InputError, match="damaged Excel workbook"):
        read_text_table(file)


def test_pictures_are_not_read_and_do_not_count(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", [["subject", "age"], ["a", 3]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(70 << 20))
    assert list(read_text_table(path)["age"]) == ["3"]
