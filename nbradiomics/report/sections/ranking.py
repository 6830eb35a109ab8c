"""Choose the cases to show: from the worst to the best agreement of the model, or the first ones."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from nbradiomics.cohort.schema import COHORT
from nbradiomics.messages.wording import ratio
from nbradiomics.report.agreement_rows import shown_rows
from nbradiomics.report.run_files import CASE, rows_of, without_derived
from nbradiomics.tables import AUTO

CaseKey = tuple[str, str, str, str]
_ONE_EMPTY = ("empty_mask", "empty_reference")


@dataclass(frozen=True)
class Chosen:
    """A case to show: its subject, timepoint, sequence and region; the reason; lines for the caption."""

    key: CaseKey
    why: str = ""
    lines: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Subject, and the other parts of the key that are not the default."""
        rest = zip(CASE[1:], self.key[1:], strict=True)
        return " · ".join([self.key[0], *(value for name, value in rest if value != COHORT.defaults[name])])


def cases_of_cohort(cohort: pd.DataFrame) -> list[CaseKey]:
    """Cases that have a mask, in the order of the cohort table."""
    masked = without_derived(cohort[cohort["mask"] != ""])[list(CASE)].drop_duplicates()
    return [_key(row) for row in rows_of(masked, *CASE)]


def choose_cases(agreement: pd.DataFrame | None, cases: list[CaseKey], *, most: int) -> list[Chosen]:
    """Choose up to `most` cases.

    Parameters
    ----------
    agreement
        Agreement table, if there is one.
    cases
        Cases that have a mask and an image.
    most
        Largest number of cases, a multiple of three.

    Returns
    -------
    list of Chosen
        With masks of the model: in ascending order of the mean Dice over the readers, the lowest third, a
        third around the median and the highest third of `most`. Otherwise the first cases.
    """
    rows = None if agreement is None else shown_rows(agreement)[0]
    scores = _scores(rows, {case[:3] for case in cases})
    if scores.empty:
        return [Chosen(case, lines=_dice_lines(rows, case)) for case in cases[:most]]
    ordered = [_key(key) for key in scores.sort_values(kind="stable").index]
    return [
        Chosen(ordered[at], why, _dice_lines(rows, ordered[at])) for at, why in _ranks(len(ordered), most)
    ]


def _scores(agreement: pd.DataFrame | None, scans: set[tuple[str, str, str]]) -> pd.Series:
    """Mean Dice of the model over the readers, by case: 0 if one mask is empty, left out if both are."""
    if agreement is None:
        return pd.Series(dtype=float)
    auto = agreement[agreement["reader"] == AUTO]
    known = [key in scans for key in rows_of(auto, *CASE[:3])]
    auto = auto[pd.Series(known, index=auto.index, dtype=bool)]
    dice = auto["dice"].where(~auto["status"].isin(_ONE_EMPTY), 0.0)
    return dice.groupby([auto[name] for name in CASE]).mean().dropna()


def _ranks(cases: int, most: int) -> list[tuple[int, str]]:
    if cases <= most:
        return [(at, "") for at in range(cases)]
    third = most // 3
    middle = (cases - third) // 2
    return [
        *((at, "lowest agreement") for at in range(third)),
        *((at, "median agreement") for at in range(middle, middle + third)),
        *((at, "highest agreement") for at in range(cases - third, cases)),
    ]


def _dice_lines(agreement: pd.DataFrame | None, case: CaseKey) -> tuple[str, ...]:
    if agreement is None:
        return ()
    rows = agreement[(agreement[list(CASE)] == list(case)).all(axis=1)]
    auto = rows[rows["reader"] == AUTO]
    others = rows[
        (rows["reader"] != AUTO) & (rows["reference"] != AUTO) & (rows["reader"] < rows["reference"])
    ]
    return tuple(text for text in (_dice_line(auto), _dice_line(others)) if text)


def _dice_line(rows: pd.DataFrame) -> str:
    pairs = rows_of(rows.sort_values(["reader", "reference"]), "reader", "reference", "dice")
    values = [f"{reader}–{reference} {ratio(dice)}" for reader, reference, dice in pairs]
    return "Dice " + ", ".join(values) if values else ""


def _key(values: tuple[str, ...]) -> CaseKey:
    subject, timepoint, sequence, roi = values
    return subject, timepoint, sequence, roi
