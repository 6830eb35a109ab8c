"""How often does the test of the added value find something where there is nothing?

    nice -n 19 python -m benchmarks.added_value_level --cohorts 300

Features go with a covariate (correlation 0, 0.5, 0.8) that goes with the outcome (log hazard, or log odds, of
0.8 per standard deviation), and say nothing else, so the hypothesis is true and a p of 0.05 or less should
come in 5 % of the cohorts. Settings with `effect` break it and show the power. Half of the subjects have the
event. Models are ridge Cox (or logistic) regressions, penalty 0.3 of features and 0.1 of covariates, in one
cross-validation of three folds, so that a cohort takes a tenth of a second. The permutations are those of the
package; a test ends as soon as p must come out above 0.05 (2 of 39 permutations, or 5 of 99, reach the gain).

Other tests, for comparison: `plain`: residuals are permuted without projection (of features as they are);
`rows`: the features of whole subjects are permuted as they are; `outcome`: the outcomes are permuted, and the
gain of each permutation is taken; `Wald`: one-sided test of the out-of-fold score of the combined model
beside the covariate, in a regression without penalty.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from nbradiomics.outcome import OutcomeSettings, survival_array
from nbradiomics.outcome.conditional import ConditionalFeatures
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs
from nbradiomics.outcome.solvers import fit_ridge, likelihood_of, strata
from nbradiomics.outcome.yeo_johnson import YeoJohnson

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Setting:
    """A kind of cohort; `kind` says how the features depend on the covariate, and on what the hazard does."""

    subjects: int = 60
    features: int = 10
    rho: float = 0.8
    kind: str = "normal"
    effect: float = 0.0
    covariates: int = 1
    classes: bool = False

    @property
    def name(self) -> str:
        """Say what differs from the default."""
        parts = [f"{self.kind}, {self.subjects} subjects, {self.features} features, rho {self.rho:g}"]
        parts += [f"{self.covariates} covariates"] if self.covariates > 1 else []
        parts += ["classes"] if self.classes else []
        return ", ".join([*parts, *([f"effect {self.effect:g}"] if self.effect else [])])


LINEAR = [
    Setting(subjects, features, rho, kind)
    for kind, sizes in (("normal", (60, 120)), ("log-normal", (60,)))
    for subjects in sizes
    for features in (10, 50)
    for rho in (0.0, 0.5, 0.8)
]
OTHER = [
    Setting(covariates=10),
    Setting(features=50, covariates=10),
    Setting(classes=True),
    Setting(kind="log-normal, no power"),
    Setting(kind="log-normal covariate"),
    Setting(subjects=120, kind="scatter grows"),
    Setting(subjects=120, kind="quadratic"),
    Setting(subjects=120, kind="quadratic, hazard too"),
]
POWER = [Setting(subjects=120, rho=rho, effect=0.5) for rho in (0.0, 0.8)]
VOLUME = [
    Setting(kind=kind, subjects=120, effect=effect)
    for kind in ("volume", "volume + features", "volume itself", "volume itself + features")
    for effect in (0.0, 0.5)
    if not (effect and "itself" in kind)
]


def cohort(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw covariates, features and outcome."""
    z = rng.normal(size=(setting.subjects, setting.covariates))
    cause = z.sum(axis=1) / np.sqrt(setting.covariates)
    if setting.kind == "log-normal covariate":
        z = np.exp(z)
        cause = (z[:, 0] - np.exp(0.5)) / np.sqrt(np.exp(2) - np.exp(1))
    seen = (cause**2 - 1) / np.sqrt(2) if setting.kind.startswith("quadratic") else cause
    own = rng.normal(size=(setting.subjects, setting.features))
    spread = np.exp(cause / 2) / np.exp(0.25) if setting.kind == "scatter grows" else np.ones(len(cause))
    x = setting.rho * seen[:, None] + np.sqrt(1 - setting.rho**2) * own * spread[:, None]
    if setting.kind.startswith(("log-normal,", "volume")) or setting.kind == "log-normal":
        x = np.exp(x)
    if setting.kind == "quadratic, hazard too":
        cause = seen
    if setting.kind.startswith("volume itself"):
        cause = (np.exp(cause) - np.exp(0.5)) / np.sqrt(np.exp(2) - np.exp(1))
    if setting.kind.startswith("volume"):
        z = np.exp(z)
    eta = 0.8 * cause + setting.effect * own[:, :3].sum(axis=1) / np.sqrt(3)
    if setting.classes:
        return z, x, rng.random(setting.subjects) < 1 / (1 + np.exp(-eta))
    event, end = rng.exponential(np.exp(-eta)), rng.exponential(1.0, setting.subjects)
    return z, x, survival_array(np.minimum(event, end) + 1e-9, event <= end)


def columns(setting: Setting, z: np.ndarray, x: np.ndarray) -> Pair:
    """Columns of the model with the features, and the penalty of each."""
    of_volume = setting.kind.startswith("volume")
    # The logarithm is what Yeo-Johnson's power would come to.
    features = np.log(x) if of_volume or setting.kind == "log-normal" else x
    covariates = np.log(z) if of_volume else z
    light = 0.3 if of_volume and "+" not in setting.kind else 0.1
    penalty = np.r_[np.full(z.shape[1], light), np.full(x.shape[1], 0.3)]
    return np.hstack([covariates, features]), penalty


