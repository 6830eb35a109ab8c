"""One mask of each subject: the reader, timepoint, sequence, region and reading that a section names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field

from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.in_training import seen_subjects
from nbradiomics.cohort.lesions import lesion_rule
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Text
from nbradiomics.tables import AUTO, select

if TYPE_CHECKING:
    from nbradiomics.cohort.cohort import Cohort
    from nbradiomics.cohort.lesions import LesionRule

#: Columns of the cohort table that are chosen first; the region depends on the rule for lesions.
_COLUMNS = ("reader", "timepoint", "sequence", "reading")


class ChosenMasks(Settings):
    """Which masks are used, if a subject has several."""

    reader: Text | None = Field(default=None, description="Reader whose masks are used, if several drew.")
    timepoint: Text | None = Field(default=None, description="Timepoint to use, if the cohort has several.")
    sequence: Text | None = Field(default=None, description="Sequence to use, if the cohort has several.")
    roi: Text | None = Field(
        default=None,
        description="Region to use, if `lesions: roi` gives each region a row; or a derived region, such as "
        "`ring-3mm`, which is never chosen by itself.",
    )
    reading: int | None = Field(default=None, description="Reading to use, if the reader has several.")


def chosen_rows(table: pd.DataFrame, choice: ChosenMasks, lesions: LesionRule | None) -> pd.DataFrame:
    """Return the rows of a cohort table with the chosen masks, without subjects that the model has seen.

    Parameters
    ----------
    table
        The cohort table; of the masks of the model, `in_training` says on which subjects it was trained.
    choice
        What is chosen.
    lesions
        Rule for several lesions, as in `lesions.lesion_rule`.

    Raises
    ------
    InputError
        When no mask has a chosen value, regions are chosen that the rule combines, or the model was trained
        on every subject with a chosen mask.
    AmbiguousError
        When a column without a choice has several values.
    """
    rows = _of_region(table[table["mask"] != ""], choice.roi, lesion_rule(lesions, table))
    if rows.empty:
        raise InputError("the cohort has no mask.", "Add readers' masks, or segment the images first.")
    given = {name: getattr(choice, name) for name in _COLUMNS}
    rows = select(rows, **{name: value for name, value in given.items() if value is not None})
    for name in (*_COLUMNS, *(("roi",) if lesion_rule(lesions, table) == "roi" else ())):
        _require_one_value(rows, name)
    if set(rows["reader"]) != {AUTO}:
        return rows
    new = rows[~rows["subject"].isin(seen_subjects(table))]
    if new.empty:
        raise InputError(
            "the model was trained on every subject with an automatic mask.",
            "Choose another reader: masks of training subjects are better than those of new ones.",
        )
    return new


def _of_region(rows: pd.DataFrame, roi: str | None, rule: LesionRule) -> pd.DataFrame:
    derived = rows["roi"].map(is_derived).astype(bool)
    if roi is None:
        return rows[~derived]  # parts of a lesion and its surroundings are no further lesions
    if is_derived(roi):
        return select(rows, roi=roi)
    rows = rows[~derived]
    if rule != "roi" and rows["roi"].nunique() > 1:
        raise InputError(
            f"the region {roi!r} is chosen, but the rule for lesions, {rule!r}, makes one region of all.",
            "Leave out `roi`, or write `lesions: roi`.",
        )
    return select(rows, roi=roi)


def _require_one_value(rows: pd.DataFrame, name: str) -> None:
    values = sorted({str(value) for value in rows[name]})
    if len(values) > 1:
        raise AmbiguousError(
            f"each subject counts once, but there are masks of several {name}s: {', '.join(values)}.",
            f"Choose one, such as {name}: {values[0]}",
        )


def cohort_of_rows(cohort: Cohort, rows: pd.DataFrame) -> Cohort:
    """Return the cohort of some masks, with all images of their scans.

    Parameters
    ----------
    cohort
        The cohort.
    rows
        Result of `chosen_rows`.
    """
    table = cohort.table
    scans = pd.MultiIndex.from_frame(rows[list(SCAN)])
    same = pd.MultiIndex.from_frame(table[list(SCAN)]).isin(scans)
    kept = table.index.isin(rows.index) | ((table["mask"] == "") & same)
    return replace(cohort, table=table[kept].reset_index(drop=True))
