"""Read and check cohort tables; `nbradiomics.cohort.schema` explains each column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.cohort.batch_table import from_batch, is_batch, name_regions_by_label
from nbradiomics.cohort.in_training import YES, read_state
from nbradiomics.cohort.schema import COHORT, KINDS
from nbradiomics.errors import InputError
from nbradiomics.files.names import absolute_path
from nbradiomics.images.labels import plain_label, require_plain_numbers
from nbradiomics.messages.problem import Problem, told_once
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted
from nbradiomics.tables import (
    AUTO,
    HEADER_LINE,
    NO_COLUMNS,
    ORIGINAL,
    SUBJECT_NAMES,
    read_numbers,
    read_text_table,
    with_names,
)

if TYPE_CHECKING:
    import pandas as pd

#: Every column, and the value of an empty cell.
DEFAULTS: dict[str, Any] = {name: COHORT.defaults.get(name, "") for name in COHORT.names}
#: Columns of paths.
FILES = ("image", "mask", "probability")
#: Columns that identify a scan.
SCAN = ["subject", "timepoint", "sequence"]
#: Columns that identify an image, or the images of a scan that belong together.
SCAN_VARIANT = [*SCAN, "variant"]
#: Columns that identify a row.
KEY = list(COHORT.key)
#: Largest number of lines that one message names.
_SHOWN = 20


def read_cohort_table(
    path: Path, columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a cohort table and find problems of its rows, without opening an image.

    Parameters
    ----------
    path
        File in any format that `nbradiomics.tables.read_text_table` reads.
    columns
        The table's column for some of the known columns, as in `columns` of a study file.

    Returns
    -------
    table
        All columns of `DEFAULTS`, absolute paths as text, empty cells filled with the default.
    problems
        Errors and warnings. With errors, the table is for further checks only.
    """
    return cohort_table_of(read_text_table(path, "cohort table"), path, columns)


def cohort_table_of(
    raw: pd.DataFrame, path: Path, columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[Problem]]:
    """Make a cohort table from cells of text; see `read_cohort_table`.

    Parameters
    ----------
    raw
        Cells as from `nbradiomics.tables.read_text_table`.
    path
        File of the table, for messages; relative paths start at its folder.
    columns
        As in `read_cohort_table`.
    """
    batch = is_batch(raw)
    raw, notes = with_names(raw, DEFAULTS, columns, where=str(path))
    problems: list[Problem] = []
    if batch:
        notes = []
        raw, problems = from_batch(raw, path)
    header = str(raw.attrs.get(HEADER_LINE, 1))
    problems += [Problem(str(path), header, "", "warning", note, "Nothing to do.") for note in notes]
    problems += _column_problems(raw, path, header)
    if any(problem.severity == "error" for problem in problems):
        return raw.reindex(columns=list(DEFAULTS), fill_value="").iloc[:0], problems
    extra = [name for name in raw.columns if name not in DEFAULTS]
    table = _without_na(raw.drop(columns=extra).reindex(columns=list(DEFAULTS), fill_value=""))
    for column, default in DEFAULTS.items():
        table[column] = [value if value != "" else default for value in table[column]]
    table["reading"] = [_whole_number(value) for value in table["reading"]]
    table["label"] = [plain_label(value) for value in table["label"]]
    table["minutes"], unread = _with_points(table["minutes"])
    if batch and "roi" not in raw:
        table = name_regions_by_label(table, KEY)
    problems += told_once([*_row_problems(table, path), *_minutes_problems(table, unread, path)], len(table))
    for column in ("in_training", "in_fit"):
        table[column] = _of_subjects(table["subject"], [_state(value) for value in table[column]])
    for column in FILES:
        table[column] = [str(absolute_path(path.parent, value)) if value else "" for value in table[column]]
    return table, problems + _scan_problems(table, path) + _spelling_problems(table, path)


def _without_na(table: pd.DataFrame) -> pd.DataFrame:
    """Empty the cells in which R has written ``NA``; a reader with the initials N. A. is kept."""
    missing = table == "NA"
    missing[["subject", "image"]] = False
    missing["reader"] &= table["mask"].isin(["NA", ""])
    return table.mask(missing, "")


def _whole_number(value: str | int) -> str | int:
    """Convert a cell to a whole number if it is one: pandas writes a column with gaps as ``1.0``."""
    text = str(value).removesuffix(".0")
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else value


def _with_points(minutes: pd.Series) -> tuple[pd.Series, dict[int, str]]:
    """Replace decimal commas by points, and return the cells that are not numbers with the reason."""
    numbers = read_numbers(minutes)
    if numbers.mark == ",":
        minutes = minutes.mask(numbers.values.notna(), numbers.values.map(repr))
    return minutes, numbers.unread


