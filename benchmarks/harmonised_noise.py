"""What a harmonisation does to models of pure noise, if sites differ in their outcomes.

The features are noise with a shift and a scale of each site. The outcome depends on the site alone, and on
nothing else. So a model that orders the subjects of an unknown site mixture better than chance has found
the site, or was given the outcome. Each cohort is evaluated in several ways, by cross-validation:

- raw: features as measured;
- folds: harmonised inside each fold (`harmonise`);
- folds, no shrinkage: the same without empirical Bayes;
- folds, covariate: the same, keeping the effect of a covariate that is related to site and outcome;
- all: one ComBat of all subjects, before the cross-validation;
- all, covariate: the same, keeping the effect of the covariate;
- all, outcome: the same, keeping the effect of the outcome;
- folds, outcome: harmonised inside each fold, keeping the effect of the outcome, which `evaluate_outcome`
  refuses.

With ``--public`` the whole evaluation (`evaluate_outcome`) is run instead, for what it can do, and for a
table that `harmonise_table` cross-fitted.

    python -m benchmarks.harmonised_noise --cohorts 200
    python -m benchmarks.harmonised_noise --cohorts 100 --public
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from nbradiomics.cohort.fitting_subjects import FittingSubjects
from nbradiomics.harmonisation.combat import ComBat
from nbradiomics.harmonisation.harmonised_table import harmonise_table
from nbradiomics.harmonisation.request import combat_of
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import (
    OutcomeSettings,
    PenalisedCox,
    PenalisedLogistic,
    evaluate_outcome,
    survival_array,
)
from nbradiomics.outcome.crossvalidation import make_splits
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs

SUBJECTS, FEATURES = 120, 60
#: Share of the subjects of each site with the event or the positive class.
SHARES = {"north": 0.25, "south": 0.5, "west": 0.75}
FAST = OutcomeSettings(folds=5, repeats=1, penalizer=0.2, l1_ratio=0.0)
NAMES = [f"f{number}" for number in range(FEATURES)]


def cohort(seed: int, *, survival: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Noise with site effects, an outcome that depends on the site alone, and a covariate of both."""
    rng = np.random.default_rng(seed)
    site = rng.permutation(np.resize(list(SHARES), SUBJECTS))
    shift = {name: rng.normal(0, 1, FEATURES) for name in SHARES}
    scale = {name: rng.uniform(0.7, 1.4, FEATURES) for name in SHARES}
    values = rng.normal(size=(SUBJECTS, FEATURES))
    values = np.stack([row * scale[name] + shift[name] for row, name in zip(values, site, strict=True)])
    subjects = [f"s{number:03}" for number in range(SUBJECTS)]
    clinical = pd.DataFrame({"subject": subjects, "site": site})
    sick = rng.random(SUBJECTS) < clinical["site"].map(SHARES)
    clinical["sick"] = np.where(sick, "yes", "no")
    if survival:
        hazard = clinical["site"].map({"north": 0.5, "south": 1.0, "west": 2.0}).to_numpy()
        time, censored = rng.exponential(1 / hazard), rng.exponential(1.5, SUBJECTS)
        clinical["time"], clinical["event"] = (
            np.minimum(time, censored) + 1e-6,
            (time <= censored).astype(int),
        )
        clinical["stage"] = -np.log(time) + rng.normal(size=SUBJECTS)
    else:
        clinical["stage"] = sick + rng.normal(size=SUBJECTS)
    features = pd.DataFrame(values, columns=NAMES)
    features.insert(0, "subject", subjects)
    return features, clinical


def outcome_columns(clinical: pd.DataFrame, *, survival: bool) -> pd.DataFrame:
    """The outcome as numbers, which no harmonisation should know."""
    if survival:
        return pd.DataFrame({"known 0": np.log(clinical["time"]), "known 1": clinical["event"].astype(float)})
    return pd.DataFrame({"known 0": (clinical["sick"] == "yes").astype(float)})


def harmonised_before(features: pd.DataFrame, batches: pd.DataFrame) -> pd.DataFrame:
    """One ComBat of all subjects, as it is often done."""
    covariates = [name for name in batches if name != "site"]
    table = features.join(batches)
    return ComBat(batch="site", covariates=covariates).fit(table).transform(table)[NAMES]


