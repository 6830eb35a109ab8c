"""Columns that may be the outcome under another name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from nbradiomics.clinical.oddities import words_of
from nbradiomics.outcome.concordance import comparable_pairs
from nbradiomics.tables import is_pyradiomics_name

#: A C-index beyond this on either side, or a rank correlation with time or event, is too good to be true.
TOO_GOOD = 0.95
#: Fewer subjects or comparable pairs reach such values by chance.
FEWEST_SUBJECTS, FEWEST_PAIRS = 10, 50
SUSPICION_REMEDY = (
    "Leave it out unless it was known at the scan: no figure of a model that sees the outcome means anything."
)
#: What names of endpoints begin with, and what may stick to it without a break: futime, osdays, dfsevent.
_ENDPOINT = r"(?:os|pfs|efs|dfs|rfs|lfs|mfs|dmfs|dss|css|pfi|dfi|ttp|fup?|surv|vital|follow)"
_ENDING = r"(?:time|days?|weeks?|months?|years?|events?|stat(?:us)?|cens|free)"
#: Words of a name, and parts of words, that speak of an outcome. A word of time alone may be one of an age.
_WORDS = re.compile(rf"{_ENDPOINT}{_ENDING}?|(?!seven|prevent)\w*event\w*|\w*dead|died|outcome|status|alive")
_TIMES = re.compile(r"(?!age|some)(?:\w{2,})?(?:time|days|months)|times|day")
_PARTS = re.compile(
    r"death|deceas|surviv|relaps|recurr|progressi|progressed|follow[^a-z]?up|censor|last[^a-z]?(?:seen|contact)"
)


def suspicions(
    frame: pd.DataFrame, y: np.ndarray, categorical: Collection[str] = (), *, time: str, event: str
) -> dict[str, list[str]]:
    """Columns that may hold the outcome, with the reasons in words.

    A warning only: a name may mislead, and chance may order few subjects.

    Parameters
    ----------
    frame
        Features and covariates, one row per subject.
    y
        Endpoint as :func:`nbradiomics.outcome.survival_array` shapes it, in the order of `frame`.
    categorical
        Columns of `frame` that are categories; their levels are ordered by their rate of events.
    time, event
        Names of the endpoint's columns, for the words.
    """
    earlier, later = np.nonzero(comparable_pairs(y["time"], y["event"]))
    endpoint = {time: y["time"], event: y["event"].astype(np.float64)}
    found = {}
    for place, name in enumerate(map(str, frame.columns)):
        column = frame.iloc[:, place]
        values = _rates(column, y) if name in categorical else column.to_numpy(dtype=np.float64)
        reasons = [*name_reasons(name), *_concordant(values, earlier, later), *_ordered(values, endpoint)]
        if reasons:
            found[name] = reasons
    return found


def name_reasons(name: str) -> Iterator[str]:
    """Why a column's name speaks of an outcome: none for PyRadiomics' features, and for an age in days.

    An age at death or at the event is an outcome like any other time of it.
    """
    if is_pyradiomics_name(name):
        return
    words, parts = words_of(name), _PARTS.findall(name.casefold())
    said = [word for word in words if _WORDS.fullmatch(word)]
    if "age" not in words or parts or said:
        said += [word for word in words if _TIMES.fullmatch(word)]
    if parts or said:
        yield f"its name says {', '.join(map(repr, dict.fromkeys([*parts, *said])))}"


def suspicion_text(name: str, reasons: Collection[str]) -> str:
    """The warning about one column."""
    return f"{name} may be the outcome under another name: {'; '.join(reasons)}."


def _rates(column: pd.Series, y: np.ndarray) -> np.ndarray:
    """Events per time of each subject's level."""
    sums = pd.DataFrame({"level": column.to_numpy(), "event": y["event"].astype(float), "time": y["time"]})
    totals = sums.groupby("level")[["event", "time"]].sum()
    rates: np.ndarray = sums["level"].map(totals["event"] / totals["time"]).to_numpy(dtype=np.float64)
    return rates


def _concordant(values: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> Iterator[str]:
    both = np.isfinite(values[earlier]) & np.isfinite(values[later])
    if both.sum() < FEWEST_PAIRS:
        return
    one, other = values[earlier[both]], values[later[both]]
    c = float(((one > other) + 0.5 * (one == other)).mean())
    if max(c, 1 - c) > TOO_GOOD:
        yield f"by itself it has a Harrell's C of {c:.3f}"


def _ordered(values: np.ndarray, endpoint: Mapping[str, np.ndarray]) -> Iterator[str]:
    known = np.isfinite(values)
    for name, outcome in endpoint.items():
        if known.sum() < FEWEST_SUBJECTS or not np.ptp(values[known]) or not np.ptp(outcome[known]):
            continue
        rho = float(np.corrcoef(rankdata(values[known]), rankdata(outcome[known]))[0, 1])
        if abs(rho) > TOO_GOOD:
            yield f"its rank correlation with {name} is {rho:.3f}"
