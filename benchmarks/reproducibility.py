"""Time and memory of the statistics of reproducibility, on one thread.

OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.reproducibility
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from nbradiomics.reproducibility import StabilitySettings, assess_reproducibility
from nbradiomics.reproducibility.statistics.table import statistics

SIZES = ((1300, 50, 3), (10_000, 1000, 4))


def ratings_of(features: int, subjects: int, raters: int) -> np.ndarray:
    """Ratings with positive values and some bias, shape (features, subjects, raters)."""
    rng = np.random.default_rng(0)
    ratings = rng.standard_normal((features, subjects, raters))
    ratings *= 0.3
    ratings += rng.normal(10, 1, (features, subjects, 1))
    ratings += 0.1 * np.arange(raters)
    return ratings


def table_of(features: int, subjects: int, raters: int) -> pd.DataFrame:
    """The same ratings as a feature table."""
    ratings = ratings_of(features, subjects, raters)
    names = [f"original_firstorder_F{number}" for number in range(features)]
    values = ratings.reshape(features, subjects * raters).T
    table = pd.DataFrame(values, columns=names)
    index = pd.MultiIndex.from_product(
        [[f"S{number}" for number in range(subjects)], [f"R{number}" for number in range(raters)]],
        names=["subject", "reader"],
    ).to_frame(index=False)
    return pd.concat([index, table], axis=1)


def measure(kind: str, size: tuple[int, int, int], repeats: int, **changes: object) -> None:
    """Print the fastest of some repeats, and the peak memory of the process."""
    settings = StabilitySettings(**changes)
    if kind == "array":
        ratings = ratings_of(*size)
        run = lambda: statistics(ratings, settings.form or "A,1", settings)  # noqa: E731
    else:
        table = table_of(*size)
        run = lambda: assess_reproducibility(table, settings=settings)  # noqa: E731
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    given = "; ".join(f"{name} {value}" for name, value in changes.items())
    print(
        f"| {kind} | {' x '.join(f'{one:,}' for one in size)} | {given or 'default'} | {min(times):.3f} "
        f"| {before:.2f} | {peak:.2f} |",
        flush=True,
    )


#: Each in a process of its own, for its peak memory: kind, size, repeats, settings.
RUNS = [
    *((kind, size, 3 if size[1] > 100 else 20, {}) for size in SIZES for kind in ("array", "table")),
    ("table", SIZES[0], 5, {"form": "1"}),
    ("table", SIZES[0], 3, {"readers_in_general": True}),
    ("table", SIZES[0], 1, {"bootstraps": 1000}),
]


def main() -> None:
    """Print the table of all runs, or do one of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", type=int)
    one = parser.parse_args().one
    if one is not None:
        kind, size, repeats, changes = RUNS[one]
        measure(kind, size, repeats, **changes)
        return
    print("| on | features x subjects x raters | settings | s | GB before | GB peak |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    for number in range(len(RUNS)):
        subprocess.run([sys.executable, "-m", "benchmarks.reproducibility", "--one", str(number)], check=True)


if __name__ == "__main__":
    main()
