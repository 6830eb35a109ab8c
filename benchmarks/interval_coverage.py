"""How often do the intervals of a cross-validation contain the truth?

    python -m benchmarks.interval_coverage --cohorts 200 --jobs 2

The truth is what the interval speaks of: the expected score of the procedure, fitted to as many subjects as a
training part has, on new subjects (100 fits, 1,500 new subjects each). Cohorts have 13 or 60 events, 10 to
100 independent features of which three carry the signal, and one covariate; the models are ridge Cox, or for
classes ridge logistic, regressions (penalty 0.1 for features and covariate) without filters, so that a cohort
takes seconds. A competing event has half the hazard, and hangs on the first of the three. Splits, scores,
samples and intervals are those of the package.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import joblib
import numpy as np
from scipy.special import expit
from threadpoolctl import threadpool_limits

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, survival_array
from nbradiomics.outcome.cause_specific import FEWEST_COMPETING
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.measures import brier_score
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.dynamic_auc import auc_pairs
from nbradiomics.outcome.measures.harrell import harrell_pairs, repeated_c
from nbradiomics.outcome.solvers import (
    Hazard,
    NoMaximumError,
    fit_ridge,
    has_competing,
    likelihood_of,
    predicted_incidence,
    predicted_survival,
    strata,
)

NEW = 1500
SETTINGS = OutcomeSettings(repeats=5)
MODELS = ("clinical", "radiomic", "combined")
SCORES = ("C", "ROC area", "Brier")


@dataclass(frozen=True)
class Setting:
    """A kind of cohort: subjects, share of events, features, spread of their log hazard or log odds."""

    subjects: int
    share: float
    features: int
    effect: float
    classes: bool = False
    competing: bool = False


ALL = {
    "noise, 13 events, 100 features": Setting(60, 0.22, 100, 0.0),
    "noise, 60 events, 10 features": Setting(120, 0.5, 10, 0.0),
    "weak, 13 events, 10 features": Setting(60, 0.22, 10, 0.5),
    "weak, 60 events, 100 features": Setting(120, 0.5, 100, 0.5),
    "strong, 13 events, 10 features": Setting(60, 0.22, 10, 1.2),
    "strong, 60 events, 50 features": Setting(120, 0.5, 50, 1.2),
    "competing, noise, 13 events, 10 features": Setting(60, 0.22, 10, 0.0, competing=True),
    "competing, strong, 60 events, 10 features": Setting(120, 0.5, 10, 1.2, competing=True),
    "classes, noise, 13 positive, 100 features": Setting(60, 0.22, 100, 0.0, classes=True),
    "classes, weak, 60 positive, 100 features": Setting(120, 0.5, 100, 0.5, classes=True),
    "classes, strong, 13 positive, 10 features": Setting(60, 0.22, 10, 1.2, classes=True),
}


def cohort(
    setting: Setting, subjects: int, scale: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw columns (the covariate first) and outcome; `scale` is that of the censoring, or of the odds."""
    x = rng.normal(size=(subjects, 1 + setting.features))
    eta = 0.5 * x[:, 0] + setting.effect * x[:, 1:4].sum(axis=1) / np.sqrt(3)
    if setting.classes:
        return x, rng.random(subjects) < expit(eta + np.log(scale))
    event, end = rng.exponential(np.exp(-eta)), rng.exponential(scale, subjects)
    if setting.competing:
        other = rng.exponential(2 * np.exp(-0.5 * x[:, 1]))
        first = np.minimum(np.minimum(event, other), end)
        return x, survival_array(first + 1e-9, first == event, first == other)
    return x, survival_array(np.minimum(event, end) + 1e-9, event <= end)


def censoring_scale(setting: Setting) -> float:
    """Find the scale of the censoring, or of the odds, that gives the share of events."""
    return scale_of(lambda scale: cohort(setting, 50_000, scale, np.random.default_rng(99))[1], setting.share)


def scale_of(outcomes: Callable[[float], np.ndarray], share: float) -> float:
    """Find the scale at which many subjects have a share of events, by halving on the logarithm."""
    low, high = 1e-3, 1e3
    for _ in range(40):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if strata(outcomes(middle)).mean() < share else (low, middle)
    return float(middle)


