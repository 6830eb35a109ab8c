"""Column filters as scikit-learn transformers, which learn only from the rows that they are fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from nbradiomics.errors import InputError
from nbradiomics.outcome.columns import checked_columns
from nbradiomics.outcome.stability import Ratings, stable_features
from nbradiomics.reproducibility import MINIMUM_SUBJECTS, StabilitySettings

if TYPE_CHECKING:
    from typing import Self

#: A column is constant up to rounding if its range is at most this share of its largest absolute value.
ROUNDING = 1e-12
#: Correlations are compared after rounding, so that the order of summation does not matter.
DECIMALS = 10

_CRITERIA = StabilitySettings(min_subjects=MINIMUM_SUBJECTS // 2)


class ColumnFilter(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Base of transformers that keep some columns: `support_` says which, shape (columns,), bool."""

    support_: np.ndarray
    #: Whether columns with missing values are accepted.
    _allows_missing = True

    def transform(self, X: Any) -> Any:
        """Keep the chosen columns of a table or array of shape (subjects, columns)."""
        check_is_fitted(self, "support_")
        X = self._checked(X, reset=False)
        return X.loc[:, self.support_] if isinstance(X, pd.DataFrame) else X[:, self.support_]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the kept columns."""
        check_is_fitted(self, "support_")
        names = np.asarray(_check_feature_names_in(self, input_features), dtype=object)
        kept: np.ndarray = names[self.support_]
        return kept

    def _checked(self, X: Any, *, reset: bool) -> Any:
        finite = "allow-nan" if self._allows_missing else True
        array = checked_columns(self, X, reset=reset, dtype=None, ensure_all_finite=finite)
        return X if isinstance(X, pd.DataFrame) else array

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._allows_missing
        return tags


class DropUninformative(ColumnFilter):
    """Drop columns that are empty, contain only one value, or are missing too often.

    Missing values do not count as a value. Numbers count as one value if their range is at most 1e-12 of the
    largest absolute value.

    Parameters
    ----------
    most_missing
        Largest share of missing values of a column that is kept, 0 to 1.
    """

    def __init__(self, most_missing: float = 1.0) -> None:
        self.most_missing = most_missing

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn which columns vary; `X` of shape (subjects, columns), numbers or text."""
        frame = pd.DataFrame(self._checked(X, reset=True))
        numeric = np.array([pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes], dtype=bool)
        self.support_ = np.zeros(frame.shape[1], dtype=bool)
        self.support_[numeric] = _numbers_vary(frame.loc[:, numeric].to_numpy(np.float64, na_value=np.nan))
        for place in map(int, np.flatnonzero(~numeric)):
            self.support_[place] = len(set(frame.iloc[:, place].dropna())) > 1
        self.support_ &= frame.isna().mean(axis=0).to_numpy() <= self.most_missing
        return self


class StabilityFilter(ColumnFilter):
    """Keep the features that are stable across readers.

    Parameters
    ----------
    stable
        Names of the stable features: only these are kept.
    ratings
        The readers' values of each feature; with a list, both apply. The ICC is computed only from the
        subjects on which the filter is fitted; a feature is kept if its lower limit reaches the threshold. A
        feature with an undefined ICC is not stable.
    criteria
        Threshold and form of the ICC, and the smallest number of subjects, measured by all readers, from
        which it is accepted; the level of the interval is always 95 %.

    Notes
    -----
    The index of the table that :meth:`fit` receives names the subjects. With neither list nor ratings
    all features are kept.
    """

    def __init__(
        self,
        stable: tuple[str, ...] | None = None,
        ratings: Ratings | None = None,
        criteria: StabilitySettings = _CRITERIA,
    ) -> None:
        self.stable = stable
        self.ratings = ratings
        self.criteria = criteria

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        """Learn which features are stable among the subjects of `X`, shape (subjects, features).

        Raises
        ------
        InputError
            When fewer of these subjects than `criteria` require were measured by all readers.
        """
        if not isinstance(X, pd.DataFrame):
            raise InputError(
                f"the stability filter got {type(X).__name__}; a table was expected.",
                "Give a table indexed by subject.",
            )
        self._checked(X, reset=True)
        self.support_ = np.asarray(X.columns.isin(list(self._stable(X))), dtype=bool)
        return self

    def _stable(self, X: pd.DataFrame) -> set[str]:
        listed = set(X.columns if self.stable is None else self.stable)
        if self.ratings is None:
            return listed
        ratings = self.ratings.of(X.index, X.columns)
        if len(ratings.subjects) < self.criteria.min_subjects:
            raise InputError(
                f"only {len(ratings.subjects)} training subjects were measured by all of "
                f"{', '.join(ratings.readers)}; stability needs {self.criteria.min_subjects}.",
                "Name readers who share more subjects, lower min_subjects, or give the list of stable "
                "features.",
            )
        return listed & set(stable_features(ratings, self.criteria))


