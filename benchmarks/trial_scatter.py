"""How widely does a control's cost scatter between cohorts, and would a narrower interval hold the truth?

    python -m benchmarks.trial_scatter --cohorts 100

The cohorts and models are those of `benchmarks/trial_verdicts.py`. The standard deviation of the cost over
cohorts is what a standard error estimates. Beside it: the corrected variance of a repeated cross-validation
(Nadeau C, Bengio Y. Inference for the generalization error. Machine Learning 2003;52:239-281), which is the
variance of the folds' costs times ``1 / folds of all repeats + test part / training part``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from benchmarks.trial_verdicts import ALL, SETS, SETTINGS, censoring_scale, cohort, cox, truth
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs

NAMES = (
    "texture 0.8, 120 subjects, 60 events",
    "texture 0.8, 300 subjects, 60 events",
    "volume 0.8, 300 subjects, 150 events",
)
REPEATS = 5
#: Standard errors on each side.
REACH = 2.0


def of_fold(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """C of one fold."""
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    beta = cox(x[train], y["time"][train], y["event"][train])
    right, every = harrell_pairs(Observed.of_outcome(y[test]), x[test] @ beta)
    return float(right / every)


def costs(name: str, scale: float, seed: int) -> dict[str, tuple[float, float]]:
    """Mean cost of each control over the folds of all repeats, and its corrected standard error."""
    setting = ALL[name]
    sets, y = cohort(setting, setting.subjects, scale, np.random.default_rng([seed, 7]))
    repeats = make_splits(y, SETTINGS.changed(seed=seed, repeats=REPEATS))
    folds = [fold for repeat in repeats for fold in repeat]
    scores = {each: np.array([of_fold(sets[each], y, *fold) for fold in folds]) for each in SETS}
    return {control: corrected(scores[SETS[0]] - scores[control]) for control in SETS[1:]}


def corrected(cost: np.ndarray) -> tuple[float, float]:
    """Mean, and the standard error of Nadeau and Bengio."""
    share = 1 / len(cost) + 1 / (SETTINGS.folds - 1)
    return float(cost.mean()), float(np.sqrt(cost.var(ddof=1) * share))


def rows(name: str, cohorts: Sequence[int]) -> None:
    """Print the rows of one setting."""
    scale = censoring_scale(ALL[name])
    true = truth(ALL[name], scale, 20)
    found = [costs(name, scale, seed) for seed in cohorts]
    for control in SETS[1:]:
        mean, error = np.array([one[control] for one in found]).T
        inside = np.abs(mean - (true[SETS[0]] - true[control])) < REACH * error
        print(
            f"| {name} | {control} | {mean.std(ddof=1):.4f} | {error.mean():.4f} | {100 * inside.mean():.0f} "
            f"| {100 * (mean > REACH * error).mean():.0f} |",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=100)
    options = parser.parse_args()
    print(
        "| log hazard | features | SD of the cost | corrected error | 2 of them hold the truth [%] "
        "| above 0 [%] |"
    )
    print("|---|---|--:|--:|--:|--:|")
    for name in NAMES:
        rows(name, range(options.cohorts))


if __name__ == "__main__":
    main()
