"""Does `auto` pay? C on 2,000 new subjects with each selection of features, and what `auto` chose.

    python -m benchmarks.auto_selection --cohorts 6

Cohorts are those of `benchmarks.penalties`. Each model is the radiomic one of the package with its defaults,
fitted once to all training subjects.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np
import pandas as pd

from benchmarks.penalties import SETTINGS, cohort
from nbradiomics.outcome import OutcomeSettings
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.crossvalidation import run_repeat
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.settings import AUTO, AUTO_GRID
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.tasks import Survival

TASK = Survival(Horizons((1.0,), 1.0))


def of_one(kind: str, subjects: int, seed: int) -> dict[str, tuple[float, float, str]]:
    """Return C, seconds and the selection that was used, by selection."""
    x, y, _ = cohort(kind, subjects, seed)
    names = tuple(f"f{number}" for number in range(x.shape[1]))
    data = OutcomeData(
        frame=pd.DataFrame(x, columns=names, index=[f"s{number}" for number in range(len(x))]),
        y=y,
        radiomic=names,
        numeric=(),
        categorical=(),
        stability=StabilityRule("none", ""),
        excluded=pd.DataFrame(),
    )
    split = np.arange(subjects), np.arange(subjects, len(x))
    new, found = y[split[1]], {}
    for selection in (*AUTO_GRID, AUTO):
        start = time.process_time()
        (result,) = run_repeat(data, OutcomeSettings(selection=selection), ["radiomic"], TASK, 1, [split])
        seconds = time.process_time() - start
        c = harrell_c(new["time"], new["event"], result.risk)
        found[selection] = c, seconds, result.selection or selection
    return found


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=6)
    options = parser.parse_args()
    print(f"| cohort | {' | '.join((*AUTO_GRID, AUTO))} | seconds, none and auto | auto chose |")
    print(f"|---|{'--:|' * (len(AUTO_GRID) + 2)}---|")
    for title, (subjects, kind) in SETTINGS.items():
        rows = [of_one(kind, subjects, seed) for seed in range(options.cohorts)]
        cells = []
        for each in (*AUTO_GRID, AUTO):
            c = np.array([row[each][0] for row in rows])
            cells.append(f"{c.mean():.3f} ({c.std(ddof=1) / np.sqrt(len(c)):.3f})")
        seconds = [np.mean([row[each][1] for row in rows]) for each in ("none", AUTO)]
        chosen = Counter(row[AUTO][2] for row in rows).most_common()
        listed = ", ".join(f"{each} {count}" for each, count in chosen)
        print(
            f"| {title} | {' | '.join(cells)} | {seconds[0]:.1f}, {seconds[1]:.1f} | {listed} |", flush=True
        )


if __name__ == "__main__":
    main()
