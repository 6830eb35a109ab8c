"""How often does the interval of a control's cost contain the truth, and how often is the verdict right?

    python -m benchmarks.trial_verdicts --cohorts 100 --jobs 2

The log hazard (log odds) depends on the volume, on a texture, or on both. The real features are the volume,
five of its near copies, and 20 features of texture that go with the volume (correlation 0.5), three of which
carry the texture of the hazard; after shuffling the 20 know nothing but the volume. The models are ridge
regressions as in `interval_coverage`, so that a cohort takes seconds; splits, samples, scores, intervals and
decisions are those of the package. The truth of a cost is the expected difference of models of the size of a
training part on new subjects (100 fits, 1,500 new subjects each).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import joblib
import numpy as np
from scipy.special import expit
from threadpoolctl import threadpool_limits

from benchmarks.interval_coverage import NEW, SETTINGS, fitted
from nbradiomics.errors import InputError
from nbradiomics.outcome import survival_array
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs
from nbradiomics.outcome.solvers import strata
from nbradiomics.outcome.trial.decision import Estimate, above_chance, decide, margin_of
from nbradiomics.outcome.trial_schema import COSTS, GAINS, NO_COST

SETS = ("real", "shuffled", "volume")
COPIES, TEXTURES, CARRYING = 5, 20, 3


@dataclass(frozen=True)
class Setting:
    """A kind of cohort: subjects, share of events, log hazard per SD of the volume and of the texture."""

    subjects: int
    share: float
    volume: float
    texture: float
    classes: bool = False


ALL = {
    "nothing, 120 subjects, 60 events": Setting(120, 0.5, 0.0, 0.0),
    "volume 0.8, 60 subjects, 13 events": Setting(60, 0.22, 0.8, 0.0),
    "volume 0.8, 120 subjects, 60 events": Setting(120, 0.5, 0.8, 0.0),
    "volume 0.8, 300 subjects, 60 events": Setting(300, 0.2, 0.8, 0.0),
    "volume 0.8, 300 subjects, 150 events": Setting(300, 0.5, 0.8, 0.0),
    "texture 0.4, 120 subjects, 60 events": Setting(120, 0.5, 0.0, 0.4),
    "texture 0.4, 300 subjects, 60 events": Setting(300, 0.2, 0.0, 0.4),
    "texture 0.4, 300 subjects, 150 events": Setting(300, 0.5, 0.0, 0.4),
    "texture 0.8, 60 subjects, 13 events": Setting(60, 0.22, 0.0, 0.8),
    "texture 0.8, 120 subjects, 60 events": Setting(120, 0.5, 0.0, 0.8),
    "texture 0.8, 300 subjects, 60 events": Setting(300, 0.2, 0.0, 0.8),
    "texture 0.8, 300 subjects, 150 events": Setting(300, 0.5, 0.0, 0.8),
    "volume 0.8 and texture 0.4, 120 subjects, 60 events": Setting(120, 0.5, 0.8, 0.4),
    "volume 0.8 and texture 0.4, 300 subjects, 150 events": Setting(300, 0.5, 0.8, 0.4),
    "class: volume 0.8, 120 subjects, 60 positive": Setting(120, 0.5, 0.8, 0.0, classes=True),
    "class: texture 0.8, 120 subjects, 60 positive": Setting(120, 0.5, 0.0, 0.8, classes=True),
    "class: texture 0.8, 60 subjects, 13 positive": Setting(60, 0.22, 0.0, 0.8, classes=True),
}


def cohort(
    setting: Setting, subjects: int, scale: float, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw the columns of each set, shape (subjects, columns), and the outcome."""
    volume, texture = rng.normal(size=(2, subjects))
    copies = 0.95 * volume[:, None] + np.sqrt(1 - 0.95**2) * rng.normal(size=(subjects, COPIES))
    own, destroyed = rng.normal(size=(2, subjects, TEXTURES))
    own[:, :CARRYING] = 0.7 * texture[:, None] + np.sqrt(1 - 0.7**2) * own[:, :CARRYING]
    kept = np.column_stack([volume, copies])
    sets = {
        name: np.hstack([kept, 0.5 * volume[:, None] + np.sqrt(0.75) * rest])
        for name, rest in (("real", own), ("shuffled", destroyed))
    }
    sets["volume"] = volume[:, None]
    eta = setting.volume * volume + setting.texture * texture
    if setting.classes:
        return sets, rng.random(subjects) < expit(eta + np.log(scale))
    event, end = rng.exponential(np.exp(-eta)), rng.exponential(scale, subjects)
    return sets, survival_array(np.minimum(event, end) + 1e-9, event <= end)


