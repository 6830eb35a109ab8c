"""Does the interval of the needed agreement contain the truth?

    python -m benchmarks.needed_agreement --cohorts 200
    python -m benchmarks.needed_agreement --cohorts 200 --estimators all --needs 0.85
    python -m benchmarks.needed_agreement --lidc ../shared/data/lidc

A cohort has subjects with one or several pairs of masks. 1 - Dice of a pair is log-normal around 0.17 (most
pairs between 0.55 and 0.94), half of its variance between subjects. Given the Dice, the difference of the
feature is (size at this Dice) x (factor of the subject) x (normal or t-distributed variable), so that the
share of pairs within the limit at a Dice is known by integration over the factor, and with it the Dice at
which this share is 90 %. The size is

power   proportional to 1 - Dice
floor   as power, but it never falls below that of Dice 0.9: some difference is not one of overlap
heavy   (1 - Dice)^1.5, t-distributed with 4 degrees of freedom, factors that vary more
jump    small above a Dice of 0.8, six times as large below
weak    (1 - Dice)^0.4: the agreement hardly matters

The limit is given (`rc`), or estimated from the cohort with its bootstrap samples (`icc`). Estimators: local
(the one of the package), isotonic (isotonic regression without smoothing), logistic (logistic regression on
log(1 - Dice)), all with the same bootstrap samples and level.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm, t

from nbradiomics.reproducibility.needed_agreement import (
    NeededAgreementSettings,
    join_pairs,
    needed_agreement,
)
from nbradiomics.reproducibility.needed_agreement.feature_pairs import feature_pairs, in_order
from nbradiomics.reproducibility.needed_agreement.interval import draw_subjects, needed_interval, percentiles
from nbradiomics.reproducibility.needed_agreement.limits import RC_FACTOR, Spread, icc_limits
from nbradiomics.reproducibility.needed_agreement.local_share import crossings
from nbradiomics.tables import Rows

SETTINGS = NeededAgreementSettings(bootstraps=400)
LIMIT = RC_FACTOR / 3  # of an ICC of 0.9 if the subjects have a standard deviation of 1
SIZES = ((20, 3), (50, 1), (100, 1), (40, 6), (150, 6))
NORMAL = np.inf
#: Other cohorts than those on which the estimators were compared and the widening was chosen.
SEED = 2
SCALES: tuple[Literal["raw", "log"], ...] = ("raw", "log")


@dataclass(frozen=True)
class Kind:
    """How the differences depend on 1 - Dice: their size, the spread of the factors, degrees of freedom."""

    size: Callable[[np.ndarray], np.ndarray]
    spread: float = 0.3
    freedom: float = NORMAL

    def share(self, distance: float, scale: float) -> float:
        """Share of the pairs within the limit at this 1 - Dice."""
        factors = np.exp(self.spread * norm.ppf((np.arange(2000) + 0.5) / 2000))
        ratio = LIMIT / (scale * self.size(np.array(distance)) * factors)
        law = norm if self.freedom == NORMAL else t(self.freedom)
        return float(np.mean(2 * law.cdf(ratio) - 1))

    def scale_for(self, distance: float, share: float) -> float:
        """The scale at which the share is reached at this 1 - Dice."""
        return float(np.exp(brentq(lambda x: self.share(distance, np.exp(x)) - share, -10, 10)))


KINDS = {
    "power": Kind(lambda x: x),
    "floor": Kind(lambda x: np.hypot(x, 0.1)),
    "heavy": Kind(lambda x: x**1.5, 0.5, 4),
    "jump": Kind(lambda x: 0.2 + 1 / (1 + np.exp(-np.log(x / 0.2) / 0.15))),
    "weak": Kind(lambda x: x**0.4),
}


@dataclass(frozen=True)
class Pairs:
    """Pairs of a simulated cohort, the best Dice first."""

    dice: np.ndarray
    differences: np.ndarray
    means: np.ndarray
    subjects: np.ndarray


def draw_cohort(rng: np.random.Generator, kind: Kind, scale: float, size: tuple[int, int]) -> Pairs:
    """Draw the pairs of a cohort with this number of subjects and of pairs of each."""
    shape = subjects, pairs = size
    logs = np.log(0.17) + 0.35 * rng.normal(size=(subjects, 1)) + 0.35 * rng.normal(size=shape)
    distance = np.minimum(np.exp(logs), 0.95)
    factors = np.exp(kind.spread * rng.normal(size=(subjects, 1)))
    noise = rng.normal(size=shape) if kind.freedom == NORMAL else rng.standard_t(kind.freedom, size=shape)
    differences = np.abs(scale * kind.size(distance) * factors * noise)
    # The mean of two masks with independent errors has the error of half their difference.
    means = rng.normal(size=(subjects, 1)) + 0.5 * differences * rng.choice([-1, 1], size=shape)
    order = np.argsort(distance.ravel())
    index = np.repeat(np.arange(subjects), pairs)
    return Pairs(1 - distance.ravel()[order], differences.ravel()[order], means.ravel()[order], index[order])


def local(pairs: Pairs, inside: np.ndarray, draws: np.ndarray) -> tuple[float, float, float]:
    """The estimator of the package: needed Dice and its limits, infinite beyond the observed Dice."""
    found = needed_interval(pairs.dice, inside, pairs.subjects, draws, SETTINGS)
    low = -np.inf if np.isnan(found.low) else found.low
    high = np.inf if np.isnan(found.high) else found.high
    return -found.needed if np.isinf(found.needed) else found.needed, low, high


def isotonic(pairs: Pairs, inside: np.ndarray, draws: np.ndarray) -> tuple[float, float, float]:
    """Isotonic regression of the single pairs."""
    weights = draws[:, pairs.subjects]
    position = crossings(inside.astype(float), weights, SETTINGS.share)
    distance = 1 - pairs.dice
    values = np.where(
        np.isfinite(position), np.interp(position, np.arange(len(distance)), distance), position
    )
    return _as_dice(values, draws.shape[1])


def logistic(pairs: Pairs, inside: np.ndarray, draws: np.ndarray) -> tuple[float, float, float]:
    """Logistic regression on log(1 - Dice), with a slope that is not positive."""
    weights, z = draws[:, pairs.subjects], np.log(1 - pairs.dice)
    centre, unit = z.mean(), z.std()
    z = (z - centre) / unit
    a, b = np.full(len(draws), 1.0), np.full(len(draws), -1.0)
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(a[:, None] + b[:, None] * z, -30, 30)))
        error, curve = weights * (inside - p), weights * p * (1 - p) + 1e-9
        ga, gb = error.sum(1) - 1e-3 * a, error @ z - 1e-2 * b
        haa, hab, hbb = curve.sum(1) + 1e-3, curve @ z, curve @ z**2 + 1e-2
        determinant = haa * hbb - hab**2
        steps = np.array([hbb * ga - hab * gb, haa * gb - hab * ga]) / determinant
        steps /= np.maximum(np.abs(steps).max(axis=0), 1)
        a, b = a + steps[0], b + steps[1]
    overall = (weights * inside).sum(1) / weights.sum(1)
    logit = np.log(SETTINGS.share / (1 - SETTINGS.share))
    crossing = (logit - a) / np.where(b < -1e-6, b, -1)
    flat = np.where(overall >= SETTINGS.share, np.inf, -np.inf)
    outside = np.where(crossing > z.max(), np.inf, np.where(crossing < z.min(), -np.inf, 0))
    position = np.where(b < -1e-6, np.where(outside == 0, crossing, outside), flat)
    return _as_dice(np.exp(centre + unit * position), draws.shape[1])


def _as_dice(distances: np.ndarray, subjects: int) -> tuple[float, float, float]:
    better, worse = percentiles(distances[1:], subjects, SETTINGS.confidence)
    return 1 - float(distances[0]), 1 - worse, 1 - better


ESTIMATORS = {"local": local, "isotonic": isotonic, "logistic": logistic}


def simulate(
    names: list[str], kind: Kind, need: float, size: tuple[int, int], limit: str, cohorts: int
) -> Iterator[str]:
    """One cell of the table for each estimator."""
    scale = kind.scale_for(1 - need, SETTINGS.share)
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for number in range(cohorts):
        pairs = draw_cohort(np.random.default_rng([SEED, number, *size]), kind, scale, size)
        draws = draw_subjects(size[0], SETTINGS.bootstraps, number)
        spread = Spread(pairs.means, pairs.differences, pairs.subjects)
        limits = icc_limits(spread, draws, 0.9) if limit == "icc" else np.full(len(draws), LIMIT)
        inside = pairs.differences <= limits[:, None]
        for name in names:
            results[name].append(ESTIMATORS[name](pairs, inside, draws))
    for name, found in results.items():
        value, low, high = np.array(found).T
        covered = np.mean((low <= need) & (need <= high))
        width = np.median(np.clip(high, 0, 1) - np.clip(low, 0, 1))
        yield (
            f"{name} {100 * covered:.0f} (too low {100 * np.mean(high < need):.0f}); "
            f"{np.median(value):.3f}, width {width:.2f}"
        )


def coverage(names: list[str], needs: list[float], cohorts: int) -> None:
    """Print the table."""
    print("limit | subjects x pairs | differences | needed | coverage %, median estimate, median width")
    for limit in ("rc", "icc"):
        for size in SIZES:
            for name, kind in KINDS.items():
                for need in needs:
                    cells = " | ".join(simulate(names, kind, need, size, limit, cohorts))
                    print(f"{limit} | {size[0]} x {size[1]} | {name} | {need:.2f} | {cells}", flush=True)


def held_out(features: pd.DataFrame, pairs: pd.DataFrame, repeats: int = 20) -> None:
    """Does the needed Dice of half of the patients hold for the others? Prints the shares of their pairs."""
    settings = NeededAgreementSettings(metrics=("dice",), bootstraps=100)
    patients = features["subject"].str.extract(r"(LIDC-IDRI-\d+)")[0]
    names, rng, near, above = patients.unique(), np.random.default_rng(0), [], []
    for _ in range(repeats):
        half = patients.isin(rng.permutation(names)[: len(names) // 2])
        mine = pairs["subject"].isin(features.loc[half, "subject"])
        found = needed_agreement(features[half], pairs[mine], settings=settings).table
        others = join_pairs(features[~half], pairs[~mine], Rows(), settings)
        for row in found[found["reached"] == "inside"].to_dict("records"):
            held = in_order(others, feature_pairs(others, row["feature"], "raw"), "dice")
            within = held.differences <= row["limit"]
            near.append(within[np.abs(held.agreement - row["needed"]) < 0.03].mean())
            above.append(within[held.agreement >= row["needed"]].mean())
    print(f"other patients, Dice within 0.03 of the needed one: {100 * np.mean(near):.1f} % within the limit")
    print(f"other patients, Dice above the needed one: {100 * np.mean(above):.1f} % within the limit")


def lidc(folder: Path) -> None:
    """Print the needed agreement of the shape features of real readers."""
    import tempfile

    from nbradiomics.agreement.cohort import compare_cohort
    from nbradiomics.features.cohort import extract_cohort

    cohort = folder / "cohort.csv"
    with tempfile.TemporaryDirectory() as place:
        parameters = Path(place) / "shape.yaml"
        parameters.write_text("imageType: {Original: {}}\nfeatureClass: {shape: }\n", encoding="utf-8")
        features = extract_cohort(cohort, params=parameters).table
    pairs = compare_cohort(cohort).table
    held_out(features, pairs)
    for scale in SCALES:
        started = time.perf_counter()
        table = needed_agreement(features, pairs, settings=NeededAgreementSettings(scale=scale)).table
        print(f"scale {scale}: {time.perf_counter() - started:.1f} s for {len(table)} rows")
        columns = ["feature", "metric", "needed", "low", "high", "reached", "within", "limit", "reason"]
        print(table[columns].round(3).to_string(index=False))


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=200)
    parser.add_argument("--estimators", choices=["local", "all"], default="local")
    parser.add_argument("--needs", type=float, nargs="+", default=[0.72, 0.85, 0.9])
    parser.add_argument("--lidc", type=Path)
    options = parser.parse_args()
    if options.lidc:
        lidc(options.lidc)
        return
    started = time.perf_counter()
    names = list(ESTIMATORS) if options.estimators == "all" else ["local"]
    coverage(names, options.needs, options.cohorts)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
