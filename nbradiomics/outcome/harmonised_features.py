"""The step of a fold that harmonises features: fitted to the training subjects, applied to all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from nbradiomics.harmonisation.request import combat_of
from nbradiomics.outcome.harmonisation import Harmonisation
from nbradiomics.outcome.stability import Ratings
from nbradiomics.outcome.transformers import ColumnFilter, DropUninformative, StabilityFilter

if TYPE_CHECKING:
    from typing import Self


class HarmonisedFeatures(ColumnFilter):
    """Harmonise features by ComBat, and keep those that are stable across readers afterwards.

    The batch effects are those of the training subjects, of their rows that the models use. The readers'
    values are harmonised by the same effects before their agreement is judged: differences between sites are
    differences between subjects, and would make every reader look reliable.

    Parameters
    ----------
    harmonisation
        Batches of all subjects, and the settings. Only subjects in the tables given to :meth:`fit` are used.
    stability
        Filter of stable features, unfitted.

    Attributes
    ----------
    combat_
        Fitted ComBat; None if no feature that is harmonised varies.
    harmonised_ : list of str
        Features that are harmonised: those that vary among the training subjects.
    support_ : numpy.ndarray
        Which features are kept, shape (features,), bool.
    """

    def __init__(self, harmonisation: Harmonisation, stability: StabilityFilter) -> None:
        self.harmonisation = harmonisation
        self.stability = stability

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        """Learn the batch effects of `X`, shape (subjects, features), indexed by subject."""
        self._checked(X, reset=True)
        asked = set(self.harmonisation.features)
        varies = DropUninformative().fit(X).support_
        self.harmonised_ = [
            str(name) for name, there in zip(X, varies, strict=True) if there and name in asked
        ]
        self.combat_ = None
        if self.harmonised_:
            self.combat_ = combat_of(self.harmonisation.asked).fit(self._with_batches(X))
        if self.harmonisation.rated is not None:
            self.support_ = self._of_rated(X).support_
            return self
        stability = clone(self.stability)
        if stability.ratings is not None:
            # Each subject once: the filter counts them itself.
            rated = stability.ratings.of(list(dict.fromkeys(X.index)), X.columns)
            stability.set_params(ratings=self._harmonised_ratings(rated))
        self.support_ = stability.fit(X).support_
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Take the batch effects from the features of `X`; features that are not stable are left out."""
        check_is_fitted(self, "support_")
        self._checked(X, reset=False)
        kept: pd.DataFrame = self._harmonised(X).loc[:, self.support_]
        return kept

    def harmonised(self, X: pd.DataFrame) -> pd.DataFrame:
        """Take the batch effects from the features of `X`; all features stay."""
        check_is_fitted(self, "support_")
        return self._harmonised(X)

    def _harmonised(self, X: pd.DataFrame) -> pd.DataFrame:
        if self.combat_ is None or X.empty:
            return X
        changed = X.copy()
        found = self.combat_.transform(self._with_batches(X))
        changed[self.harmonised_] = found.iloc[:, : len(self.harmonised_)].to_numpy()
        return changed

    def _of_rated(self, X: pd.DataFrame) -> HarmonisedFeatures:
        """Fit to the features to which the ratings belong: the readers rated no control."""
        rated = self.harmonisation.rated
        assert rated is not None
        own = replace(self.harmonisation, rated=None)
        return HarmonisedFeatures(own, self.stability).fit(rated.loc[list(X.index), list(X.columns)])

    def _with_batches(self, X: pd.DataFrame) -> pd.DataFrame:
        """Features, with the batches of their subjects behind them.

        Features get plain names, so that ComBat takes all of them, whatever they are called. Rows get
        numbers, because a bootstrap sample names a subject several times.
        """
        names = [f"feature {number}" for number in range(len(self.harmonised_))]
        parts = (X[self.harmonised_].set_axis(names, axis=1), self.harmonisation.of(X.index))
        return pd.concat([part.reset_index(drop=True) for part in parts], axis=1)

    def _harmonised_ratings(self, ratings: Ratings) -> Ratings:
        values = ratings.values.copy()
        for place in range(values.shape[2]):
            table = pd.DataFrame(
                values[:, :, place].T, index=list(ratings.subjects), columns=list(ratings.features)
            )
            lacking = [name for name in self.harmonised_ if name not in table]
            table = table.assign(**dict.fromkeys(lacking, np.nan))
            values[:, :, place] = self._harmonised(table)[list(ratings.features)].to_numpy().T
        return replace(ratings, values=values)
