"""How many subjects a prediction model needs: the criteria of Riley et al.

Three criteria, of which the largest number counts:

1. small overfitting: the expected shrinkage of the coefficients is `shrinkage` (0.9) or more;
2. small optimism: apparent and adjusted R2 of Nagelkerke differ by 0.05 or less;
3. a precise overall risk: its 95 % interval is the estimate plus or minus 0.05 or less.

References
----------
Riley RD, Snell KIE, Ensor J, et al. Minimum sample size for developing a multivariable prediction model: part
II, binary and time-to-event outcomes. Statistics in Medicine 2019;38:1276-1296.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, log

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted

#: Share of the largest possible R2 that is assumed where nothing is known (Riley et al. 2020, BMJ 368:m441).
ASSUMED_SHARE = 0.15
OPTIMISM = 0.05
MARGIN = 0.05
_NORMAL = 1.96


@dataclass(frozen=True)
class SampleSize:
    """Number of subjects that a model needs.

    Attributes
    ----------
    parameters
        Number of candidate columns.
    r2
        R2 of Cox and Snell that the model is expected to reach.
    largest_r2
        Its largest possible value for this outcome.
    shrinkage, optimism, overall_risk
        Subjects that each criterion needs.
    events
        Expected events among `subjects`.
    """

    parameters: int
    r2: float
    largest_r2: float
    shrinkage: int
    optimism: int
    overall_risk: int
    events: int

    @property
    def subjects(self) -> int:
        """Subjects that all criteria need."""
        return max(self.shrinkage, self.optimism, self.overall_risk)


def sample_size_survival(
    parameters: int,
    rate: float,
    mean_follow_up: float,
    *,
    r2: float | None = None,
    timepoint: float | None = None,
    shrinkage: float = 0.9,
) -> SampleSize:
    """Subjects that a model of survival needs.

    Parameters
    ----------
    parameters
        Number of candidate columns, 1 or more: features and covariates before any selection, and a level of
        a category each.
    rate
        Events over the sum of all times, in any unit of time, above 0.
    mean_follow_up
        Mean time of the subjects, in the same unit.
    r2
        R2 of Cox and Snell that the model is expected to reach. None assumes 15 % of its largest value, with
        time in units of the mean follow-up, so that the choice of a unit changes nothing.
    timepoint
        Time of the overall risk, in the same unit. None uses the mean follow-up.
    shrinkage
        Smallest expected shrinkage, 0 to 1.

    Returns
    -------
    SampleSize

    Raises
    ------
    InputError
        When a value is out of its range, or `r2` is not possible.

    Examples
    --------
    >>> from nbradiomics.outcome.sample_size import sample_size_survival
    >>> sample_size_survival(25, rate=0.065, mean_follow_up=2.07, r2=0.051, timepoint=2).subjects
    4286
    """
    _require(rate > 0 < mean_follow_up, "the rate or the follow-up is not above 0", "Give both in one unit.")
    unit = mean_follow_up if r2 is None else 1.0
    null = rate * mean_follow_up * (log(rate * unit) - 1)
    largest = _largest(null)
    when = mean_follow_up if timepoint is None else timepoint
    risk = 1 - exp(-rate * when)
    # The rates at which the risk is further away by the margin.
    limits = [-log(1 - moved) / when for moved in (risk - MARGIN, risk + MARGIN) if 0 < moved < 1]
    nearest = min((abs(limit - rate) for limit in limits), default=rate)
    overall = (_NORMAL / nearest) ** 2 * rate / mean_follow_up
    return _sizes(parameters, r2, largest, shrinkage, overall, rate * mean_follow_up)


def sample_size_binary(
    parameters: int, prevalence: float, *, r2: float | None = None, shrinkage: float = 0.9
) -> SampleSize:
    """Subjects that a model of a binary outcome needs.

    Parameters
    ----------
    parameters
        Number of candidate columns, 1 or more.
    prevalence
        Share of subjects with the outcome, between 0 and 1.
    r2
        R2 of Cox and Snell that the model is expected to reach. None assumes 15 % of its largest value.
    shrinkage
        Smallest expected shrinkage, 0 to 1.

    Returns
    -------
    SampleSize

    Raises
    ------
    InputError
        When a value is out of its range, or `r2` is not possible.

    Examples
    --------
    >>> from nbradiomics.outcome.sample_size import sample_size_binary
    >>> sample_size_binary(24, prevalence=0.174, r2=0.288).subjects
    662
    """
    _require(0 < prevalence < 1, f"the prevalence is {prevalence:g}", "Give a share between 0 and 1.")
    null = prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
    overall = (_NORMAL / MARGIN) ** 2 * prevalence * (1 - prevalence)
    return _sizes(parameters, r2, _largest(null), shrinkage, overall, prevalence)


def size_sentence(size: SampleSize, shrinkage: float) -> str:
    """Return the number of subjects, what it assumes, and the events among them, in a sentence."""
    columns, events = counted(size.parameters, "candidate column"), counted(size.events, "event")
    return (
        f"A model with {columns} needs {size.subjects} subjects with about {events}: "
        f"shrinkage {shrinkage:g}, R2 of Cox and Snell {size.r2:.3f} of at most {size.largest_r2:.3f} "
        "(Riley et al. 2019)."
    )


def _largest(null: float) -> float:
    """Largest R2 of Cox and Snell, from the log likelihood of the model without columns, per subject."""
    return 1 - exp(2 * null)


def _sizes(
    parameters: int,
    r2: float | None,
    largest: float,
    shrinkage: float,
    overall: float,
    events_per_subject: float,
) -> SampleSize:
    _require(parameters >= 1, f"there are {parameters} candidate columns", "Give 1 or more.")
    expected = ASSUMED_SHARE * largest if r2 is None else r2
    _require(0 < shrinkage < 1, f"the shrinkage is {shrinkage:g}", "Give a number between 0 and 1.")
    _require(
        0 < expected < min(largest, shrinkage),
        f"an R2 of {expected:g} is not possible: here it is above 0 and below {min(largest, shrinkage):.3g}",
        "Give the R2 of Cox and Snell.",
    )
    by_optimism = expected / (expected + OPTIMISM * largest)
    needed = (
        _subjects(parameters, expected, shrinkage),
        _subjects(parameters, expected, by_optimism),
        ceil(overall),
    )
    events = ceil(max(needed) * events_per_subject)
    return SampleSize(parameters, expected, largest, *needed, events)


def _subjects(parameters: int, r2: float, shrinkage: float) -> int:
    return ceil(parameters / ((shrinkage - 1) * log(1 - r2 / shrinkage)))


def _require(fine: bool, problem: str, remedy: str) -> None:
    if not fine:
        raise InputError(f"{problem}.", remedy)
