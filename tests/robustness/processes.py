"""Names, streams, signals and several processes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from tests.reliability.harness import Bounds, Kind, Variant
from tests.support.helpers import ball, write_cohort, write_scan

_READERS = "readers cohort.csv --out out --write-consensus majority --bootstraps 100 --jobs 1"
_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
#: File systems take no longer name.
_LONGEST = 255


def _cohort(folder: Path, subjects: Sequence[str]) -> None:
    """Subjects of these names, each drawn by two readers, beside one of an ordinary name."""
    rows = []
    for number, subject in enumerate([*subjects, "good"]):
        masks = {"A": ball(radius=3 + 0.2 * number), "B": ball(radius=2.8, shift=1)}
        files = write_scan(folder, f"s{number}", masks, seed=number)
        cell = subject.replace('"', '""')
        rows += [f'"{cell}",{files["image"]},{reader},{files[reader]}' for reader in masks]
    write_cohort(folder, rows)
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean], shape: [VoxelVolume]}\n")


def _a_mask_each(subjects: Sequence[str]) -> Callable[[Path], None]:
    """Every subject has rows, and a mask under a name of its own on any file system."""

    def holds(folder: Path) -> None:
        assert len(pd.read_csv(folder / "out" / "failures.csv")) == 0
        agreement = pd.read_csv(folder / "out" / "agreement.csv", keep_default_na=False)
        assert set(agreement["subject"]) == {*subjects, "good"}
        masks = [path.name for path in (folder / "out" / "masks" / "majority").iterdir()]
        assert "good_baseline_unspecified.nii.gz" in masks
        assert all(len(name.encode()) <= _LONGEST - len("_probability") for name in masks)
        alike = {unicodedata.normalize("NFC", name).casefold() for name in masks}
        assert len(alike) == len(subjects) + 1

    return holds


def _named(name: str, *subjects: str) -> Variant:
    return Variant(name, lambda folder: _cohort(folder, subjects), _READERS, 0, holds=_a_mask_each(subjects))


NAMES = Kind(
    "Names that are impossible for files",
    "the file gets a shorter, unique name that every file system allows; the other cases continue",
    [
        _named("250 characters, two of them alike in the first 240", "x" * 250, "x" * 240 + "y" * 10),
        _named("200 emojis", "😀" * 200, "😀" * 199 + "😁"),
        _named("100 characters of three bytes", "漢" * 100),
        _named("accents written in two ways", "\u00c5ngstr\u00f6m", "\u212bngstr\u00f6m"),
        _named("capitals and small letters", "STRASSE", "strasse", "straße"),
        _named("devices of Windows", "CON", "nul", "COM1.nii"),
        _named("dots and blanks at the end", "P1.", "P1..", ".", ".."),
        _named("separators, quotes, signs", "a/b", "a\\b", 'a"b', "a:b", "a*b", "a|b?"),
        _named("line ends and control characters", "a\nb", "a\x1b[31mb", "a\tb"),
    ],
)


def _out(name: str, out: str, code: int, *says: str) -> Variant:
    command = f"extract cohort.csv --params params.yaml --out {out} --jobs 1"
    return Variant(name, lambda folder: _cohort(folder, []), command, code, says)


OUT_NAMES = Kind(
    "A result name that is too long for temporary names",
    "refused before any computation; the message gives the maximum length",
    [
        _out("250 characters", "r" * 246 + ".csv", 1, "250 bytes", "238 bytes"),
        _out("emojis", "😀" * 62 + ".csv", 1, "252 bytes"),
        _out("as long as it may be", "r" * 238 + ".csv", 0),
        _out("a folder of 300 characters", "d" * 300 + "/f.csv", 1, "too long"),
    ],
)


_ESCAPE = "\x1b]0;owned\x07\x1b[31m"
_SHOWN = r"\\x1b\]0;owned\\x07\\x1b\[31m"
_RAW = "[\x1b\x07\b\u202e]"


def _harmless(name: str, write: Callable[[Path], None], command: str, code: int, *says: str) -> Variant:
    return Variant(name, write, command, code, says, silent=(_RAW,))


def _with_missing_image(subject: str, image: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        _cohort(folder, [])
        with open(folder / "cohort.csv", "a", encoding="utf-8", newline="") as table:
            table.write(f'"{subject}","{image}",A,m.nii.gz\n')

    return write


def _yaml(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        _cohort(folder, [])
        (folder / "study.yaml").write_text(text, encoding="utf-8")

    return write


def _card(folder: Path) -> None:
    from tests.support.random_model import make_model

    model = make_model(folder / "model", folds=1)
    card = {"name": f"m{_ESCAPE}", "intended_use": f"for{_ESCAPE}all", "licence": _ESCAPE}
    (model / "card.json").write_text(json.dumps(card), encoding="utf-8")


CONTROLS = Kind(
    "Control characters in texts of files",
    "they are shown in writing (`\\x1b`) on the terminal: a file cannot control the terminal",
    [
        _harmless(
            "a subject and a path",
            _with_missing_image(f"P{_ESCAPE}", f"{_ESCAPE}.nii"),
            "check cohort.csv --jobs 1",
            1,
            _SHOWN,
        ),
        _harmless(
            "a word that is to be overwritten",
            _with_missing_image("P", "error\b\b\b\b\b.nii"),
            "check cohort.csv --jobs 1",
            1,
            r"error\\x08",
        ),
        _harmless(
            "a text that runs backwards",
            _with_missing_image("P", "a\u202egnp.nii"),
            "check cohort.csv --jobs 1",
            1,
            r"a\\u202egnp",
        ),
        _harmless(
            "a value of a study file",
            _yaml('cohort: "no\\e]0;owned\\a\\e[31m.csv"\nextract: {params: params.yaml}\n'),
            "check study.yaml",
            1,
            r"text with the character '\\x1b'",
        ),
        _harmless(
            "a key of a study file",
            _yaml('cohort: cohort.csv\n"k\\e]0;owned\\a\\e[31m": 1\nextract: {params: params.yaml}\n'),
            "run study.yaml --out out",
            1,
            r"text with the character '\\x1b'",
        ),
        _harmless("a model's card", _card, "model check model", 0, f"m{_SHOWN}"),
    ],
)


def _in_emoji_folder(folder: Path) -> None:
    (folder / "😀ü").mkdir()
    _cohort(folder / "😀ü", ["Zoë 😀"])


def _table_is_there(folder: Path) -> None:
    table = pd.read_csv(folder / "😀ü" / "f.csv")
    assert list(table["subject"]) == ["Zoë 😀"] * 2 + ["good"] * 2
    assert table["original_firstorder_Mean"].notna().all()


def _locale(name: str, environment: dict[str, str]) -> Variant:
    command = "extract 😀ü/cohort.csv --params 😀ü/params.yaml --out 😀ü/f.csv --jobs 1"
    says = ("4 rows, 0 failure",)
    return Variant(
        name,
        _in_emoji_folder,
        command,
        0,
        says,
        holds=_table_is_there,
        bounds=Bounds(),
        environment=environment,
    )


_PLAIN = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = Kind(
    "Locales and terminals that cannot show the names",
    "the results are the same; on the terminal, characters that cannot be shown are written as escapes",
    [
        _locale("LC_ALL=C without UTF-8 mode", {**_PLAIN, "LC_ALL": "C"}),
        _locale(
            "LC_ALL=POSIX, and an ASCII terminal", {**_PLAIN, "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}
        ),
        _locale(
            "an ASCII terminal of no columns that is dumb",
            {"PYTHONIOENCODING": "ascii:strict", "COLUMNS": "0", "TERM": "dumb"},
        ),
    ],
)

KINDS: list[Kind] = [NAMES, OUT_NAMES, CONTROLS, LOCALES]
