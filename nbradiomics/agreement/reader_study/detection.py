"""Tumours that a reader or the model missed completely, as rates with their denominators."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy import stats

from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    FAILED,
    OTHERS,
    READERS,
    automatic,
    between_readers,
)
from nbradiomics.agreement.reader_study.names import ANY_IMAGE, EVERY_IMAGE, FALSE_ALARM, IMAGE, NOT_SEGMENTED
from nbradiomics.agreement.reader_study.schemas import DETECTION
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.cohort.columns import SCAN
from nbradiomics.tables import AUTO

_FOUND, _MISSED, _UNKNOWN, _NONE = "found", "missed", "unknown", "no tumour"


def detection_table(rows: pd.DataFrame, cohort: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """Count the tumours drawn by independent readers that the model or a reader missed.

    A tumour is missed if the mask shares no voxel with the mask of any independent reader who drew a tumour
    there; an empty mask shares no voxel. "Image" means one region of one image.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.DETECTION`. The exact interval (Clopper and Pearson, Biometrika 1934;26:404)
        assumes independent images: if patients have several images, use the rows of patients.
    """
    auto, inter = automatic(rows), between_readers(rows)
    rates: list[dict[str, Any]] = []
    if len(auto):
        rates += _rates(AUTO, READERS, auto, settings)
        rates += _not_segmented(cohort, settings)
    for reader, part in inter.groupby("reader", sort=True):
        rates += _rates(str(reader), OTHERS, part, settings)
    return DETECTION.table(rates)


def _rates(
    reader: str, against: str, part: pd.DataFrame, settings: ReaderStudySettings
) -> list[dict[str, Any]]:
    states = _states(part)
    tumours = states[states["state"] != _NONE]
    quiet = states[states["state"] == _NONE]
    patients = tumours.groupby("subject", sort=True)["state"].agg(set)
    known = tumours["state"] != _UNKNOWN
    name = {"reader": reader, "against": against}
    rows = [
        _rate(
            IMAGE, int((tumours["state"] == _MISSED).sum()), int(known.sum()), int((~known).sum()), settings
        ),
        _patients(ANY_IMAGE, patients.map(_any_missed), settings),
        _patients(EVERY_IMAGE, patients.map(_every_missed), settings),
    ]
    if len(quiet):
        rows.append(_rate(FALSE_ALARM, int(quiet["drew"].sum()), len(quiet), 0, settings))
    return [{**name, **row} for row in rows]


def _states(part: pd.DataFrame) -> pd.DataFrame:
    """Return the state of each case (found, missed, unknown, no tumour), and whether the mask has voxels."""
    failed = (part["status"] == FAILED) | (part["status"].isin(["ok", "empty_mask"]) & part["dice"].isna())
    marks = part.assign(
        failed=failed,
        shared=part["dice"] > 0,
        tumour=~failed & part["status"].isin(["ok", "empty_mask"]),
        drew=part["status"].isin(["ok", "empty_reference"]),
    )
    cases = marks.groupby(CASE, sort=True)[["failed", "shared", "tumour", "drew"]].any().reset_index()
    cases["state"] = _NONE
    cases.loc[cases["tumour"], "state"] = _MISSED
    cases.loc[cases["failed"], "state"] = _UNKNOWN
    cases.loc[cases["shared"], "state"] = _FOUND
    return cases


def _any_missed(states: set[str]) -> str:
    return next(state for state in (_MISSED, _UNKNOWN, _FOUND) if state in states)


def _every_missed(states: set[str]) -> str:
    return next(state for state in (_FOUND, _UNKNOWN, _MISSED) if state in states)


def _patients(unit: str, verdicts: pd.Series, settings: ReaderStudySettings) -> dict[str, Any]:
    unknown = int((verdicts == _UNKNOWN).sum())
    return _rate(unit, int((verdicts == _MISSED).sum()), len(verdicts) - unknown, unknown, settings)


def _not_segmented(cohort: pd.DataFrame, settings: ReaderStudySettings) -> list[dict[str, Any]]:
    by_auto = cohort["reader"] == AUTO
    if not by_auto.any():
        return []
    scans = cohort.assign(auto=by_auto).groupby(SCAN)["auto"].any()
    rate = _rate(NOT_SEGMENTED, int((~scans).sum()), len(scans), 0, settings)
    return [{"reader": AUTO, "against": "", **rate}]


def _rate(unit: str, missed: int, total: int, unknown: int, settings: ReaderStudySettings) -> dict[str, Any]:
    row: dict[str, Any] = {"unit": unit, "missed": missed, "of": total, "unknown": unknown}
    if total:
        interval = stats.binomtest(missed, total).proportion_ci(settings.confidence, method="exact")
        row |= {"rate": missed / total, "low": float(interval.low), "high": float(interval.high)}
    return row
