"""Coverage of the intervals of reproducibility, and how many planted features are kept, by simulation.

    nice -n 15 python -m benchmarks.icc_coverage > coverage.md

Ratings are subject + reader + error, all normal, with a total variance of 1; readers are drawn anew for every
simulated feature. The page `docs/reproducibility.md` shows the printed tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.stats import f as f_distribution

from nbradiomics.reproducibility import icc
from nbradiomics.reproducibility.statistics.bland_altman import FACTOR, limits_of_agreement
from nbradiomics.reproducibility.statistics.bootstrap import bootstrap_limits
from nbradiomics.reproducibility.statistics.concordance import concordance
from nbradiomics.reproducibility.statistics.generalised import generalised_ratio
from nbradiomics.reproducibility.statistics.mean_squares import mean_squares
from nbradiomics.reproducibility.statistics.one_way import one_way_icc
from nbradiomics.reproducibility.statistics.within_subject import REPEATABILITY, within_subject

SUBJECTS = (15, 30, 50, 100)
READERS = (2, 3, 5, 10)
#: Variance of the readers, as a multiple of the error variance.
DIFFERENCES = (0.0, 0.25, 1.0, 3.0)
#: Share of the variance that is neither of subjects nor of readers.
ERROR = 0.1
THRESHOLD = 0.75
GOOD = 10 / 11


def simulated(
    rng: np.random.Generator, count: int, n: int, k: int, difference: float, error: float = ERROR
) -> tuple[np.ndarray, np.ndarray]:
    """Ratings, shape (count, n, k), and the readers' deviations, shape (count, 1, k)."""
    subject = np.sqrt(1 - error - difference * error) * rng.standard_normal((count, n, 1))
    readers = np.sqrt(difference * error) * rng.standard_normal((count, 1, k))
    return subject + readers + np.sqrt(error) * rng.standard_normal((count, n, k)), readers


def covered(low: np.ndarray, high: np.ndarray, truth: np.ndarray | float) -> float:
    """Share of the intervals that contain the truth."""
    return float(np.mean((low <= truth) & (truth <= high)))


def coverage(rng: np.random.Generator, count: int, n: int, k: int, difference: float) -> Iterator[float]:
    """Coverage of each interval, in the order of `COLUMNS`."""
    ratings, readers = simulated(rng, count, n, k, difference)
    spread = readers.var(axis=(1, 2), ddof=1)
    of_subjects = 1 - ERROR - difference * ERROR
    these = of_subjects / (of_subjects + ERROR + spread)
    everyone = of_subjects
    agreement = icc(ratings)
    general = icc(ratings, readers_in_general=True)
    consistency, ccc = icc(ratings, "C,1"), concordance(ratings)
    exchangeable = simulated(rng, count, n, k, 0.0)[0]
    one_way = icc(exchangeable, "1")
    yield covered(agreement.low, agreement.high, these)
    yield covered(agreement.low, agreement.high, everyone)
    yield covered(general.low, general.high, everyone)
    yield covered(consistency.low, consistency.high, of_subjects / (of_subjects + ERROR))
    yield covered(one_way.low, one_way.high, 1 - ERROR)
    yield of_unequal_numbers(exchangeable) if k > 2 else float("nan")
    yield covered(ccc.low, ccc.high, these)
    within = within_subject(ratings)
    yield covered(within.rc_low, within.rc_high, REPEATABILITY * np.sqrt(ERROR + spread))
    everyone = REPEATABILITY * np.sqrt(ERROR * (1 + difference))
    yield covered(within.rc_low, within.rc_high, everyone)
    low, high = generalised_ratio(mean_squares(ratings, np.ones((count, n), dtype=bool)), 0.95)
    yield covered(within.rc * np.sqrt(low), within.rc * np.sqrt(high), everyone)
    if k == 2:
        limits = limits_of_agreement(ratings)
        upper = readers[:, 0, 0] - readers[:, 0, 1] + FACTOR * np.sqrt(2 * ERROR)
        yield covered(limits.loa_high_low, limits.loa_high_high, upper)
    else:
        yield float("nan")


def of_unequal_numbers(ratings: np.ndarray) -> float:
    """Coverage of the one-way interval if subject i has 2 to k values."""
    _, n, k = ratings.shape
    missing = np.arange(k) >= 2 + np.arange(n)[:, np.newaxis] % (k - 1)
    estimate, _ = one_way_icc(np.where(missing, np.nan, ratings))
    return covered(estimate.low, estimate.high, 1 - ERROR)


COLUMNS = (
    "ICC(A,1), F, these readers",
    "ICC(A,1), F, readers in general",
    "ICC(A,1), generalised, readers in general",
    "ICC(C,1)",
    "ICC(1)",
    "ICC(1), unequal numbers",
    "CCC, these readers",
    "`rc`, these readers",
    "`rc`, readers in general",
    "`rc`, generalised, readers in general",
    "limit of agreement, these readers",
)


