"""Selection and reduction of features by name, as scikit-learn transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import false_discovery_control
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from nbradiomics.outcome.columns import checked_columns
from nbradiomics.outcome.solvers import (
    NoMaximumError,
    Penalty,
    can_train,
    fit_path,
    judged_classes,
    largest_strength,
)
from nbradiomics.outcome.solvers.score_test import univariable_p
from nbradiomics.outcome.transformers import ColumnFilter, absolute_spearman

if TYPE_CHECKING:
    from typing import Self

    from nbradiomics.outcome.settings import OutcomeSettings

#: Share of false discoveries among the features that `univariable` keeps.
FALSE_DISCOVERIES = 0.1
#: Halves of the subjects of stability selection, and the share of them in which a feature must be chosen.
HALVES, CHOSEN_IN = 50, 0.6
_STRENGTHS = np.geomspace(1.0, 0.05, 20)
#: Features of supervised principal components: those with the smallest p values.
SUPERVISED = 20


class UnivariableFilter(ColumnFilter):
    """Keep the features that go with the outcome by themselves, at a false discovery rate of 10 %.

    The p values are those of `univariable_p`, controlled by the method of Benjamini and Hochberg (1995,
    JRSS B 57:289). If nothing is found, no feature is kept.
    """

    _allows_missing = False

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Learn which features to keep from `X`, shape (subjects, features), and the outcome."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        p = univariable_p(values, y)
        self.support_ = false_discovery_control(p) <= FALSE_DISCOVERIES if len(p) else np.zeros(0, dtype=bool)
        return self


class Mrmr(ColumnFilter):
    """Keep features of much relevance and little redundancy, one after the other.

    The relevance of a feature is -log p of `univariable_p`, its redundancy the mean absolute Spearman
    correlation with the features that are kept already; the next feature has the largest quotient (Ding and
    Peng 2005, Journal of Bioinformatics and Computational Biology 3:185).

    Parameters
    ----------
    number
        Number of features.
    """

    _allows_missing = False

    def __init__(self, number: int = 10) -> None:
        self.number = number

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Learn which features to keep from `X`, shape (subjects, features), and the outcome."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        relevance = -np.log(np.maximum(univariable_p(values, y), np.finfo(float).tiny))
        redundancy, sums = absolute_spearman(values), np.zeros(values.shape[1])
        self.support_ = np.zeros(values.shape[1], dtype=bool)
        for kept in range(min(self.number, values.shape[1])):
            mean = np.maximum(sums / kept, 1e-3) if kept else np.ones(len(sums))
            best = int(np.argmax(np.where(self.support_, -np.inf, relevance / mean)))
            self.support_[best] = True
            sums += redundancy[best]
        return self


class StabilitySelection(ColumnFilter):
    """Keep the features that a lasso chooses again and again in halves of the subjects.

    In each of 50 halves (25 pairs that complement each other) a lasso path runs until it holds as many
    features as the root of 0.8 times their number; a feature is kept if it is among them in 60 % of the
    halves (Meinshausen and Bühlmann 2010, JRSS B 72:417; Shah and Samworth 2013, JRSS B 75:55). Copies of a
    subject, as in a bootstrap sample, are in the same half. Of several classes each is chosen for by itself.

    Parameters
    ----------
    seed
        Seed of the halves.
    """

    _allows_missing = False

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Learn which features to keep from `X`, shape (subjects, features), and the outcome."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        names = np.asarray(X.index if isinstance(X, pd.DataFrame) else np.arange(len(values)))
        outcomes = [y] if y.dtype.names else [y == each for each in judged_classes(np.unique(y).tolist())]
        shares = [self._shares(values, outcome, names) for outcome in outcomes]
        self.support_ = np.max(shares, axis=0) >= CHOSEN_IN
        return self

    def _shares(self, values: np.ndarray, y: np.ndarray, names: np.ndarray) -> np.ndarray:
        codes, rng = pd.factorize(names)[0], np.random.default_rng(self.seed)
        subjects, counts = int(codes.max()) + 1, np.zeros(values.shape[1])
        most = max(1, int(np.sqrt(0.8 * values.shape[1])))
        for _ in range(HALVES // 2):
            order = rng.permutation(subjects)
            for half in (order[: subjects // 2], order[subjects // 2 :]):
                counts += _first_of_lasso(values, y, np.isin(codes, half), most)
        shares: np.ndarray = counts / HALVES
        return shares


class ClusterFilter(ColumnFilter):
    """Keep one feature of each cluster of correlated features: the one that is most like the others.

    Clusters come from average linkage of 1 - absolute Spearman correlation.

    Parameters
    ----------
    threshold
        Clusters whose mean absolute correlation exceeds this are merged.
    """

    _allows_missing = False

    def __init__(self, threshold: float = 0.7) -> None:
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn the clusters of `X`, shape (subjects, features)."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        self.support_ = np.ones(values.shape[1], dtype=bool)
        if values.shape[1] < 2:
            return self
        correlation = absolute_spearman(values)
        distance = np.clip(1 - correlation, 0, 1)
        np.fill_diagonal(distance, 0)
        labels = fcluster(
            linkage(squareform(distance, checks=False), "average"), 1 - self.threshold, "distance"
        )
        self.support_[:] = False
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            likeness = correlation[np.ix_(members, members)].sum(axis=1)
            self.support_[members[int(np.argmax(likeness.round(10)))]] = True
        return self


class PrincipalComponents(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Replace the features by their principal components, scaled to variance 1.

    Parameters
    ----------
    number
        Number of components; fewer if there are fewer features or subjects.
    supervised
        Use only the 20 features with the smallest p values of `univariable_p` (Bair et al. 2006, JASA
        101:119).
    """

    def __init__(self, number: int = 10, *, supervised: bool = False) -> None:
        self.number = number
        self.supervised = supervised

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Learn the components of `X`, shape (subjects, features)."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        self.used_ = np.arange(values.shape[1])
        if self.supervised and values.shape[1] > SUPERVISED:
            self.used_ = np.sort(np.argsort(univariable_p(values, y), kind="stable")[:SUPERVISED])
        self.mean_ = values[:, self.used_].mean(axis=0)
        _, s, vt = np.linalg.svd(values[:, self.used_] - self.mean_, full_matrices=False)
        held = int((s > s.max(initial=0.0) * 1e-10).sum())
        kept = min(self.number, held)
        # The sign is fixed: the largest loading is positive.
        signs = np.sign(vt[np.arange(kept), np.abs(vt[:kept]).argmax(axis=1)])
        self.loadings_ = (vt[:kept] * signs[:, None] / s[:kept, None]).T * np.sqrt(len(values) - 1)
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Components of each subject, shape (subjects, components)."""
        check_is_fitted(self, "loadings_")
        values = checked_columns(self, X, reset=False, dtype=np.float64)
        scores = (values[:, self.used_] - self.mean_) @ self.loadings_
        index = X.index if isinstance(X, pd.DataFrame) else None
        return pd.DataFrame(scores, index=index, columns=self.get_feature_names_out())

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:  # noqa: ARG002
        """Names of the components: ``component 1`` and so on."""
        check_is_fitted(self, "loadings_")
        return np.array(
            [f"component {number + 1}" for number in range(self.loadings_.shape[1])], dtype=object
        )


def _first_of_lasso(values: np.ndarray, y: np.ndarray, rows: np.ndarray, most: int) -> np.ndarray:
    """Whether each feature is among the first ones of a lasso path in some subjects, shape (features,)."""
    chosen = np.zeros(values.shape[1], dtype=bool)
    part, outcome = values[rows], y[rows]
    varying = np.ptp(part, axis=0) > 0
    if not varying.any() or not can_train(outcome):
        return chosen
    penalty = Penalty.elastic_net(np.ones(int(varying.sum())), 1.0)
    try:
        strengths = largest_strength(part[:, varying], outcome, penalty) * _STRENGTHS
        path = np.nan_to_num(fit_path(part[:, varying], outcome, penalty, strengths, 1e-5))
    except NoMaximumError:
        return chosen
    # The weakest penalty before the path holds more features than are wanted.
    above = np.flatnonzero((path != 0).sum(axis=1) > most)
    last = int(above[0]) - 1 if len(above) else len(path) - 1
    if last >= 0:
        chosen[np.flatnonzero(varying)[path[last] != 0]] = True
    return chosen


def selector(settings: OutcomeSettings) -> Any:
    """Build the unfitted transformer of a method by name; for ``none`` it keeps everything."""
    methods: dict[str, Any] = {
        "none": "passthrough",
        "univariable": UnivariableFilter(),
        "mrmr": Mrmr(settings.selected),
        "stability": StabilitySelection(settings.seed),
        "clusters": ClusterFilter(),
        "pca": PrincipalComponents(settings.selected),
        "supervised_pca": PrincipalComponents(settings.selected, supervised=True),
    }
    return methods[settings.selection]
