"""Hostile study and parameter files, headers of segmentations, and what is no file at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tests.reliability.harness import Bounds, Kind, Variant
from tests.reliability.images import noise, only_the_other, write_pair, write_tables
from tests.robustness import text_tables
from tests.support.helpers import ball, make_image

EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_CHECK = "check study.yaml --jobs 1"
_TIGHT = Bounds(seconds=30, megabytes=1500)


def _written(name: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / name).write_text(text, encoding="utf-8")

    return write


def _in_both(name: str, value: str, *says: str, line: int = 2, bounds: Bounds | None = None) -> list[Variant]:
    """A value in a parameter file, and in a study file."""
    told = (f"line {line}", *says)
    parameters = _written("params.yaml", f"setting:\n  binWidth: {value}\n")
    study = _written("study.yaml", f"cohort: cohort.csv\nname: {value}\n")
    return [
        Variant(f"{name}, parameters", parameters, EXTRACT, 1, ("params[.]yaml", *told)),
        Variant(f"{name}, study", study, _CHECK, 1, ("study[.]yaml", *told)),
    ]


#: Nine aliases in each of nine lists stand for 9^9 values, in less than 300 bytes.
_BOMB = "".join(
    f"{own}: &{own} [{','.join([before] * 9)}]\n"
    for before, own in zip(["x", *(f"*{letter}" for letter in "abcdefgh")], "abcdefghi", strict=True)
)
YAML = Kind(
    "YAML that is too large, too deep or ambiguous",
    "refused at once, with file and line: alias bombs, depth, duplicate keys, tags, and ambiguous numbers "
    "and dates",
    [
        *(
            Variant(f"a bomb of aliases, {name}", _written(name, _BOMB), command, 1, says, bounds=_TIGHT)
            for name, command, says in (
                ("params.yaml", EXTRACT, ("params[.]yaml", "line 5", "10,000 values")),
                ("study.yaml", _CHECK, ("study[.]yaml", "line 5", "10,000 values")),
            )
        ),
        *_in_both("depth of 100,000 lists", "[" * 100_000, "20 levels"),
        *_in_both("mappings within mappings", "{a: " * 3000 + "}" * 3000, "20 levels"),
        *_in_both("a whole number of 5,000 digits", "1" * 5000, "5,000 characters"),
        *_in_both("a whole number of 400 digits", "1" * 400, "400 characters"),
        *_in_both("a date that no calendar has", "2020-13-45", "2020-13-45", "date"),
        *_in_both("!!int x", "!!int x", "'x'"),
        *_in_both("!!float x", "!!float x", "'x'"),
        *_in_both("!!bool x", "!!bool x", "'x'"),
        *_in_both("a tag of Python", "!!python/object/apply:os.getcwd []", "tag"),
        *_in_both("a tag of its own", "!mine 5", "tag"),
        *_in_both("binary", "!!binary aGVsbG8=", "tag"),
        *_in_both("an alias of itself", "&a [*a]", "alias"),
        *_in_both("an alias of nothing", "*a", "alias"),
        *_in_both("101 aliases", "&a 1\nb: [" + "*a," * 101 + "]", "100 aliases", line=3),
        *_in_both("a key that is a list", "{[1, 2]: 3}", "key"),
        *_in_both("a key twice", "{a: 1, a: 2}", "'a' occurs twice"),
        *_in_both("octal digits", "010", "'010'"),
        *_in_both("hexadecimal digits", "0x10", "'0x10'"),
        *_in_both("digits with underscores", "1_000", "'1_000'"),
        *_in_both("sexagesimal digits", "1:30", "'1:30'"),
        *_in_both("a float beyond all numbers", "1.0e+400", "too large"),
        *_in_both("an escape beyond all characters", '"\\UFFFFFFFF"', "escape"),
        *_in_both("an escaped zero byte", '"a\\0b"', "character"),
        *_in_both("half of a character", '"\\uD800"', "character"),
        *_in_both("a command to the terminal", '"\\e[2J"', "character"),
        *_in_both("two documents", "1\n---\na: 2", "document", line=3),
        Variant(
            "a megabyte of comments",
            _written("study.yaml", "cohort: cohort.csv\n" + "# x\n" * (1 << 18)),
            _CHECK,
            1,
            ("study[.]yaml", "256 KB"),
        ),
        Variant(
            "thousands of unknown keys",
            _written("params.yaml", "\n".join(f"key{number}: 1" for number in range(4500))),
            EXTRACT,
            1,
            ("params[.]yaml", "key0"),
        ),
        Variant(
            "thousands of unknown keys of a study",
            _written("study.yaml", "\n".join(f"key{number}: 1" for number in range(4500))),
            _CHECK,
            1,
            ("study[.]yaml", "key0"),
        ),
    ],
)


def _study_value(name: str, text: str, *says: str) -> Variant:
    write = _written("study.yaml", f"cohort: cohort.csv\n{text}\n")
    return Variant(name, write, _CHECK, 1, ("study[.]yaml", *says))


STUDY = Kind(
    "A study file with impossible values",
    "refused with file, line, key and value; an impossible path is reported as a missing file",
    [
        _study_value("a name of 5,000 letters as a path", f"outcome: {{clinical: {'a' * 5000}}}", "line 2"),
        _study_value(
            "a path of 5,000 letters with \\", "outcome: {clinical: 'a\\" + "a" * 5000 + "'}", "line 2"
        ),
        _study_value("a seed of another script", "seed: ١٢", "line 2", "seed"),
        _study_value("a list for a name", "name: [1, 2]", "line 2", "name"),
        _study_value("a list of 9,000 values for a name", f"name: [{'1,' * 9000}]", "line 2", "characters"),
        _study_value("a section that is a number", "extract: 5", "line 2", "extract"),
        _study_value("an endpoint that is a date", "outcome: {endpoints: 2020-01-31}", "line 2"),
        Variant("nothing", _written("study.yaml", ""), _CHECK, 1, ("study[.]yaml", "keys with values")),
        Variant("a list", _written("study.yaml", "- 1\n"), _CHECK, 1, ("study[.]yaml", "keys with values")),
    ],
)


def _no_file(name: str, make: Callable[[Path], None]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / "study.yaml").write_text(
            "cohort: cohort.csv\n"
            "outcome: {clinical: clinical.csv, endpoints: [{name: os, time: t, event: e}]}\n"
        )
        (folder / "clinical.csv").write_text("subject,t,e\nP1,1,0\nP2,2,1\n")
        (folder / name).unlink(missing_ok=True)
        make(folder / name)

    return write


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


_ROLES = {
    "cohort.csv": EXTRACT,
    "params.yaml": EXTRACT,
    "study.yaml": _CHECK,
    "clinical.csv": _CHECK,
    "features.csv": "reproducibility features.csv --readers A,B --out s.csv",
    "train.txt": "readers cohort.csv --training-subjects @train.txt --out r",
}
NO_FILE = Kind(
    "A pipe, a device or a folder instead of a table or a YAML file",
    "refused with a message and the path; no command waits",
    [
        *(
            Variant(f"a pipe as {name}", _no_file(name, os.mkfifo), command, 1, (name,), bounds=bounds)
            for (name, command), bounds in zip(_ROLES.items(), (_TIGHT, *[None] * 5), strict=True)
        ),
        Variant(
            "an endless device as cohort.csv",
            _no_file("cohort.csv", _device),
            EXTRACT,
            1,
            ("cohort[.]csv", "device"),
        ),
        Variant(
            "an endless device as params.yaml",
            _no_file("params.yaml", _device),
            EXTRACT,
            1,
            ("params[.]yaml", "device"),
        ),
        Variant("a folder as study.yaml", _no_file("study.yaml", Path.mkdir), _CHECK, 1, ("folder",)),
    ],
)


def _segments(fields: dict[str, str], label: str = "tumour") -> Callable[[Path], None]:
    """A mask whose header says of one segment what is given, beside a sound subject."""

    def write(folder: Path) -> None:
        image = make_image(noise(), (1.0, 1.0, 2.0))
        mask = make_image(ball().astype(np.uint8), (1.0, 1.0, 2.0))
        for key, value in {"Segment0_Name": "tumour", "Segment0_LabelValue": "1", **fields}.items():
            mask.SetMetaData(key, value)
        sitk.WriteImage(image, str(folder / "i.nrrd"))
        sitk.WriteImage(mask, str(folder / "m.seg.nrrd"))
        write_tables(folder, "i.nrrd", "m.seg.nrrd")
        rows = f"P1,i.nrrd,r,m.seg.nrrd,{label}\nP2,good_i.nrrd,r,good_m.nrrd,1\n"
        (folder / "cohort.csv").write_text(f"subject,image,reader,mask,label\n{rows}", encoding="utf-8")

    return write


def _header(name: str, *says: str, label: str = "tumour", **fields: str) -> Variant:
    told = ("P1/", "m[.]seg[.]nrrd", *says)
    return Variant(name, _segments(fields, label), EXTRACT, 0, told, ("\x1b",), only_the_other)


_VALUE = "Segment0_LabelValue"
_MANY = {f"Segment{number}_{key}": "1" for number in range(1, 1200) for key in ("Name", "LabelValue")}
SEGMENTS = Kind(
    "A segmentation whose header names impossible segments",
    "the case is a failure that names the file and the content of its header; the other cases continue",
    [
        *(
            _header(f"label value {shown}", "LabelValue", **{_VALUE: value})
            for shown, value in {
                "of 5,000 digits": "1" * 5000,
                "of 400 digits": "1" * 400,
                "x": "x",
                "1e400": "1e400",
                "0": "0",
                "-1": "-1",
                "of another script": "١",
                "½": "½",
                "1_0": "1_0",
            }.items()
        ),
        _header("a layer of 5,000 digits", "Layer", Segment0_Layer="9" * 5000),
        _header("a layer below 0", "Layer", Segment0_Layer="-1"),
        _header("1,200 segments", "1,200 segments", **_MANY),
        _header(
            "a name of 100,000 letters", "100,000 characters", label="other", Segment0_Name="a" * 100_000
        ),
        _header("a name that moves the cursor", "x1b", label="other", Segment0_Name="\x1b[2J"),
        _header(
            "two segments of one name", "several segments", Segment1_Name="tumour", Segment1_LabelValue="2"
        ),
    ],
)

KINDS: list[Kind] = [YAML, STUDY, NO_FILE, SEGMENTS, *text_tables.KINDS]