def _column_problems(raw: pd.DataFrame, path: Path, header: str) -> list[Problem]:
    problems = []
    required = ["subject", "image", *(["reader"] if "mask" in raw else [])]
    for column in required:
        if column not in raw:
            guess = _guess(column, [name for name in raw.columns if name not in DEFAULTS])
            found = ", ".join(raw.columns)
            remedy = f"{guess}Add the column, or name yours under `columns` in a study file; found: {found}."
            problems.append(Problem(str(path), header, column, "error", "the column is missing.", remedy))
    absent = [name for name in DEFAULTS if name not in raw]
    for column in raw.columns:
        if column not in DEFAULTS:
            remedy = did_you_mean(column, absent).strip() or "Nothing to do, unless it should be used."
            found = "this is not a column of a cohort table; it is not used."
            problems.append(Problem(str(path), header, column, "warning", found, remedy))
    if raw.empty:
        problems.append(Problem(str(path), "", "", "error", "the table has no rows.", "Add a row per image."))
    return problems


def _guess(column: str, others: list[str]) -> str:
    """Suggest a column with another name that may be the missing one."""
    subjects = [name for name in others if name.casefold() in SUBJECT_NAMES] if column == "subject" else []
    return f"Is it {' or '.join(map(repr, subjects))}? " if subjects else did_you_mean(column, others)


def _row_problems(table: pd.DataFrame, path: Path) -> list[Problem]:
    problems = []
    for line, row in zip(table.index + 2, table.to_dict("records"), strict=True):
        problems += [
            Problem(str(path), str(line), column, "error", problem, remedy)
            for column, problem, remedy in _cell_problems(row)
        ]
    repeated = table[table.duplicated(KEY, keep=False) & (table["subject"] != "")]
    for _, group in repeated.groupby(KEY, sort=False):
        lines = [str(index + 2) for index in group.index]
        shown = ", ".join(lines[:_SHOWN]) + (f" and {len(lines) - _SHOWN} more" if lines[_SHOWN:] else "")
        found = f"lines {shown} have the same {', '.join(KEY)}."
        remedy = "Give them different readers, readings or rois, or remove one; write labels to unite as 1,2."
        problems += [Problem(str(path), line, "", "error", found, remedy) for line in lines[1:]]
    return problems


def _cell_problems(row: Mapping[Any, Any]) -> list[tuple[str, str, str]]:
    required = ("subject", "image")
    problems = [(name, "the cell is empty.", f"Give the {name}.") for name in required if not row[name]]
    if row["mask"] and not row["reader"]:
        problems.append(("reader", "a mask without a reader.", "Name the reader."))
    if row["reader"] and not row["mask"]:
        problems.append(
            ("mask", f"reader {row['reader']!r} without a mask.", "Give the mask, or empty both cells.")
        )
    if row["reader"] != AUTO and row["reader"].casefold() == AUTO:
        found = f"{row['reader']!r} differs from {AUTO!r}, the name of the model."
        problems.append(
            ("reader", found, f"Write {AUTO!r} for masks of the model, else the name of the reader.")
        )
    if row["variant"] != ORIGINAL and row["variant"].casefold() == ORIGINAL:
        found = f"{row['variant']!r} differs from {ORIGINAL!r}, the name of what was not varied."
        problems.append(("variant", found, f"Write {ORIGINAL!r}, or leave the cell empty."))
    if row["probability"] and not row["mask"]:
        problems.append(
            ("probability", "a probability map without a mask.", "Give the mask that was made from it.")
        )
    if not (isinstance(row["reading"], int) and row["reading"] > 0):
        problems.append(
            ("reading", f"{quoted(row['reading'])}; 1, 2, ... was expected.", "Give a whole number.")
        )
    if row["reference_kind"] and row["reference_kind"] not in KINDS:
        expected = f"{quoted(row['reference_kind'])}; one of {', '.join(KINDS)} was expected."
        problems.append(("reference_kind", expected, "Use one of these, or leave the cell empty."))
    for column, require in (
        ("in_training", read_state),
        ("in_fit", read_state),
        ("label", require_plain_numbers),
    ):
        try:
            require(str(row[column]))
        except InputError as error:
            problems.append((column, error.problem, error.remedy))
    return problems


def _state(cell: str) -> str:
    """State of `in_training` or `in_fit`; unknown for an invalid cell, which is reported elsewhere."""
    try:
        return read_state(cell)
    except InputError:
        return ""


def _of_subjects(subjects: pd.Series, states: list[str]) -> list[str]:
    """Repeat ``yes`` in all rows of its subject, so that it stays known when a step leaves out some rows."""
    seen = {subject for subject, state in zip(subjects, states, strict=True) if state == YES}
    return [YES if subject in seen else state for subject, state in zip(subjects, states, strict=True)]


