"""Tables as hospitals and spreadsheets write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.reliability import clinical
from tests.reliability.harness import Kind, Variant
from tests.reliability.images import write_pair

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_ROWS = (
    ("subject", "image", "reader", "mask", "site"),
    ("P1", "i.nrrd", "r", "m.nrrd", "Málaga"),
    ("P2", "good_i.nrrd", "r", "good_m.nrrd", "Pisa"),
)
_HEADER = ",".join(_ROWS[0])


def _text(sep: str, end: str = "\n") -> str:
    return end.join(sep.join(row) for row in _ROWS) + end


_FORMS: dict[str, bytes] = {
    "tabs": _text("\t").encode(),
    "semicolons": _text(";").encode(),
    "byte order mark": _text(",").encode("utf-8-sig"),
    "Excel's sep=; line": ("sep=;\n" + _text(";")).encode(),
    "Excel's sep=, line with a byte order mark": ("sep=,\r\n" + _text(",", "\r\n")).encode("utf-8-sig"),
    "Excel's sep=tab line": ("sep=\t\n" + _text("\t")).encode(),
    "UTF-16, tabs": _text("\t").encode("utf-16"),
    "UTF-16, semicolons": _text(";", "\r\n").encode("utf-16"),
    "UTF-16, big-endian": b"\xfe\xff" + _text(",").encode("utf-16-be"),
    "Windows line ends": _text(",", "\r\n").encode(),
    "old Mac line ends": _text(",", "\r").encode(),
    "no line end at the end": _text(",").rstrip().encode(),
    "blank lines": _text(",").replace("\nP2", "\n\n,,,,\nP2").encode(),
    "quotes": "\n".join(",".join(f'"{cell}"' for cell in row) for row in _ROWS).encode(),
    "blanks": _text(" , ").encode(),
    "UPPERCASE columns": _text(",").replace(_HEADER, _HEADER.upper()).encode(),
    "Capitalised columns": _text(",").replace(_HEADER, _HEADER.title()).encode(),
}


def _written(content: bytes, name: str = "cohort.csv") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / name).write_bytes(content)

    return write


def _both_measured(folder: Path) -> None:
    table = pd.read_csv(folder / "f.csv")
    assert table["subject"].tolist() == ["P1", "P2"]
    assert table["original_firstorder_Mean"].notna().all()


READ = Kind(
    "Cohort tables in other formats",
    "read correctly",
    [Variant(name, _written(content), _EXTRACT, 0, holds=_both_measured) for name, content in _FORMS.items()],
)


_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _refused(name: str, content: bytes, *says: str) -> Variant:
    return Variant(name, _written(content), _EXTRACT, 1, ("cohort[.]csv", *says))


NOT_READ = Kind(
    "Files that are not tables",
    "refused: the message says what the file is",
    [
        _refused("Latin-1", _text(",").encode("latin-1"), "UTF-8"),
        _refused("an empty file", b""),
        _refused("zero bytes", b"\0" * 300),
        _refused(
            "a spreadsheet called .csv", b"PK\x03\x04" + b"\x14\0\x06\0" * 20, "Excel|spreadsheet|xlsx|zip"
        ),
        _refused(
            "an old spreadsheet called .csv",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
            "Excel|spreadsheet|xls",
        ),
        _refused("a PDF called .csv", b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n1 0 obj\n", ""),
        _refused("a header alone", b"subject,image,reader,mask\n", "no rows"),
        _refused("a web page", b"<html><body>Sign in, please</body></html>\n", "HTML"),
        _refused("a column missing", b"image,reader,mask\ni.nrrd,r,m.nrrd\n", "subject"),
        _refused("two columns of one name", b"subject,image,reader,mask,mask\nP1,i,r,m,m\n", "mask"),
        _refused("subject and SUBJECT", b"subject,SUBJECT,image,reader,mask\nP1,P1,i,r,m\n", "subject"),
        _refused("more cells than columns", b"subject,image,reader,mask\nP1,i.nrrd,r,m.nrrd,x,y\n", ""),
    ],
)


def _clinical(form: str, sep: str, encoding: str = "utf-8", head: str = "", end: str = "\n") -> Variant:
    def write(folder: Path) -> None:
        clinical.write_tables(folder)
        path = folder / "clinical.csv"
        text = path.read_text(encoding="utf-8").replace(",", sep).replace("\n", end)
        path.write_bytes((head + text).encode(encoding))

    return Variant(form, write, clinical.AGE, 0, holds=clinical.same_as_sound(clinical.AGE))


CLINICAL = Kind(
    "Clinical tables in other formats",
    "read correctly: the same performance",
    [
        _clinical("tabs", "\t"),
        _clinical("semicolons", ";"),
        _clinical("Excel's sep=; line", ";", head="sep=;\r\n", end="\r\n"),
        _clinical("UTF-16, tabs", "\t", "utf-16"),
        _clinical("byte order mark", ",", "utf-8-sig"),
    ],
)


def _misspelt(wrong: str, right: str) -> Variant:
    header = _HEADER if right in _HEADER else f"{_HEADER},{right}"
    extra = "" if right in _HEADER else ",t"
    rows = [",".join(row) + extra for row in _ROWS[1:]]
    content = "\n".join([header.replace(right, wrong), *rows, ""]).encode()
    code = 1 if right in _HEADER else 0
    return Variant(wrong, _written(content), "check cohort.csv --jobs 1", code, (f"did you mean '?{right}",))


SPELLING = Kind(
    "Misspelt columns",
    "reported once, with the correct column",
    [
        _misspelt(wrong, right)
        for wrong, right in (
            ("sujbect", "subject"),
            ("masks", "mask"),
            ("imgae", "image"),
            ("raeder", "reader"),
            ("timpoint", "timepoint"),
        )
    ],
)

KINDS = [READ, NOT_READ, CLINICAL, SPELLING]
