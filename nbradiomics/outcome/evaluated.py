"""What an evaluation computed, kept at hand so that a trial computes nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.outcome.measures.arguments import Floats

if TYPE_CHECKING:
    from nbradiomics.outcome.fold_result import FoldResult
    from nbradiomics.outcome.refits import Refits


@dataclass(frozen=True)
class Evaluated:
    """Folds and refits of all models of an evaluation.

    Attributes
    ----------
    results
        Results of the folds of all models and repeats.
    refits
        Scores of bootstrap samples; None if there were none.
    """

    results: tuple[FoldResult, ...]
    refits: Refits | None

    def folds_of(self, model: str) -> tuple[FoldResult, ...]:
        """Results of the folds of one model."""
        return tuple(result for result in self.results if result.model == model)

    def samples_of(self, model: str, metric: str) -> Floats:
        """Scores of one model in the samples, shape (samples, cross-validations); empty without samples."""
        scores = {} if self.refits is None else self.refits.scores
        return scores.get((model, metric, None), np.empty((0, 0)))