def columns(model: str, x: np.ndarray) -> np.ndarray:
    """Columns of a model."""
    return {"clinical": x[:, :1], "radiomic": x[:, 1:], "combined": x}[model]


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of a ridge Cox model; 0 where a column does not vary or there is no maximum."""
    beta, varies = np.zeros(x.shape[1]), np.ptp(x, axis=0) > 0
    with suppress(NoMaximumError, ValueError):
        beta[varies] = fit_ridge(x[:, varies], y, np.full(varies.sum(), 0.1))
    return beta


def incidence_of(x: np.ndarray, y: np.ndarray, end: float) -> Callable[[np.ndarray], np.ndarray]:
    """Fit two Cox models, one of the competing event; what predicts the incidence at `end` of others."""
    other = survival_array(y["time"], y["competing"])
    gamma = fitted(x, other) if other["event"].sum() >= FEWEST_COMPETING else np.zeros(x.shape[1])
    parts = [(Hazard.of(of, x @ slope), slope) for of, slope in ((y, fitted(x, y)), (other, gamma))]

    def predict(new: np.ndarray) -> np.ndarray:
        risks = [(hazard, new @ slope) for hazard, slope in parts]
        return predicted_incidence(*risks, np.array([end]))[:, 0]

    return predict


def judged(
    own: np.ndarray,
    y: np.ndarray,
    split: tuple[np.ndarray, np.ndarray],
    horizon: float,
    *,
    alone: bool = False,
) -> dict[str, tuple[float, float]]:
    """Fit a model to the training subjects, and give each score of the others: numerator, denominator.

    `alone`: the censoring is that of the others, not of the training subjects.
    """
    train, test = split
    beta = fitted(own[train], y[train])
    risk, seen = own[test] @ beta, own[train] @ beta
    if not y.dtype.names:
        intercept = (likelihood_of(y[train]).with_intercept(seen) - seen)[0]
        loss = ((expit(risk + intercept) - y[test]) ** 2).sum()
        return {
            "ROC area": harrell_pairs(Observed(2.0 - y[test], y[test]), risk),
            "Brier": (float(loss), len(test)),
        }
    unseen = Observed.of_outcome(y[test])
    training = unseen if alone else Observed.of_outcome(y[train])
    if has_competing(y):
        risk = incidence_of(own[train], y[train], horizon)(own[test])
        survival = 1 - risk[:, None]
    else:
        survival = predicted_survival(y[train], seen, risk, np.array([horizon]))
    weights = (training.time, ~training.censored)
    known = (unseen.time, unseen.event, survival, [horizon], weights, unseen.competing)
    loss = brier_score(*known)[0] * len(test)
    return {
        "C": harrell_pairs(unseen, risk),
        "ROC area": auc_pairs(unseen, risk, horizon, training),
        "Brier": (float(loss), len(test)),
    }


def cross_validated(
    x: np.ndarray,
    y: np.ndarray,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    horizon: float,
    *,
    alone: bool = False,
) -> dict[tuple[str, str], float]:
    """Scores of one cross-validation."""
    found = {}
    for model in MODELS:
        parts = [judged(columns(model, x), y, split, horizon, alone=alone) for split in splits]
        for score in parts[0]:
            above, below = np.sum([part[score] for part in parts], axis=0)
            found[model, score] = above / below if below else np.nan
    order = "C" if y.dtype.names else "ROC area"
    found["combined", f"gain in {order}"] = found["combined", order] - found["clinical", order]
    return found


def truth(setting: Setting, scale: float, horizon: float, fits: int) -> dict[tuple[str, str], float]:
    """Expected scores of models of the size of a training part."""
    rng, found = np.random.default_rng([1, 2]), []
    size = setting.subjects * (SETTINGS.folds - 1) // SETTINGS.folds
    split = np.arange(size), np.arange(size, size + NEW)
    for _ in range(fits):
        x, y = cohort(setting, size, scale, rng)
        new, outcome = cohort(setting, NEW, scale, rng)
        both = np.vstack([x, new]), np.concatenate([y, outcome])
        found.append(cross_validated(*both, [split], horizon, alone=True))
    return {key: float(np.mean([one[key] for one in found])) for key in found[0]}


def intervals(
    setting: Setting, scale: float, horizon: float, refits: int, seed: int
) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Value and interval of each score in one cohort; `plain C` without refitting."""
    with threadpool_limits(limits=1):
        rng = np.random.default_rng([seed, 7])
        x, y = cohort(setting, setting.subjects, scale, rng)
        splits = make_splits(y, SETTINGS.changed(seed=seed))
        values = [cross_validated(x, y, folds, horizon) for folds in splits]
        samples = []
        for _ in range(refits):
            places = np.sort(rng.integers(len(y), size=len(y)))
            settings = SETTINGS.changed(repeats=2, seed=int(rng.integers(2**31)))
            try:
                samples.append(
                    [
                        cross_validated(x[places], y[places], folds, horizon)
                        for folds in make_splits(y[places], settings, places)
                    ]
                )
            except (InputError, ValueError):  # a sample with too few events
                continue
        result = {}
        for key in values[0]:
            base = np.array([one[key] for one in values])
            drawn = np.array([[one[key] for one in sample] for sample in samples])
            low, high = refit_interval(base, drawn, 0.95, bounded="gain" not in key[1])
            result[key] = (float(base.mean()), low, high)
        order = "C" if y.dtype.names else "ROC area"
        if not setting.competing:
            result["radiomic", f"plain {order}"] = _plain(x, y, splits, rng)
        return result


