"""How often do the intervals of `outcome/drawing` contain the truth?

    python -m benchmarks.drawing_coverage --cohorts 200 --jobs 2

Two readers measure the features of `interval_coverage` with errors of their own; a ridge model (penalty 0.1:
Cox, two Cox models with competing events, logistic for two classes) is fitted to the values of one, and used
with those of the other. Two intervals are judged: that of the loss in C or ROC area (the same models and
bootstrap samples for both readers; everything fitted again), whose truth is the expected loss of models of
the size of a training part on 1,500 new subjects; and Wilson's interval of the share of subjects who change
their risk group (most frequent of 5 repeats, cut at the training median; of classes at the share of the
training subjects), or are not in the same group with both and a third reader like the second, whose truth is
the mean share over all cohorts. Splits, samples, majority and intervals are those of the package.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import joblib
import numpy as np
from scipy.stats import binomtest
from threadpoolctl import threadpool_limits

from benchmarks.interval_coverage import (
    NEW,
    SETTINGS,
    Setting,
    censoring_scale,
    cohort,
    coverage_cells,
    fitted,
    incidence_of,
    print_table,
)
from nbradiomics.errors import InputError
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.drawing.risks import most_frequent
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs
from nbradiomics.outcome.refits import draw_sample
from nbradiomics.outcome.solvers import has_competing, likelihood_of

SMALL, LARGE = Setting(60, 0.22, 10, 1.2), Setting(120, 0.5, 10, 1.2)
#: Competing events have half the hazard of the events: beside 60 of them fewer subjects have this event.
COMPETING = [replace(one, competing=True) for one in (SMALL, replace(LARGE, share=0.4))]
CLASSES = [replace(one, classes=True) for one in (SMALL, LARGE)]
Split = tuple[np.ndarray, np.ndarray]
#: Gives the risks of subjects with these values, shape (subjects,).
Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Readers:
    """A cohort, and the standard deviation of each reader's error, in those of a feature."""

    setting: Setting
    first: float
    second: float


ALL = {
    "alike, 13 events": Readers(SMALL, 0.3, 0.3),
    "alike, 60 events": Readers(LARGE, 0.3, 0.3),
    "second worse, 13 events": Readers(SMALL, 0.1, 1.0),
    "second worse, 60 events": Readers(LARGE, 0.1, 1.0),
    "second is noise, 60 events": Readers(LARGE, 0.1, 5.0),
    "competing, alike, 13 events": Readers(COMPETING[0], 0.3, 0.3),
    "competing, second worse, 48 events": Readers(COMPETING[1], 0.1, 1.0),
    "classes, alike, 13 positive": Readers(CLASSES[0], 0.3, 0.3),
    "classes, second worse, 13 positive": Readers(CLASSES[0], 0.1, 1.0),
    "classes, second worse, 60 positive": Readers(CLASSES[1], 0.1, 1.0),
}


