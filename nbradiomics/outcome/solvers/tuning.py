"""Choose the kind and the strength of a penalty by cross-validation among the training subjects alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold

from nbradiomics.outcome.solvers.elastic_net import fit_elastic_net, largest_strength
from nbradiomics.outcome.solvers.likelihood import can_train, likelihood_of, strata
from nbradiomics.outcome.solvers.penalty import Penalty
from nbradiomics.outcome.solvers.ridge import fit_ridge_path
from nbradiomics.outcome.solvers.risk_sets import Floats, NoMaximumError

#: Strengths of a path, over the largest one that matters. The first is a little above it: with exactly this
#: strength rounding would decide whether a column is in the model.
_LASSO_PATH = np.geomspace(1.001, 0.05, 30)
_RIDGE_PATH = np.geomspace(100, 0.01, 13)
#: Precision of the models that are only compared with each other.
_ROUGH = 1e-5


@dataclass(frozen=True)
class TunedPath:
    """A path of models, and how well each predicts subjects that were left out.

    Attributes
    ----------
    kind
        Place of the chosen kind of penalty.
    strengths
        Strengths of the penalty, decreasing, shape (strengths,).
    likelihood
        Cross-validated log likelihood, shape (strengths,); -inf where a part of the data had no model.
    chosen
        Place of the largest likelihood; the strongest penalty of several.
    coefficients
        Log hazard ratio, or log odds ratio, per unit of each column at the chosen strength, shape (columns,).
    """

    kind: int
    strengths: Floats
    likelihood: Floats
    chosen: int
    coefficients: Floats


def fit_path(
    values: Floats, y: np.ndarray, penalty: Penalty, strengths: Floats, tolerance: float = 1e-10
) -> Floats:
    """Fit a path of models with the solver for its kind of penalty; see `fit_elastic_net`."""
    if penalty.lasso.any() or penalty.fixed_lasso.any():
        return fit_elastic_net(values, y, penalty, strengths, tolerance)
    return fit_ridge_path(values, y, penalty, strengths)


def training_folds(
    y: np.ndarray, folds: int, seed: int, groups: npt.ArrayLike | None = None
) -> list[np.ndarray]:
    """Divide subjects into folds, stratified by event or class, and return the training subjects of each.

    Parameters
    ----------
    y
        Outcome, see `likelihood_of`, shape (subjects,).
    folds
        Number of folds, 2 or more; fewer if there are fewer subjects with an event, or in the smallest class.
    seed
        Seed of the folds.
    groups
        Name of each subject, shape (subjects,), if rows are copies: they are in one fold.

    Returns
    -------
    list of numpy.ndarray
        Places of the training subjects; every training has an event, or two classes.
    """
    names = np.arange(len(y)) if groups is None else groups
    codes, _ = pd.factorize(np.asarray(names))
    groups_of = strata(y)[np.unique(codes, return_index=True)[1]]
    # Without censored subjects every training has events all the same.
    counts = np.bincount(groups_of, minlength=2)
    fewest = int(counts[1] if y.dtype.names else counts.min())
    folds = max(2, min(folds, fewest))
    stratified = int(counts.min()) >= folds
    splitter = (StratifiedKFold if stratified else KFold)(folds, shuffle=True, random_state=seed)
    splits = splitter.split(np.zeros(len(groups_of)), groups_of)
    trainings = [np.flatnonzero(np.isin(codes, train)) for train, _ in splits]
    return [train for train in trainings if can_train(y[train])]


def tune(
    values: Floats,
    y: np.ndarray,
    penalties: Sequence[Penalty],
    trainings: Sequence[np.ndarray],
    *,
    strengths: Floats | None = None,
) -> TunedPath:
    """Fit a path for each kind of penalty, and choose kind and strength by the cross-validated likelihood.

    That is the likelihood of the subjects that a model has not seen, see `Likelihood.unseen`.

    Parameters
    ----------
    values
        Shape (subjects, columns), no column constant.
    y
        Outcome, see `likelihood_of`, shape (subjects,).
    penalties
        Kinds of penalty, each with a part that grows with the strength; the first of several that are equally
        good is chosen.
    trainings
        Training subjects of each fold, see `training_folds`.
    strengths
        Strengths to choose from, decreasing; by default a path from the strength above which nothing changes.

    Raises
    ------
    NoMaximumError
        When no kind has even a model of its largest strength.
    """
    paths, cause = [], NoMaximumError("no kind of penalty was given")
    for kind, penalty in enumerate(penalties):
        try:
            paths.append(_tuned(values, y, (kind, penalty), trainings, strengths))
        except NoMaximumError as error:
            cause = error
    if not paths:
        raise cause
    return max(paths, key=lambda path: path.likelihood[path.chosen])


def _tuned(
    values: Floats,
    y: np.ndarray,
    kind: tuple[int, Penalty],
    trainings: Sequence[np.ndarray],
    strengths: Floats | None,
) -> TunedPath:
    number, penalty = kind
    strengths = _strengths(values, y, penalty) if strengths is None else strengths
    path = fit_path(values, y, penalty, strengths)
    sums = np.zeros(len(strengths))
    for train in trainings:
        sums += _unseen(values, y, penalty, strengths, train)
    sums[np.isnan(path).any(axis=1)] = -np.inf
    chosen = int(np.argmax(sums))
    return TunedPath(number, strengths, sums, chosen, path[chosen])


def _strengths(values: Floats, y: np.ndarray, penalty: Penalty) -> Floats:
    if penalty.lasso.any():
        return largest_strength(values, y, penalty) * _LASSO_PATH
    # Where a lasso of the same columns would begin.
    as_lasso = Penalty(penalty.ridge, penalty.lasso, penalty.fixed_lasso, penalty.fixed_ridge)
    return largest_strength(values, y, as_lasso) * _RIDGE_PATH


def _unseen(values: Floats, y: np.ndarray, penalty: Penalty, strengths: Floats, train: np.ndarray) -> Floats:
    """Log likelihood that the subjects outside `train` add, at each strength, shape (strengths,)."""
    varying = np.ptp(values[train], axis=0) > 0
    try:
        path = fit_path(values[np.ix_(train, varying)], y[train], penalty.of(varying), strengths, _ROUGH)
    except NoMaximumError:
        return np.full(len(strengths), -np.inf)
    eta = values[:, varying] @ np.nan_to_num(path).T
    added = likelihood_of(y).unseen(eta, train)
    return np.where(np.isnan(path).any(axis=1), -np.inf, added)
