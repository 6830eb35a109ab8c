"""Columns that may be the outcome under another name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import rankdata

from nbradiomics.clinical.oddities import words_of
from nbradiomics.outcome.measures.harrell import comparable_pairs
from nbradiomics.outcome.solvers import has_competing, judged_classes, survival_array
from nbradiomics.tables import is_feature_name

#: A C-index above this (or below 1 minus this), or such a rank correlation, is too good to be true.
TOO_GOOD = 0.95
#: Fewer subjects or comparable pairs reach such values by chance.
FEWEST_SUBJECTS, FEWEST_PAIRS = 10, 50
SUSPICION_REMEDY = (
    "Leave it out unless it was known at the scan: results of a model that sees the outcome mean nothing."
)
#: Levels in the order of an outcome are no chance if fewer permutations than this share have such an order.
BY_CHANCE = 1e-6
#: Columns with more levels than this share of the subjects are amounts, which a rank correlation judges.
_MOST_LEVELS = 0.8
#: Beginnings of endpoint names, and endings that may follow directly: futime, osdays, dfsevent.
_ENDPOINT = r"(?:os|pfs|efs|dfs|rfs|lfs|mfs|dmfs|dss|css|pfi|dfi|ttp|fup?|surv|vital|follow)"
_ENDING = r"(?:time|days?|weeks?|months?|years?|events?|stat(?:us)?|cens|free)"
#: Words of a name, and parts of words, that suggest an outcome. A word of time alone may be part of an age.
_WORDS = re.compile(rf"{_ENDPOINT}{_ENDING}?|(?!seven|prevent)\w*event\w*|\w*dead|died|outcome|status|alive")
_TIMES = re.compile(r"(?!age|some)(?:\w{2,})?(?:time|days|months)|times|day")
_PARTS = re.compile(
    r"death|deceas|surviv|relaps|recurr|progressi|progressed|follow[^a-z]?up|censor|last[^a-z]?(?:seen|contact)"
)


def suspicions(
    frame: pd.DataFrame, y: np.ndarray, categorical: Collection[str] = (), *, time: str, event: str
) -> dict[str, list[str]]:
    """Find the columns that may contain the outcome, with the reasons in words.

    This is only a warning: a name may mislead, and few subjects may be in this order by chance.

    Parameters
    ----------
    frame
        Features and covariates, one row per subject.
    y
        Endpoint as :func:`nbradiomics.outcome.survival_array` shapes it, in the order of `frame`.
    categorical
        Columns of `frame` that are categories; their levels are ordered by their rate of events.
    time, event
        Names of the endpoint's columns, for the text.
    """
    endpoint = {time: y["time"], event: y["event"].astype(np.float64)}
    outcomes = [y]
    if has_competing(y) and y["competing"].any():
        endpoint[f"the competing event of {event}"] = y["competing"].astype(np.float64)
        outcomes.append(survival_array(y["time"], y["competing"]))
    found = _suspicions(frame, outcomes, "Harrell's C", categorical, endpoint)
    for place, name in enumerate(map(str, frame.columns)):
        reasons = [] if name in found else list(_coarse(frame.iloc[:, place], y, time))
        if reasons:
            found[name] = reasons
    return found


def class_suspicions(
    frame: pd.DataFrame, y: np.ndarray, categorical: Collection[str] = ()
) -> dict[str, list[str]]:
    """Find the columns that may contain the class, as `suspicions` does; `y` is the number of the class."""
    of_classes = [
        survival_array(np.where(y == each, 1, 2), y == each) for each in judged_classes(np.unique(y).tolist())
    ]
    return _suspicions(frame, of_classes, "ROC area", categorical, {})


def _suspicions(
    frame: pd.DataFrame,
    outcomes: Sequence[np.ndarray],
    measure: str,
    categorical: Collection[str],
    endpoint: Mapping[str, np.ndarray],
) -> dict[str, list[str]]:
    pairs = [np.nonzero(comparable_pairs(y["time"], y["event"])) for y in outcomes]
    suspicious = {}
    for place, name in enumerate(map(str, frame.columns)):
        column = frame.iloc[:, place]
        reasons = [*name_reasons(name)]
        for y, (earlier, later) in zip(outcomes, pairs, strict=True):
            values = _rates(column, y) if name in categorical else column.to_numpy(dtype=np.float64)
            reasons += [*_concordant(values, earlier, later, measure), *_ordered(values, endpoint)]
        if reasons:
            suspicious[name] = reasons
    return suspicious


def name_reasons(name: str) -> Iterator[str]:
    """Say why a column's name suggests an outcome; nothing for PyRadiomics features or an age in days.

    An age at death or at the event is an outcome, like any other time of an event.
    """
    if is_feature_name(name):
        return
    words, parts = words_of(name), _PARTS.findall(name.casefold())
    matches = [word for word in words if _WORDS.fullmatch(word)]
    if "age" not in words or parts or matches:
        matches += [word for word in words if _TIMES.fullmatch(word)]
    if parts or matches:
        yield f"its name contains {', '.join(map(repr, dict.fromkeys([*parts, *matches])))}"


def suspicion_text(name: str, reasons: Collection[str]) -> str:
    """Return the warning about one column."""
    return f"{name} may be the outcome under another name: {'; '.join(reasons)}."


def _coarse(column: pd.Series, y: np.ndarray, time: str) -> Iterator[str]:
    """Say whether the levels are intervals of the time, among all subjects or among those with the event.

    A rounded time, its quartiles, or a time that only subjects with the event have, need not order all
    subjects well.
    """
    event = y["event"]
    for who, rows in (("", np.ones(len(y), dtype=bool)), (" of the subjects with the event", event)):
        if _are_intervals(column.to_numpy()[rows], y["time"][rows]):
            yield f"its levels are intervals of {time}{who}"
            return
    if pd.api.types.is_numeric_dtype(column):
        of_events = {f"{time} of the subjects with the event": y["time"][event]}
        yield from _ordered(column.to_numpy(dtype=np.float64)[event], of_events)


def _are_intervals(levels: np.ndarray, times: np.ndarray) -> bool:
    """Whether the times of different levels do not overlap, and by no chance."""
    known = ~pd.isna(levels)
    if len(pd.unique(levels[known])) > _MOST_LEVELS * known.sum():
        return False
    table = pd.DataFrame({"level": levels[known], "time": times[known]})
    parts = table.groupby("level")["time"].agg(["min", "max", "size"]).sort_values(["min", "max"])
    if len(parts) < 2 or (parts["max"].to_numpy()[:-1] > parts["min"].to_numpy()[1:]).any():
        return False
    # Permutations of the subjects in which each level is an interval: every order of the levels, and of the
    # subjects inside each.
    chance = gammaln(len(parts) + 1) + gammaln(parts["size"] + 1).sum() - gammaln(len(table) + 1)
    return bool(chance < np.log(BY_CHANCE))


def _rates(column: pd.Series, y: np.ndarray) -> np.ndarray:
    """Events per time of each subject's level."""
    sums = pd.DataFrame({"level": column.to_numpy(), "event": y["event"].astype(float), "time": y["time"]})
    totals = sums.groupby("level")[["event", "time"]].sum()
    rates: np.ndarray = sums["level"].map(totals["event"] / totals["time"]).to_numpy(dtype=np.float64)
    return rates


def _concordant(values: np.ndarray, earlier: np.ndarray, later: np.ndarray, measure: str) -> Iterator[str]:
    both = np.isfinite(values[earlier]) & np.isfinite(values[later])
    if both.sum() < FEWEST_PAIRS:
        return
    one, other = values[earlier[both]], values[later[both]]
    c = float(((one > other) + 0.5 * (one == other)).mean())
    if max(c, 1 - c) > TOO_GOOD:
        yield f"by itself it has a {measure} of {c:.3f}"


def _ordered(values: np.ndarray, endpoint: Mapping[str, np.ndarray]) -> Iterator[str]:
    known = np.isfinite(values)
    for name, outcome in endpoint.items():
        if known.sum() < FEWEST_SUBJECTS or not np.ptp(values[known]) or not np.ptp(outcome[known]):
            continue
        rho = float(np.corrcoef(rankdata(values[known]), rankdata(outcome[known]))[0, 1])
        if abs(rho) > TOO_GOOD:
            yield f"its rank correlation with {name} is {rho:.3f}"
