"""How often do the intervals of an external validation contain the truth?

    python -m benchmarks.external_coverage --cohorts 300 --jobs 2

Fixed models, whose predictions are too extreme (true slope 0.77) and too low, are judged on cohorts of 60 and
150 subjects: a time to an event with about a third of events, without and with a competing event of half the
hazard, and two classes with a third of positives. The
truth is the value of each metric for 20,000 subjects (Uno's C and others of pairs: 4,000). Scores, draws and
intervals are those of the package.
"""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
from scipy.special import expit
from threadpoolctl import threadpool_limits

from nbradiomics import Execution, OutcomeSettings
from nbradiomics.outcome import survival_array
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.performance import external_performance
from nbradiomics.outcome.score_table import score_table
from nbradiomics.outcome.tasks import Classification, CompetingRisks, Survival, Task

SIZES = (60, 150)
#: Predicted log hazards and log odds are this many times the true ones.
TOO_EXTREME = 1.3
TASKS: dict[str, Task] = {
    "survival": Survival(Horizons((0.7,), 1.2)),
    "competing": CompetingRisks(Horizons((0.7,), 1.2)),
    "classes": Classification(("no", "yes")),
}


def drawn(kind: str, subjects: int, rng: np.random.Generator) -> tuple[np.ndarray, FoldResult]:
    """Draw the outcome of some subjects, and what a fixed model predicts for them."""
    eta, task = rng.normal(0, 0.8, subjects), TASKS[kind]
    if isinstance(task, Survival):
        time, end = rng.exponential(np.exp(-eta)), rng.exponential(0.8, subjects)
        hazard, points = 0.8 * np.exp(TOO_EXTREME * eta)[:, None], task.horizons.all
        if kind == "competing":
            other = rng.exponential(2.0, subjects)
            first = np.minimum(np.minimum(time, other), end)
            y: np.ndarray = survival_array(first + 1e-9, first == time, first == other)
            # Of constant hazards a and b the incidence is a / (a + b) (1 - exp(-(a + b) t)).
            both = hazard + 0.5
            predicted = 1 + hazard / both * np.expm1(-both * points)
        else:
            y = survival_array(np.minimum(time, end) + 1e-9, time <= end)
            predicted = np.exp(-hazard * points)
        group = (eta > 0).astype(np.intp)
    else:
        y = (rng.random(subjects) < expit(eta - 0.8)).astype(np.intp)
        positive = expit(TOO_EXTREME * eta - 1.2)
        predicted = np.stack([1 - positive, positive], axis=1)
        group = (positive > 0.3).astype(np.intp)
    places = np.arange(subjects)
    risk = TOO_EXTREME * eta
    return y, FoldResult("m", 1, 1, places, places, risk, group, predicted, pd.DataFrame())


def covered(kind: str, subjects: int, truth: dict[str, float], draws: int, seed: int) -> dict[str, bool]:
    """Whether the interval of each metric contains its truth, in one cohort; no interval does not."""
    with threadpool_limits(limits=1):
        y, result = drawn(kind, subjects, np.random.default_rng([seed, subjects]))
        data = SimpleNamespace(y=y, models=("m",))
        settings = OutcomeSettings(bootstraps=draws, seed=seed)
        table = external_performance(data, [result], settings, TASKS[kind], Execution(jobs=1))  # type: ignore[arg-type]
    rows = table.set_index("metric")
    return {
        name: bool(rows.loc[name, "low"] <= value <= rows.loc[name, "high"]) for name, value in truth.items()
    }


def truth_of(kind: str) -> dict[str, float]:
    """Value of each metric that has an interval, for very many subjects."""
    task, found = TASKS[kind], []
    for seed in range(5):
        y, result = drawn(kind, 4000, np.random.default_rng([99, seed]))
        found.append(
            {key[1]: float(value[0]) for key, value in score_table(y, [result], ["m"], task).items()}
        )
    names = [name for name, _ in task.metrics if name in task.with_external_interval]
    return {name: float(np.mean([one[name] for one in found])) for name in names}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=300)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    print("| outcome | metric | " + " | ".join(f"{size} subjects" for size in SIZES) + " |")
    print("| --- " * (2 + len(SIZES)) + "|")
    for kind in TASKS:
        truth, columns = truth_of(kind), []
        for size in SIZES:
            results = joblib.Parallel(asked.jobs)(
                joblib.delayed(covered)(kind, size, truth, asked.draws, seed) for seed in range(asked.cohorts)
            )
            columns.append({name: np.mean([one[name] for one in results]) for name in truth})
        for name in truth:
            cells = " | ".join(f"{100 * column[name]:.0f} %" for column in columns)
            print(f"| {kind} | `{name}` | {cells} |", flush=True)


if __name__ == "__main__":
    main()
