"""Times of the readers, and the time saved by editing an automatic mask instead of drawing one.

Times are per image: the minutes of several lesions of a reader are added up. If the minutes of one lesion are
not stated, the reader's time for this image is unknown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.agreement.pairs import EDITED
from nbradiomics.agreement.reader_study.agreement_table import means_by
from nbradiomics.agreement.reader_study.paired import signed_rank
from nbradiomics.agreement.reader_study.resampling import fewest_subjects, median_interval
from nbradiomics.agreement.reader_study.schemas import TIME_SAVED, TIMES
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.summaries import quartiles
from nbradiomics.agreement.reader_study.wording import interval_text, number
from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.messages.wording import counted, p_text
from nbradiomics.tables import AUTO


def times_table(cohort: pd.DataFrame) -> pd.DataFrame:
    """Return the minutes of each reader and kind of mask.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.TIMES`; no row if no minutes are stated. A mask without a stated kind counts as
        ``independent``.
    """
    rows = [
        {"reader": reader, "kind": kind, "n": len(part), **quartiles(minutes), "total": float(minutes.sum())}
        for (reader, kind), part in _stated(cohort).groupby(["reader", "reference_kind"], sort=True)
        for minutes in [part["minutes"].to_numpy(dtype=float)]
    ]
    return TIMES.table(rows)


def time_saved_table(cohort: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """Return the minutes saved by editing, for images with minutes of an independent and an edited mask.

    The value of an image is the mean over the readers who have both times. If no reader has both, it is the
    mean of the independent masks minus that of the edited ones. For each reader and kind of mask, only the
    first reading with stated minutes is used.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.TIME_SAVED`: one row; no row without such an image.
    """
    stated = _stated(cohort).sort_values("reading").drop_duplicates([*SCAN, "reader", "reference_kind"])
    kinds = {kind: stated[stated["reference_kind"] == kind] for kind in (INDEPENDENT, EDITED)}
    by_reader = _saved(kinds, [*SCAN, "reader"])
    same = means_by(by_reader, SCAN, ["saved"]).assign(same_reader=True)
    mixed = _saved(kinds, SCAN).assign(same_reader=False)
    cases = pd.concat([same, mixed], ignore_index=True).drop_duplicates(SCAN).sort_values(SCAN)
    if cases.empty:
        return TIME_SAVED.empty()
    saved, subjects = cases["saved"].to_numpy(dtype=float), pd.factorize(cases["subject"], sort=True)[0]
    means = means_by(cases, ["subject"], ["saved"])["saved"].to_numpy()
    low, high = median_interval(saved, subjects, settings)
    tested = len(means) >= fewest_subjects(settings.confidence)
    row: dict[str, Any] = {
        "n": len(cases),
        "same_reader": int(cases["same_reader"].sum()),
        "subjects": len(means),
        "median": float(np.median(saved)),
        "low": low,
        "high": high,
        "p": signed_rank(means) if tested else np.nan,
    }
    return TIME_SAVED.table([{**row, "sentence": _sentence(row, settings)}])


def _stated(cohort: pd.DataFrame) -> pd.DataFrame:
    """Return the minutes of each reading of an image, if they are stated for all of its lesions."""
    minutes = pd.to_numeric(cohort["minutes"], errors="coerce").astype(float)
    kinds = cohort["reference_kind"].replace("", INDEPENDENT)
    drawn = cohort.assign(minutes=minutes, reference_kind=kinds)
    drawn = drawn[(cohort["mask"] != "") & (cohort["reader"] != AUTO)]
    keys = [*SCAN, "reader", "reading", "reference_kind"]
    total = drawn.groupby(keys, sort=False)["minutes"].agg(lambda lesions: lesions.sum(skipna=False))
    return total[total.notna()].reset_index()


def _saved(kinds: dict[str, pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    drawn, edited = (means_by(kinds[kind], keys, ["minutes"]) for kind in (INDEPENDENT, EDITED))
    both = drawn.merge(edited, on=keys, suffixes=("", "_edited"))
    return both.assign(saved=both["minutes"] - both["minutes_edited"])[[*keys, "saved"]]


def _sentence(row: dict[str, Any], settings: ReaderStudySettings) -> str:
    word = "saves" if row["median"] >= 0 else "costs"
    tested = "" if np.isnan(row["p"]) else f"; signed-rank test, {p_text(row['p'])}"
    return (
        f"Editing the automatic mask {word} a median of {number(abs(row['median']), 1)} minutes per image "
        f"({interval_text(row['low'], row['high'], settings.confidence, 1)}{tested}), over "
        f"{counted(row['n'], 'image')} with both times ({row['same_reader']} with both by the same reader)."
    )
