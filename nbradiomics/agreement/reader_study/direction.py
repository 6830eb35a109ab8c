"""Direction of the errors: whether a mask reaches beyond its reference or stays within it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    READERS,
    automatic,
    between_readers,
    means_by,
    metric_columns,
)
from nbradiomics.agreement.reader_study.names import INWARD, NEITHER, OUTWARD
from nbradiomics.agreement.reader_study.paired import signed_rank
from nbradiomics.agreement.reader_study.resampling import Numbers, fewest_subjects
from nbradiomics.agreement.reader_study.schemas import DIRECTION
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.wording import number
from nbradiomics.messages.wording import counted, p_text
from nbradiomics.tables import AUTO


def direction_table(rows: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """Compare false positives with false negatives, for auto and between the readers.

    FPRm = FP / (TP + FN) and FNR = FN / (TP + FN) have the same denominator, so their difference is the
    difference of the two volumes divided by the volume of the reference.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.DIRECTION`: auto against all readers (mean over them, per case), auto against each
        reader, and every ordered pair of readers. The unit of medians and shares is the case; the unit of the
        test is the subject.
    """
    if not {"fprm", "fnr"} <= set(rows):
        return DIRECTION.empty()
    rows = _with_symmetric_distance(rows)
    auto, inter = automatic(rows), between_readers(rows)
    groups: list[tuple[str, str, pd.DataFrame]] = [(AUTO, READERS, auto)] if len(auto) else []
    for part in (auto, inter):
        groups += [
            (str(reader), str(reference), group)
            for (reader, reference), group in part.groupby(["reader", "reference"])
        ]
    return DIRECTION.table(
        [_direction(reader, reference, group, settings) for reader, reference, group in groups]
    )


def _with_symmetric_distance(rows: pd.DataFrame) -> pd.DataFrame:
    """Make the signed distance antisymmetric: half of the distance less that of the opposite direction.

    The signed distance is a mean over the surface of the reference. A bulge of the reference has more surface
    than the mask beneath it. So the distance can be negative in both directions: each mask seems to fall
    short of the other. A row without a row of the opposite direction keeps its distance.
    """
    if "signed_distance_mm" not in rows:
        return rows
    sides = ["reader", "reading", "mask_kind"], ["reference", "reference_reading", "reference_kind"]
    swapped = dict(zip(sides[0] + sides[1], sides[1] + sides[0], strict=True))
    keys = [*CASE, "pair", *swapped]
    opposite = rows[[*keys, "signed_distance_mm"]].rename(columns={**swapped, "signed_distance_mm": "back"})
    both = rows[keys].merge(opposite, on=keys, how="left")
    there = rows["signed_distance_mm"].to_numpy(dtype=float)
    back = both["back"].to_numpy(dtype=float)
    return rows.assign(signed_distance_mm=np.where(np.isnan(back), there, (there - back) / 2))


def _direction(
    reader: str, reference: str, group: pd.DataFrame, settings: ReaderStudySettings
) -> dict[str, Any]:
    others = [
        name for name in ("signed_distance_mm", "volume_difference_ml") if name in metric_columns(group)
    ]
    cases = means_by(group, CASE, ["fprm", "fnr", *others])
    defined = cases[cases["fprm"].notna() & cases["fnr"].notna()]
    defined = defined.assign(outward=defined["fprm"] - defined["fnr"])
    subjects = means_by(defined, ["subject"], ["outward"])["outward"].to_numpy()
    tested = len(subjects) >= fewest_subjects(settings.confidence)
    p = signed_rank(subjects) if tested else np.nan
    row: dict[str, Any] = {
        "reader": reader,
        "reference": reference,
        "n": len(defined),
        "subjects": len(subjects),
        "left_out": len(cases) - len(defined),
        "fprm_median": _median(defined["fprm"]),
        "fnr_median": _median(defined["fnr"]),
        "share_outward": float((defined["outward"] > 0).mean()) if len(defined) else np.nan,
        **{name: float(defined[name].mean()) if defined[name].notna().any() else np.nan for name in others},
        "p": p,
        "direction": _verdict(subjects, p, settings) if tested else "",
    }
    return {**row, "sentence": _sentence(row)}


def _verdict(differences: Numbers, p: float, settings: ReaderStudySettings) -> str:
    if p >= settings.alpha:
        return NEITHER
    centre = float(np.median(differences)) or float(differences.mean())
    return OUTWARD if centre > 0 else INWARD


def _sentence(row: dict[str, Any]) -> str:
    reader = "the model" if row["reader"] == AUTO else row["reader"]
    against = "the readers" if row["reference"] == READERS else row["reference"]
    fprm, fnr, cases = number(row["fprm_median"]), number(row["fnr_median"]), counted(row["n"], "case")
    if not row["direction"]:
        return (
            f"Too few subjects ({row['subjects']}) to test the direction of the errors of {reader} against "
            f"{against}."
        )
    verdicts = {
        OUTWARD: f"Against {against}, {reader} errs outward (draws too much rather than too little)",
        INWARD: f"Against {against}, {reader} errs inward (draws too little rather than too much)",
        NEITHER: f"Against {against}, no direction of {reader} is shown; there may still be one",
    }
    verdict, p = verdicts[row["direction"]], p_text(row["p"])
    return f"{verdict}: median FPRm {fprm}, median FNR {fnr} over {cases} ({p})."


def _median(column: pd.Series) -> float:
    return float(column.median()) if len(column) else np.nan
