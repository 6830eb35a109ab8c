"""Result of one model in one fold of a cross-validation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Fold:
    """A fold and its subjects.

    Attributes
    ----------
    repeat, fold
        Both count from 1.
    train, test
        Positions of the training and of the held-out subjects.
    """

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class FoldResult:
    """Result of one model in one fold.

    Attributes
    ----------
    model, repeat, fold
        Model, repeat and fold; repeats and folds count from 1.
    train, test
        Positions of the training and of the held-out subjects.
    risk
        Log partial hazard of the held-out subjects, or their log odds of the positive one of two classes,
        shape (held out,); missing if the model failed, or there are more classes.
    group
        Their group, shape (held out,): 1 if the log partial hazard exceeds its median among the training
        subjects, else 0; or the number of the predicted class. All 0 if the model failed.
    predicted
        Their predicted probabilities: of no event until some times, shape (held out, times), or of each
        class, shape (held out, classes); missing if the model failed.
    coefficients
        Log hazard ratios, or log odds ratios, of the columns in the model: one column of the table for each
        part of the model, named by the class if there are more than two; empty if no column remained or the
        model failed. Importances of trees; without columns for a model that has none.
    retries
        Number of times that the penalty was raised tenfold until the model converged.
    penalizer
        Strength of the penalty of the features, as set or tuned; missing if there are none.
    l1_ratio
        Kind of this penalty, as set or tuned; missing if there are no features.
    selection
        Selection of features that `auto` chose; empty if the settings name one.
    failure
        Why the model could not be fitted; empty if it was fitted.
    learned
        Subjects of the rows that the columns and the model were fitted to, in their order.
    """

    model: str
    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray
    risk: np.ndarray
    group: np.ndarray
    predicted: np.ndarray
    coefficients: pd.DataFrame
    retries: int = 0
    failure: str = ""
    penalizer: float = np.nan
    l1_ratio: float = np.nan
    selection: str = ""
    learned: tuple[str, ...] = ()

    def drawn(self, places: np.ndarray) -> FoldResult:
        """Predictions for some of the held-out subjects, who are then the only subjects there are."""
        everybody = np.arange(len(places))
        return replace(
            self,
            train=everybody,
            test=everybody,
            risk=self.risk[places],
            group=self.group[places],
            predicted=self.predicted[places],
        )

    @classmethod
    def failed(cls, model: str, fold: Fold, points: int, cause: str) -> FoldResult:
        """Result of a model that could not be fitted; `points` probabilities were wanted of each subject."""
        held_out = len(fold.test)
        return cls(
            model,
            fold.repeat,
            fold.fold,
            fold.train,
            fold.test,
            risk=np.full(held_out, np.nan),
            group=np.zeros(held_out, dtype=np.intp),
            predicted=np.full((held_out, points), np.nan),
            coefficients=pd.DataFrame(),
            failure=cause,
        )
