"""Values that a harmonisation cannot use, and values that no feature can have after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from nbradiomics.harmonisation.table_parts import values_of
from nbradiomics.messages.wording import counted, shortened


def finite_values(features: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Values of features as decimals, with infinite ones as missing, and a sentence about these.

    Parameters
    ----------
    features
        Feature table with a column `subject`.
    names
        The features.
    """
    part = features[list(names)]
    values = part.replace([np.inf, -np.inf], np.nan)
    values = pd.DataFrame(values_of(values, names), index=values.index, columns=list(names))
    infinite = np.isinf(part.to_numpy(np.float64))
    if not infinite.any():
        return values, []
    subjects = features["subject"].astype(str).tolist()
    cases = [f"{names[column]} of {subjects[row]}" for row, column in np.argwhere(infinite).tolist()]
    sentence = (
        f"{counted(len(cases), 'value')} of {counted(int(infinite.any(axis=0).sum()), 'feature')} "
        f"{'is' if len(cases) == 1 else 'are'} infinite and became missing: {shortened(cases)}."
    )
    return values, [sentence]


def impossible_values(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    """Say which features are below 0 only after the harmonisation: a shift knows no limits of a feature.

    Parameters
    ----------
    before, after
        Values of the features, in the same rows and columns.
    """
    below = {
        str(name): int((after[name] < 0).sum())
        for name in before
        if before[name].min() >= 0 and (after[name] < 0).any()
    }
    if below:
        listed = shortened([f"{name} ({count})" for name, count in below.items()])
        yield (
            f"{counted(len(below), 'feature')} without a value below 0 before the harmonisation "
            f"{'has' if len(below) == 1 else 'have'} some after it (rows): {listed}. ComBat shifts and "
            "rescales as if features had no limits: these values compare subjects, and mean nothing else."
        )
