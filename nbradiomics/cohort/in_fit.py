"""Track whose data fitted a step that is fitted to images or tables, such as landmarks or habitats.

The column `in_fit` of a cohort or feature table is ``yes`` for a subject whose own data fitted what made its
row, ``no`` for the others, and empty if nothing was fitted. A value of such a subject has seen itself, so a
model must not be evaluated on it. With cross-fitting no subject is ``yes``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from nbradiomics.cohort.in_training import NO, YES, read_states
from nbradiomics.messages.wording import counted, shortened

if TYPE_CHECKING:
    import pandas as pd

COLUMN = "in_fit"
#: Reason for which such a subject is left out of an evaluation.
REASON = "its own data fitted the preparation, harmonisation or habitats"


def fitted_subjects(table: pd.DataFrame) -> set[str]:
    """Subjects whose own data fitted a step, according to a table: one row that says so decides."""
    if COLUMN not in table or "subject" not in table:
        return set()
    states = read_states(table, COLUMN)
    return {str(subject) for subject, state in zip(table["subject"], states, strict=True) if state == YES}


def with_fitted(table: pd.DataFrame, fitted: Collection[str]) -> pd.DataFrame:
    """Record the subjects whose data fitted a step; subjects of an earlier step stay recorded.

    Parameters
    ----------
    table
        Cohort or feature table.
    fitted
        Subjects whose own data made their rows; empty after cross-fitting.
    """
    marked = fitted_subjects(table) | set(fitted)
    return table.assign(**{COLUMN: [YES if str(subject) in marked else NO for subject in table["subject"]]})


def left_out_sentence(fitted: Collection[str], total: int) -> str:
    """Say how many subjects are left out because their own data fitted a step; empty for none."""
    names = sorted(fitted)
    if not names:
        return ""
    verb = "is" if len(names) == 1 else "are"
    return (
        f"{len(names)} of {counted(total, 'subject')} {verb} left out, because their own data fitted the "
        f"preparation, harmonisation or habitats ({shortened(names)})."
    )