def held_out_order(
    table: pd.DataFrame, y: np.ndarray, observed: Observed, harmonise: Harmonise | None, *, survival: bool
) -> float:
    """Order of the held-out subjects by a ridge model of all features, in one cross-validation.

    ComBat, if it is asked for, and scaling are fitted to the training subjects of each fold.
    """
    sums = np.zeros(2)
    for train, test in make_splits(y, FAST)[0]:
        known, new = table.iloc[train], table.iloc[test]
        if harmonise is not None:
            combat = combat_of(harmonise).fit(known)
            known, new = combat.transform(known), combat.transform(new)
        scaler = StandardScaler().fit(known[NAMES])
        parts = scaler.transform(known[NAMES]), scaler.transform(new[NAMES])
        if survival:
            risk = PenalisedCox(FAST.penalizer).fit(parts[0], y[train]).predict(parts[1])
        else:
            risk = PenalisedLogistic(FAST.penalizer).fit(parts[0], y[train] == 1).predict(parts[1])
        sums += harrell_pairs(observed.part(test), risk)
    return float(sums[0] / sums[1])


def scores(seed: int, *, survival: bool) -> Iterator[tuple[str, float]]:
    """Order of held-out subjects for each way to harmonise."""
    features, clinical = cohort(seed, survival=survival)
    values = features[NAMES]
    site, stage = clinical[["site"]], clinical[["site", "stage"]]
    outcome = outcome_columns(clinical, survival=survival)
    known = pd.concat([site, outcome], axis=1)
    inside, with_stage = values.join(site), values.join(stage)
    plans = {
        "raw": (values, None),
        "folds": (inside, Harmonise(batch="site")),
        "folds, no shrinkage": (inside, Harmonise(batch="site", eb=False)),
        "folds, covariate": (with_stage, Harmonise(batch="site", covariates="stage")),
        "all": (harmonised_before(values, site), None),
        "all, covariate": (harmonised_before(values, stage), None),
        "all, outcome": (harmonised_before(values, known), None),
        "folds, outcome": (values.join(known), Harmonise(batch="site", covariates=list(outcome))),
    }
    sick = (clinical["sick"] == "yes").to_numpy()
    y = survival_array(clinical["time"], clinical["event"] == 1) if survival else sick.astype(np.intp)
    observed = (
        Observed.of(clinical["time"], clinical["event"])
        if survival
        else Observed.of(np.where(sick, 1.0, 2.0), sick)
    )
    for name, (table, harmonise) in plans.items():
        yield name, held_out_order(table, y, observed, harmonise, survival=survival)


def public_scores(seed: int, *, survival: bool) -> Iterator[tuple[str, float]]:
    """Order of held-out subjects that `evaluate_outcome` reports, with all of its steps."""
    features, clinical = cohort(seed, survival=survival)
    asked = {"time": "time", "event": "event"} if survival else {"target": "sick"}
    clinical = clinical.drop(columns=["sick"] if survival else [])
    site = Harmonise(batch="site", site_effects=False)
    crossed = harmonise_table(features, clinical, site, FittingSubjects(fit_folds=5), seed=seed).table
    settings = FAST.changed(bootstraps=0, refits=0, power_transform=False, seed=seed)
    plans = {
        "raw": (features, None),
        "folds": (features, site),
        "folds, covariate": (features, site.changed(covariates=["stage"])),
        "cross-fitted table": (crossed, None),
    }
    for name, (table, harmonise) in plans.items():
        result = evaluate_outcome(table, clinical, settings=settings, harmonise=harmonise, **asked)
        values = result.performance.set_index(["model", "metric"])["value"]
        yield name, float(values["radiomic", "harrell_c" if survival else "roc_auc"])


def main() -> None:
    """Print the mean of each order, its standard error, and the share of cohorts above 0.6."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="seed of the first cohort")
    parser.add_argument("--survival", action="store_true", help="a time to an event instead of a class")
    parser.add_argument("--public", action="store_true", help="the whole evaluation, in fewer ways")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.cohorts)
    score = public_scores if options.public else scores
    found = pd.DataFrame(dict(score(seed, survival=options.survival)) for seed in seeds)
    error = found.std() / np.sqrt(len(found))
    table = pd.DataFrame({"mean": found.mean(), "error": error, "above 0.6": (found > 0.6).mean()})
    print(table.round(4).to_string())


if __name__ == "__main__":
    main()