def censoring_scale(setting: Setting) -> float:
    """Find the scale of the censoring, or of the odds, that gives the share of events."""
    low, high = 1e-3, 1e3
    for _ in range(40):
        middle = np.sqrt(low * high)
        _, y = cohort(setting, 20_000, middle, np.random.default_rng(99))
        low, high = (middle, high) if strata(y).mean() < setting.share else (low, middle)
    return float(middle)


def order_of(x: np.ndarray, y: np.ndarray, splits: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """C or ROC area of one cross-validation."""
    pairs = []
    for train, test in splits:
        risk = x[test] @ fitted(x[train], y[train])
        observed = Observed.of_outcome(y[test]) if y.dtype.names else Observed(2.0 - y[test], y[test])
        pairs.append(harrell_pairs(observed, risk))
    right, every = np.sum(pairs, axis=0)
    return float(right / every) if every else np.nan


def truth(setting: Setting, scale: float, fits: int) -> dict[str, float]:
    """Expected score of each set for models of the size of a training part."""
    rng, found = np.random.default_rng([1, 2]), []
    size = setting.subjects * (SETTINGS.folds - 1) // SETTINGS.folds
    split = [(np.arange(size), np.arange(size, size + NEW))]
    for _ in range(fits):
        sets, y = cohort(setting, size + NEW, scale, rng)
        found.append([order_of(sets[name], y, split) for name in SETS])
    return dict(zip(SETS, np.mean(found, axis=0).tolist(), strict=True))


def estimates(setting: Setting, scale: float, refits: int, seed: int) -> dict[str, Estimate]:
    """Score of the real features, and cost of the others, in one cohort."""
    with threadpool_limits(limits=1):
        rng = np.random.default_rng([seed, 7])
        sets, y = cohort(setting, setting.subjects, scale, rng)
        splits = make_splits(y, SETTINGS.changed(seed=seed))
        values = {name: np.array([order_of(sets[name], y, folds) for folds in splits]) for name in SETS}
        drawn: dict[str, list[list[float]]] = {name: [] for name in SETS}
        for _ in range(refits):
            places = np.sort(rng.integers(len(y), size=len(y)))
            once = SETTINGS.changed(repeats=2, seed=int(rng.integers(2**31)))
            try:
                divided = make_splits(y[places], once, places)
                found = {
                    name: [order_of(sets[name][places], y[places], folds) for folds in divided]
                    for name in SETS
                }
            except (InputError, ValueError):  # a sample with too few events
                continue
            for name in SETS:
                drawn[name].append(found[name])
        samples = {name: np.array(rows) for name, rows in drawn.items()}
        real = refit_interval(values["real"], samples["real"], 0.95, bounded=True)
        result = {"real": Estimate(float(values["real"].mean()), *real)}
        for name in SETS[1:]:
            cost, of_samples = values["real"] - values[name], samples["real"] - samples[name]
            result[name] = Estimate(float(cost.mean()), *refit_interval(cost, of_samples, 0.95))
        return result


def rows(name: str, options: argparse.Namespace) -> None:
    """Print the rows of the table for one setting."""
    setting, start = ALL[name], time.perf_counter()
    scale = censoring_scale(setting)
    true = truth(setting, scale, options.fits)
    found = joblib.Parallel(options.jobs)(
        joblib.delayed(estimates)(setting, scale, options.refits, seed) for seed in range(options.cohorts)
    )
    tried = [one for one in found if above_chance(one["real"])]
    for control in SETS[1:]:
        cost = true["real"] - true[control]
        low, high = np.array([(one[control].low, one[control].high) for one in found]).T
        known = np.isfinite(low)
        inside = 100 * ((low <= cost) & (cost <= high))[known].mean()
        decided = [decide(one[control], margin_of(one["real"].value)) for one in tried]
        shares = [100 * decided.count(each) / len(found) for each in (COSTS, NO_COST, GAINS)]
        mean = np.mean([one[control].value for one in found])
        print(
            f"| {name} | {control} | {true['real']:.3f} | {cost:.3f} | {mean:.3f} | {inside:.0f} "
            f"| {np.mean((high - low)[known]):.2f} | {100 * len(tried) / len(found):.0f} | "
            + " | ".join(f"{each:.0f}" for each in shares)
            + " |"
        )
    print(f"<!-- {time.perf_counter() - start:.0f} s -->", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=100)
    parser.add_argument("--refits", type=int, default=50)
    parser.add_argument("--fits", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(
        "| setting | control | true C | true cost | mean | contain the truth [%] | width | above chance [%] "
        "| costs [%] | no cost [%] | gains [%] |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in ALL:
        if options.only in name:
            rows(name, options)


if __name__ == "__main__":
    main()