class CorrelationFilter(ColumnFilter):
    """Drop one of every two highly correlated features.

    Pairs are taken in order of decreasing absolute Spearman correlation, if it exceeds `threshold` and both
    features are still kept. The feature with the higher mean absolute correlation with all features is
    dropped; if both are equal, the one that is later in the table.

    Parameters
    ----------
    threshold
        Largest absolute Spearman correlation that two kept features may have.
    """

    _allows_missing = False

    def __init__(self, threshold: float = 0.9) -> None:
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn which features to keep from `X`, shape (subjects, features), no value missing."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        self.support_ = _decorrelated(absolute_spearman(values), self.threshold)
        return self


class LevelIndicators(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Code each category by indicator columns of its levels, so that no level is special.

    With a ridge penalty a level without a column would determine how much the others are shrunk, and with it
    the risk. So all levels get a column. One column is enough for two levels, and its sign does not matter. A
    missing value, or a level that the training subjects lack, gets the shares of the levels among the
    training subjects: it indicates neither a high nor a low risk.

    Parameters
    ----------
    reference
        Leave out the most frequent level: without a penalty all levels together have no unique solution, and
        the choice of the level does not change the risk.
    missing
        Name of a level of its own for missing values; None gives them the shares of the levels.

    Attributes
    ----------
    shares_ : list of pandas.Series
        For each category, share of each level among the training subjects.
    coded_ : list of list of str
        For each category, the levels that have a column.
    """

    def __init__(self, *, reference: bool = False, missing: str | None = None) -> None:
        self.reference = reference
        self.missing = missing

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        """Learn the levels of `X`, shape (subjects, categories), text."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        X = self._named(X)
        self.shares_ = [
            X.iloc[:, place].value_counts(normalize=True).sort_index() for place in range(X.shape[1])
        ]
        self.coded_ = [self._coded(shares) for shares in self.shares_]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Indicators of the coded levels, shape (subjects, coded levels), float64."""
        check_is_fitted(self, "shares_")
        X = self._named(X)
        learnt = zip(self.shares_, self.coded_, strict=True)
        parts = [_indicators(X.iloc[:, place], *each) for place, each in enumerate(learnt)]
        values = np.hstack(parts) if parts else np.empty((len(X), 0))
        return pd.DataFrame(values, index=X.index, columns=self.get_feature_names_out())

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:  # noqa: ARG002
        """Names of the columns: ``category=level``."""
        check_is_fitted(self, "shares_")
        named = zip(self.feature_names_in_, self.coded_, strict=True)
        return np.array([f"{name}={level}" for name, levels in named for level in levels], dtype=object)

    def _named(self, X: pd.DataFrame) -> pd.DataFrame:
        return X if self.missing is None else X.fillna(self.missing)

    def _coded(self, shares: pd.Series) -> list[str]:
        levels = [str(level) for level in shares.index]
        if len(levels) == 2:
            return levels[1:]
        if self.reference and levels:
            levels.remove(str(shares.idxmax()))
        return levels


class UnlessEmpty(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Apply a transformer unless there are no columns, which scikit-learn's own transformers refuse.

    Parameters
    ----------
    transformer
        Transformer whose output has exactly the columns that it names.
    """

    def __init__(self, transformer: Any) -> None:
        self.transformer = transformer

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Fit the transformer if `X`, shape (subjects, columns), has a column."""
        self.n_features_in_ = X.shape[1]
        self.transformer_ = None
        if self.n_features_in_:
            self.transformer_ = clone(self.transformer).set_output(transform="pandas").fit(X, y)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Transform `X`, shape (subjects, columns); without a column it stays as it is."""
        check_is_fitted(self, "n_features_in_")
        changed: pd.DataFrame = X if self.transformer_ is None else self.transformer_.transform(X)
        return changed

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the transformer's columns."""
        check_is_fitted(self, "n_features_in_")
        if self.transformer_ is None:
            return np.array([], dtype=object)
        names: np.ndarray = self.transformer_.get_feature_names_out(input_features)
        return names


def _indicators(column: pd.Series, shares: pd.Series, coded: list[str]) -> np.ndarray:
    unknown = ~column.isin(shares.index).to_numpy()
    indicators = np.stack([(column == level).to_numpy(dtype=np.float64) for level in coded], axis=1)
    indicators[unknown] = shares[coded].to_numpy(dtype=np.float64)
    return indicators


def absolute_spearman(values: np.ndarray) -> np.ndarray:
    """Absolute Spearman correlations of columns, shape (columns, columns); 0 if a column is constant."""
    ranks = rankdata(values, axis=0)
    centred = ranks - ranks.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    correlation: np.ndarray = np.abs(unit.T @ unit).round(DECIMALS)
    return correlation


def _decorrelated(correlation: np.ndarray, threshold: float) -> np.ndarray:
    kept = np.ones(len(correlation), dtype=bool)
    redundancy = correlation.mean(axis=1).round(DECIMALS) if len(correlation) else np.empty(0)
    first, second = np.triu_indices(len(correlation), k=1)
    strength = correlation[first, second]
    order = np.lexsort((second, first, -strength))
    for place in order[strength[order] > threshold]:
        one, other = first[place], second[place]
        if kept[one] and kept[other]:
            kept[one if redundancy[one] > redundancy[other] else other] = False
    return kept


def _numbers_vary(values: np.ndarray) -> np.ndarray:
    """Whether each column has more than one value, shape (columns,); missing values do not count."""
    low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    varies: np.ndarray = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
    return varies
