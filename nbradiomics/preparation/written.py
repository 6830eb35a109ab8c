"""Write the tables of a preparation, and say in words what was done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.cohort.in_fit import fitted_subjects
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.preparation.cohort import PreparedCohort
from nbradiomics.preparation.rows import (
    BEYOND,
    FLAT,
    LEAST_MEASURED,
    LEAST_SPREAD,
    MOST_STRETCHED,
    NOTED_CHANGE,
    STRETCHED,
)
from nbradiomics.tables import write_table

if TYPE_CHECKING:
    import pandas as pd

#: Shift in mm that is told although it was not used.
NOTED_SHIFT = 3.0


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
        kept = int((done.registration["position"] == "headers").sum())
        found.append(
            f"{counted(len(done.registration), 'image')} registered: {kept} kept the position of the "
            f"headers, {slipped} without convergence (registration.csv)."
        )
    if len(done.moved_masks):
        changed = int((done.moved_masks["change"].abs() > NOTED_CHANGE).sum())
        found.append(
            f"{counted(len(done.moved_masks), 'mask')} moved to another grid; the volume of {changed} "
            f"changed by more than {NOTED_CHANGE:.0%} (moved_masks.csv)."
        )
    return found


def warnings(done: PreparedCohort) -> list[str]:
    """Say what makes prepared images unfit to be compared, whatever their numbers look like."""
    return [*_normalisation(done.table), *_registration(done.registration)]


def is_flagged(table: pd.DataFrame) -> pd.Series:
    """Which images a warning about their normalisation tells of; `table` is that of the preparation."""
    notes = table["note"].fillna("")
    told = [notes.str.contains(text, regex=False) for text in (BEYOND, STRETCHED)]
    return (table["tumour_measured"] < LEAST_MEASURED) | told[0] | told[1]


def _normalisation(table: pd.DataFrame) -> list[str]:
    found = []
    missed = table[table["tumour_measured"] < LEAST_MEASURED]
    if len(missed):
        found.append(
            f"{_images(missed, table)}: less than {LEAST_MEASURED:.0%} of the tumour is in the voxels that "
            "the normalisation measured, so that other tissue decided about its scale. Do not compare these "
            "tumours; give a mask of the body (over=body, body_roi)."
        )
    flat = table[table["note"].str.contains(FLAT, regex=False)]
    if len(flat):
        found.append(
            f"{_images(flat, table)}: the middle half of the tumour spans less than {LEAST_SPREAD:g} "
            "standard deviations of the normalisation, as if a few voxels of extreme values decided. Look at "
            "these images; replace such values, or use percentile."
        )
    beyond = table[table["note"].str.contains(BEYOND, regex=False)]
    if len(beyond):
        found.append(
            f"{_images(beyond, table)}: the tumour lies beyond the landmarks, where the scale is a guess. Do "
            "not compare these tumours; measure the landmarks in a mask of the body (over=body, body_roi)."
        )
    stretched = table[table["note"].str.contains(STRETCHED, regex=False)]
    if len(stretched):
        found.append(
            f"{_images(stretched, table)}: the landmarks change the contrast of the tumour more than "
            f"{MOST_STRETCHED:g} times against a linear scale: these images show other shares of tissues "
            "than those on which the landmarks were fitted, as crops do. Do not compare the texture of these "
            "tumours; use zscore, percentile or larger images."
        )
    return found


def _registration(table: pd.DataFrame) -> list[str]:
    found = []
    slipped = table[table["converged"] == "no"]
    if len(slipped):
        found.append(f"{_images(slipped, table)}: the registration did not converge. Look at these images.")
    weak = table[(table["position"] == "headers") & (table["proposed_shift_mm"] > NOTED_SHIFT)]
    if len(weak):
        found.append(
            f"{_images(weak, table)}: a shift of more than {NOTED_SHIFT:g} mm gains too little mutual "
            "information to be trusted, and the position of the headers is kept. Look at these images."
        )
    return found


def _images(chosen: pd.DataFrame, table: pd.DataFrame) -> str:
    """Number and subjects of some images."""
    subjects = sorted(set(chosen["subject"].astype(str)))
    return f"{len(chosen)} of {counted(len(table), 'image')} ({shortened(subjects)})"