def _minutes_problems(table: pd.DataFrame, unread: Mapping[int, str], path: Path) -> list[Problem]:
    problems = []
    for place, text in table["minutes"].items():
        line = int(place)  # type: ignore[call-overload]
        if text and (line in unread or not 0 <= float(text) < float("inf")):
            why = f" (it {unread[line]})" if line in unread else ""
            found = f"{quoted(text)}; a number from 0 was expected{why}."
            problems.append(
                Problem(str(path), str(line + 2), "minutes", "error", found, "Give a number of minutes.")
            )
    return problems


def _spelling_problems(table: pd.DataFrame, path: Path) -> list[Problem]:
    """Warn about names that differ only in capitals: usually one name is meant, but they count as two."""
    problems = []
    for column in ("subject", "timepoint", "sequence", "roi", "reader", "site", "variant"):
        spellings: dict[str, set[str]] = {}
        for value in table[column]:
            spellings.setdefault(value.casefold(), set()).add(value)
        for names in spellings.values():
            if len(names) > 1:
                found = f"{', '.join(sorted(names))} differ only in capitals and count as different names."
                remedy = "Write them in the same way if they are the same."
                problems.append(Problem(str(path), "", column, "warning", found, remedy))
    return problems


def _scan_problems(table: pd.DataFrame, path: Path) -> list[Problem]:
    """Check that each channel of a scan is one image, and that all masks of a scan are on one channel."""
    scans: dict[tuple[str, ...], _ScanRows] = {}
    problems = []
    rows = table[[*SCAN_VARIANT, "channel", "image", "mask"]].itertuples(name=None)
    for place, *scan, channel, image, mask in rows:
        if image:
            conflict = scans.setdefault(tuple(scan), _ScanRows()).add(place + 2, channel, image, mask)
            if conflict:
                problems.append(Problem(str(path), str(place + 2), conflict[0], "error", *conflict[1:]))
    by_scan = {scan: number for number, scan in enumerate(scans)}
    scan_of = dict(zip(table.index + 2, table[SCAN_VARIANT].itertuples(index=False, name=None), strict=True))
    return sorted(problems, key=lambda problem: by_scan[scan_of[int(problem.row)]])


class _Firsts:
    """For each key, line and value of the first row, and of the first later row with another value."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[int, str]]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def add(self, key: str, line: int, value: str) -> None:
        firsts = self._rows.setdefault(key, [])
        if not firsts or (len(firsts) == 1 and firsts[0][1] != value):
            firsts.append((line, value))

    def other(self, key: str, value: str) -> tuple[int, str] | None:
        """Line and value of the first row of a key with another value than this."""
        return next((first for first in self._rows.get(key, []) if first[1] != value), None)


class _ScanRows:
    """The rows of one scan that were read so far; each new row is compared with them."""

    def __init__(self) -> None:
        self.images, self.channels = _Firsts(), _Firsts()
        self.first: int | None = None
        self.unnamed = False
        self.drawn: tuple[int, str] | None = None

    def add(self, line: int, channel: str, image: str, mask: str) -> tuple[str, str, str] | None:
        """Add a row, and return column, problem and remedy if it contradicts an earlier row."""
        conflict = None if self.first is None else self._channel_problem(self.first, channel, image)
        if mask:
            conflict = conflict or self._mask_problem(channel)
            self.drawn = self.drawn or (line, channel)
        self.first = line if self.first is None else self.first
        self.unnamed = self.unnamed or not channel
        self.images.add(channel, line, image)
        self.channels.add(image, line, channel)
        return conflict

    def _channel_problem(self, first: int, channel: str, image: str) -> tuple[str, str, str] | None:
        other = self.images.other(channel, image)
        if other:
            part = f"channel {channel} of the scan" if channel else "the scan"
            remedy = (
                "Give different scans different timepoints or sequences, and the images that a model uses "
                "together different channels."
            )
            return "image", f"another image for {part} of line {other[0]}.", remedy
        twice = self.channels.other(image, channel)
        if twice:
            found = f"the same image as in line {twice[0]}, where its channel is {twice[1]!r}."
            return "channel", found, "Give each channel a different image."
        if channel not in self.images and (self.unnamed or not channel):
            found = f"another image of the scan of line {first}, but one of the images has no channel."
            return "channel", found, "Name the channel of every image of the scan."
        return None

    def _mask_problem(self, channel: str) -> tuple[str, str, str] | None:
        if self.drawn is None or self.drawn[1] == channel:
            return None
        line, first = self.drawn
        found = (
            f"a mask in a row of channel {channel!r}, but line {line} has one in a row of channel {first!r}."
        )
        remedy = (
            "Put all masks of a scan into rows of one channel, and leave reader and mask of the other rows "
            "empty. For features of both images, make them different sequences."
        )
        return "mask", found, remedy
