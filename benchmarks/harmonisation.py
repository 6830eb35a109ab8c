"""What ComBat does to sites of few subjects, to tests of covariates, and to a planted shift.

    python -m benchmarks.harmonisation small_sites 200
    python -m benchmarks.harmonisation levels 200
    python -m benchmarks.harmonisation remaining 20
    python -m benchmarks.harmonisation planted 4

In `small_sites`, site A has 100 subjects and is the reference; site B has few. All features of B are
shifted and scaled. 200 new subjects of B are harmonised by the estimates, and compared with their own values
without the shift: root mean square difference over subjects and features, in deviations of a feature.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbradiomics import ComBat, SiteEffectSettings, measure_site_effects
from nbradiomics.harmonisation.site_tests import covariate_effect, location_effect

FEATURES, NEW, FACTORS, SHARED = 100, 200, 5, 0.7
SIZES = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50)
SHIFTS = (0.0, 0.2, 0.5, 1.0)
SPREAD_OF_SCALES = 0.2


def subjects(random: np.random.Generator, number: int, loadings: np.ndarray) -> np.ndarray:
    """Features of unit variance, correlated as those of radiomics: `SHARED` is that of a few factors."""
    common = random.normal(size=(number, FACTORS)) @ loadings
    return np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * random.normal(size=(number, FEATURES))


def table(values: np.ndarray, site: list[str]) -> pd.DataFrame:
    return pd.DataFrame(values).add_prefix("original_firstorder_F").assign(site=site)


def errors(random: np.random.Generator, size: int, shift: float, unseen: bool) -> tuple[float, float]:
    """Error of the new subjects of B without and with harmonisation."""
    loadings = random.normal(size=(FACTORS, FEATURES))
    loadings /= np.sqrt((loadings**2).sum(axis=0))
    truth = subjects(random, 100 + size + NEW, loadings)
    scale = np.exp(random.normal(0, SPREAD_OF_SCALES if shift else 0, FEATURES))
    seen = truth.copy()
    seen[100:] = truth[100:] * scale + random.normal(0, shift, FEATURES)
    site = ["A"] * 100 + ["B"] * size
    combat = ComBat("site", reference_batch="A", least_subjects=1, unseen="estimate")
    if unseen:
        combat.fit(table(seen[:100], site[:100]))
        values = table(seen[100 : 100 + size], site[100:])
        found = combat.transform(values).drop(columns="site").to_numpy()
        goal, raw = truth[100 : 100 + size], seen[100 : 100 + size]
    else:
        combat.fit(table(seen[: 100 + size], site))
        found = combat.transform(table(seen[100 + size :], ["B"] * NEW)).drop(columns="site").to_numpy()
        goal, raw = truth[100 + size :], seen[100 + size :]
    return _rms(raw - goal), _rms(found - goal)


def _rms(differences: np.ndarray) -> float:
    return float(np.sqrt((differences**2).mean()))


def rows(repeats: int) -> Iterator[dict[str, float]]:
    for unseen in (False, True):
        for shift in SHIFTS:
            for size in SIZES:
                random = np.random.default_rng([int(unseen), int(shift * 10), size])
                pairs = np.array([errors(random, size, shift, unseen) for _ in range(repeats)])
                before, after = pairs.mean(axis=0)
                better = float((pairs[:, 1] < pairs[:, 0]).mean())
                yield {
                    "unseen": unseen,
                    "shift": shift,
                    "subjects": size,
                    "before": before,
                    "after": after,
                    "better": better,
                }


def small_sites(repeats: int) -> None:
    found = pd.DataFrame(rows(repeats))
    for unseen, part in found.groupby("unseen"):
        print("without training subjects" if unseen else "with training subjects")
        for column in ("before", "after", "better"):
            print(column)
            print(part.pivot(index="subjects", columns="shift", values=column).round(2).to_string())


def site_of_ages(random: np.random.Generator, size: int, older: float) -> pd.DataFrame:
    """Two equal sites, of which B is older by some standard deviations; no feature depends on the age."""
    loadings = random.normal(size=(FACTORS, FEATURES))
    loadings /= np.sqrt((loadings**2).sum(axis=0))
    site = ["A"] * size + ["B"] * size
    age = random.normal(size=2 * size) + older * (np.array(site) == "B")
    return table(subjects(random, 2 * size, loadings), site).assign(age=age)


def levels(repeats: int) -> None:
    """Share of features that are significant at 5 % although there is nothing."""
    print("subjects a site, older: age among those who fitted, among new subjects; site among new subjects")
    for size in (20, 50, 100):
        for older in (0.0, 1.0, 2.0):
            random = np.random.default_rng([size, int(older)])
            shares = []
            for _ in range(repeats):
                tables = [site_of_ages(random, size, older) for _ in range(2)]
                combat = ComBat("site", covariates=["age"]).fit(tables[0])
                fitted, new = (combat.transform(each) for each in tables)
                shares.append(
                    [*(_significant(each, "age") for each in (fitted, new)), _significant(new, "site")]
                )
            print(size, older, np.mean(shares, axis=0).round(3))


def _significant(found: pd.DataFrame, column: str) -> float:
    values = found.filter(like="original").to_numpy()
    if column == "age":
        age = (found["age"] - found["age"].mean()).to_numpy()[:, None]
        return float((covariate_effect(values, age, np.empty((len(values), 0)))[0].p < 0.05).mean())
    codes = (found["site"] == "B").to_numpy().astype(np.int64)
    age = found[["age"]].to_numpy()
    return float((location_effect(values, codes, age - age.mean()).p < 0.05).mean())


def remaining(repeats: int) -> None:
    """Share of a planted shift of 1 that is left, for sites of 50 subjects."""
    for options in (
        {},
        {"mean_only": True},
        {"mean_only": "neurocombat"},
        {"eb": False},
        {"parametric": False},
    ):
        left = []
        for seed in range(repeats):
            random = np.random.default_rng(seed)
            shift = random.normal(0, 1, FEATURES)
            values = random.normal(size=(100, FEATURES))
            values[50:] += shift
            found = ComBat("site", **options).fit_transform(table(values, ["A"] * 50 + ["B"] * 50))
            means = found.groupby("site").mean().to_numpy()
            left.append(np.polyfit(shift, means[1] - means[0], 1)[0])
        print(options, round(float(np.mean(left)), 3))


def planted(repeats: int) -> None:
    """Sites of 60, 60 and 40, shifts of 1; B is 1.5 deviations older; half of the features grow by age."""
    found = []
    for seed in range(repeats):
        random = np.random.default_rng(seed)
        site = ["A"] * 60 + ["B"] * 60 + ["C"] * 40
        loadings = random.normal(size=(FACTORS, FEATURES))
        loadings /= np.sqrt((loadings**2).sum(axis=0))
        truth = subjects(random, len(site), loadings)
        age = random.normal(size=len(site)) + 1.5 * (np.array(site) == "B")
        truth[:, : FEATURES // 2] += 0.3 * age[:, None]
        seen = truth.copy()
        for name in "BC":
            rows = np.array(site) == name
            seen[rows] = seen[rows] * np.exp(random.normal(0, 0.3, FEATURES)) + random.normal(0, 1, FEATURES)
        combat, settings = ComBat("site", covariates=["age"]), SiteEffectSettings(seed=seed)
        both = [
            measure_site_effects(combat, table(each, site).assign(age=age), settings)
            for each in (seen, truth)
        ]
        row = {}
        for state, effects in (("before", both[0]), ("after", both[0]), ("truth", both[1])):
            kept = "before" if state == "truth" else state
            features = effects.features[effects.features["state"] == kept]
            slopes = effects.covariates[effects.covariates["state"] == kept]["slope"].to_numpy()
            row[state, "shift"] = features["largest_shift"].median()
            row[state, "ratio"] = features["largest_ratio"].median()
            row[state, "slope"] = slopes[: FEATURES // 2].mean()
            row[state, "slope of nothing"] = np.abs(slopes[FEATURES // 2 :]).mean()
            told = effects.separability.set_index("state").loc[kept]
            row[state, "accuracy"], row[state, "area"] = told["balanced_accuracy"], told["roc_area"]
        found.append(pd.Series(row))
    print(pd.DataFrame(found).mean().unstack().round(2).to_string())


if __name__ == "__main__":
    {"small_sites": small_sites, "levels": levels, "remaining": remaining, "planted": planted}[sys.argv[1]](
        int(sys.argv[2])
    )
