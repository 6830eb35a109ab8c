"""Result of the comparison of risks between masks, and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.outcome.drawing.schemas import DRAWING_TABLES
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.result import OutcomeResult


@dataclass(frozen=True, repr=False)
class DrawingResult(Result):
    """Result of :func:`nbradiomics.outcome.drawing.assess_drawing`.

    Attributes
    ----------
    risks
        Risk and group of each subject, model and mask: `schemas.DRAWING`.
    subjects
        Range of the risks of each subject over its masks: `schemas.DRAWING_SUBJECTS`.
    groups
        Subjects who change their group between two masks: `schemas.DRAWING_GROUPS`.
    transfer
        Order of the subjects by the readers of the fitted and of the used masks:
        `schemas.DRAWING_TRANSFER`; empty if there are no two readers, or it could not be computed.
    summary
        Ready for JSON: ``reader`` (of the models), ``drawings`` (masks of each kind), ``unused`` (kinds of
        which no mask belongs to the rows of the models), ``absent`` (by mask: subjects without a risk and
        why), ``settings``, ``transfer`` (``subjects``, ``left_out``, ``failed_refits``,
        ``missing``: why there is none) and ``sentences``.
    """

    risks: pd.DataFrame
    subjects: pd.DataFrame
    groups: pd.DataFrame
    transfer: pd.DataFrame
    summary: dict[str, Any]


def write_drawing(result: DrawingResult | None, folder: str | Path) -> None:
    """Write the tables of a comparison of masks: ``drawing.csv`` and ``drawing_NAME.csv``.

    NAME is ``subjects``, ``groups`` or ``transfer``. The summary is the entry ``drawing`` of
    ``summary.json``, see :func:`with_drawing`.

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


def with_drawing(result: OutcomeResult, drawing: DrawingResult) -> OutcomeResult:
    """Add the comparison of masks to the summary of its evaluation, as the entry ``drawing``."""
    return replace(result, summary={**result.summary, "drawing": drawing.summary})
