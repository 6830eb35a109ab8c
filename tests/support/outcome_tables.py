"""What the tests of evaluate share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.outcome import (
    OutcomeSettings,
)

QUICK = OutcomeSettings(folds=3, repeats=2, bootstraps=200, refits=0, penalizer=0.2, l1_ratio=0.0)


ENDPOINT = {"time": "months", "event": "dead", "settings": QUICK}


def make_cohort(seed=0, *, subjects=60, features=8, effect=1.2, age=0.0, readers=()):
    """Feature ``f0`` and age carry the log hazard; the others are noise."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(subjects, features))
    years = rng.normal(60, 10, size=subjects)
    time = rng.exponential(np.exp(-effect * values[:, 0] - age * (years - 60) / 10))
    censored = rng.exponential(2 * np.median(time), size=subjects)
    names = [f"p{number:02}" for number in range(subjects)]
    clinical = pd.DataFrame({"subject": names, "months": np.minimum(time, censored) + 1e-6})
    clinical["dead"] = (time <= censored).astype(int)
    clinical["age"], clinical["stage"] = years, rng.choice(["I", "IV"], size=subjects)
    clinical["pfs"] = 1.0
    table = pd.DataFrame(values, columns=[f"f{number}" for number in range(features)])
    table.insert(0, "subject", names)
    if not readers:
        return table, clinical
    noise = np.where(np.arange(features) < features // 2, 0.05, 2.0)
    parts = [
        table.assign(
            **{f"f{k}": values[:, k] + noise[k] * rng.normal(size=subjects) for k in range(features)}
        )
        for _ in readers
    ]
    return pd.concat(
        [part.assign(reader=reader, reading=1) for part, reader in zip(parts, readers, strict=True)]
    ), clinical


def c_of(result, model, metric="harrell_c"):
    rows = result.performance.set_index(["model", "metric"])
    return rows.loc[(model, metric), "value"]
