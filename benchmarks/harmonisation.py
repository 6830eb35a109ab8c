"""How many subjects must a site have, before ComBat makes its features better than leaving them alone?

    python -m benchmarks.harmonisation 200

Site A has 100 subjects and is the reference; site B has few. All features of B are shifted and scaled. 200
new subjects of B are harmonised by the estimates, and compared with their own values without the shift: root
mean square difference over subjects and features, in standard deviations of a feature.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbradiomics import ComBat

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


if __name__ == "__main__":
    found = pd.DataFrame(rows(int(sys.argv[1])))
    for unseen, part in found.groupby("unseen"):
        print("without training subjects" if unseen else "with training subjects")
        for column in ("before", "after", "better"):
            print(column)
            print(part.pivot(index="subjects", columns="shift", values=column).round(2).to_string())
