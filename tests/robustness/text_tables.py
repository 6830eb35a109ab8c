"""Hostile tables: bombs, damaged workbooks, quotes, numbers in other forms, columns that stand twice."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nbradiomics.clinical import read_clinical_table
from nbradiomics.tables import read_feature_table
from tests.reliability.harness import Bounds, Kind, Variant
from tests.reliability.images import write_pair

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_CHECK = "check cohort.csv --out problems.csv --jobs 1"
_BOUNDS = Bounds(seconds=60, megabytes=2500)
_HEADER = b"subject,image,reader,mask\n"
_ROW = b"P1,i.nrrd,r,m.nrrd\n"


def _cohort(content: bytes, name: str = "cohort.csv") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / name).write_bytes(content)

    return write


def _refused(name: str, content: bytes, *says: str, bounded: bool = False) -> Variant:
    """A cohort table, by its bytes alone: what kind it is is told by its content."""
    bounds = _BOUNDS if bounded else None
    return Variant(name, _cohort(content), _EXTRACT, 1, ("cohort[.]csv", *says), ("P1/",), bounds=bounds)


def _made(name: str, make: Callable[[], bytes], *says: str, bounded: bool = False) -> Variant:
    """A cohort table that is large or slow to make: it is made when the variant is written."""

    def write(folder: Path) -> None:
        _cohort(make())(folder)

    bounds = _BOUNDS if bounded else None
    return Variant(name, write, _EXTRACT, 1, ("cohort[.]csv", *says), ("P1/",), bounds=bounds)


TEXT = Kind(
    "A table of a hostile shape",
    "refused within seconds, with the file and, where it has one, the line: endless lines, a million "
    "columns, zero bytes, archives that unfold to gigabytes",
    [
        _made(
            "one line of 100 MB", lambda: _HEADER + b"x" * 100_000_000, "line 2", "characters", bounded=True
        ),
        _made("a header of 100 MB of commas", lambda: b"a," * 50_000_000, "20,000,000 cells"),
        _made(
            "a million columns",
            lambda: ",".join(f"c{i}" for i in range(1_000_000)).encode(),
            "line 1",
        ),
        _made(
            "thirty million cells", lambda: _HEADER + b",,,\n" * 7_500_000, "20,000,000 cells", bounded=True
        ),
        _made(
            "a gzip bomb",
            lambda: gzip.compress(_HEADER + bytes(300 << 20), compresslevel=1),
            "256 MB",
            bounded=True,
        ),
        _made("300 MB", lambda: _HEADER + _ROW * (16 << 20), "256 MB"),
        _refused("damaged gzip", gzip.compress(_HEADER + _ROW)[:-12], "gzip"),
        _refused("gzip of damaged blocks", gzip.compress(_HEADER * 9)[:12] + b"\xff" * 30, "gzip"),
        _refused("zero bytes", _HEADER + b"P1,i.nrrd,r\0,m.nrrd\n", "zero bytes"),
        _refused("a cell of 200,000 letters", _HEADER + b"P1,i.nrrd,r," + b"m" * 200_000, "line 2", "limit"),
        _refused("sep= a quotation mark", b'sep="\n' + _HEADER + _ROW, "line 1", "declares the separator"),
        _refused("sep= a letter", b"sep=e\n" + _HEADER + _ROW, "line 1", "declares the separator"),
    ],
)

_LONG = b"P1,i.nrrd,r,m.nrrd\nP2,i.nrrd,r,m.nrrd\nP3,i.nrrd,r,m.nrrd\n"
QUOTES = Kind(
    "Quotation marks that swallow rows",
    "refused, with the lines: a row that is gone would be gone without a word",
    [
        _refused("a mark that is never closed", _HEADER + _LONG.replace(b"P2", b'"P2', 1), "line 3"),
        _refused(
            "two marks in two rows", _HEADER + _LONG.replace(b"P1", b'"P1').replace(b"P3", b'P3"'), "line 2"
        ),
        _refused(
            "the last cell, and the last of the next row",
            _HEADER + _LONG.replace(b"m.nrrd\nP2,i.nrrd,r,m.nrrd", b'"m.nrrd\nP2,i.nrrd,r,m.nrrd"'),
            "line 2 and ends on line 3",
        ),
        _refused(
            "another column of the next row",
            _HEADER + _LONG.replace(b"P1,i.nrrd,r", b'P1,"i.nrrd,r').replace(b"P2,i.nrrd,r", b'P2,i.nrrd,r"'),
            "line 2 and ends on line 3",
        ),
        _refused(
            "the last cell, and that of two rows later",
            _HEADER + _LONG.replace(b"m.nrrd\nP2", b'"m.nrrd\nP2').rstrip() + b'"\n',
            "line 2 and ends on line 4",
        ),
    ],
)


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
    "A workbook that is a bomb, damaged, or reaches outside",
    "refused within seconds, with the file; nothing outside is opened, a formula counts by its stored value",
    [
        _made("100 MB of blanks", _rows_before_end(" " * (100 << 20)), "64 MB", bounded=True),
        _made(
            "a million empty, formatted rows",
            lambda: _rows_before_end("".join(f'<row r="{n}" s="1"/>' for n in range(3, 1_000_003)))(),
            "200,000 rows",
        ),
        _made(
            "rows of thousands of empty cells",
            lambda: _rows_before_end(f"<row>{'<c/>' * 10_000}</row>" * 400)(),
            "2,000,000 cells",
        ),
        _made(
            "a row of number 4 billion",
            _rows_before_end('<row r="4000000000"><c><v>1</v></c></row>'),
            bounded=True,
        ),
        _made(
            "a column beyond all", _rows_before_end('<row r="3"><c r="ZZZZZZZ3"><v>1</v></c></row>'), "cohort"
        ),
        _made(
            "a number of 5,000 digits",
            _rows_before_end(f'<row r="3"><c><v>{"1" * 5000}</v></c></row>'),
            "line 2",
        ),
        _made("entities", _with_sheet(lambda text: _ENTITIES + text.split("?>")[-1]), "entities"),
        _made(
            "entities in the styles",
            _with_sheet(lambda text: _ENTITIES + text, "xl/styles.xml"),
            "entit",
        ),
        _made("a sheet that is cut off", _with_sheet(lambda text: text[:300]), "damaged"),
        _made("a sheet that is no XML", _with_sheet(lambda _text: "hello"), "damaged"),
        _refused("an archive that is cut off", workbook(*_ROWS)[:-200], "damaged"),
        Variant(
            "a link to another workbook",
            lambda folder: _cohort(_linked()())(folder),
            _EXTRACT,
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
        _refused("the mark alone", b"PAR1", "cannot be read as a table"),
        _refused("an end that is cut off", _parquet(pa.table(_PLAIN))[:-30], "cannot be read as a table"),
        _made("damaged pages", _damaged_parquet, "cannot be read as a table"),
        _refused("lists", _parquet(pa.table({**_PLAIN, "label": [[1, 2]]})), "'label' has the type list"),
        _refused("bytes", _parquet(pa.table({**_PLAIN, "label": [b"1"]})), "'label' has the type binary"),
        _refused(
            "a column twice", _parquet(pa.table([["P1"], ["P2"]], names=["subject", "subject"])), "subject"
        ),
        _made(
            "40,000 columns",
            lambda: _parquet(pa.table({f"c{n}": [1] for n in range(40_000)})),
            "40,000 columns",
        ),
        _made(
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


_FORMS = {
    "of 400 digits": "1" * 400,
    "of 5,000 digits": "1" * 5000,
    "1e400": "1e400",
    "0x10": "0x10",
    "of another script": "١٢",
    "½": "½",
    "+1": "+1",
    "1_000": "1_000",
    "1.5": "1.5",
    "²": "²",
}


def _cell(column: str, shown: str, value: str) -> Variant:
    content = f"subject,image,reader,mask,{column}\nP1,i.nrrd,r,m.nrrd,{value}\n".encode()
    says = ("cohort[.]csv", ",2,", column, re.escape(value[:9]))
    return Variant(f"{column} {shown}", _cohort(content), _CHECK, 1, says)


NUMBERS = Kind(
    "A number of a table in a form of its own",
    "refused once, with file, line, column and value: only the digits 0 to 9 are read, and only what can be "
    "computed with",
    [
        *(
            _cell(column, shown, value)
            for column in ("label", "reading")
            for shown, value in _FORMS.items()
            if (column, value) != ("label", "1" * 400)
        ),
        *(
            _cell("minutes", shown, _FORMS[shown])
            for shown in (
                "of 400 digits",
                "of 5,000 digits",
                "1e400",
                "0x10",
                "of another script",
                "½",
                "1_000",
            )
        ),
    ],
)


def _clinical(column: str, value: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        rows = {"subject": ["P1", "P2"], "age": ["3", "4"], "t": ["10", "20"], "e": ["1", "0"]}
        pd.DataFrame({**rows, column: [value, rows[column][1]]}).to_csv(folder / "clinical.csv", index=False)
        (folder / "study.yaml").write_text(
            "cohort: cohort.csv\noutcome:\n  clinical: clinical.csv\n  covariates: [age]\n"
            "  endpoints: [{name: os, time: t, event: e}]\n"
        )

    return write


CLINICAL = Kind(
    "A number of a clinical table in a form of its own",
    "refused, with file, line, column and value",
    [
        Variant(
            f"{column} {shown}",
            _clinical(column, _FORMS[shown]),
            "check study.yaml --out problems.csv --jobs 1",
            1,
            ("clinical[.]csv", column, re.escape(_FORMS[shown][:9])),
        )
        for column in ("age", "t", "e")
        for shown in _FORMS
        if shown not in ("+1", "1.5")
    ],
)


def _table(name: str, header: str, command: str, *says: str) -> Variant:
    cells = ",".join("1" for _ in header.split(","))

    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / name).write_text(f"{header}\n{cells}\n{cells}\n", encoding="utf-8")
        if name == "clinical.csv":
            _clinical("age", "3")(folder)
            (folder / name).write_text(f"{header}\n{cells}\n", encoding="utf-8")

    return Variant(f"{name}: {header}", write, command, 1, (re.escape(name), *says))


_FEATURES = "reproducibility features.csv --readers A,B --out s.csv"
_STUDY = "check study.yaml --jobs 1"
DUPLICATES = Kind(
    "A column that stands twice in a table",
    "refused, in every table that is read; known columns also where they differ in capitals or blanks alone",
    [
        _table("cohort.csv", "subject,image,reader,mask,mask", _EXTRACT, "mask"),
        _table("cohort.csv", "subject,image,reader,mask,Mask", _EXTRACT, "'mask', 'Mask'"),
        _table("cohort.csv", "subject,image,reader,mask,ma sk", _EXTRACT, "'mask', 'ma sk'"),
        _table("cohort.csv", "subject,image,reader,mask,mask\u200b", _EXTRACT, "mask"),
        _table("cohort.csv", "Image,Mask,Label,label", _EXTRACT, "'Label', 'label'"),
        _table("cohort.csv", "Image,Mask,Label_channel,label_channel", _EXTRACT, "'Label_channel', 'label_"),
        _table("cohort.csv", "Image,Mask,ID,Patient", _EXTRACT, "'ID', 'Patient'"),
        _table("clinical.csv", "subject,age,t,e,age", _STUDY, "age"),
        _table("clinical.csv", "subject,Subject ,age,t,e", _STUDY, "'subject', 'Subject'"),
        _table("features.csv", "subject,reader,f,f", _FEATURES, "f"),
        _table("features.csv", "subject,reader,Reader,f", _FEATURES, "'reader', 'Reader'"),
        _table(
            "features.csv",
            "subject,reader,original_firstorder_Mean,original_firstorder_mean",
            _FEATURES,
            "original_firstorder_mean",
        ),
    ],
)

_NAMES = ("=cmd|' /C calc'!A0", "-1", "+5", "@x", "-x", "'=x", "+cmd", "－x", "007")


def _named_so(folder: Path) -> None:
    """Subjects whose names a spreadsheet would run, in a cohort and a clinical table."""
    write_pair(folder)
    rows = [f'"{name}",i.nrrd,=r{place % 2},m.nrrd' for place, name in enumerate(_NAMES)]
    (folder / "cohort.csv").write_text("\n".join(["subject,image,reader,mask", *rows]), encoding="utf-8")
    clinical = [f'"{name}",{place}' for place, name in enumerate(_NAMES)]
    (folder / "clinical.csv").write_text("\n".join(["subject,=age", *clinical]), encoding="utf-8")


def _leave_as_text(folder: Path) -> None:
    raw = (folder / "f.csv").read_text(encoding="utf-8")
    begins = {
        cell.strip('"')[:1] for line in raw.splitlines() for cell in re.findall(r'(?:^|,)("?[^",]+)', line)
    }
    assert begins & {"=", "@", "－"} == set(), raw
    assert "\n-1," in raw
    assert "\n+5," in raw
    features = read_feature_table(folder / "f.csv").table
    clinical = read_clinical_table(folder / "clinical.csv")
    assert set(features["subject"]) == set(clinical["subject"])
    assert set(features["reader"]) == {"=r0", "=r1"}
    assert "=age" in clinical


FORMULAS = Kind(
    "Names that a spreadsheet would run",
    "written as text, with an apostrophe before them; numbers stay numbers, and the tables that are written "
    "join the clinical table when they are read again",
    [
        Variant("subjects and readers", _named_so, _EXTRACT, 0, (), (), _leave_as_text),
        Variant(
            "a failure of such a case",
            _cohort(b"subject,image,reader,mask\n=1+1,no.nrrd,@r,m.nrrd\n"),
            _EXTRACT,
            1,
            ("'=1[+]1",),
            ("\n=1",),
        ),
    ],
)

KINDS: list[Kind] = [TEXT, QUOTES, WORKBOOKS, PARQUET, NUMBERS, CLINICAL, DUPLICATES, FORMULAS]
