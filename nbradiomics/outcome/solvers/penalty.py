"""The penalty of each column, along a path of strengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.outcome.solvers.risk_sets import Floats


@dataclass(frozen=True)
class Penalty:
    """Penalty of each column per standard deviation and subject; all arrays have the shape (columns,).

    At the strength s of a path, n * sum_j (l1_j |b_j| + l2_j b_j^2 / 2) is subtracted from the log partial
    likelihood of n subjects, where l1_j = s * lasso_j + fixed_lasso_j and l2_j = s * ridge_j + fixed_ridge_j.

    Attributes
    ----------
    lasso, ridge
        Parts that grow with the strength.
    fixed_lasso, fixed_ridge
        Parts that stay, as for covariates.
    """

    lasso: Floats
    ridge: Floats
    fixed_lasso: Floats
    fixed_ridge: Floats

    @classmethod
    def elastic_net(cls, weights: Floats, l1_ratio: float, fixed_ridge: Floats | None = None) -> Penalty:
        """Share the strength between lasso (`l1_ratio`) and ridge, for columns of the given weights."""
        none = np.zeros(len(weights))
        fixed = none if fixed_ridge is None else fixed_ridge
        return cls(l1_ratio * weights, (1 - l1_ratio) * weights, none, fixed)

    def at(self, strength: float) -> tuple[Floats, Floats]:
        """Return l1 and l2 of each column."""
        return strength * self.lasso + self.fixed_lasso, strength * self.ridge + self.fixed_ridge

    def of(self, columns: np.ndarray) -> Penalty:
        """Return the penalties of some columns."""
        return Penalty(
            self.lasso[columns], self.ridge[columns], self.fixed_lasso[columns], self.fixed_ridge[columns]
        )
