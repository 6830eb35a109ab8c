"""Do hazard ratios stay the same over time? The assumption of Cox models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, rankdata

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.aalen_johansen import Steps
from nbradiomics.outcome.measures.arguments import Floats, Observed
from nbradiomics.outcome.solvers import NoMaximumError, RiskSets, survival_array
from nbradiomics.outcome.solvers.cox_likelihood import interaction_with_time
from nbradiomics.outcome.solvers.ordinary import OrdinaryFit, fit_ordinary

#: Name of the row of all columns together.
GLOBAL = "GLOBAL"
Transform: TypeAlias = Literal["km", "rank", "identity", "log"] | Callable[[Floats], npt.ArrayLike]


def proportional_hazards(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    columns: npt.ArrayLike | pd.DataFrame,
    *,
    terms: Sequence[str] | None = None,
    transform: Transform = "km",
) -> pd.DataFrame:
    """Test whether the hazard ratios of a Cox model stay the same over time.

    The model of the columns (ties by Efron's method) is compared with one in which the effect of a term also
    has a part that is proportional to a function g of time, by the score test. A small p value means that the
    effect changes with time: its hazard ratio is then an average over the follow-up.

    Parameters
    ----------
    time
        Times to the event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened, shape (subjects,).
    columns
        Columns of the model, shape (subjects, columns), such as numbers and indicators of all levels of a
        category but one. Subjects with a missing value are left out.
    terms
        Name of the term to which each column belongs, such as the category of its level. By default each
        column is a term, with the name of the column of a table, or its number from 1.
    transform
        g: ``km`` (1 - Kaplan-Meier survival just before the time, which few late times do not dominate),
        ``rank`` (of the time among all times), ``identity``, ``log``, or a function of an array of times.

    Returns
    -------
    pandas.DataFrame
        ``term, chi2, df, p``: a row for each term, in the order of the columns, and at the end ``GLOBAL`` for
        all of them together. chi2 and p are missing (nan) if there are too few different times of events.

    Raises
    ------
    InputError
        When the arguments do not fit each other, or the Cox model has no finite estimate: no event, a
        constant column, columns that depend on each other, or separated data.

    References
    ----------
    Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted residuals.
    Biometrika 1994;81:515-526. The score test itself, not its approximation by a constant variance, as in R's
    ``cox.zph`` since release 3.0 of the package survival.

    Examples
    --------
    >>> from lifelines.datasets import load_rossi
    >>> from nbradiomics.outcome.measures import proportional_hazards
    >>> rossi = load_rossi()
    >>> found = proportional_hazards(rossi["week"], rossi["arrest"], rossi[["fin", "age", "prio"]])
    >>> found.set_index("term")["p"].round(3).to_dict()
    {'fin': 0.801, 'age': 0.012, 'prio': 0.471, 'GLOBAL': 0.068}
    """
    values, names = _columns(columns, terms)
    subjects, x = Observed.of(time, event).of_known(values)
    fit = _fitted(subjects, x)
    sets = RiskSets.of(survival_array(subjects.time, subjects.event))
    scale = _scale(subjects, transform)[sets.order][sets.event]
    # Per standard deviation and from the mean: no test depends on it, and the numbers stay near 1.
    ordered = ((x - x.mean(axis=0)) / fit.spread)[sets.order]
    spread = float(scale.std()) or 1.0
    score, information = interaction_with_time(
        ordered, fit.coefficients * fit.spread, sets, (scale - scale.mean()) / spread
    )
    rows = []
    for term in [*dict.fromkeys(names), GLOBAL]:
        chosen = np.array([term in (name, GLOBAL) for name in names])
        statistic, free = _statistic(score, information, chosen), int(chosen.sum())
        rows.append((term, statistic, free, float(chi2.sf(statistic, free))))
    return pd.DataFrame(rows, columns=["term", "chi2", "df", "p"])


def _columns(
    columns: npt.ArrayLike | pd.DataFrame, terms: Sequence[str] | None
) -> tuple[Floats, tuple[str, ...]]:
    values = np.asarray(columns, dtype=np.float64)
    if values.ndim != 2 or not values.shape[1]:
        raise InputError(
            f"the columns have the shape {values.shape}.", "Give a table with a row for each subject."
        )
    if terms is None and isinstance(columns, pd.DataFrame):
        terms = [str(name) for name in columns.columns]
    names = tuple(map(str, range(1, values.shape[1] + 1)) if terms is None else terms)
    if len(names) != values.shape[1]:
        raise InputError(
            f"there are {len(names)} terms for {values.shape[1]} columns.", "Name the term of each column."
        )
    if GLOBAL in names:
        raise InputError(f"a term is called {GLOBAL}.", "Give it another name: all terms together have it.")
    return values, names


def _fitted(subjects: Observed, x: Floats) -> OrdinaryFit:
    remedy = "Leave out columns, or merge rare levels."
    if not subjects.event.any():
        raise InputError("no subject had the event.", "A test of hazards needs events.")
    if not np.isfinite(x).all():
        raise InputError("a value of the columns is infinite.", "Correct it, or make it missing.")
    try:
        fit = fit_ordinary(x, survival_array(subjects.time, subjects.event))
    except NoMaximumError as error:
        raise InputError(f"the Cox model of the columns has no solution: {error}.", remedy) from error
    if fit.endless.any():
        places = ", ".join(str(place + 1) for place in np.flatnonzero(fit.endless))
        raise InputError(f"the hazard ratio of column {places} has no finite estimate.", remedy)
    return fit


def _scale(subjects: Observed, transform: Transform) -> Floats:
    """Return g at the time of each subject, shape (subjects,)."""
    if transform == "km":
        return 1 - _survival_before(subjects)
    if transform == "rank":
        ranks: Floats = rankdata(subjects.time)
        return ranks
    named: dict[str, Callable[[Floats], Floats]] = {"identity": np.positive, "log": np.log}
    function = named.get(transform) if isinstance(transform, str) else transform
    if function is None:
        raise InputError(
            f"the transform {transform!r} is unknown.", "Give km, rank, identity, log or a function of time."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.asarray(function(subjects.time), dtype=np.float64)
    if scale.shape != subjects.time.shape or not np.isfinite(scale[subjects.event]).all():
        raise InputError("the transform has no finite value at the time of an event.", "Use another one.")
    return scale


def _survival_before(subjects: Observed) -> Floats:
    """Kaplan-Meier estimate just before the time of each subject, shape (subjects,)."""
    steps = Steps.of(subjects)
    survival: Floats = steps.before[np.searchsorted(steps.times, subjects.time)]
    return survival


def _statistic(score: Floats, information: Floats, chosen: np.ndarray) -> float:
    """Score test of the chosen changes with time; nan if they cannot be told from the effects themselves."""
    kept = np.r_[np.ones(len(score), dtype=bool), chosen]
    part = information[np.ix_(kept, kept)]
    if np.linalg.matrix_rank(part, hermitian=True) < len(part):
        return float("nan")
    u = np.r_[np.zeros(len(score)), score[chosen]]
    return float(u @ np.linalg.solve(part, u))
