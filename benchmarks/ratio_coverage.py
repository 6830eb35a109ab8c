"""Do the intervals of the covariates' ratios contain the truth, and does the test of hazards keep its level?

    python -m benchmarks.ratio_coverage --cohorts 4000

Cohorts of 60 and 150 subjects, of whom about a third have the event or are positive: a normal covariate (log
ratio 0.5 per unit) and a level that 40 % have (log ratio 0.7), with proportional hazards. The ratios,
intervals and tests are those of the package.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy.special import expit

from nbradiomics.outcome import survival_array
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.horizons import find_horizons
from nbradiomics.outcome.ratios import covariate_ratios
from nbradiomics.outcome.stability import StabilityRule
from nbradiomics.outcome.tasks import Classification, Survival

TRUE = {"age": 0.5, "stage": 0.7}
CLASSES = ("negative", "positive")
#: End of follow-up, or intercept, at which about a third have the event or are positive.
END, INTERCEPT = 0.65, -1.1


def cohort(subjects: int, rng: np.random.Generator, *, classes: bool) -> OutcomeData:
    """Draw covariates and outcome; follow-up ends between 0 and `END`."""
    age, late = rng.normal(size=subjects), rng.random(subjects) < 0.4
    eta = TRUE["age"] * age + TRUE["stage"] * late
    if classes:
        y = (rng.random(subjects) < expit(eta + INTERCEPT)).astype(np.intp)
    else:
        event, end = rng.exponential(np.exp(-eta)), rng.uniform(0, END, subjects)
        y = survival_array(np.minimum(event, end) + 1e-9, event <= end)
    frame = pd.DataFrame({"age": age, "stage": np.where(late, "late", "early")})
    frame.index = pd.Index([str(number) for number in range(subjects)])
    rule, names = StabilityRule("none", ""), CLASSES if classes else ()
    return OutcomeData(frame, y, (), ("age",), ("stage",), rule, pd.DataFrame(), classes=names)


def judged(data: OutcomeData) -> dict[str, float] | None:
    """Tell whether each interval contains the truth and each test of hazards rejects; None without ratios."""
    task = Classification(CLASSES) if data.classes else Survival(find_horizons(data.y, ()))
    table = covariate_ratios(data, task, 0.95).table
    if table["ratio"].isna().all():
        return None
    found = {}
    for row in table.to_dict("records"):
        name = row["variable"]
        if name in TRUE:
            # The most frequent level may be the late one.
            true = TRUE[name] * (-1 if row["level"] == "early" else 1)
            found[name] = float(row["low"] <= np.exp(true) <= row["high"])
        if not data.classes:
            found[f"{name} rejected"] = float(row["ph_p"] < 0.05)
    return found


def main() -> None:
    """Print a row for each outcome and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=4000)
    options = parser.parse_args()
    for classes in (False, True):
        for subjects in (60, 150):
            rng = np.random.default_rng([subjects, classes])
            drawn = [cohort(subjects, rng, classes=classes) for _ in range(options.cohorts)]
            share = np.mean([(data.y if classes else data.y["event"]).mean() for data in drawn])
            results = [judged(data) for data in drawn]
            known = pd.DataFrame([result for result in results if result is not None])
            told = ", ".join(f"{name} {100 * value:.1f} %" for name, value in known.mean().items())
            kind = "classes" if classes else "survival"
            print(
                f"{kind}, {subjects} subjects, {100 * share:.0f} % with the outcome: {told}; "
                f"without ratios {len(results) - len(known)} of {len(results)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
