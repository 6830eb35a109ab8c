"""The negative controls of a run in the cohort flow: which ones, of whose masks, and how many were made."""

from __future__ import annotations

from collections.abc import Sequence

from nbradiomics.messages.wording import counted
from nbradiomics.report.content import Step
from nbradiomics.report.run_files import Run
from nbradiomics.tables import feature_columns


def control_steps(run: Run, lost: Sequence[str]) -> list[Step]:
    """The step of the cohort flow; `lost` are the failures of the stage."""
    table = run.controls
    if table is None:
        return []
    made = table[feature_columns(table)].notna().any(axis=1)
    kinds = table["variant"].astype(str).str.removeprefix("control-")
    details = [f"{kind}: {int(made[kinds == kind].sum()):,}" for kind in dict.fromkeys(kinds)]
    readers = ", ".join(sorted(set(table["reader"].astype(str))))
    masks = f"{counted(table['subject'].nunique(), 'subject')}, masks of {readers}"
    missing = int((~made).sum())
    without = [f"{counted(missing, 'control')} could not be made"] if missing else []
    return [Step("Negative controls", f"{int(made.sum()):,}", (masks, *details), (*without, *lost))]
