"""Hostile workbooks and Parquet tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.reliability.harness import Kind, Variant
from tests.robustness.table_variants import EXTRACT, cohort, made, refused


def workbook(*rows: list[object]) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


_ROWS = (["subject", "image", "reader", "mask"], ["P1", "i.nrrd", "r", "m.nrrd"])
_SHEET = "xl/worksheets/sheet1.xml"


def _with_sheet(sheet: Callable[[str], str], member: str = _SHEET) -> Callable[[], bytes]:
    """The workbook with another text of a member."""

    def make() -> bytes:
        held = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(workbook(*_ROWS))) as old,
            zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
        ):
            for name in old.namelist():
                text = old.read(name).decode()
                new.writestr(name, sheet(text) if name == member else text)
        return held.getvalue()

    return make


def _rows_before_end(rows: str) -> Callable[[], bytes]:
    return _with_sheet(lambda text: text.replace("</sheetData>", f"{rows}</sheetData>"))


_ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
WORKBOOKS = Kind(
    "A workbook that is a bomb, damaged, or refers to other files",
    "refused within seconds, with the file; no other file is opened; of a formula, the stored value is read",
    [
        made("100 MB of blanks", _rows_before_end(" " * (100 << 20)), "64 MB", bounded=True),
        made(
            "a million empty, formatted rows",
            lambda: _rows_before_end("".join(f'<row r="{n}" s="1"/>' for n in range(3, 1_000_003)))(),
            "200,000 rows",
        ),
        made(
            "rows of thousands of empty cells",
            lambda: _rows_before_end(f"<row>{'<c/>' * 10_000}</row>" * 400)(),
            "2,000,000 cells",
        ),
        made(
            "a row of number 4 billion",
            _rows_before_end('<row r="4000000000"><c><v>1</v></c></row>'),
            bounded=True,
        ),
        made(
            "a column beyond all", _rows_before_end('<row r="3"><c r="ZZZZZZZ3"><v>1</v></c></row>'), "cohort"
        ),
        made(
            "a number of 5,000 digits",
            _rows_before_end(f'<row r="3"><c><v>{"1" * 5000}</v></c></row>'),
            "line 2",
        ),
        made("entities", _with_sheet(lambda text: _ENTITIES + text.split("?>")[-1]), "entities"),
        made(
            "entities in the styles",
            _with_sheet(lambda text: _ENTITIES + text, "xl/styles.xml"),
            "entit",
        ),
        made("a sheet that is cut off", _with_sheet(lambda text: text[:300]), "damaged"),
        made("a sheet that is no XML", _with_sheet(lambda _text: "hello"), "damaged"),
        refused("an archive that is cut off", workbook(*_ROWS)[:-200], "damaged"),
        Variant(
            "a link to another workbook",
            lambda folder: cohort(_linked()())(folder),
            EXTRACT,
            0,
            (),
            ("P1/",),
            lambda folder: _has_row(folder, "P7"),
        ),
    ],
)


def _linked() -> Callable[[], bytes]:
    cells = "".join(f'<c t="str"><v>{value}</v></c>' for value in ("i.nrrd", "r", "m.nrrd"))
    subject = "<c t=\"str\"><f>'file:///etc/[passwd.xlsx]Sheet1'!A1</f><v>P7</v></c>"
    return _rows_before_end(f'<row r="3">{subject}{cells}</row>')


def _has_row(folder: Path, subject: str) -> None:
    assert subject in set(pd.read_csv(folder / "f.csv", dtype=str)["subject"])


def _parquet(table: pa.Table) -> bytes:
    held = io.BytesIO()
    pq.write_table(table, held)
    return held.getvalue()


_PLAIN = {"subject": ["P1"], "image": ["i.nrrd"], "reader": ["r"], "mask": ["m.nrrd"]}


def _damaged_parquet() -> bytes:
    raw = bytearray(_parquet(pa.table(_PLAIN)))
    raw[4:60] = bytes(56)
    return bytes(raw)


PARQUET = Kind(
    "A Parquet table that is damaged or of a hostile shape",
    "refused, with the file and the column",
    [
        refused("the mark alone", b"PAR1", "cannot be read as a table"),
        refused("an end that is cut off", _parquet(pa.table(_PLAIN))[:-30], "cannot be read as a table"),
        made("damaged pages", _damaged_parquet, "cannot be read as a table"),
        refused("lists", _parquet(pa.table({**_PLAIN, "label": [[1, 2]]})), "'label' has the type list"),
        refused("bytes", _parquet(pa.table({**_PLAIN, "label": [b"1"]})), "'label' has the type binary"),
        refused(
            "a column twice", _parquet(pa.table([["P1"], ["P2"]], names=["subject", "subject"])), "subject"
        ),
        made(
            "40,000 columns",
            lambda: _parquet(pa.table({f"c{n}": [1] for n in range(40_000)})),
            "40,000 columns",
        ),
        made(
            "a text of 10 MB in 100 rows",
            lambda: _parquet(_multiplied()),
            "10,000,000 characters",
            bounded=True,
        ),
    ],
)


def _multiplied() -> pa.Table:
    """One text of 10 MB, stored once, that stands in a hundred rows."""
    return pa.table({"subject": pa.array(["x" * 10_000_000]).take(pa.array([0] * 100))})


KINDS = [WORKBOOKS, PARQUET]
