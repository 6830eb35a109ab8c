"""Compare penalties of the Cox model on simulated cohorts: C on 2,000 new subjects.

    python -m benchmarks.penalties --cohorts 20

Each cohort has the same features and hazard in both parts, and an end of observation that does not depend on
them. `planted`: three of 200 independent features; `log-normal`: the same, then the exponential of each
feature; `copies`: 107 features in 30 groups of near copies, three groups with signal; `noise`: 200 features
without signal. Pipelines are those of a radiomic model without readers: scaling, correlation filter, Cox.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import joblib
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from nbradiomics.outcome import PenalisedCox, survival_array
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.transformers import CorrelationFilter
from nbradiomics.outcome.yeo_johnson import YeoJohnson

NEW = 2000
SETTINGS = {
    "planted, 100": (100, "planted"),
    "planted, 400": (400, "planted"),
    "log-normal, 100": (100, "log-normal"),
    "copies, 60": (60, "copies"),
    "noise, 100": (100, "noise"),
}
MODELS = {
    "ridge, penalizer 1": (StandardScaler, {"penalizer": 1.0}),
    "ridge, tuned": (StandardScaler, {"penalizer": "tuned"}),
    "elastic net, tuned": (StandardScaler, {"penalizer": "tuned", "l1_ratio": 0.5}),
    "lasso, tuned": (StandardScaler, {"penalizer": "tuned", "l1_ratio": 1.0}),
    "Yeo-Johnson, elastic net, tuned": (YeoJohnson, {"penalizer": "tuned", "l1_ratio": 0.5}),
    "Yeo-Johnson, ridge or elastic net, tuned": (YeoJohnson, {"penalizer": "tuned", "l1_ratio": "tuned"}),
}


def cohort(kind: str, subjects: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, endpoint and true log hazard of training and new subjects."""
    rng = np.random.default_rng(seed)
    number = subjects + NEW
    if kind == "copies":
        groups = rng.normal(size=(number, 30))
        x = np.repeat(groups, 4, axis=1)[:, :107] + 0.2 * rng.normal(size=(number, 107))
        hazard = 0.5 * groups[:, :3].sum(axis=1)
    else:
        x = rng.normal(size=(number, 200))
        hazard = (0.0 if kind == "noise" else 0.7) * x[:, :3].sum(axis=1)
        x = np.exp(x) if kind == "log-normal" else x
    event_time, end = rng.exponential(np.exp(-hazard)), rng.exponential(2, number)
    return x, survival_array(np.minimum(event_time, end) + 1e-9, event_time <= end), hazard


def of_one(kind: str, subjects: int, seed: int) -> list[tuple[str, float, float, int]]:
    """Return C, seconds and number of features of each model."""
    x, y, hazard = cohort(kind, subjects, seed)
    new = slice(subjects, None)
    rows = [("true hazard", harrell_c(y["time"][new], y["event"][new], hazard[new]), 0.0, 3)]
    for name, (scaler, options) in MODELS.items():
        model = make_pipeline(scaler(), CorrelationFilter(0.9), PenalisedCox(**options))
        with threadpool_limits(1):
            start = time.process_time()
            model.fit(x[:subjects], y[:subjects])
            seconds = time.process_time() - start
        c = harrell_c(y["time"][new], y["event"][new], model.predict(x[new]))
        rows.append((name, c, seconds, int((model[-1].coef_ != 0).sum())))
    return rows


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    print("| cohort | model | C (standard error) | features | seconds |\n|---|---|---|---|---|")
    for title, (subjects, kind) in SETTINGS.items():
        run = joblib.Parallel(n_jobs=options.jobs)
        results = run(map(joblib.delayed(partial(of_one, kind, subjects)), range(options.cohorts)))
        table = pd.DataFrame([row for rows in results for row in rows], columns=["model", "c", "s", "n"])
        for model, part in table.groupby("model", sort=False):
            c, error = part["c"].mean(), part["c"].std() / np.sqrt(len(part))
            cells = (
                title,
                model,
                f"{c:.3f} ({error:.3f})",
                f"{part['n'].mean():.0f}",
                f"{part['s'].mean():.2f}",
            )
            print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
