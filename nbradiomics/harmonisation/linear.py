"""Least squares of all features on one design, with values missing here and there."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from nbradiomics.harmonisation.kinds import Flags, Numbers

#: Smallest eigenvalue, relative to the largest, of a design whose columns are told apart.
_SINGULAR = 1e-10


def coefficients(design: Numbers, values: Numbers, batches: int) -> tuple[Numbers, Flags]:
    """Fit every feature by least squares, each from its values that are not missing.

    Parameters
    ----------
    design
        Shape (subjects, columns): one column for each batch, which are 0 or 1, then the covariates. Its
        columns are linearly independent.
    values
        Shape (subjects, features); NaN is missing.
    batches
        Number of the columns that are batches.

    Returns
    -------
    coefficients
        Shape (columns, features); 0 for a batch in which a feature has no value.
    simple
        Shape (features,): features whose values cannot tell the covariates from the batches, and which are
        fitted by the batches alone; the coefficients of their covariates are 0.
    """
    found = np.zeros((design.shape[1], values.shape[1]))
    simple = np.zeros(values.shape[1], dtype=bool)
    complete = ~np.isnan(values).any(axis=0)
    if complete.any():
        # Many times faster than `lstsq`, whose care for dependent columns is not needed.
        q, r = np.linalg.qr(design)
        found[:, complete] = solve_triangular(r, q.T @ values[:, complete], check_finite=False)
    if not complete.all():
        found[:, ~complete], simple[~complete] = _with_missing(design, values[:, ~complete], batches)
    return found, simple


def _with_missing(design: Numbers, values: Numbers, batches: int) -> tuple[Numbers, Flags]:
    present = (~np.isnan(values)).astype(np.float64)
    filled = np.where(np.isnan(values), 0.0, values)
    # Centred, so that the products of features with large values keep their digits.
    centre = filled.sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    filled = np.where(present > 0, filled - centre, 0.0)
    columns = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    normal = (present.T @ products).reshape(-1, columns, columns)
    right = filled.T @ design
    place = np.arange(columns)
    empty = normal[:, place, place] == 0
    normal[:, place, place] += empty
    eigenvalues = np.linalg.eigvalsh(normal)
    simple = eigenvalues[:, 0] <= _SINGULAR * eigenvalues[:, -1]
    normal[simple, batches:, :] = 0.0
    normal[simple, :, batches:] = 0.0
    normal[np.ix_(simple, place[batches:], place[batches:])] += np.eye(columns - batches)
    right[simple, batches:] = 0.0
    solved = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
    found = np.ascontiguousarray(solved.T, dtype=np.float64)
    found[:batches] += np.where(empty[:, :batches], 0.0, centre[:, None]).T
    return found, simple
