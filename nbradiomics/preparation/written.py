"""Write the tables of a preparation, and say in words what was done."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.cohort.in_fit import fitted_subjects
from nbradiomics.messages.wording import counted
from nbradiomics.preparation.cohort import PreparedCohort
from nbradiomics.preparation.rows import NOTED_CHANGE
from nbradiomics.tables import write_table


def write_tables(done: PreparedCohort, folder: Path) -> None:
    """Write the tables of a preparation; those without rows are removed."""
    tables = {
        "preparation": done.table,
        "registration": done.registration,
        "moved_masks": done.moved_masks,
        "intensities": done.intensities,
    }
    for name, table in tables.items():
        file = folder / f"{name}.csv"
        if len(table) or name == "preparation":
            write_table(table, file)
        else:
            file.unlink(missing_ok=True)
    landmarks = folder / "landmarks.json"
    if done.landmarks is None:
        landmarks.unlink(missing_ok=True)
    else:
        done.landmarks.save(landmarks)


def sentences(done: PreparedCohort) -> list[str]:
    """Say who was fitted, what was registered, and which masks changed."""
    found = []
    if done.landmarks is not None:
        groups = {(fit.sequence, fit.channel) for fit in done.landmarks.fits}
        how = "cross-fitted in " + counted(len(done.plan), "fold") if "named" not in done.plan else ""
        how = how or f"fitted on {counted(len(done.plan['named']['fitted_on']), 'named subject')}"
        found.append(
            f"Landmarks of {counted(len(groups), 'sequence or channel', 'sequences or channels')}: {how}."
        )
    seen = fitted_subjects(done.cohort.table)
    if seen:
        found.append(
            f"{counted(len(seen), 'subject')} fitted the landmarks that they got (column in_fit): outcome "
            "models are not evaluated on them."
        )
    if len(done.registration):
        slipped = int((done.registration["converged"] == "no").sum())
        found.append(
            f"{counted(len(done.registration), 'image')} registered, {slipped} without convergence: look at "
            "registration.csv."
        )
    if len(done.moved_masks):
        changed = int((done.moved_masks["change"].abs() > NOTED_CHANGE).sum())
        found.append(
            f"{counted(len(done.moved_masks), 'mask')} moved to another grid; the volume of {changed} "
            f"changed by more than {NOTED_CHANGE:.0%} (moved_masks.csv)."
        )
    return found