def expected_rate(n: int, k: int, truth: float) -> float:
    """Share of features with this ICC whose lower one-way limit reaches the threshold: exact, by theory."""
    freedom = (n - 1, n * (k - 1))

    def ratio(value: float) -> float:
        return 1 + k * value / (1 - value)

    return float(
        f_distribution.sf(f_distribution.ppf(0.975, *freedom) * ratio(THRESHOLD) / ratio(truth), *freedom)
    )


def kept_rates(
    rng: np.random.Generator, count: int, n: int, k: int, truth: float, difference: float
) -> tuple[float, ...]:
    """Share of planted features that are kept: one-way, agreement (F), agreement (generalised).

    The planted features have this ICC(A,1) between readers in general.
    """
    error = (1 - truth) / (1 + difference)
    ratings, _ = simulated(rng, count, n, k, difference, error)
    results = (icc(ratings, "1"), icc(ratings), icc(ratings, readers_in_general=True))
    return tuple(float(np.mean(one.low >= THRESHOLD)) for one in results)


#: Spread of the logarithm of a skewed feature: 0.3 like a diameter, 1 like a volume.
SKEWED = (0.3, 0.6, 1.0)


def skewed_rows(rng: np.random.Generator, count: int) -> Iterator[tuple[str, ...]]:
    """Coverage, and share of lower limits above the truth, if the logarithms of the ratings are normal.

    Subjects have 90 % of the variance of the logarithm, and readers do not differ.
    """
    for spread in SKEWED:
        truth = float(np.expm1(0.9 * spread**2) / np.expm1(spread**2))
        for n in (30, 100):
            for k in (2, 3):
                logs = spread * simulated(rng, count, n, k, 0.0)[0]
                ratings = np.exp(logs)
                agreement, ccc, of_logs = icc(ratings), concordance(ratings), icc(logs)
                drawn = bootstrap_limits(ratings[: count // 2], "A,1", 0.95, 500)["icc"]
                pairs = [(agreement.low, agreement.high), drawn, (ccc.low, ccc.high)]
                shown = [*((low, high, truth) for low, high in pairs), (of_logs.low, of_logs.high, 0.9)]
                rates = (
                    f"{percent(covered(low, high, value))} ({percent(float(np.mean(low > value)))})"
                    for low, high, value in shown
                )
                yield f"{spread:g}", str(n), str(k), f"{truth:.3f}", *rates


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    """Print a table of Markdown, row by row."""
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
    print()


def percent(value: float) -> str:
    """A share in per cent with one decimal; empty if there is none."""
    return "" if np.isnan(value) else f"{100 * value:.1f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=4000, help="simulated features for each row")
    count = parser.parse_args().features
    table(
        ("readers", "reader variance", "subjects", *COLUMNS),
        (
            (
                str(k),
                f"{difference:g}",
                str(n),
                *map(percent, coverage(np.random.default_rng([k, n, 1]), count, n, k, difference)),
            )
            for k in READERS
            for difference in DIFFERENCES
            for n in SUBJECTS
        ),
    )
    head = ("readers", "reader variance", "subjects", "true ICC", "ICC(1) by theory")
    kept = kept_rows(np.random.default_rng(2), count)
    table((*head, "ICC(1)", "ICC(A,1), F", "ICC(A,1), generalised"), kept)
    head = ("reader variance", "subjects", "bias", "`rc_log`", "p of proportional bias below 0.05")
    table(head, two_reader_rows(np.random.default_rng(3), count))
    head = ("spread of the logarithm", "subjects", "readers", "true ICC", "ICC(A,1), F", "ICC(A,1), BCa")
    skewed = skewed_rows(np.random.default_rng(1), count)
    table((*head, "CCC", "ICC(A,1) of the logarithm, F"), skewed)


def kept_rows(rng: np.random.Generator, count: int) -> Iterator[tuple[str, ...]]:
    """Rows of the table of planted features."""
    for truth in (GOOD, THRESHOLD):
        for difference in (0.0, 0.25):
            for n in (30, 100):
                for k in READERS:
                    theory = percent(expected_rate(n, k, truth)) if difference == 0 else ""
                    rates = kept_rates(rng, count, n, k, truth, difference)
                    yield str(k), f"{difference:g}", str(n), f"{truth:.3f}", theory, *map(percent, rates)


def two_reader_rows(rng: np.random.Generator, count: int) -> Iterator[tuple[str, ...]]:
    """Coverage of the bias and of `rc_log` for two given readers, and the level of the test."""
    for difference in DIFFERENCES:
        for n in SUBJECTS:
            ratings, readers = simulated(rng, count, n, 2, difference)
            limits = limits_of_agreement(ratings)
            bias = covered(limits.bias_low, limits.bias_high, readers[:, 0, 0] - readers[:, 0, 1])
            ratio = np.exp(REPEATABILITY * np.sqrt(ERROR + readers.var(axis=(1, 2), ddof=1)))
            within = within_subject(np.exp(ratings))
            shares = bias, covered(within.rc_log_low, within.rc_log_high, ratio)
            level = float(np.mean(limits.proportional_p < 0.05))
            yield f"{difference:g}", str(n), *map(percent, (*shares, level))


if __name__ == "__main__":
    main()
