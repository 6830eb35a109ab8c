"""Covariates of a harmonisation that are nearly the outcome: how they are told from honest ones.

``shares``: share of the variance of an event that copies with wrong cells explain, and honest covariates, and
how often more than the limit of the harmonisation (`MOST_EXPLAINED`) is explained.

``noise``: what noise reaches with such covariates (`noise_of_sites`), in the cohorts of
`benchmarks.harmonised_noise`, and how often it is told that noise predicts.

    python -m benchmarks.nearly_the_outcome shares 200
    python -m benchmarks.nearly_the_outcome noise 10
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from itertools import product
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.harmonised_noise import FAST, cohort
from nbradiomics.clinical import Endpoint
from nbradiomics.execution.execution import Execution
from nbradiomics.harmonisation.outcome_guard import MOST_EXPLAINED, explained_share
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import Predictors
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.noise_of_sites import exceeds_chance, noise_of_sites
from nbradiomics.outcome.prepared import prepare
from nbradiomics.tables import RowsOfReader

#: Probabilities of the levels of honest covariates with the event, and without it.
HONEST = {
    "MYCN (odds ratio 4.5)": ([0.62, 0.38], [0.88, 0.12]),
    "stage of 4 levels": ([0.05, 0.10, 0.10, 0.75], [0.35, 0.20, 0.15, 0.30]),
    "stronger than known": ([0.02, 0.05, 0.13, 0.80], [0.45, 0.25, 0.15, 0.15]),
}
WRONG = (5 / 120, 0.1, 0.2)


def drawn(known: np.ndarray, levels: tuple[list[float], list[float]], rng: np.random.Generator) -> pd.Series:
    """Levels of a covariate whose probabilities depend on an event, 0 or 1."""
    names = list("abcd")[: len(levels[0])]
    return pd.Series([rng.choice(names, p=levels[0] if each else levels[1]) for each in known])


def with_wrong(known: np.ndarray, share: float, rng: np.random.Generator) -> pd.Series:
    """A copy of an event with a share of wrong cells."""
    copy = known.astype(int).copy()
    places = rng.choice(len(copy), max(1, round(share * len(copy))), replace=False)
    copy[places] = 1 - copy[places]
    return pd.Series(np.array(["well", "relapse"])[copy])


def shares(draws: int) -> Iterator[dict[str, object]]:
    """Mean share that a covariate explains, and how often it is above the limit."""
    rng = np.random.default_rng(1)
    plans = {name: partial(drawn, levels=levels, rng=rng) for name, levels in HONEST.items()}
    plans |= {f"copy, {wrong:.0%} wrong": partial(with_wrong, share=wrong, rng=rng) for wrong in WRONG}
    for subjects, events in product((30, 60, 120), (0.15, 0.3, 0.5)):
        known = (np.arange(subjects) < round(events * subjects)).astype(float)
        for name, make in plans.items():
            found = np.array([explained_share(make(known), known) for _ in range(draws)])
            design = {"subjects": subjects, "events": events, "covariate": name}
            yield {**design, "share": found.mean(), "refused": (found > MOST_EXPLAINED).mean()}


def noise(cohorts: int) -> Iterator[dict[str, object]]:
    """What noise reaches with each covariate, in each cohort."""
    settings = FAST.changed(bootstraps=0, refits=0)
    for seed in range(cohorts):
        features, clinical = cohort(seed, survival=False)
        rng = np.random.default_rng(seed)
        sick = (clinical["sick"] == "yes").to_numpy().astype(int)
        clinical["stage"] = drawn(sick, HONEST["stage of 4 levels"], rng)
        clinical["copy"], clinical["other"] = with_wrong(sick, 5 / 120, rng), with_wrong(sick, 0.2, rng)
        for name in ("", "stage", "other", "copy"):
            asked = Predictors(harmonise=Harmonise(batch="site", covariates=[name] if name else []))
            # The refusal is what is examined.
            with patch("nbradiomics.outcome.assembly.refuse_outcome"):
                data = prepare(
                    features,
                    clinical,
                    Endpoint(target="sick"),
                    asked,
                    RowsOfReader(),
                    None,
                    settings,
                    folds=5,
                ).data
            found = noise_of_sites(data, settings, task_of(data), execution=Execution())
            yield {"covariate": name or "none", **found, "told": exceeds_chance(found)}


def main() -> None:
    """Print the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["shares", "noise"])
    parser.add_argument("draws", type=int)
    options = parser.parse_args()
    if options.what == "shares":
        print(pd.DataFrame(shares(options.draws)).round(3).to_string(index=False))
        return
    table = pd.DataFrame(noise(options.draws))
    columns = ["value", "error", "told"]
    print(table.groupby("covariate", sort=False)[columns].mean().round(3).to_string())


if __name__ == "__main__":
    main()
