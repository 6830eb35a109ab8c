"""How good predicted probabilities of classes are, in one repeat of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.measures.arguments import Floats
from nbradiomics.outcome.measures.classes import class_calibration_slope
from nbradiomics.outcome.tasks.base import Metric

#: Metrics of two and of more classes.
METRICS = ("roc_auc", "average_precision", "brier", "balanced_accuracy", "mcc")
#: Metrics of two classes alone.
BINARY_METRICS = ("sensitivity", "specificity", "calibration_slope", "observed_expected")


def scores_of_classes(
    y: np.ndarray, folds: Sequence[FoldResult], judged: Sequence[int]
) -> dict[Metric, float]:
    """Score the held-out subjects of all folds together, except for their order.

    Parameters
    ----------
    y
        Number of the class of each subject, shape (subjects,).
    folds
        Results of the folds in which the model was fitted.
    judged
        Classes that are judged against all others; measures of several are averaged.

    Returns
    -------
    dict
        ``average_precision``; ``brier``: mean of sum_k (p_k - y_k)^2 / 2, which for two classes is (p - y)^2;
        ``balanced_accuracy``: mean sensitivity of the classes; ``mcc``; of two classes ``sensitivity``,
        ``specificity``, ``calibration_slope`` and ``observed_expected``. Undefined ones are nan.
    """
    from sklearn.metrics import average_precision_score, matthews_corrcoef  # a second to load

    truth = np.concatenate([y[fold.test] for fold in folds])
    predicted: Floats = np.concatenate([fold.predicted for fold in folds])
    group = np.concatenate([fold.group for fold in folds])
    is_class = truth[:, None] == np.arange(predicted.shape[1])
    sensitivities = [_share(group == each, truth == each) for each in range(predicted.shape[1])]
    found = [
        float(average_precision_score(is_class[:, each], predicted[:, each]))
        if is_class[:, each].any()
        else float("nan")
        for each in judged
    ]
    several = len(np.unique(truth)) > 1
    scores = {
        "average_precision": float(np.mean(found)),
        "brier": float(((predicted - is_class) ** 2).sum(axis=1).mean() / 2),
        "balanced_accuracy": float(np.mean(sensitivities)),
        "mcc": float(matthews_corrcoef(truth, group)) if several else float("nan"),
    }
    if len(judged) == 1:
        positive, probability = is_class[:, 1], predicted[:, 1]
        scores |= {
            "sensitivity": sensitivities[1],
            "specificity": sensitivities[0],
            "calibration_slope": class_calibration_slope(positive, probability),
            "observed_expected": float(positive.sum() / probability.sum()),
        }
    return {(name, None): value for name, value in scores.items()}


def _share(which: np.ndarray, among: np.ndarray) -> float:
    return float(which[among].mean()) if among.any() else float("nan")
