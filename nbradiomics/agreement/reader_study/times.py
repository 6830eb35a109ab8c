"""How long the readers took, and what editing an automatic mask saves over drawing one.

Times are those of an image: where a reader drew several lesions on it, their minutes are added up, and where
one of these is not stated, the reader's time of this image is unknown.
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
    """Minutes of each reader and kind of mask.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.TIMES`; no row where no minutes are stated. A mask whose kind the cohort does not
        state counts as ``independent``.
    """
    found = [
        {"reader": reader, "kind": kind, "n": len(part), **quartiles(minutes), "total": float(minutes.sum())}
        for (reader, kind), part in _stated(cohort).groupby(["reader", "reference_kind"], sort=True)
        for minutes in [part["minutes"].to_numpy(dtype=float)]
    ]
    return TIMES.table(found)


def time_saved_table(cohort: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """Minutes saved by editing, on images with minutes of an independent and of an edited mask.

    An image's value is the mean over the readers who have both; where no reader has both, the mean of the
    independent masks less that of the edited ones. Of each reader the first reading of each kind counts.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.TIME_SAVED`: one row, none without such a case.
    """
    stated = _stated(cohort).sort_values("reading").drop_duplicates([*SCAN, "reader", "reference_kind"])
    kinds = {kind: stated[stated["reference_kind"] == kind] for kind in (INDEPENDENT, EDITED)}
    same = _saved(kinds, [*SCAN, "reader"])
    own = means_by(same, SCAN, ["saved"]).assign(same_reader=True)
    mixed = _saved(kinds, SCAN).assign(same_reader=False)
    cases = pd.concat([own, mixed], ignore_index=True).drop_duplicates(SCAN).sort_values(SCAN)
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
    """Minutes of each reading of an image, as far as they are stated for all of its lesions."""
    minutes = pd.to_numeric(cohort["minutes"], errors="coerce").astype(float)
    kinds = cohort["reference_kind"].replace("", INDEPENDENT)
    drawn = cohort.assign(minutes=minutes, reference_kind=kinds)
    drawn = drawn[(cohort["mask"] != "") & (cohort["reader"] != AUTO)]
    keys = [*SCAN, "reader", "reading", "reference_kind"]
    whole = drawn.groupby(keys, sort=False)["minutes"].agg(lambda lesions: lesions.sum(skipna=False))
    return whole[whole.notna()].reset_index()


def _saved(kinds: dict[str, pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    drawn, edited = (means_by(kinds[kind], keys, ["minutes"]) for kind in (INDEPENDENT, EDITED))
    both = drawn.merge(edited, on=keys, suffixes=("", "_edited"))
    return both.assign(saved=both["minutes"] - both["minutes_edited"])[[*keys, "saved"]]


def _sentence(row: dict[str, Any], settings: ReaderStudySettings) -> str:
    word = "saves" if row["median"] >= 0 else "costs"
    tested = "" if np.isnan(row["p"]) else f"; signed-rank test, {p_text(row['p'])}"
    return (
        f"Editing the automatic mask {word} {number(abs(row['median']), 1)} minutes per image in the median "
        f"({interval_text(row['low'], row['high'], settings.confidence, 1)}{tested}), over "
        f"{counted(row['n'], 'image')} with both times, {row['same_reader']} by the same reader."
    )
