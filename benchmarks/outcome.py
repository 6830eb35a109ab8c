"""Compare our ridge Cox with lifelines': seconds of a fit, and the largest difference of a risk.

    python -m benchmarks.outcome --repeats 5

Simulated subjects with correlated features (blocks of ten, correlation 0.5), tied times, and an event
in about half of them. The same penalty for all columns, 1. Fits alternate on one thread; times are
medians of processor time (lifelines once if a fit takes more than 3 s). Then the time of the public
`evaluate_outcome` (5 folds, 10 repeats, the radiomic, clinical and combined model, no intervals).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from threadpoolctl import threadpool_limits

from benchmarks.features import alternate
from nbradiomics import OutcomeSettings, evaluate_outcome
from nbradiomics.outcome import survival_array
from nbradiomics.outcome.solvers import fit_ridge

SIZES = ((60, 30), (100, 107), (300, 107), (100, 1000))
PATIENCE = 3.0


def simulate(subjects: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features and endpoint."""
    rng = np.random.default_rng(columns)
    blocks = np.repeat(rng.normal(size=(subjects, -(-columns // 10))), 10, axis=1)[:, :columns]
    x = np.sqrt(0.5) * (blocks + rng.normal(size=(subjects, columns)))
    time_of_event = np.ceil(50 * rng.exponential(np.exp(-0.7 * x[:, 0])))
    return x, survival_array(time_of_event, rng.random(subjects) < 0.5)


def seconds_of(call: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def row(subjects: int, columns: int, repeats: int) -> str:
    """Return the table row of one size."""
    x, y = simulate(subjects, columns)
    penalties = np.ones(columns)
    table = pd.DataFrame(x, columns=[f"x{number}" for number in range(columns)])
    table = table.assign(time=y["time"], event=y["event"])
    theirs = CoxPHFitter(penalizer=1.0)
    ours_s, theirs_s = alternate(
        [
            lambda: seconds_of(lambda: fit_ridge(x, y, penalties)),
            lambda: seconds_of(lambda: theirs.fit(table, "time", "event")),
        ],
        repeats=repeats,
        patience=PATIENCE,
    )
    risk = float(np.abs(x @ (fit_ridge(x, y, penalties) - theirs.params_.to_numpy())).max())
    ratio = theirs_s / ours_s
    return f"| {subjects} | {columns:,} | {ours_s:.4f} | {theirs_s:.3f} | {ratio:.0f} | {risk:.0e} |"


def evaluation(subjects: int, columns: int) -> float:
    """Return the seconds of a whole evaluation."""
    x, y = simulate(subjects, columns)
    names = [f"S{number:03d}" for number in range(subjects)]
    features = pd.DataFrame(x, columns=[f"original_shape_f{number}" for number in range(columns)])
    features.insert(0, "subject", names)
    rng = np.random.default_rng(1)
    clinical = pd.DataFrame(
        {
            "subject": names,
            "days": y["time"],
            "died": y["event"].astype(int),
            "age": rng.normal(60, 9, subjects),
        }
    )
    settings = OutcomeSettings(bootstraps=0)
    return seconds_of(
        lambda: evaluate_outcome(
            features, clinical, time="days", event="died", covariates=["age"], settings=settings
        )
    )


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with threadpool_limits(1):
        print("| subjects | columns | ours (s) | lifelines (s) | ratio | largest difference of a risk |")
        print("| --- | --- | --- | --- | --- | --- |")
        for subjects, columns in SIZES:
            print(row(subjects, columns, options.repeats), flush=True)
        for subjects, columns in ((100, 107), (100, 1000)):
            print(f"\nevaluate_outcome, {subjects} subjects, {columns:,} features: ", end="")
            print(f"{evaluation(subjects, columns):.1f} s", flush=True)


if __name__ == "__main__":
    main()
