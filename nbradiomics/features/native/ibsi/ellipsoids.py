"""Ellipsoids around a region: their surface, and the smallest one that contains a convex body."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Floats = NDArray[np.float64]
#: Largest part by which the squared distance of a corner may exceed that of the ellipsoid's surface.
_TOLERANCE = 1e-7
_MOST_STEPS = 100_000
#: A weight below this is a rounding error.
_NO_WEIGHT = 1e-15
#: Degree at which the series of the surface ends.
_DEGREE = 20
#: Directions in which the first corners are the farthest, and number of corners that are added at a time.
_DIRECTIONS = np.array(list(product((-1, 0, 1), repeat=3)), dtype=np.float64)
_ADDED = 10


def ellipsoid_volume(axes: Floats) -> float:
    """Compute the volume of an ellipsoid from its semi-axes, shape (3,)."""
    return 4 / 3 * math.pi * float(np.prod(axes))


def ellipsoid_area(axes: Floats) -> float:
    r"""Compute the surface of an ellipsoid as the IBSI defines it, from its semi-axes :math:`a \ge b \ge c`.

    .. math::
        4 \pi a b \sum_{n=0}^{20} \frac{(\alpha \beta)^n}{1 - 4 n^2}
        P_n\left(\frac{\alpha^2 + \beta^2}{2 \alpha \beta}\right), \quad
        \alpha^2 = 1 - b^2 / a^2, \quad \beta^2 = 1 - c^2 / a^2

    Parameters
    ----------
    axes
        Semi-axes, ascending, shape (3,); the longest is above 0.

    Notes
    -----
    The area densities of the reference manual are defined with this series, and their reference values comply
    with it alone. Except for a ball it is not the surface of the ellipsoid, which has
    :math:`\alpha^2 = 1 - c^2 / a^2` and :math:`\beta^2 = 1 - c^2 / b^2` in the same series: of semi-axes 4, 3
    and 2 it is 4 % more, and in the digital phantom 4 % less.
    """
    c, b, a = axes.tolist()
    alpha, beta = 1 - (b / a) ** 2, 1 - (c / a) ** 2
    # The power times the polynomial, by the recursion of the polynomials: without a division by alpha.
    before, term = 0.0, 1.0
    total = term
    for n in range(_DEGREE):
        following = ((2 * n + 1) * (alpha + beta) / 2 * term - n * alpha * beta * before) / (n + 1)
        before, term = term, following
        total += term / (1 - 4 * (n + 1) ** 2)
    return float(4 * math.pi * a * b * total)


def enclosing_ellipsoid(corners: Floats) -> Floats:
    """Find the ellipsoid of the smallest volume that contains all corners of a body.

    It is found for some of the corners and contains the others if none is outside; else those that are
    farthest outside are added. For some corners Khachiyan's algorithm is used with steps away from a corner,
    which converge linearly (Todd and Yildirim, Discrete Appl Math 2007;155:1731-1744), until the volume is
    exact to one part in a million.

    Parameters
    ----------
    corners
        Shape (n, 3), not in one plane.

    Returns
    -------
    numpy.ndarray
        Semi-axes, ascending, shape (3,).
    """
    # An ellipsoid follows every shift and stretch: of a body of size 1 all sums are of a similar size.
    centre, scale = corners.mean(axis=0), np.ptp(corners, axis=0)
    lifted = np.column_stack([(corners - centre) / scale, np.ones(len(corners))])
    chosen = np.unique(np.argmax(lifted[:, :3] @ _DIRECTIONS.T, axis=0))
    while True:
        weights = np.full(len(chosen), 1 / len(chosen))
        excess = _weigh(lifted[chosen], weights, _TOLERANCE, _MOST_STEPS)
        moments = (lifted[chosen] * weights[:, None]).T @ lifted[chosen]
        distances = np.einsum("ij,jk,ik->i", lifted, np.linalg.inv(moments), lifted) / 4 - 1
        outside = np.setdiff1d(np.flatnonzero(distances > max(excess, _TOLERANCE) * 2), chosen)
        if not outside.size:
            break
        farthest = outside[np.argsort(-distances[outside])[:_ADDED]]
        chosen = np.concatenate([chosen[weights > 0], farthest])
    mean, spread = moments[3, :3], moments[:3, :3]
    shape = (spread - np.outer(mean, mean)) * 3 * np.outer(scale, scale)
    semi_axes: Floats = np.sqrt(np.linalg.eigvalsh(shape))
    return semi_axes


@compiled
def _weigh(lifted: Floats, weights: Floats, tolerance: float, most: int) -> float:
    """Weight points, shape (n, 4), as the smallest ellipsoid does; return the excess that is left."""
    size = lifted.shape[1]
    distances = np.empty(lifted.shape[0])
    excess = np.inf
    for _ in range(most):
        _measure(lifted, weights, distances)
        farthest, nearest = np.argmax(distances), _nearest(distances, weights)
        excess, lack = distances[farthest] / size - 1, 1 - distances[nearest] / size
        if max(excess, lack) <= tolerance:
            break
        chosen = farthest if excess >= lack else nearest
        step = (distances[chosen] - size) / (size * (distances[chosen] - 1))
        # No weight may fall below 0: a corner is left out at most.
        step = max(step, -weights[chosen] / (1 - weights[chosen]))
        weights *= 1 - step
        weights[chosen] += step
        if weights[chosen] < _NO_WEIGHT:
            weights[chosen] = 0.0
    return max(excess, 0.0)


@compiled
def _measure(lifted: Floats, weights: Floats, distances: Floats) -> None:
    """Write the squared distances of points in the metric of their weighted moments."""
    number, size = lifted.shape
    moments = np.zeros((size, size))
    for i in range(number):
        for j in range(size):
            for k in range(size):
                moments[j, k] += weights[i] * lifted[i, j] * lifted[i, k]
    inverse = np.linalg.inv(moments)
    for i in range(number):
        distances[i] = 0.0
        for j in range(size):
            for k in range(size):
                distances[i] += lifted[i, j] * inverse[j, k] * lifted[i, k]


@compiled
def _nearest(distances: Floats, weights: Floats) -> int:
    """Find the nearest of the points that have a weight."""
    nearest = -1
    for i in range(distances.size):
        if weights[i] > 0 and (nearest < 0 or distances[i] < distances[nearest]):
            nearest = i
    return nearest