def _plain(
    x: np.ndarray,
    y: np.ndarray,
    splits: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
    rng: np.random.Generator,
) -> tuple[float, float, float]:
    """Percentile interval of C from draws of the predictions."""
    own = columns("radiomic", x)
    risks, folds = np.zeros((len(splits), len(y))), np.zeros((len(splits), len(y)), dtype=int)
    for repeat, parts in enumerate(splits):
        for number, (train, test) in enumerate(parts):
            risks[repeat, test] = own[test] @ fitted(own[train], y[train])
            folds[repeat, test] = number
    weights = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=500).astype(float)
    time, event = (y["time"], y["event"]) if y.dtype.names else (2.0 - y, y)
    draws = repeated_c(time, event, risks, weights, folds)
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return float("nan"), float(low), float(high)


def row(name: str, options: argparse.Namespace) -> str:
    """Rows of the table for one setting."""
    setting, start = ALL[name], time.perf_counter()
    scale = censoring_scale(setting)
    _, many = cohort(setting, 50_000, scale, np.random.default_rng(3))
    horizon = 0.0 if setting.classes else float(np.median(many["time"][many["event"]]))
    expected = truth(setting, scale, horizon, options.fits)
    found = joblib.Parallel(options.jobs)(
        joblib.delayed(intervals)(setting, scale, horizon, options.refits, seed)
        for seed in range(options.cohorts)
    )
    lines = []
    order = "ROC area" if setting.classes else "C"
    scores = SCORES[1:] if setting.classes else SCORES
    plain = () if setting.competing else (f"plain {order}",)
    shown = [("radiomic", score) for score in (*plain, *scores)]
    shown.append(("combined", f"gain in {order}"))
    for model, score in shown:
        true = expected[model, score.removeprefix("plain ")]
        value, low, high = np.array([one[model, score] for one in found]).T
        chance = 0.0 if "gain" in score else None if score == "Brier" else 0.5
        lines.append(f"| {name} | {model}, {score} | {coverage_cells(true, value, low, high, chance)}")
    print("\n".join(lines), f"<!-- {time.perf_counter() - start:.0f} s -->", sep="\n", flush=True)
    return "\n".join(lines)


def coverage_cells(
    true: float, value: np.ndarray, low: np.ndarray, high: np.ndarray, chance: float | None
) -> str:
    """Cells of a row: truth, mean, how many intervals contain it and lie above chance, width, none."""
    known = np.isfinite(low)
    inside = ((low <= true) & (true <= high))[known].mean()
    above = "" if chance is None else f"{100 * (low[known] > chance).mean():.1f}"
    return (
        f"{true:.3f} | {np.mean(value):.3f} | {100 * inside:.1f} | {above} "
        f"| {np.mean((high - low)[known]):.2f} | {int((~known).sum())} |"
    )


def main() -> None:
    """Print the table."""
    print_table(
        __doc__,
        "| setting | score | truth | mean | inside [%] | wholly above chance [%] | width | none |",
        ALL,
        row,
    )


def print_table(
    about: str, columns: str, names: Iterable[str], row: Callable[[str, argparse.Namespace], object]
) -> None:
    """Print a table with the rows of each setting that the command line asks for."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--cohorts", type=int, default=200)
    parser.add_argument("--refits", type=int, default=50)
    parser.add_argument("--fits", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(columns)
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name in names:
        if options.only in name:
            row(name, options)


if __name__ == "__main__":
    main()
