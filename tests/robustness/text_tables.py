"""Hostile tables: bombs, damaged workbooks, quotes, numbers in other forms, columns that stand twice."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from nbradiomics.clinical import read_clinical_table
from nbradiomics.tables import read_feature_table
from tests.reliability.harness import Kind, Variant
from tests.reliability.images import write_pair
from tests.robustness import binary_tables
from tests.robustness.table_variants import CHECK, EXTRACT, cohort, made, refused

_HEADER = b"subject,image,reader,mask\n"
_ROW = b"P1,i.nrrd,r,m.nrrd\n"


TEXT = Kind(
    "A table of a hostile shape",
    "refused within seconds, with the file and, if it has one, the line: endless lines, a million "
    "columns, zero bytes, archives that unpack to gigabytes",
    [
        made(
            "one line of 100 MB", lambda: _HEADER + b"x" * 100_000_000, "line 2", "characters", bounded=True
        ),
        made("a header of 100 MB of commas", lambda: b"a," * 50_000_000, "20,000,000 cells"),
        made(
            "a million columns",
            lambda: ",".join(f"c{i}" for i in range(1_000_000)).encode(),
            "line 1",
        ),
        made(
            "thirty million cells", lambda: _HEADER + b",,,\n" * 7_500_000, "20,000,000 cells", bounded=True
        ),
        made(
            "a gzip bomb",
            lambda: gzip.compress(_HEADER + bytes(300 << 20), compresslevel=1),
            "256 MB",
            bounded=True,
        ),
        made("300 MB", lambda: _HEADER + _ROW * (16 << 20), "256 MB"),
        refused("damaged gzip", gzip.compress(_HEADER + _ROW)[:-12], "gzip"),
        refused("gzip of damaged blocks", gzip.compress(_HEADER * 9)[:12] + b"\xff" * 30, "gzip"),
        refused("zero bytes", _HEADER + b"P1,i.nrrd,r\0,m.nrrd\n", "zero bytes"),
        refused("a cell of 200,000 letters", _HEADER + b"P1,i.nrrd,r," + b"m" * 200_000, "line 2", "limit"),
        refused("sep= a quotation mark", b'sep="\n' + _HEADER + _ROW, "line 1", "declares the separator"),
        refused("sep= a letter", b"sep=e\n" + _HEADER + _ROW, "line 1", "declares the separator"),
    ],
)

_LONG = b"P1,i.nrrd,r,m.nrrd\nP2,i.nrrd,r,m.nrrd\nP3,i.nrrd,r,m.nrrd\n"
QUOTES = Kind(
    "Quotation marks that hide rows",
    "refused, with the lines: otherwise rows would be missing without a message",
    [
        refused("a mark that is never closed", _HEADER + _LONG.replace(b"P2", b'"P2', 1), "line 3"),
        refused(
            "two marks in two rows", _HEADER + _LONG.replace(b"P1", b'"P1').replace(b"P3", b'P3"'), "line 2"
        ),
        refused(
            "the last cell, and the last of the next row",
            _HEADER + _LONG.replace(b"m.nrrd\nP2,i.nrrd,r,m.nrrd", b'"m.nrrd\nP2,i.nrrd,r,m.nrrd"'),
            "line 2 and ends on line 3",
        ),
        refused(
            "another column of the next row",
            _HEADER + _LONG.replace(b"P1,i.nrrd,r", b'P1,"i.nrrd,r').replace(b"P2,i.nrrd,r", b'P2,i.nrrd,r"'),
            "line 2 and ends on line 3",
        ),
        refused(
            "the last cell, and that of two rows later",
            _HEADER + _LONG.replace(b"m.nrrd\nP2", b'"m.nrrd\nP2').rstrip() + b'"\n',
            "line 2 and ends on line 4",
        ),
    ],
)


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
    return Variant(f"{column} {shown}", cohort(content), CHECK, 1, says)


NUMBERS = Kind(
    "A number of a table in an unusual form",
    "refused once, with file, line, column and value: only the digits 0 to 9 and finite numbers are read",
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
    "A number of a clinical table in an unusual form",
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
    "A duplicate column in a table",
    "refused, in every table; known columns also if they differ only in capital letters or blanks",
    [
        _table("cohort.csv", "subject,image,reader,mask,mask", EXTRACT, "mask"),
        _table("cohort.csv", "subject,image,reader,mask,Mask", EXTRACT, "'mask', 'Mask'"),
        _table("cohort.csv", "subject,image,reader,mask,ma sk", EXTRACT, "'mask', 'ma sk'"),
        _table("cohort.csv", "subject,image,reader,mask,mask\u200b", EXTRACT, "mask"),
        _table("cohort.csv", "Image,Mask,Label,label", EXTRACT, "'Label', 'label'"),
        _table("cohort.csv", "Image,Mask,Label_channel,label_channel", EXTRACT, "'Label_channel', 'label_"),
        _table("cohort.csv", "Image,Mask,ID,Patient", EXTRACT, "'ID', 'Patient'"),
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
    "Names that a spreadsheet would run as formulas",
    "written as text, after an apostrophe; numbers stay numbers, and the written tables can be joined "
    "with the clinical table again",
    [
        Variant("subjects and readers", _named_so, EXTRACT, 0, (), (), _leave_as_text),
        Variant(
            "a failure of such a case",
            cohort(b"subject,image,reader,mask\n=1+1,no.nrrd,@r,m.nrrd\n"),
            EXTRACT,
            1,
            ("'=1[+]1",),
            ("\n=1",),
        ),
    ],
)

KINDS: list[Kind] = [TEXT, QUOTES, *binary_tables.KINDS, NUMBERS, CLINICAL, DUPLICATES, FORMULAS]
