"""How well a classifier tells the batch from the features, before and after a harmonisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
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

if TYPE_CHECKING:
    from nbradiomics.harmonisation.combat import ComBat

_TREES = 200


def separability(
    combat: ComBat, table: pd.DataFrame, features: Sequence[str], settings: SiteEffectSettings
) -> Iterator[dict[str, object]]:
    """Accuracy of the batch before and after, for each batch column.

    Parameters
    ----------
    combat
        Harmonisation; it is fitted again in each training fold.
    table
        All subjects.
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
        When a batch has fewer subjects than folds.
    """
    for column in combat.columns():
        _require_subjects(table, column, settings.folds)
        for state, harmonisation in (("before", None), ("after", combat)):
            accuracy, area = _told(harmonisation, table, column, features, settings)
            null = [
                _told(
                    harmonisation, _permuted(table, column, settings.seed, draw), column, features, settings
                )[0]
                for draw in range(settings.permutations)
            ]
            yield {
                "batch_column": column,
                "state": state,
                "batches": batches_of(table, column).nunique(),
                "balanced_accuracy": accuracy,
                "roc_area": area,
                "chance": float(np.mean(null)) if null else 1 / batches_of(table, column).nunique(),
                "p": (1 + sum(each >= accuracy for each in null)) / (1 + len(null)) if null else None,
            }


def _told(
    combat: ComBat | None,
    table: pd.DataFrame,
    column: str,
    features: Sequence[str],
    settings: SiteEffectSettings,
) -> tuple[float, float]:
    batches = batches_of(table, column).to_numpy()
    folds = StratifiedGroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    scores = []
    for train, test in folds.split(table, batches, subjects_of(table)):
        parts = table.iloc[train], table.iloc[test]
        if combat is not None:
            fitted = clone(combat).fit(parts[0])
            parts = fitted.transform(parts[0]), fitted.transform(parts[1])
        model = _classifier(settings).fit(values_of(parts[0], features), batches[train])
        scores.append(_scores(model, values_of(parts[1], features), batches[test]))
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


def _require_subjects(table: pd.DataFrame, column: str, folds: int) -> None:
    batches = batches_of(table, column)
    counts = subjects_of(table).groupby(batches.to_numpy()).nunique()
    if len(counts) < 2:
        raise InputError(f"{column!r} has one batch only.", "Nothing can be told apart.")
    if counts.min() < folds:
        raise InputError(
            f"{column} {counts.idxmin()!r} has {counted(int(counts.min()), 'subject')}; at least {folds}, "
            "one for each fold, were expected.",
            "Use fewer folds, or leave the batch out.",
        )
