"""The direction of the errors: does a mask reach beyond its reference, or stay within it?"""

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
    """Hold false positives against false negatives, for auto and between the readers.

    FPRm = FP / (TP + FN) and FNR = FN / (TP + FN) have the same denominator, so that their difference is the
    difference of the two volumes over the reference's.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.DIRECTION`: auto against all readers (mean over them, per case), against each
        reader, and every ordered pair of readers; the unit of medians and shares is the case, of the test the
        subject.
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
    found = [_direction(reader, reference, group, settings) for reader, reference, group in groups]
    return DIRECTION.table(found)


def _with_symmetric_distance(rows: pd.DataFrame) -> pd.DataFrame:
    """Signed distance as half of that to the reference less that back; as it is where there is no way back.

    The signed distance is a mean over the surface of the reference. A bulge of the reference has more
    surface than the mask beneath it, so that it can be negative both ways round: each mask seems to fall
    short of the other.
    """
    if "signed_distance_mm" not in rows:
        return rows
    sides = ["reader", "reading", "mask_kind"], ["reference", "reference_reading", "reference_kind"]
    turn = dict(zip(sides[0] + sides[1], sides[1] + sides[0], strict=True))
    keys = [*CASE, "pair", *turn]
    back = rows[[*keys, "signed_distance_mm"]].rename(columns={**turn, "signed_distance_mm": "back"})
    both = rows[keys].merge(back, on=keys, how="left")
    own = rows["signed_distance_mm"].to_numpy(dtype=float)
    other = both["back"].to_numpy(dtype=float)
    return rows.assign(signed_distance_mm=np.where(np.isnan(other), own, (own - other) / 2))


def _direction(
    reader: str, reference: str, group: pd.DataFrame, settings: ReaderStudySettings
) -> dict[str, Any]:
    others = [
        name for name in ("signed_distance_mm", "volume_difference_ml") if name in metric_columns(group)
    ]
    cases = means_by(group, CASE, ["fprm", "fnr", *others])
    there = cases[cases["fprm"].notna() & cases["fnr"].notna()]
    there = there.assign(outward=there["fprm"] - there["fnr"])
    subjects = means_by(there, ["subject"], ["outward"])["outward"].to_numpy()
    tested = len(subjects) >= fewest_subjects(settings.confidence)
    p = signed_rank(subjects) if tested else np.nan
    row: dict[str, Any] = {
        "reader": reader,
        "reference": reference,
        "n": len(there),
        "subjects": len(subjects),
        "left_out": len(cases) - len(there),
        "fprm_median": _median(there["fprm"]),
        "fnr_median": _median(there["fnr"]),
        "share_outward": float((there["outward"] > 0).mean()) if len(there) else np.nan,
        **{name: float(there[name].mean()) if there[name].notna().any() else np.nan for name in others},
        "p": p,
        "direction": _verdict(subjects, p, settings) if tested else "",
    }
    return {**row, "sentence": _sentence(row)}


def _verdict(differences: Numbers, p: float, settings: ReaderStudySettings) -> str:
    if p >= settings.alpha:
        return NEITHER
    middle = float(np.median(differences)) or float(differences.mean())
    return OUTWARD if middle > 0 else INWARD


def _sentence(row: dict[str, Any]) -> str:
    who = "the model" if row["reader"] == AUTO else row["reader"]
    against = "the readers" if row["reference"] == READERS else row["reference"]
    fprm, fnr, cases = number(row["fprm_median"]), number(row["fnr_median"]), counted(row["n"], "case")
    if not row["direction"]:
        return f"Too few subjects ({row['subjects']}) to test the direction of {who} against {against}."
    said = {
        OUTWARD: f"Against {against}, {who} errs outward, drawing too much rather than too little",
        INWARD: f"Against {against}, {who} errs inward, leaving out rather than adding",
        NEITHER: f"Against {against}, no direction of {who} is shown (nor that there is none)",
    }
    return (
        f"{said[row['direction']]}: median FPRm {fprm}, median FNR {fnr} over {cases} ({p_text(row['p'])})."
    )


def _median(column: pd.Series) -> float:
    return float(column.median()) if len(column) else np.nan
