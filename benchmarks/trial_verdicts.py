"""How often does the interval of a control's cost contain the truth, and how often is the verdict right?

    python -m benchmarks.trial_verdicts --cohorts 40 --jobs 2

The log hazard (log odds) depends on the volume, on a texture, or on both. The real features are the volume,
three of its near copies, and ten features of texture that go with the volume (correlation 0.5), three of
which carry the texture of the hazard; after shuffling the ten know nothing but the volume. The models are
ridge regressions (penalty 0.1) in compiled code, so that a cohort takes less than a second; folds,
samples, intervals and decisions are those of the package. The truth of a cost is the expected difference of
models of the size of a training part on new subjects.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import joblib
import numpy as np
from numba import njit
from scipy.special import expit

from benchmarks.interval_coverage import scale_of
from nbradiomics.outcome import OutcomeSettings, survival_array
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs
from nbradiomics.outcome.trial.decision import Estimate, above_chance, decide, margin_of
from nbradiomics.outcome.trial_schema import COSTS, GAINS, NO_COST, SMALL, WITHIN_MARGIN

SETS = ("real", "shuffled", "volume")
COPIES, TEXTURES, CARRYING = 3, 10, 3
NEW = 1500
SETTINGS = OutcomeSettings(repeats=5)
PENALTY = 0.1


@dataclass(frozen=True)
class Setting:
    """A kind of cohort: subjects, share of events, log hazard per SD of the volume and of the texture."""

    subjects: int
    share: float
    volume: float
    texture: float
    classes: bool = False


ALL = {
    "volume 1.2, 600 subjects, 300 events": Setting(600, 0.5, 1.2, 0.0),
    "volume 0.8, 120 subjects, 60 events": Setting(120, 0.5, 0.8, 0.0),
    "volume 0.8, 300 subjects, 150 events": Setting(300, 0.5, 0.8, 0.0),
    "texture 0.8, 120 subjects, 60 events": Setting(120, 0.5, 0.0, 0.8),
    "texture 0.8, 300 subjects, 60 events": Setting(300, 0.2, 0.0, 0.8),
    "texture 0.4, 300 subjects, 150 events": Setting(300, 0.5, 0.0, 0.4),
    "volume 0.8 and texture 0.4, 300 subjects, 150 events": Setting(300, 0.5, 0.8, 0.4),
    "volume 0.8, 60 subjects, 13 events": Setting(60, 0.22, 0.8, 0.0),
    "texture 0.8, 60 subjects, 13 events": Setting(60, 0.22, 0.0, 0.8),
    "texture 0.4, 120 subjects, 60 events": Setting(120, 0.5, 0.0, 0.4),
    "nothing, 120 subjects, 60 events": Setting(120, 0.5, 0.0, 0.0),
    "class: volume 0.8, 120 subjects, 60 positive": Setting(120, 0.5, 0.8, 0.0, classes=True),
    "class: texture 0.8, 120 subjects, 60 positive": Setting(120, 0.5, 0.0, 0.8, classes=True),
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
    return scale_of(lambda scale: cohort(setting, 20_000, scale, np.random.default_rng(99))[1], setting.share)


@njit(cache=False)
def cox(x: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:  # noqa: C901 - one loop
    """Coefficients of a ridge Cox model (Breslow's ties) by Newton's steps."""
    order = np.argsort(-time)
    x, time, event = x[order], time[order], event[order]
    n, p = x.shape
    beta = np.zeros(p)
    for _ in range(12):
        gradient, hessian = -n * PENALTY * beta, n * PENALTY * np.eye(p)
        weight = np.exp(x @ beta)
        s0, s1, s2, start = 0.0, np.zeros(p), np.zeros((p, p)), 0
        while start < n:
            end = start
            while end < n and time[end] == time[start]:
                s0 += weight[end]
                for i in range(p):
                    add = weight[end] * x[end, i]
                    s1[i] += add
                    for j in range(i + 1):
                        s2[i, j] += add * x[end, j]
                end += 1
            for k in range(start, end):
                if event[k]:
                    for i in range(p):
                        gradient[i] += x[k, i] - s1[i] / s0
                        for j in range(i + 1):
                            hessian[i, j] += s2[i, j] / s0 - s1[i] * s1[j] / s0**2
            start = end
        for i in range(p):
            for j in range(i):
                hessian[j, i] = hessian[i, j]
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-5:
            break
    return beta


@njit(cache=False)
def logistic(x: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Coefficients of a ridge logistic model, without those of the intercept, by Newton's steps."""
    n, p = x.shape
    both = np.ones((n, p + 1))
    both[:, :p] = x
    beta, ridge = np.zeros(p + 1), n * PENALTY * np.eye(p + 1)
    ridge[p, p] = 1e-8
    y = event.astype(np.float64)
    for _ in range(12):
        mean = 1 / (1 + np.exp(-(both @ beta)))
        weighted = both * (mean * (1 - mean)).reshape(-1, 1)
        step = np.linalg.solve(both.T @ weighted + ridge, both.T @ (y - mean) - ridge @ beta)
        beta += step
        if np.abs(step).max() < 1e-5:
            break
    return beta[:p].copy()


@njit(cache=False)
def order_of(x: np.ndarray, time: np.ndarray, event: np.ndarray, fold: np.ndarray, classes: bool) -> float:
    """C or ROC area of one cross-validation: pairs of held-out subjects of the same fold."""
    right, every = 0.0, 0.0
    for number in range(fold.max() + 1):
        train, test = fold != number, fold == number
        beta = logistic(x[train], event[train]) if classes else cox(x[train], time[train], event[train])
        risk, own, happened = x[test] @ beta, time[test], event[test]
        for i in range(len(own)):
            if not happened[i]:
                continue
            for j in range(len(own)):
                later = (
                    (not happened[j])
                    if classes
                    else (own[j] > own[i] or (own[j] == own[i] and not happened[j]))
                )
                if later:
                    every += 1
                    right += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    return right / every if every else np.nan


def scored(x: np.ndarray, y: np.ndarray, splits: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """C or ROC area of one cross-validation; the columns are standardised once."""
    fold = np.full(len(y), len(splits), dtype=np.int64)
    for number, (_, test) in enumerate(splits):
        fold[test] = number
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    if y.dtype.names:
        return float(order_of(x, y["time"], y["event"], fold, False))
    return float(order_of(x, np.zeros(len(y)), y, fold, True))


def truth(setting: Setting, scale: float, fits: int) -> dict[str, float]:
    """Expected score of each set for models of the size of a training part."""
    rng, found = np.random.default_rng([1, 2]), []
    size = setting.subjects * (SETTINGS.folds - 1) // SETTINGS.folds
    for _ in range(fits):
        sets, y = cohort(setting, size + NEW, scale, rng)
        found.append([on_new(sets[name], y, size) for name in SETS])
    return dict(zip(SETS, np.mean(found, axis=0).tolist(), strict=True))


def on_new(x: np.ndarray, y: np.ndarray, size: int) -> float:
    """Score of a model of the first subjects on all others."""
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    if y.dtype.names:
        beta = cox(x[:size], y["time"][:size], y["event"][:size])
        observed = Observed.of_outcome(y[size:])
    else:
        beta, observed = logistic(x[:size], y[:size]), Observed(2.0 - y[size:], y[size:])
    right, every = harrell_pairs(observed, x[size:] @ beta)
    return float(right / every)


def estimates(setting: Setting, scale: float, refits: int, seed: int) -> dict[str, Estimate]:
    """Score of the real features, and cost of the others, in one cohort."""
    rng = np.random.default_rng([seed, 7])
    sets, y = cohort(setting, setting.subjects, scale, rng)
    splits = make_splits(y, SETTINGS.changed(seed=seed))
    values = {name: np.array([scored(sets[name], y, folds) for folds in splits]) for name in SETS}
    drawn: dict[str, list[list[float]]] = {name: [] for name in SETS}
    for _ in range(refits):
        places = np.sort(rng.integers(len(y), size=len(y)))
        once = SETTINGS.changed(repeats=2, seed=int(rng.integers(2**31)))
        divided = make_splits(y[places], once, places)
        for name in SETS:
            drawn[name].append([scored(sets[name][places], y[places], folds) for folds in divided])
    samples = {name: np.array(rows) for name, rows in drawn.items()}
    real = refit_interval(values["real"], samples["real"], 0.95, bounded=True)
    result = {"real": Estimate(float(values["real"].mean()), *real)}
    for name in SETS[1:]:
        cost, of_samples = values["real"] - values[name], samples["real"] - samples[name]
        result[name] = Estimate(float(cost.mean()), *refit_interval(cost, of_samples, 0.95))
    return result


def rows(name: str, options: argparse.Namespace) -> None:
    """Print the rows of the table for one setting."""
    setting, start = ALL[name], time.process_time()
    scale = censoring_scale(setting)
    true = truth(setting, scale, options.fits)
    found = joblib.Parallel(options.jobs)(
        joblib.delayed(estimates)(setting, scale, options.refits, seed) for seed in range(options.cohorts)
    )
    decided = [
        {
            control: decide(one[control], margin_of(one["real"].value)) if above_chance(one["real"]) else None
            for control in SETS[1:]
        }
        for one in found
    ]
    within = [all(each[control] in WITHIN_MARGIN for control in SETS[1:]) for each in decided]
    both = 100 * np.mean(within)
    for control in SETS[1:]:
        cost = true["real"] - true[control]
        low, high = np.array([(one[control].low, one[control].high) for one in found]).T
        inside = 100 * ((low <= cost) & (cost <= high))[np.isfinite(low)].mean()
        shares = [
            100 * np.mean([each[control] == what for each in decided])
            for what in (COSTS, SMALL, NO_COST, GAINS)
        ]
        numbers = [np.mean([one[control].value for one in found]), inside, np.nanmean(high - low)]
        above = 100 * np.mean([above_chance(one["real"]) for one in found])
        print(
            f"| {name} | {control} | {true['real']:.3f} | {cost:.3f} | {numbers[0]:.3f} | {numbers[1]:.0f} "
            f"| {numbers[2]:.2f} | {above:.0f} | "
            + " | ".join(f"{each:.0f}" for each in shares)
            + (f" | {both:.0f} |" if control == "shuffled" else " | |"),
            flush=True,
        )
    print(f"<!-- {time.process_time() - start:.0f} s of processor time -->", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=40)
    parser.add_argument("--refits", type=int, default=50)
    parser.add_argument("--fits", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(
        "| log hazard | features | true C | true cost | mean | contain the truth [%] | width "
        '| above chance [%] | costs [%] | small cost [%] | no cost [%] | gains [%] | "volume" [%] |'
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in ALL:
        if options.only in name:
            rows(name, options)


if __name__ == "__main__":
    main()
