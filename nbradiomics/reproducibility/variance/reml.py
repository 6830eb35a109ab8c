"""Variance components by restricted maximum likelihood (REML), for many features of one design at once.

The model of a value is a mean plus random effects plus a residual; all are normal and independent. A random
effect is within subjects (each level belongs to one subject: the subject itself, the scans of a subject) or
shared (a level is found in several subjects: readers, sites). No design needs to be balanced.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.reproducibility.variance.reml_layout import Floats, Layout

#: Smallest residual variance, as a share of the variance of all values; a smaller one is zero.
SMALLEST_RESIDUAL = 1e-9
#: Least gain of minus twice the log likelihood that a step promises; below this the fit has ended.
_TOLERANCE = 1e-10
#: A gain that no step reaches, because the likelihood is only known up to rounding; above this the fit has
#: failed.
_ROUNDING = 1e-5
_MOST_STEPS = 200
_HALVINGS = 40
#: Numbers (of 8 bytes) that one group of features may need for its largest array.
_GROUP = 2_000_000


@dataclass(frozen=True)
class _Point:
    """Likelihood of each feature at its variances, and what its derivatives need (see `_point`)."""

    value: Floats
    inverse: Floats
    solved: Floats
    crossed: Floats
    effects: Floats
    middle: Floats


@dataclass(frozen=True)
class _Data:
    totals: Floats
    products: Floats

    def of(self, features: np.ndarray) -> _Data:
        return _Data(self.totals[features], self.products[features])


def fit_reml(layout: Layout, values: Floats) -> Floats:
    """Estimate the variance of each random effect, of each feature.

    Parameters
    ----------
    layout
        The design.
    values
        Shape (features, rows), finite, rows as in the table; each feature varies.

    Returns
    -------
    numpy.ndarray
        Shape (features, effects): the effects within subjects, the shared ones, and last the residual, in
        squared units of the feature. Variances are 0 or more: the likelihood is maximised among these, so
        that a negative estimate of the analysis of variance becomes 0 and the others are estimated without
        that effect. NaN for a feature whose fit did not converge.

    Notes
    -----
    Fisher's scoring with projected steps: an effect with variance 0 stays there as long as the likelihood
    does not increase with it, and a step that does not increase the likelihood is halved. In a balanced
    design the estimates are those of the analysis of variance if these are all positive. The tests compare
    unbalanced designs with R's lme4.

    References
    ----------
    .. [1] Patterson HD, Thompson R. Recovery of inter-block information when block sizes are unequal.
    Biometrika
       1971;58:545-554.
    .. [2] Searle SR, Casella G, McCulloch CE. Variance components. Wiley 1992, chapter 6.
    """
    centred = values - values.mean(axis=1, keepdims=True)
    scale = centred.std(axis=1, ddof=1, keepdims=True)
    size = layout.columns.shape[1]
    wide = max(size, layout.columns.shape[2]) * (len(layout.same) + 1)
    step = max(1, _GROUP // (len(layout.counts) * size * wide))
    fitted = [
        _fit(layout, _Data(*layout.sums(part)))
        for part in np.split(centred / scale, range(step, len(values), step))
    ]
    return np.asarray(np.concatenate(fitted) * scale**2)


def _fit(layout: Layout, data: _Data) -> Floats:
    """Maximise the likelihood of some features with a variance of 1."""
    effects = len(layout.same) + len(_members(layout))
    lowest = np.zeros(effects)
    lowest[layout.within] = SMALLEST_RESIDUAL
    theta = np.full((len(data.totals), effects), 1.0 / effects)
    gain = np.full(len(theta), np.inf)
    active = np.arange(len(theta))
    for _ in range(_MOST_STEPS):
        part = data.of(active)
        point = _point(layout, part, theta[active])
        gradient, information = _derivatives(layout, part, point, theta[active])
        step, gain[active] = _step(theta[active], gradient, information, lowest)
        theta[active], ended = _search(layout, part, theta[active], point.value, step, lowest)
        active = active[(gain[active] >= _TOLERANCE) & ~ended]
        if not len(active):
            break
    theta[gain > _ROUNDING] = np.nan
    # The residual is kept last in the result, after the shared effects.
    within = layout.within
    theta[:, within] = np.where(theta[:, within] <= SMALLEST_RESIDUAL, 0.0, theta[:, within])
    return np.concatenate([theta[:, :within], theta[:, within + 1 :], theta[:, within : within + 1]], axis=1)


def _point(layout: Layout, data: _Data, theta: Floats) -> _Point:
    """Minus twice the restricted log likelihood, without its constant.

    With B the covariance of the effects within subjects and the residual, U the columns of the mean and of
    the shared effects, and D the variances of the latter, V = B + U D U'. Nothing is divided by a variance,
    which may be 0.
    """
    size = layout.columns.shape[1]
    absent = np.eye(size) - layout.same[-1]
    covariance = np.einsum("fk,kpij->fpij", theta[:, : len(layout.same)], layout.same, optimize=True) + absent
    inverse = np.linalg.inv(covariance)
    solved = inverse @ layout.columns
    weighted = layout.counts[:, np.newaxis, np.newaxis] * layout.columns
    crossed = np.einsum("pia,fpib->fab", weighted, solved, optimize=True)
    right = np.einsum("fpia,fpi->fa", solved, data.totals, optimize=True)
    root = np.concatenate(
        [np.ones((len(theta), 1)), np.sqrt(theta[:, len(layout.same) + layout.effects])], axis=1
    )
    system = root[:, :, np.newaxis] * crossed * root[:, np.newaxis, :]
    places = np.arange(1, system.shape[1])
    system[:, places, places] += 1
    middle = root[:, :, np.newaxis] * np.linalg.inv(system) * root[:, np.newaxis, :]
    effects = np.einsum("fab,fb->fa", middle, right)
    squares = np.einsum("fpij,fpij->f", inverse, data.products, optimize=True)
    determinant = np.linalg.slogdet(covariance)[1] @ layout.counts + np.linalg.slogdet(system)[1]
    value = determinant + squares - (right * effects).sum(axis=1)
    return _Point(value, inverse, solved, crossed, effects, middle)


def _derivatives(layout: Layout, data: _Data, point: _Point, theta: Floats) -> tuple[Floats, Floats]:
    """First derivatives of the value by the variances, and the expected second ones."""
    within = len(layout.same)
    fitted = np.einsum("pia,fa->fpi", layout.columns, point.effects)
    mixed = data.totals[..., np.newaxis] * fitted[..., np.newaxis, :]
    products = fitted[..., np.newaxis] * fitted[..., np.newaxis, :]
    residual = (
        data.products - mixed - np.swapaxes(mixed, 2, 3) + layout.counts[:, np.newaxis, np.newaxis] * products
    )
    solved_residual = point.inverse @ residual @ point.inverse
    projected = point.crossed - point.crossed @ point.middle @ point.crossed
    scores = np.einsum("fpia,fpi->fa", point.solved, data.totals) - np.einsum(
        "fab,fb->fa", point.crossed, point.effects
    )
    inner = [
        np.einsum("p,fpia,fpib->fab", layout.counts, point.solved, same @ point.solved, optimize=True)
        for same in layout.same
    ]
    gradient = np.zeros_like(theta)
    for k, same in enumerate(layout.same):
        trace = np.einsum("p,fpij,pij->f", layout.counts, point.inverse, same, optimize=True)
        trace -= np.einsum("fab,fba->f", inner[k], point.middle)
        gradient[:, k] = trace - np.einsum("fpij,pij->f", solved_residual, same, optimize=True)
    members = _members(layout)
    diagonal = np.einsum("faa->fa", projected) - scores**2
    gradient[:, within:] = diagonal @ members.T
    return gradient, _information(layout, point, inner, projected, members)


def _members(layout: Layout) -> Floats:
    """Which columns belong to which shared effect, shape (shared effects, columns)."""
    count = int(layout.effects.max()) + 1 if len(layout.effects) else 0
    columns = np.concatenate([[-1], layout.effects])
    return np.asarray(columns == np.arange(count)[:, np.newaxis], dtype=np.float64)


def _information(
    layout: Layout, point: _Point, inner: list[Floats], projected: Floats, members: Floats
) -> Floats:
    within, effects = len(layout.same), len(layout.same) + len(members)
    information = np.zeros((len(projected), effects, effects))
    remaining = np.eye(projected.shape[1]) - point.middle @ point.crossed
    rotated = [same @ point.inverse for same in layout.same]
    for k in range(within):
        for m in range(k, within):
            plain = np.einsum("p,fpij,fpji->f", layout.counts, rotated[k], rotated[m], optimize=True)
            between = np.einsum(
                "p,fpia,fpib->fab",
                layout.counts,
                layout.same[k] @ point.solved,
                point.inverse @ (layout.same[m] @ point.solved),
                optimize=True,
            )
            plain -= 2 * np.einsum("fab,fba->f", point.middle, between)
            plain += np.einsum("fab,fba->f", point.middle @ inner[k], point.middle @ inner[m])
            information[:, k, m] = information[:, m, k] = plain
        shared = np.einsum("fab,fac,fcb->fb", remaining, inner[k], remaining, optimize=True) @ members.T
        information[:, k, within:] = information[:, within:, k] = shared
    information[:, within:, within:] = members @ projected**2 @ members.T
    return information


def _step(theta: Floats, gradient: Floats, information: Floats, lowest: Floats) -> tuple[Floats, Floats]:
    """Fisher's step among the variances that may move, and how much it promises to gain."""
    fixed = (theta <= lowest) & (gradient > 0)
    gradient = np.where(fixed, 0.0, gradient)
    free = ~fixed
    matrix = information * free[:, :, np.newaxis] * free[:, np.newaxis, :]
    scale = np.sqrt(np.where(free, np.einsum("faa->fa", matrix), 1.0))
    scale = np.where(scale > 0, scale, 1.0)
    matrix = matrix / (scale[:, :, np.newaxis] * scale[:, np.newaxis, :])
    places = np.arange(theta.shape[1])
    matrix[:, places, places] = 1.0 + 1e-12
    step = -np.linalg.solve(matrix, (gradient / scale)[..., np.newaxis])[..., 0] / scale
    # An effect at 0 that the step would make negative stays at 0.
    step = np.where((theta <= lowest) & (step < 0), 0.0, step)
    return step, -(gradient * step).sum(axis=1)


def _search(
    layout: Layout, data: _Data, theta: Floats, value: Floats, step: Floats, lowest: Floats
) -> tuple[Floats, np.ndarray]:
    """Halve each step until the value decreases; also return for which features no step is small enough."""
    moved, open_ = theta.copy(), np.ones(len(theta), dtype=bool)
    size = 1.0
    for _ in range(_HALVINGS):
        trial = np.maximum(theta[open_] + size * step[open_], lowest)
        better = _point(layout, data.of(open_), trial).value <= value[open_]
        places = np.flatnonzero(open_)[better]
        moved[places] = trial[better]
        open_[places] = False
        if not open_.any():
            break
        size /= 2
    return moved, open_
