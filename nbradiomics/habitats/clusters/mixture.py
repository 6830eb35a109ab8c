"""Gaussian mixtures of values that have known errors.

A voxel's value is the sum of its true value, which belongs to one Gaussian component, and of an error with a
variance of its own. The components are those of the true values, and the probability of a component uses both
spreads. This is the extreme deconvolution of Bovy J, Hogg DW, Roweis ST. Ann Appl Stat 2011;5:1657-1677, with
diagonal errors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.system.quiet import quiet

Array = NDArray[np.float64]

#: Smallest variance of a component, for channels with standard deviation 1.
_FLOOR = 1e-4
#: Smallest variance of a component as a share of the mean variance of the errors: errors that are stated a
#: little too large would leave no spread at all, and take all spread of a habitat for noise.
_SHARE = 0.1
_ROUNDS = 300
#: Change of the mean log-likelihood of a voxel that ends the fit.
_CLOSE = 1e-6
_STARTS = 5


@dataclass(frozen=True)
class Mixture:
    """Components of the true values.

    Attributes
    ----------
    weights
        Share of each component.
    means, covariances
        One row per component; channels by channels for the covariances.
    converged
        Whether the fit ended by itself.
    """

    weights: Array
    means: Array
    covariances: Array
    converged: bool = True

    def reordered(self, order: NDArray[np.intp]) -> Mixture:
        """The same components in another order."""
        return Mixture(self.weights[order], self.means[order], self.covariances[order], self.converged)

    def log_densities(self, values: Array, variances: Array | None = None) -> Array:
        """Logarithm of weight times density, one row per value and one column per component."""
        columns = [
            np.log(max(weight, 1e-300)) + _log_normal(values - mean, covariance, variances)
            for weight, mean, covariance in zip(self.weights, self.means, self.covariances, strict=True)
        ]
        return np.stack(columns, axis=1)

    def probabilities(self, values: Array, variances: Array | None = None) -> Array:
        """Probability of each component for each value.

        Parameters
        ----------
        values
            One row per voxel, one column per channel.
        variances
            Squared standard errors of the values, of the same shape; ``None`` if they have none.
        """
        logs = self.log_densities(values, variances)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def fit_mixture(values: Array, clusters: int, seed: int, variances: Array | None = None) -> Mixture:
    """Fit a mixture; scikit-learn's fit of the values themselves is the start where they have errors."""
    start = plain_mixture(values, clusters, seed, starts=_STARTS)
    if variances is None or not variances.any():
        return start
    taken = variances.mean(axis=0)
    covariances = [_at_least(one - np.diag(taken), _floors(variances)) for one in start.covariances]
    return _deconvolved(Mixture(start.weights, start.means, np.stack(covariances)), values, variances)


def plain_mixture(values: Array, clusters: int, seed: int, starts: int = 1) -> Mixture:
    """Fit a mixture to values without errors."""
    found = plain_fit(values, clusters, seed, starts)
    return Mixture(found.weights_, found.means_, found.covariances_, bool(found.converged_))


def plain_fit(values: Array, clusters: int, seed: int, starts: int) -> Any:
    """scikit-learn's fitted `GaussianMixture`."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        clusters, covariance_type="full", reg_covar=_FLOOR, max_iter=500, n_init=starts, random_state=seed
    )
    with quiet(category=ConvergenceWarning):
        return model.fit(values)


def _deconvolved(mixture: Mixture, values: Array, variances: Array) -> Mixture:
    """Expectation maximisation until the likelihood stays the same."""
    last = -np.inf
    for _ in range(_ROUNDS):
        logs = mixture.log_densities(values, variances)
        peak = logs.max(axis=1, keepdims=True)
        weights = np.exp(logs - peak)
        total = weights.sum(axis=1, keepdims=True)
        likelihood = float((peak[:, 0] + np.log(total[:, 0])).mean())
        if likelihood - last < _CLOSE:
            return mixture
        last = likelihood
        mixture = _maximised(mixture, values, variances, weights / total)
    return replace(mixture, converged=False)


def _maximised(mixture: Mixture, values: Array, variances: Array, shares: Array) -> Mixture:
    means, covariances = [], []
    floors = _floors(variances)
    for number, (mean, covariance) in enumerate(zip(mixture.means, mixture.covariances, strict=True)):
        share = shares[:, number]
        total = max(float(share.sum()), 1e-12)
        # Gain: how far a true value is expected to follow its measured value.
        gain = covariance @ np.linalg.inv(covariance + _diagonals(variances))
        expected = mean + np.einsum("nij,nj->ni", gain, values - mean)
        rest = covariance - gain @ covariance
        new = share @ expected / total
        apart = expected - new
        spread = np.einsum("n,ni,nj->ij", share, apart, apart) + np.einsum("n,nij->ij", share, rest)
        means.append(new)
        covariances.append(_at_least(spread / total, floors))
    return Mixture(shares.mean(axis=0), np.stack(means), np.stack(covariances))


def _log_normal(apart: Array, covariance: Array, variances: Array | None) -> Array:
    channels = apart.shape[1]
    if variances is None:
        inverse, (_, log_determinant) = np.linalg.inv(covariance), np.linalg.slogdet(covariance)
        distance = np.einsum("ni,ij,nj->n", apart, inverse, apart, optimize=True)
    else:
        wide = covariance + _diagonals(variances)
        _, log_determinant = np.linalg.slogdet(wide)
        distance = np.einsum("ni,ni->n", apart, np.linalg.solve(wide, apart[:, :, None])[:, :, 0])
    return np.asarray(-0.5 * (channels * np.log(2 * np.pi) + log_determinant + distance), dtype=np.float64)


def _diagonals(variances: Array) -> Array:
    """One diagonal matrix per row."""
    return np.asarray(variances[:, :, None] * np.eye(variances.shape[1]), dtype=np.float64)


def _floors(variances: Array) -> Array:
    """Smallest variance of a component in each channel."""
    return np.asarray(np.maximum(_SHARE * variances.mean(axis=0), _FLOOR), dtype=np.float64)


def _at_least(covariance: Array, floors: Array) -> Array:
    """The covariance with no variance below the smallest one of its channels, in any direction."""
    roots = np.sqrt(floors)
    scaled = covariance / np.outer(roots, roots)
    values, vectors = np.linalg.eigh((scaled + scaled.T) / 2)
    least = (vectors * np.maximum(values, 1.0)) @ vectors.T
    return np.asarray(least * np.outer(roots, roots), dtype=np.float64)
