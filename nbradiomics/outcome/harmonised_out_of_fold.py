"""Features of each subject, harmonised by the estimates of the other folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.harmonised_features import HarmonisedFeatures
from nbradiomics.outcome.transformers import StabilityFilter

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData


def harmonised_out_of_fold(data: OutcomeData, folds: Sequence[tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """Harmonise the features of each subject by a ComBat that was fitted without the subject's fold.

    A ComBat that is judged on its own subjects always looks as if it had removed everything.

    Parameters
    ----------
    data
        Data with a harmonisation.
    folds
        Training and held-out places of each fold of one repeat.

    Returns
    -------
    pandas.DataFrame
        Shape (subjects, features that are harmonised), in the order of `data`.
    """
    assert data.harmonisation is not None
    features = data.frame[list(data.radiomic)]
    parts = []
    for train, test in folds:
        step = HarmonisedFeatures(data.harmonisation, StabilityFilter()).fit(features.iloc[train])
        parts.append(step.harmonised(features.iloc[test]))
    held_out = np.concatenate([test for _, test in folds])
    joined = pd.concat(parts).iloc[np.argsort(held_out, kind="stable")]
    return joined[list(data.harmonisation.features)]
