"""Clinical tables as they come: cells that are no numbers, codes of missing values, endpoints, names."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tests.reliability.harness import Kind, Variant
from tests.support.helpers import call

_OUTCOME = (
    "outcome features.csv clinical.csv --time os --event dead "
    "--folds 2 --repeats 1 --out o --jobs 1 --refits 0"
)
AGE = f"{_OUTCOME} --covariates age"
_SUBJECTS = 40


@functools.cache
def _tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four features, one of which drives the hazard, and a clinical table whose cells are all text."""
    rng = np.random.default_rng(5)
    subjects = [f"{number:03d}" for number in range(1, _SUBJECTS + 1)]
    values = rng.normal(size=(_SUBJECTS, 4))
    hazard = np.exp(0.9 * values[:, 0])
    event, censored = rng.exponential(30 / hazard), rng.exponential(40, _SUBJECTS)
    names = ["Mean", "Energy", "Entropy", "Range"]
    features = pd.DataFrame(values, columns=[f"original_firstorder_{name}" for name in names])
    features.insert(0, "subject", subjects)
    clinical = pd.DataFrame(
        {
            "subject": subjects,
            "os": np.round(np.minimum(event, censored) + 0.05, 1),
            "dead": (event <= censored).astype(int),
            "age": rng.integers(1, 9, _SUBJECTS) / 2,
            "sex": np.where(rng.random(_SUBJECTS) < 0.5, "M", "F"),
            "stage": rng.integers(1, 5, _SUBJECTS),
        }
    )
    return features, clinical.astype(str)


def write_tables(
    folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table, *, sep: str = ","
) -> None:
    features, clinical = _tables()
    features.to_csv(folder / "features.csv", index=False)
    change(clinical.copy()).to_csv(folder / "clinical.csv", index=False, sep=sep)


