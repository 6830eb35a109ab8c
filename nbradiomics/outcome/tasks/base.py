"""What differs between kinds of outcome: the model, its predictions and how good they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from nbradiomics.outcome.fold_result import Fold, FoldResult
from nbradiomics.outcome.measures.arguments import Floats, Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import OutcomeSettings

#: A metric, and its horizon if it has one.
Metric = tuple[str, float | None]
#: Pairs of subjects to order, as times and events, and the column of the predictions that orders them.
Order = tuple[Observed, int]


class Task(ABC):
    """A kind of outcome. The outcome `y` of the subjects has the shape (subjects,)."""

    #: Metric of the order of held-out subjects, by which models are compared.
    order: ClassVar[str]
    #: Its name in sentences.
    order_name: ClassVar[str]
    #: What changes, in a sentence about a gain.
    order_short: ClassVar[str]
    #: What a model learns from, one and several: events, or subjects of the smallest class.
    informative: ClassVar[tuple[str, str]]
    #: Metrics between 0 and 1.
    bounded: ClassVar[tuple[str, ...]]
    #: Metrics whose intervals were simulated and cover (docs/validation.md); the others have none.
    with_interval: ClassVar[tuple[str, ...]]
    #: The same for fixed models on external subjects.
    with_external_interval: ClassVar[tuple[str, ...]]

    @property
    def gains(self) -> Mapping[str, tuple[str, str]]:
        """For each gain in the order, the model that gains and the one with which it is compared."""
        return {
            f"{self.order}_gain_over_clinical": ("combined", "clinical"),
            f"{self.order}_gain_over_volume": ("radiomic", "volume"),
        }

    @property
    @abstractmethod
    def metrics(self) -> list[Metric]:
        """All metrics, in the order of the tables."""

    @property
    @abstractmethod
    def points(self) -> int:
        """Number of probabilities that are predicted for each subject."""

    @abstractmethod
    def estimator(self, settings: OutcomeSettings, block_penalizers: Mapping[str, float]) -> Any:
        """Build the unfitted model."""

    @abstractmethod
    def result(
        self, model: str, fold: Fold, y: np.ndarray, fitted: Any, columns: tuple[pd.DataFrame, pd.DataFrame]
    ) -> FoldResult:
        """Predict the held-out subjects; `columns` are those of the training and of the held-out subjects."""

    @abstractmethod
    def scores(self, y: np.ndarray, folds: Sequence[FoldResult]) -> dict[Metric, float]:
        """Score the folds of one model in one repeat; nan where a metric is undefined."""

    @abstractmethod
    def orders(self, y: np.ndarray) -> list[Order]:
        """List what is ordered, as pairs of times and events; the metric of the order is their average."""

    @abstractmethod
    def ranking(self, result: FoldResult) -> Floats:
        """Predictions that order the held-out subjects, shape (held out, orders)."""

    @abstractmethod
    def informative_in(self, y: np.ndarray) -> int:
        """Count what a model learns from."""

    @abstractmethod
    def needed(self, y: np.ndarray, candidates: int) -> int:
        """Number of subjects that a model of some candidate columns needs; see `outcome.sample_size`."""

    @abstractmethod
    def exact_interval(
        self, metric: str, y: np.ndarray, result: FoldResult, confidence: float
    ) -> tuple[float, float] | None:
        """Interval of a metric of a fixed model that is a share of subjects; None for all others."""

    def order_score(self, y: np.ndarray, folds: Sequence[FoldResult]) -> float:
        """Judge the order of the held-out subjects of each fold, added up over the folds."""
        values = [self._ordered(folds, *order) for order in self.orders(y)]
        return float(np.mean(values))

    def _ordered(self, folds: Sequence[FoldResult], observed: Observed, column: int) -> float:
        pairs = [
            harrell_pairs(observed.part(fold.test), self.ranking(fold)[:, column])
            for fold in folds
            if not fold.failure
        ]
        right, every = np.sum(pairs, axis=0) if pairs else (0.0, 0.0)
        return float(right / every) if every else float("nan")


def named_coefficients(values: Mapping[str, np.ndarray], columns: pd.Index) -> pd.DataFrame:
    """Coefficients by column, without the name of its block, for each part of a model."""
    names = pd.Index([str(name).split("__", 1)[1] for name in columns], dtype=object)
    return pd.DataFrame(dict(values), index=names, dtype="float64")