def held_out(x: np.ndarray, y: np.ndarray, penalty: np.ndarray, split: Pair) -> np.ndarray:
    """Risk of the held-out subjects."""
    known, unknown = x[split[0]], x[split[1]]
    spread = known.std(axis=0)
    risk: np.ndarray = (unknown / spread) @ fit_ridge(known / spread, y[split[0]], penalty)
    return risk


def order(both: Pair, y: np.ndarray, splits: list[Pair]) -> float:
    """C, or the ROC area, of held-out subjects."""
    sums = np.zeros(2)
    for split in splits:
        part = y[split[1]]
        seen = Observed(part["time"], part["event"]) if y.dtype.names else Observed(2.0 - part, part)
        sums += harrell_pairs(seen, held_out(both[0], y, both[1], split))
    return float(sums[0] / sums[1])


def given(setting: Setting, z: np.ndarray) -> np.ndarray:
    """Columns that the features are regressed on, as `outcome.added_value.given_columns` makes them."""
    if setting.kind.startswith("volume"):
        return np.hstack([YeoJohnson().fit(z).transform(z), z, np.log(z)])
    return z


def found(observed: float, draw: Callable[[], float], permutations: int) -> bool:
    """Whether p is 0.05 or less."""
    reached = 0
    for _ in range(permutations):
        reached += draw() >= observed - 1e-12
        if (1 + reached) / (1 + permutations) > 0.05:
            return False
    return True


def wald(setting: Setting, z: np.ndarray, both: Pair, y: np.ndarray, splits: list[Pair]) -> bool:
    """Whether the one-sided Wald test of the out-of-fold score is significant beside the covariates."""
    score = np.zeros(len(y))
    for split in splits:
        score[split[1]] = held_out(both[0], y, both[1], split)
    design = np.column_stack([score, given(setting, z)[:, : z.shape[1]]])
    beta, likelihood = fit_ridge(design, y, np.zeros(design.shape[1])), likelihood_of(y)
    if likelihood.intercept:
        eta = (design @ beta)[likelihood.order]
        beta = np.r_[(likelihood.with_intercept(eta) - eta)[0], beta]
        design = np.column_stack([np.ones(len(y)), design])
    _, _, curve = likelihood.derivatives(design[likelihood.order], beta)
    place = int(likelihood.intercept)
    error = np.sqrt(np.linalg.inv(curve)[place, place])
    return bool(norm.sf(beta[place] / error) <= 0.05)


def verdicts(setting: Setting, seed: int, permutations: int, *, compare: bool) -> Iterator[tuple[str, bool]]:
    """Verdict of each test in one cohort."""
    rng = np.random.default_rng([seed, 11])
    z, x, y = cohort(setting, rng)
    if strata(y).sum() < 6 or (~strata(y).astype(bool)).sum() < 6:
        return
    splits = make_splits(y, OutcomeSettings(folds=3, repeats=1, seed=seed))[0]
    both = columns(setting, z, x)
    observed = order(both, y, splits)
    split = ConditionalFeatures.of(pd.DataFrame(x), given(setting, z))

    def conditional() -> float:
        changed = split.permuted(rng).to_numpy()
        return order(columns(setting, z, changed), y, splits)

    yield "conditional", found(observed, conditional, permutations)
    yield "Wald", wald(setting, z, both, y, splits)
    if not compare:
        return
    clinical = columns(setting, z, x[:, :0])

    def rows() -> float:
        return order(columns(setting, z, x[rng.permutation(len(x))]), y, splits)

    def plain() -> float:
        explained = split.basis @ (split.basis.T @ x)
        mixed = explained + (x - explained)[rng.permutation(len(x))]
        return order(columns(setting, z, mixed), y, splits)

    def outcome() -> float:
        other = y[rng.permutation(len(y))]
        parts = make_splits(other, OutcomeSettings(folds=3, repeats=1, seed=seed))[0]
        return order(both, other, parts) - order(clinical, other, parts)

    yield "plain", found(observed, plain, permutations)
    yield "rows", found(observed, rows, permutations)
    yield "outcome", found(observed - order(clinical, y, splits), outcome, permutations)


def row(setting: Setting, options: argparse.Namespace) -> str:
    """Row of the table: share of the cohorts with a p of 0.05 or less, by test."""
    start = time.process_time()
    with threadpool_limits(limits=1):
        told = pd.DataFrame(
            [
                dict(verdicts(setting, seed, options.permutations, compare=options.compare))
                for seed in range(options.cohorts)
            ]
        )
    shares = [f"{100 * told[name].mean():.1f}" if name in told else "" for name in NAMES]
    seconds = time.process_time() - start
    return f"| {setting.name} | {len(told)} | {' | '.join(shares)} | {seconds:.0f} |"


NAMES = ("conditional", "plain", "rows", "outcome", "Wald")
PARTS = {"linear": LINEAR, "other": OTHER, "power": POWER, "volume": VOLUME}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=300)
    parser.add_argument("--permutations", type=int, default=39)
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--only", default="", help="settings whose names contain this")
    parser.add_argument("--compare", action="store_true", help="plain, rows and outcome too")
    options = parser.parse_args()
    print(f"| setting | cohorts | {' | '.join(NAMES)} | seconds |")
    print("| --- |" + " --: |" * (len(NAMES) + 2))
    for setting in (each for part in options.parts for each in PARTS[part]):
        if options.only in setting.name:
            print(row(setting, options), flush=True)


if __name__ == "__main__":
    main()
