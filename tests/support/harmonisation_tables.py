"""Feature tables of several sites, with planted shifts and planted effects of the age."""

import numpy as np
import pandas as pd


def site_table(
    sizes: tuple[int, ...] = (30, 30, 30),
    features: int = 20,
    *,
    seed: int = 0,
    shift: float = 1.0,
    slope: float = 0.0,
    older: float = 0.0,
) -> pd.DataFrame:
    """Correlated features of unit variance; sites B, C ... are shifted by about `shift`, and rescaled.

    The first half of the features grows by `slope` per standard deviation of the age; site B is `older`.
    """
    random = np.random.default_rng(seed)
    site = np.repeat(list("ABCDEFGH")[: len(sizes)], sizes)
    number = len(site)
    age = random.normal(size=number) + older * (site == "B")
    loadings = random.normal(size=(3, features))
    loadings /= np.sqrt((loadings**2).sum(axis=0))
    values = np.sqrt(0.5) * (
        random.normal(size=(number, 3)) @ loadings + random.normal(size=(number, features))
    )
    values[:, : features // 2] += slope * age[:, None]
    for name in np.unique(site)[1:]:
        rows = site == name
        scale = np.exp(random.normal(0, 0.3 * min(shift, 1), features))
        values[rows] = values[rows] * scale + random.normal(0, shift, features)
    table = pd.DataFrame(values).add_prefix("original_firstorder_F")
    table.insert(0, "subject", [f"P{place:03d}" for place in range(number)])
    return table.assign(site=site, age=(age * 2 + 6).round(3))


def feature_names(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name.startswith("original")]
