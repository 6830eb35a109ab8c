"""Result of the comparison of risks between masks, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class DrawingResult(Result):
    """Result of :func:`nbradiomics.outcome.drawing.assess_drawing`.

    Attributes
    ----------
    risks
        Risk and group of each subject, model and mask: `drawing_schema.DRAWING`.
    subjects
        Range of the risks of each subject over its masks: `drawing_schema.DRAWING_SUBJECTS`.
    groups
        Subjects who change their group between two masks: `drawing_schema.DRAWING_GROUPS`.
    transfer
        Order of the subjects by the readers of the fitted and of the used masks:
        `drawing_schema.DRAWING_TRANSFER`; empty if there are no two readers, or it could not be computed.
    summary
        Ready for JSON: ``reader`` (of the models), ``drawings`` (masks of each kind),
        ``made_from_others`` (masks of this reader that are edited or a consensus), ``unknown_training`` (a
        sentence), ``failed`` (subjects, by model that could not be fitted), ``unused`` (kinds
        of masks that are not compared, and why), ``absent`` (by mask: subjects without a risk and
        why), ``settings``, ``transfer`` (``subjects``, ``left_out``, ``failed_refits``, their ``cause``,
        ``missing``: why there is none), ``sentences``, and ``leading``: those of them that come first.
    """

    risks: pd.DataFrame
    subjects: pd.DataFrame
    groups: pd.DataFrame
    transfer: pd.DataFrame
    summary: dict[str, Any]


def write_drawing(result: DrawingResult | None, folder: str | Path) -> None:
    """Write the tables of a comparison of masks: ``drawing.csv`` and ``drawing_NAME.csv``.

    NAME is ``subjects``, ``groups`` or ``transfer``. :func:`nbradiomics.outcome.write_outcome` does the same
    with the comparison of its result, whose summary is the entry ``drawing`` of ``summary.json``.

    Parameters
    ----------
    result
        Result to write; ``None`` removes the tables of an earlier one.
    folder
        Folder of the outcome models; created if it does not exist.

    Examples
    --------
    >>> write_drawing(drawing, "outcome")  # doctest: +SKIP
    """
    for name, schema in DRAWING_TABLES.items():
        file = Path(folder) / Path(schema.file).name
        if result is None:
            file.unlink(missing_ok=True)
        else:
            write_table(getattr(result, name), file)