def measured(
    readers: Readers, subjects: int, scale: float, rng: np.random.Generator
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Draw the values of both readers, standardised by the first, the outcome, and the true values."""
    x, y = cohort(readers.setting, subjects, scale, rng)
    values = x[:, 1:]
    errors = (readers.first, readers.second)
    return [with_error(values, sd, readers, rng) for sd in errors], y, values


def with_error(values: np.ndarray, sd: float, readers: Readers, rng: np.random.Generator) -> np.ndarray:
    """Values of a reader with an error, on the scale of the first reader."""
    found: np.ndarray = (values + sd * rng.normal(size=values.shape)) / np.sqrt(1 + readers.first**2)
    return found


def model_of(x: np.ndarray, y: np.ndarray, end: float) -> tuple[Predict, float]:
    """Fit a model: what predicts the risks, and the risk that divides the groups."""
    if y.dtype.names and has_competing(y):
        predict = incidence_of(x, y, end)
        return predict, float(np.median(predict(x)))
    beta = fitted(x, y)
    if y.dtype.names:
        return lambda new: new @ beta, float(np.median(x @ beta))
    # The class is chosen whose probability is the largest multiple of its share.
    seen, share = x @ beta, y.mean()
    intercept = (likelihood_of(y).with_intercept(seen) - seen)[0]
    return lambda new: new @ beta + intercept, float(np.log(share / (1 - share)))


def observed(y: np.ndarray) -> Observed:
    """Times and events of the subjects; classes are ordered as times."""
    return Observed.of_outcome(y) if y.dtype.names else Observed(2.0 - y, y)


def validated(
    values: Sequence[np.ndarray], y: np.ndarray, folds: Sequence[Split], end: float
) -> tuple[np.ndarray, np.ndarray]:
    """C with the values of each reader by models of the first, and the groups, shape (readers, subjects)."""
    pairs, groups = np.zeros((len(values), 2)), np.full((len(values), len(y)), np.nan)
    for train, test in folds:
        predict, cutoff = model_of(values[0][train], y[train], end)
        for reader, of_reader in enumerate(values):
            risk = predict(of_reader[test])
            pairs[reader] += harrell_pairs(observed(y[test]), risk)
            groups[reader, test] = risk > cutoff
    return np.divide(pairs[:, 0], pairs[:, 1], out=np.full(len(pairs), np.nan), where=pairs[:, 1] > 0), groups


def end_of(readers: Readers, scale: float) -> float:
    """Time at which incidences are compared, as in the package: four of five are observed no longer."""
    _, y = cohort(readers.setting, 50_000, scale, np.random.default_rng(3))
    return float(np.quantile(y["time"], 0.8)) if y.dtype.names else 0.0


def truth(readers: Readers, scale: float, end: float, fits: int) -> float:
    """Expected loss of models of the size of a training part."""
    rng, losses = np.random.default_rng([1, 2]), []
    size = readers.setting.subjects * (SETTINGS.folds - 1) // SETTINGS.folds
    for _ in range(fits):
        values, y, _ = measured(readers, size, scale, rng)
        new, outcome, _ = measured(readers, NEW, scale, rng)
        both = [np.vstack(pair) for pair in zip(values, new, strict=True)]
        split = np.arange(size), np.arange(size, size + NEW)
        c, _ = validated(both, np.concatenate([y, outcome]), [split], end)
        losses.append(c[0] - c[1])
    return float(np.mean(losses))


def one_cohort(readers: Readers, scale: float, end: float, refits: int, seed: int) -> tuple[float, ...]:
    """Loss with its interval, and share of changed groups with its interval."""
    with threadpool_limits(limits=1):
        rng = np.random.default_rng([seed, 7])
        values, y, true = measured(readers, readers.setting.subjects, scale, rng)
        settings = SETTINGS.changed(seed=seed)
        third = with_error(true, readers.second, readers, np.random.default_rng([seed, 8]))
        found = [validated([*values, third], y, folds, end) for folds in make_splits(y, settings)]
        losses = np.array([c[0] - c[1] for c, _ in found])
        samples = np.full((refits, 2), np.nan)
        for number in range(refits):
            places, once = draw_sample(len(y), settings, number + 1)
            drawn, outcome = [of_reader[places] for of_reader in values], y[places]
            try:
                splits = make_splits(outcome, once, places.astype(str))
            except (InputError, ValueError):
                continue
            scores = [validated(drawn, outcome, folds, end)[0] for folds in splits]
            samples[number] = [c[0] - c[1] for c in scores]
        group, _ = most_frequent(np.stack([groups for _, groups in found]))
        low, high = refit_interval(losses, samples, 0.95)
        return (
            *(float(losses.mean()), low, high),
            *share_with_limits(group[0] != group[1]),
            *share_with_limits((group != group[0]).any(axis=0)),
        )


def share_with_limits(changed: np.ndarray) -> tuple[float, float, float]:
    """Share of the subjects, with Wilson's interval."""
    limits = binomtest(int(changed.sum()), len(changed)).proportion_ci(0.95, method="wilson")
    return float(changed.mean()), float(limits.low), float(limits.high)


def rows(name: str, options: argparse.Namespace) -> str:
    """Rows of the table for one setting."""
    readers, start = ALL[name], time.perf_counter()
    scale = censoring_scale(readers.setting)
    end = end_of(readers, scale)
    expected = truth(readers, scale, end, options.fits)
    found = np.array(
        joblib.Parallel(options.jobs)(
            joblib.delayed(one_cohort)(readers, scale, end, options.refits, seed)
            for seed in range(options.cohorts)
        )
    ).T
    lines = []
    order = "ROC area" if readers.setting.classes else "C"
    for score, true, (value, low, high) in (
        (f"loss in {order}", expected, found[:3]),
        ("share of changed groups", float(found[3].mean()), found[3:6]),
        ("share with any of three", float(found[6].mean()), found[6:]),
    ):
        if not np.isfinite(low).any():  # without samples
            continue
        chance = 0.0 if score.startswith("loss") else None
        lines.append(f"| {name} | {score} | {coverage_cells(true, value, low, high, chance)}")
    print("\n".join(lines), f"<!-- {time.perf_counter() - start:.0f} s -->", sep="\n", flush=True)
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    columns = (
        "| setting | interval | truth | mean | contain the truth [%] | wholly above 0 [%] | width | none |"
    )
    print_table(__doc__, columns, ALL, rows)


if __name__ == "__main__":
    main()
