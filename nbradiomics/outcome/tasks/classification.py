"""A class: logistic models, judged by their order and by the predicted probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import binomtest

from nbradiomics.outcome.firth import OneVsRestFirth
from nbradiomics.outcome.fold_result import Fold, FoldResult
from nbradiomics.outcome.logistic import OneVsRest, OneVsRestLogistic
from nbradiomics.outcome.measures.arguments import Floats, Observed
from nbradiomics.outcome.sample_size import sample_size_binary
from nbradiomics.outcome.settings import FIRTH, PENALISED
from nbradiomics.outcome.solvers import judged_classes
from nbradiomics.outcome.tasks.base import Metric, Order, Task, named_coefficients
from nbradiomics.outcome.tasks.class_scores import BINARY_METRICS, METRICS, scores_of_classes
from nbradiomics.outcome.trees import TreeClassifier

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import OutcomeSettings

#: Probabilities are kept this far from 0 and 1, where the log odds end.
_EDGE = 1e-12


@dataclass(frozen=True)
class Classification(Task):
    """A class; `y` is the number of the class of each subject, 0, 1 and so on.

    Attributes
    ----------
    classes
        Names of the classes; of two, the second one is the positive class.
    """

    classes: tuple[str, ...]

    order = "roc_auc"
    order_name = "ROC area"
    order_short = "the ROC area"
    informative = ("subject of the smallest class", "subjects of the smallest class")
    bounded = ("roc_auc", "average_precision", "brier", "balanced_accuracy", "sensitivity", "specificity")
    with_interval = ("roc_auc", "brier", "roc_auc_gain_over_clinical", "roc_auc_gain_over_volume")
    with_external_interval = (
        *with_interval,
        "average_precision",
        "balanced_accuracy",
        "sensitivity",
        "specificity",
        "calibration_slope",
        "observed_expected",
    )

    @property
    def judged(self) -> tuple[int, ...]:
        """Classes that are judged against all others: the positive one of two, or each."""
        return tuple(judged_classes(range(len(self.classes))))

    @property
    def metrics(self) -> list[Metric]:
        """All metrics, in the order of the tables."""
        names = (*METRICS, *BINARY_METRICS) if len(self.classes) == 2 else METRICS
        return [(name, None) for name in names]

    @property
    def points(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def estimator(
        self, settings: OutcomeSettings, block_penalizers: Mapping[str, float]
    ) -> OneVsRest | TreeClassifier:
        """Build the unfitted logistic model, forest or boosting."""
        if settings.method == FIRTH:
            return OneVsRestFirth()
        if settings.method != PENALISED:
            return TreeClassifier(settings.method, settings.seed)
        return OneVsRestLogistic(settings.penalizer, settings.l1_ratio, block_penalizers, settings.seed)

    def result(
        self, model: str, fold: Fold, y: np.ndarray, fitted: Any, columns: tuple[pd.DataFrame, pd.DataFrame]
    ) -> FoldResult:
        """Predict the probability of each class, and the class, of the held-out subjects.

        The predicted class is the one whose probability is the largest multiple of its share of the training
        subjects. With the largest probability instead, a rare class would never be predicted.
        """
        known, unknown = columns
        predicted = fitted.predict_proba(unknown)
        shares = np.bincount(y[fold.train], minlength=len(self.classes)) / len(fold.train)
        inside = np.clip(predicted[:, 1], _EDGE, 1 - _EDGE)
        return FoldResult(
            model,
            fold.repeat,
            fold.fold,
            fold.train,
            fold.test,
            logit(inside) if len(self.classes) == 2 else np.full(len(fold.test), np.nan),
            np.argmax(predicted / shares, axis=1),
            predicted,
            named_coefficients(self._coefficients(fitted), known.columns),
            # p1 / share1 > p0 / share0 for log odds above those of the shares.
            cutoff=float(logit(shares[1])) if len(self.classes) == 2 else np.nan,
            **_penalties(fitted),
        )

    def _coefficients(self, fitted: OneVsRest | TreeClassifier) -> dict[str, np.ndarray]:
        """Log odds ratios by class, or the importances of trees."""
        if isinstance(fitted, TreeClassifier):
            return {"": fitted.importances_}
        names = self.classes if len(self.classes) > 2 else ("",)
        return {name: each.coef_ for name, each in zip(names, fitted.models_, strict=True)}

    def scores(self, y: np.ndarray, folds: Sequence[FoldResult]) -> dict[Metric, float]:
        """Score the folds of one model in one repeat; see `class_scores.scores_of_classes`."""
        there = [fold for fold in folds if not fold.failure]
        if not there:
            return dict.fromkeys(self.metrics, np.nan)
        scores = {("roc_auc", None): self.order_score(y, there), **scores_of_classes(y, there, self.judged)}
        return {metric: scores[metric] for metric in self.metrics}

    def orders(self, y: np.ndarray) -> list[Order]:
        """Order the subjects of a class before all others: Harrell's C of such times is the ROC area."""
        return [
            (Observed(np.where(y == each, 1.0, 2.0), y == each), place)
            for place, each in enumerate(self.judged)
        ]

    def informative_in(self, y: np.ndarray) -> int:
        """Count the subjects of the smallest class."""
        return int(np.bincount(y, minlength=len(self.classes)).min())

    def needed(self, y: np.ndarray, candidates: int) -> int:
        """Number of subjects that a model of some candidate columns needs: the most of any judged class."""
        shares = np.bincount(y, minlength=len(self.classes)) / len(y)
        return max(sample_size_binary(candidates, float(shares[each])).subjects for each in self.judged)

    def exact_interval(
        self, metric: str, y: np.ndarray, result: FoldResult, confidence: float
    ) -> tuple[float, float] | None:
        """Interval of sensitivity, specificity and balanced accuracy from those of their shares.

        A share has Wilson's interval (JASA 1927;22:209). The mean of K independent shares p_k with the lower
        limits l_k is sqrt(sum_k (p_k - l_k)^2) / K above its own lower limit, and likewise for the upper one
        (Zou and Donner 2008, Statistics in Medicine 27:1693).
        """
        wanted = {"specificity": (0,), "sensitivity": (1,), "balanced_accuracy": range(len(self.classes))}
        if metric not in wanted or result.failure:
            return None
        truth, parts = y[result.test], []
        for each in wanted[metric]:
            chosen = result.group[truth == each] == each
            if not len(chosen):
                return None
            limits = binomtest(int(chosen.sum()), len(chosen)).proportion_ci(confidence, method="wilson")
            parts.append((float(chosen.mean()), float(limits.low), float(limits.high)))
        share, low, high = np.array(parts).T
        mean, number = float(share.mean()), len(share)
        below, above = (float(np.sqrt(((share - limit) ** 2).sum())) / number for limit in (low, high))
        return mean - below, mean + above

    def ranking(self, result: FoldResult) -> Floats:
        """Probabilities of the judged classes, shape (held out, judged)."""
        return result.predicted[:, list(self.judged)]


def _penalties(fitted: OneVsRest | TreeClassifier) -> dict[str, Any]:
    if isinstance(fitted, TreeClassifier):
        return {}
    return {
        "retries": max(each.retries_ for each in fitted.models_),
        "penalizer": float(np.median([each.strength_ for each in fitted.models_])),
        "l1_ratio": float(np.median([each.l1_ratio_ for each in fitted.models_])),
    }
