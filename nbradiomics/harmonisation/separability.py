"""How well a classifier tells the batch from the features, before and after a harmonisation.

The classifier is cross-validated among subjects who did not fit the harmonisation. If it were trained on
those who did, its accuracy would be below chance without any site effect: what the harmonisation removed too
much of them, it removed too little of the others. In 12 simulated cohorts of two sites that do not differ (60
subjects, 40 features) the mean balanced accuracy was 0.41 so, where 0.50 is chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.site_settings import SiteEffectSettings
from nbradiomics.harmonisation.table_parts import batches_of, subjects_of, values_of
from nbradiomics.messages.wording import counted

_TREES = 200


def separability(
    states: Mapping[str, pd.DataFrame],
    columns: Sequence[str],
    features: Sequence[str],
    settings: SiteEffectSettings,
) -> Iterator[dict[str, object]]:
    """Accuracy of the batch in each state of the same subjects, for each batch column.

    Parameters
    ----------
    states
        Tables of the same subjects, who did not fit the harmonisation: before it, and after it.
    columns
        The batch columns.
    features
        Features from which the batch is told.
    settings
        Folds, classifier, permutations and seed.

    Yields
    ------
    dict
        A row of `SEPARABILITY`. Both measures are means over the folds, each within its fold.

    Raises
    ------
    InputError
        When a batch has one subject only, or there is one batch only.
    """
    for column in columns:
        for state, table in states.items():
            accuracy, area = _told(table, column, features, settings)
            null = [
                _told(_permuted(table, column, settings.seed, draw), column, features, settings)[0]
                for draw in range(settings.permutations)
            ]
            batches = batches_of(table, column).nunique()
            yield {
                "batch_column": column,
                "state": state,
                "subjects": subjects_of(table).nunique(),
                "batches": batches,
                "balanced_accuracy": accuracy,
                "roc_area": area,
                "chance": float(np.mean(null)) if null else 1 / batches,
                "p": (1 + sum(each >= accuracy for each in null)) / (1 + len(null)) if null else None,
            }


def _told(
    table: pd.DataFrame, column: str, features: Sequence[str], settings: SiteEffectSettings
) -> tuple[float, float]:
    batches, values = batches_of(table, column).to_numpy(), values_of(table, features)
    number = _folds(table, column, settings.folds)
    folds = StratifiedGroupKFold(number, shuffle=True, random_state=settings.seed)
    scores = []
    for train, test in folds.split(values, batches, subjects_of(table)):
        model = _classifier(settings).fit(values[train], batches[train])
        scores.append(_scores(model, values[test], batches[test]))
    accuracy, area = np.mean(scores, axis=0)
    return float(accuracy), float(area)


def _classifier(settings: SiteEffectSettings) -> Any:
    if settings.classifier == "linear":
        model: Any = LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
    else:
        model = RandomForestClassifier(
            _TREES,
            class_weight="balanced_subsample",
            min_samples_leaf=3,
            random_state=settings.seed,
            n_jobs=1,
        )
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler(), model)


def _scores(model: Any, values: np.ndarray, batches: np.ndarray) -> tuple[float, float]:
    """Balanced accuracy, and ROC area as the mean over pairs of batches (Hand and Till 2001)."""
    shares = model.predict_proba(values)
    accuracy = balanced_accuracy_score(batches, model.classes_[shares.argmax(axis=1)])
    if len(model.classes_) == 2:
        return float(accuracy), float(roc_auc_score(batches == model.classes_[1], shares[:, 1]))
    area = roc_auc_score(batches, shares, multi_class="ovo", labels=model.classes_)
    return float(accuracy), float(area)


def _permuted(table: pd.DataFrame, column: str, seed: int, draw: int) -> pd.DataFrame:
    """The table with the batches exchanged between subjects."""
    subjects = subjects_of(table)
    first = table[column].groupby(subjects.to_numpy()).first()
    random = np.random.default_rng([seed, draw])
    exchanged = dict(zip(first.index, random.permutation(first.to_numpy()), strict=True))
    return table.assign(**{column: [exchanged[subject] for subject in subjects]})


def _folds(table: pd.DataFrame, column: str, most: int) -> int:
    """Number of folds: at most as many as the smallest batch has subjects."""
    batches = batches_of(table, column)
    counts = subjects_of(table).groupby(batches.to_numpy()).nunique()
    if len(counts) < 2:
        raise InputError(f"{column!r} has one batch only.", "Nothing can be told apart.")
    if counts.min() < 2:
        raise InputError(
            f"{column} {counts.idxmin()!r} has {counted(int(counts.min()), 'subject')} who did not fit the "
            "harmonisation; at least 2 were expected.",
            "Leave the batch out, or use a larger held_out.",
        )
    return min(most, int(counts.min()))