@functools.cache
def _performance(command: str) -> pd.DataFrame:
    """What the command gives for the table as it should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder)
        words = [
            str(folder / word) if word in ("features.csv", "clinical.csv", "o") else word
            for word in command.split()
        ]
        assert call(*words) == 0
        return pd.read_csv(folder / "o" / "performance.csv")


def same_as_sound(command: str) -> Callable[[Path], None]:
    def holds(folder: Path) -> None:
        found = pd.read_csv(folder / "o" / "performance.csv")
        pd.testing.assert_frame_equal(found, _performance(command), check_exact=False, rtol=1e-9)

    return holds


def _nothing_left(folder: Path) -> None:
    assert not (folder / "o" / "performance.csv").exists()


def _cell(column: str, text: str, rows: Sequence[int] = (4,)) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[list(rows), column] = text
        return table

    return change


def _changed(
    name: str,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    command: str,
    code: int,
    *says: str,
    sep: str = ",",
    silent: tuple[str, ...] = (),
    same: bool = False,
) -> Variant:
    holds = same_as_sound(command) if same else _nothing_left if code else None

    def write(folder: Path) -> None:
        write_tables(folder, change, sep=sep)

    return Variant(name, write, command, code, says, silent, holds)


_BROKEN = (
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "<1",
    ">10",
    "~3",
    "3 years",
    "1-2",
    "1;5",
    "1,2.3",
    "two",
    "3/4",
    "1.2.3",
    "+-2",
    "1 000.5",
    "10%",
)
BROKEN_CELLS = Kind(
    "A cell of a numeric covariate that is not a number",
    "refused: the message names the cell by line and column",
    [
        _changed(
            f"{text} as age",
            _cell("age", text),
            AGE,
            1,
            "age",
            r"\b6\b",
            "".join(f"[{c}]" if c not in "^\\" else "\\" + c for c in text),
        )
        for text in _BROKEN
    ],
)

_MISSING = ("", "NA", "N/A", "n/a", "nan", "NaN", ".", "-", "?", "unknown", "missing", "#N/A", "null", "  ")
MISSING_CODES = Kind(
    "A code of a missing value in a numeric covariate",
    "read as missing, and reported; the column stays numeric",
    [
        _changed(
            f"{text!r} as age",
            _cell("age", text, (4, 9)),
            AGE,
            0,
            *(("missing",) if text.strip() else ()),
            silent=("age=",),
        )
        for text in _MISSING
    ],
)

WRITTEN_OTHERWISE = Kind(
    "Numbers and levels that are written differently",
    "read correctly: the same performance as with the plain table",
    [
        _changed(
            "decimal commas",
            lambda t: t.assign(age=t["age"].str.replace(".", ",")),
            AGE,
            0,
            sep=";",
            same=True,
        ),
        _changed(
            "decimal commas in the time",
            lambda t: t.assign(os=t["os"].str.replace(".", ",")),
            AGE,
            0,
            sep=";",
            same=True,
        ),
        _changed(
            "decimal commas everywhere",
            lambda t: t.map(lambda c: c.replace(".", ",")),
            AGE,
            0,
            sep=";",
            same=True,
        ),
        _changed("blanks around ages", lambda t: t.assign(age=" " + t["age"] + " "), AGE, 0, same=True),
        _changed(
            "blanks after levels",
            lambda t: t.assign(sex=[f"{c} " if i % 3 else c for i, c in enumerate(t["sex"])]),
            f"{_OUTCOME} --covariates sex",
            0,
            same=True,
        ),
        _changed(
            "ages as 1.0e0", lambda t: t.assign(age=[f"{float(c):.3e}" for c in t["age"]]), AGE, 0, same=True
        ),
        _changed(
            "blanks around subjects", lambda t: t.assign(subject=" " + t["subject"] + " "), AGE, 0, same=True
        ),
        _changed(
            "a column beside that nobody asked for", lambda t: t.assign(note="#DIV/0!"), AGE, 0, same=True
        ),
        _changed("rows in another order", lambda t: t[::-1], AGE, 0, same=True),
        _changed(
            "blank lines at the end",
            lambda t: pd.concat([t, pd.DataFrame([[""] * t.shape[1]] * 3, columns=t.columns)]),
            AGE,
            0,
            same=True,
        ),
    ],
)

_WORDS = (
    ("yes", "no"),
    ("Y", "N"),
    ("true", "false"),
    ("TRUE", "FALSE"),
    ("dead", "alive"),
    ("Dead", "Alive"),
    ("1.0", "0.0"),
    ("event", "censored"),
)
EVENTS = Kind(
    "Events written as words",
    "read as event and censoring",
    [
        _changed(
            f"{yes}/{no}",
            lambda t, yes=yes, no=no: t.assign(dead=t["dead"].map({"1": yes, "0": no})),
            AGE,
            0,
            same=True,
        )
        for yes, no in _WORDS
    ],
)

BAD_ENDPOINTS = Kind(
    "Endpoints that cannot be read",
    "refused: the message names what was found and what was expected",
    [
        _changed("1/2", lambda t: t.assign(dead=t["dead"].map({"1": "2", "0": "1"})), AGE, 1, "dead", "2"),
        _changed("three codes", _cell("dead", "2"), AGE, 1, "dead", r"\b2\b"),
        _changed("a word without a meaning", _cell("dead", "lost"), AGE, 1, "dead", "lost"),
        _changed("a negative time", _cell("os", "-3.5"), AGE, 1, "os", "-3[.]5"),
        _changed("a time of 0", _cell("os", "0"), AGE, 1, "os", r"\b0\b", "005|line 6"),
        _changed("an infinite time", _cell("os", "inf"), AGE, 1, "os", "inf"),
        _changed("a date as time", lambda t: t.assign(os="2024-03-01"), AGE, 1, "os", "2024-03-01|date"),
        _changed("text as time", _cell("os", "ongoing"), AGE, 1, "os", "ongoing"),
        _changed("no column of that name", lambda t: t.drop(columns="dead"), AGE, 1, "dead"),
        _changed(
            "time and event are one column", lambda t: t, AGE.replace("--event dead", "--event os"), 1, "os"
        ),
        _changed(
            "a subject twice",
            lambda t: pd.concat([t, t.iloc[[3]]]),
            AGE,
            1,
            "004",
            "second row|twice|one row",
        ),
        _changed("a row without a subject", _cell("subject", ""), AGE, 1, "subject"),
        _changed(
            "nobody of the features' subjects",
            lambda t: t.assign(subject="X" + t["subject"]),
            AGE,
            1,
            "subject",
        ),
    ],
)


def _twice(column: str, other: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_tables(folder, lambda table: table.assign(again=table[other].to_numpy()[::-1]))
        path = folder / "clinical.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("again", column, 1))

    return write


TWICE = Kind(
    "Two columns with the same name in the clinical table",
    "refused: the message names the column",
    [
        Variant(
            f"two columns {column}",
            _twice(column, other),
            AGE,
            1,
            ("several columns|twice", column.strip()),
            (),
            _nothing_left,
        )
        for column, other in (
            ("os", "os"),
            ("dead", "dead"),
            ("age", "stage"),
            ("subject", "sex"),
            (" age ", "stage"),
        )
    ],
)

_DATES = ("2024-01-02", "02.01.2024", "01/02/2024", "2024-01-02 10:30", "2 Jan 2024")
NOT_COVARIATES = Kind(
    "Columns that cannot be covariates",
    "refused: the message says what the column is",
    [
        *(
            _changed(f"dates such as {date}", lambda t, date=date: t.assign(age=date), AGE, 1, "age", "date")
            for date in _DATES
        ),
        _changed(
            "a name of its own for each subject",
            lambda t: t.assign(age=[f"case {chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(len(t))]),
            AGE,
            1,
            "age",
        ),
        _changed("the subject", lambda t: t, f"{_OUTCOME} --covariates subject", 1, "subject"),
        _changed("the event", lambda t: t, f"{_OUTCOME} --covariates dead", 1, "dead"),
        _changed("a name that is not there", lambda t: t, f"{_OUTCOME} --covariates aeg", 1, "aeg"),
        _changed(
            "empty in every subject", lambda t: t.assign(age=""), AGE, 1, "age", "missing|empty|no value"
        ),
    ],
)

SUSPECT_CODES = Kind(
    "Numbers that may be codes of missing values",
    "a warning names the code; it is read as missing only if this is declared",
    [
        _changed(
            f"{code} among the ages", _cell("age", code, (4, 9)), AGE, 0, "age", code.replace(".", "[.]")
        )
        for code in ("-9", "-99", "-999", "999", "9999", "-1")
    ],
)

_LEAKS = {
    "efs_event": lambda t: t.assign(efs_event=t["dead"]),
    "efs_days": lambda t: t.assign(efs_days=t["os"]),
    "death": lambda t: t.assign(death=t["dead"]),
    "survival": lambda t: t.assign(survival=t["os"]),
    "relapse": lambda t: t.assign(relapse=t["dead"]),
    "follow_up": lambda t: t.assign(follow_up=t["os"]),
    "x7": lambda t: t.assign(x7=t["os"]),
    "x8": lambda t: t.assign(x8=[str(-3 * float(c) + 1) for c in t["os"]]),
}
LEAKS = Kind(
    "The outcome as a covariate with another name",
    "a warning names the column, because of its name or because it predicts too well alone",
    [
        _changed(f"covariate {name}", change, f"{_OUTCOME} --covariates {name}", 0, name, "outcome|leak")
        for name, change in _LEAKS.items()
    ],
)

LEVELS = Kind(
    "Levels that differ only in capital letters",
    "a warning names them",
    [
        _changed(
            f"{one} and {other}",
            lambda t, one=one, other=other: t.assign(
                sex=[other if i % 5 == 0 and c == one else c for i, c in enumerate(t["sex"])]
            ),
            f"{_OUTCOME} --covariates sex",
            0,
            "capital",
            one,
            other,
        )
        for one, other in (("M", "m"), ("F", "f"))
    ],
)

KINDS = [
    BROKEN_CELLS,
    MISSING_CODES,
    WRITTEN_OTHERWISE,
    EVENTS,
    BAD_ENDPOINTS,
    TWICE,
    NOT_COVARIATES,
    SUSPECT_CODES,
    LEAKS,
    LEVELS,
]
