"""Cases in the order in which a reader should review them: least agreement first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.agreement.reader_study.agreement_table import (
    CASE,
    FAILED,
    automatic,
    between_readers,
    means_by,
    metric_columns,
    orientation,
)
from nbradiomics.agreement.reader_study.names import MISSING
from nbradiomics.agreement.reader_study.schemas import CASES
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings


def cases_table(rows: pd.DataFrame, settings: ReaderStudySettings) -> pd.DataFrame:
    """List the cases by the primary metric, worst first.

    Returns
    -------
    pandas.DataFrame
        Columns of `schemas.CASES`: one row per case with a pair of two independent masks, or of auto and an
        independent mask. First come cases whose automatic mask is empty, missing or could not be compared,
        then cases with a value, worst first, then cases without a value because no reader drew a tumour.
    """
    auto, inter = automatic(rows), between_readers(rows)
    main = auto if len(auto) else inter
    metric = settings.metric
    others = [name for name in ("hd95_mm", "fprm", "fnr") if name in metric_columns(rows)]
    shown = list(dict.fromkeys([metric, *others]))
    cases = pd.concat([auto[CASE], inter[CASE]]).drop_duplicates().sort_values(CASE, ignore_index=True)
    if cases.empty:
        return CASES.empty()
    cases = cases.merge(_means(auto, metric, "auto_readers"), on=CASE, how="left")
    cases = cases.merge(_means(inter, metric, "readers_readers"), on=CASE, how="left")
    values = means_by(main, CASE, shown)
    cases = cases.merge(values[[*CASE, *others]], on=CASE, how="left")
    cases = cases.merge(_lowest(main, inter, metric), on=CASE, how="left")
    cases = cases.merge(_status(main), on=CASE, how="left")
    cases["status"] = cases["status"].fillna(MISSING)
    cases["difference"] = orientation(metric) * (cases["auto_readers"] - cases["readers_readers"])
    ranked = cases["auto_readers" if len(auto) else "readers_readers"] * orientation(metric)
    first = cases["status"].isin([MISSING, FAILED, "empty_mask"]) & (len(auto) > 0)
    place = np.select([first, ranked.notna()], [0, 1], default=2)
    order = cases.assign(_place=place, _ranked=ranked).sort_values(["_place", "_ranked", *CASE])
    return CASES.table(order.reset_index(drop=True))


def _means(rows: pd.DataFrame, metric: str, name: str) -> pd.DataFrame:
    return means_by(rows, CASE, [metric]).rename(columns={metric: name})


def _lowest(main: pd.DataFrame, inter: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the pair of least agreement of each case: of `main` if it has one, else of `inter`."""
    names = []
    for rows in (main, inter):
        defined = rows[rows[metric].notna()]
        ordered = defined.assign(
            place=orientation(metric) * defined[metric],
            lowest_pair=defined["reader"] + "-" + defined["reference"],
        ).sort_values([*CASE, "place", "lowest_pair"])
        names.append(ordered.drop_duplicates(CASE)[[*CASE, "lowest_pair"]])
    return pd.concat(names).drop_duplicates(CASE)


def _status(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the status of each case: ``empty_mask`` before ``failed``, both before a reader's empty mask."""
    order = ["empty_mask", FAILED, "ok", "empty_reference", "both_empty"]
    ranks = rows.assign(rank=rows["status"].map(order.index))
    worst = ranks.groupby(CASE)["rank"].min().reset_index()
    return worst.assign(status=worst["rank"].map(order.__getitem__))[[*CASE, "status"]]
