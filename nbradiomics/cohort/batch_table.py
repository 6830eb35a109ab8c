"""A batch table of PyRadiomics as a cohort table: what its own command makes of each column.

PyRadiomics reads ``Image`` and ``Mask``, and where they are there ``Label``, which wins over the parameter
file, and ``Label_channel``, which picks a component of a mask of vectors. It makes a row of every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem
from nbradiomics.tables import plain_name, subject_column, subjects_of

if TYPE_CHECKING:
    import pandas as pd

#: Reader of a batch table that names none.
BATCH_READER = "reader"
_CHANNEL = "label_channel"


def is_batch(raw: pd.DataFrame) -> bool:
    """Whether a table has the two columns that PyRadiomics' command requires."""
    return {"Image", "Mask"} <= set(raw.columns)


def from_batch(raw: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Complete a batch table; take a subject from the file where none is named.

    Parameters
    ----------
    raw
        Cells as text, with our names of columns (`tables.with_names`); row i stands on line i + 2.
    path
        The file, for messages.
    """
    subject = subject_column(list(raw.columns), str(path))
    table = raw.rename(columns={subject: "subject"} if subject else {})
    if subject is None:
        table["subject"] = subjects_of([Path(image.replace("\\", "/")) for image in table["image"]])
    if "reader" not in table:
        table["reader"] = [BATCH_READER if mask else "" for mask in table["mask"]]
    channels = [name for name in raw.columns if plain_name(name) == _CHANNEL]
    if len(channels) > 1:
        raise InputError(
            f"{path}: columns {', '.join(map(repr, channels))} differ in capitals or blanks alone.",
            "Remove or rename all but one.",
        )
    problems = [problem for name in channels for problem in _channel_problems(raw[name], path)]
    return table.drop(columns=channels), problems


def _channel_problems(cells: pd.Series[str], path: Path) -> list[Problem]:
    """0 is what PyRadiomics takes unasked; another component would be another mask."""
    return [
        Problem(
            str(path),
            str(line),
            str(cells.name),
            "error",
            f"component {cell} of a mask of vectors; only masks of one component are read.",
            "Write this component as a mask of its own.",
        )
        for line, cell in zip(cells.index + 2, cells, strict=True)
        if cell.removesuffix(".0") not in ("", "0", "NA")
    ]


def name_regions_by_label(table: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Name every region after its label where rows of the table differ in the label alone.

    Parameters
    ----------
    table
        With every column of a cohort table.
    key
        Columns that tell one row from another.
    """
    drawn = table[table["mask"] != ""]
    if drawn.duplicated(key).sum() > drawn.duplicated([*key, "label"]).sum():
        named = (table["mask"] != "") & (table["label"] != "")
        table["roi"] = table["roi"].mask(named, [label_region(label) for label in table["label"]])
    return table


def label_region(label: int | str) -> str:
    """Name of a region that nothing but its label tells from others."""
    return f"label-{label}"


def regions_are_labels(table: pd.DataFrame) -> bool:
    """Whether the regions of a cohort table's readers are named after their labels: none is a lesion more."""
    rows = table[(table["mask"] != "") & (table["label"] != "")]
    named = [roi == label_region(label) for roi, label in zip(rows["roi"], rows["label"], strict=True)]
    return any(named)
