"""Convert a batch table of PyRadiomics to a cohort table, with the meaning of columns in its own command.

PyRadiomics reads ``Image`` and ``Mask``, and if present ``Label``, which has priority over the parameter
file, and ``Label_channel``, which selects a component of a vector mask. Each row of the table gives one row
of features.
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

#: Reader name for a batch table without readers.
BATCH_READER = "reader"
_CHANNEL = "label_channel"


def is_batch(raw: pd.DataFrame) -> bool:
    """Whether a table has the two columns that PyRadiomics' command requires."""
    return {"Image", "Mask"} <= set(raw.columns)


def from_batch(raw: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Complete a batch table; without a column of subjects, name them after the image files.

    Parameters
    ----------
    raw
        Cells as text, with known names of columns (`tables.with_names`); row i is line i + 2.
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
            f"{path}: columns {', '.join(map(repr, channels))} differ only in capitals or blanks.",
            "Remove or rename all except one.",
        )
    problems = [problem for name in channels for problem in _channel_problems(raw[name], path)]
    return table.drop(columns=channels), problems


def _channel_problems(cells: pd.Series[str], path: Path) -> list[Problem]:
    """Refuse components other than 0, PyRadiomics' default: they would be other masks."""
    return [
        Problem(
            str(path),
            str(line),
            str(cells.name),
            "error",
            f"component {cell} of a vector mask; only masks of one component can be read.",
            "Write this component as a separate mask.",
        )
        for line, cell in zip(cells.index + 2, cells, strict=True)
        if cell.removesuffix(".0") not in ("", "0", "NA")
    ]


def name_regions_by_label(table: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Name every region after its label if rows of the table differ only in the label.

    Parameters
    ----------
    table
        With every column of a cohort table.
    key
        Columns that identify a row.
    """
    drawn = table[table["mask"] != ""]
    if drawn.duplicated(key).sum() > drawn.duplicated([*key, "label"]).sum():
        labelled = (table["mask"] != "") & (table["label"] != "")
        table["roi"] = table["roi"].mask(labelled, [label_region(label) for label in table["label"]])
    return table


def label_region(label: int | str) -> str:
    """Name of a region that is identified only by its label."""
    return f"label-{label}"


def regions_are_labels(table: pd.DataFrame) -> bool:
    """Whether regions of a cohort table are named after their labels, so that they are not lesions."""
    rows = table[(table["mask"] != "") & (table["label"] != "")]
    named = [roi == label_region(label) for roi, label in zip(rows["roi"], rows["label"], strict=True)]
    return any(named)
