"""ComBat of one batch column, on arrays: fit on training subjects, apply to any subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.empirical_bayes import (
    Adjustment,
    Moments,
    moments,
    non_parametric,
    parametric,
    unshrunk,
)
from nbradiomics.harmonisation.kinds import ROUNDING, Codes, Flags, MeanOnly, Numbers
from nbradiomics.harmonisation.linear import coefficients


@dataclass(frozen=True)
class Method:
    """Which ComBat: see :class:`nbradiomics.ComBat` for the meaning of each."""

    eb: bool = True
    parametric: bool = True
    mean_only: MeanOnly = False
    m_combat: bool = False

    def adjustment(self, batch: Moments) -> Adjustment:
        """Location and scale of a batch from the summary of its standardised values."""
        mean_only: MeanOnly = self.mean_only or bool(batch.number.max(initial=0) < 2)
        if self.eb and len(batch.number) < 2:
            raise InputError(
                "empirical Bayes pools the estimates of several features, and there is only one that varies.",
                "Harmonise several features together, or use eb=False.",
            )
        if not self.eb:
            return unshrunk(batch, mean_only=mean_only)
        return (parametric if self.parametric else non_parametric)(batch, mean_only=mean_only)


@dataclass(frozen=True)
class Fit:
    """Estimates of one batch column, of features by columns.

    Attributes
    ----------
    method
        Which ComBat.
    centre, spread
        Location and standard deviation by which features are standardised, shape (features,).
    goal_centre, goal_spread
        Location and standard deviation that they get instead: the same, unless M-ComBat shifts them to those
        of the reference batch.
    effects
        Coefficients of the covariates, shape (covariates, features).
    adjustments
        Location and scale of each batch, by its name; those of the reference batch are 0 and 1.
    reference
        The batch whose values stay exactly as they are; None if there is none.
    rigid
        Features without variance within the batches (of the reference batch if there is one): only their
        location is adjusted, without shrinkage.
    simple
        Features that are fitted without covariates, because their values cannot tell them from the batches.
    undefined
        Features with too few values for the estimates: all of their values become missing.
    counts
        Values of each feature in each batch.
    constant
        Features that do not vary in each batch, and whose scale is not adjusted there.
    """

    method: Method
    centre: Numbers
    spread: Numbers
    goal_centre: Numbers
    goal_spread: Numbers
    effects: Numbers
    adjustments: Mapping[str, Adjustment]
    reference: str | None
    rigid: Flags
    simple: Flags
    undefined: Flags
    counts: Mapping[str, Numbers]
    constant: Mapping[str, Flags]

    def adjusted(
        self, values: Numbers, batch: str, covariates: Numbers, adjustment: Adjustment | None = None
    ) -> Numbers:
        """Harmonise values of one batch, shape (subjects, features); NaN stays NaN."""
        if batch == self.reference:
            return values
        location, scale = adjustment or self.adjustments[batch]
        explained = covariates @ self.effects
        standardised = (values - self.centre - explained) / self.spread
        found: Numbers = (standardised - location) / np.sqrt(scale) * self.goal_spread
        found += self.goal_centre + explained
        # Without shift and change of scale nothing is computed, so that nothing is rounded.
        same = (location == 0) & (scale == 1) & (self.goal_spread == self.spread)
        same &= (self.goal_centre == self.centre) & ~self.undefined
        return np.where(same, values, found)

    def estimated(self, values: Numbers, covariates: Numbers, subjects: Codes) -> Adjustment:
        """Location and scale of a batch without training subjects, from its own features."""
        standardised = (values - self.centre - covariates @ self.effects) / self.spread
        return _adjustment(self.method, moments(standardised, subjects), self.rigid | self.undefined)


def fit(
    values: Numbers,
    codes: Codes,
    names: tuple[str, ...],
    covariates: Numbers,
    subjects: Codes,
    method: Method,
    reference: str | None,
) -> Fit:
    """Estimate everything that harmonises, from training subjects.

    Parameters
    ----------
    values
        Features, shape (subjects, features); NaN is missing.
    codes
        Place in `names` of each subject's batch, shape (subjects,).
    names
        The batches, each with a subject.
    covariates
        Coded covariates, shape (subjects, columns); with the batches they are linearly independent.
    subjects
        Number of each row's subject: several rows of a subject count as one in the shrinkage.
    method
        Which ComBat.
    reference
        The reference batch.

    Notes
    -----
    With one batch there is nothing to harmonise: its location is 0, its scale 1.
    """
    one_hot = (codes[:, None] == np.arange(len(names))).astype(np.float64)
    design = np.hstack([one_hot, covariates])
    found, simple = coefficients(design, values, len(names))
    present = ~np.isnan(values)
    counts = one_hot.T @ present
    effects = found[len(names) :]
    residuals = values - design @ found
    rows = slice(None) if reference is None else codes == names.index(reference)
    inside = _mean_square(residuals[rows])
    intercepts, total = found[: len(names)], counts.sum(axis=0)
    average = (intercepts * counts).sum(axis=0) / np.maximum(total, 1)
    plain = reference is not None and not method.m_combat
    centre = intercepts[names.index(str(reference))] if plain else average
    deviation = inside if plain else _mean_square(residuals)
    largest = np.abs(np.where(present, values, 0.0)).max(axis=0, initial=0.0)
    rigid = np.sqrt(deviation) <= ROUNDING * largest
    spread = np.where(rigid, 1.0, np.sqrt(np.where(rigid, 1.0, deviation)))
    columns = (counts > 0).sum(axis=0) + np.where(simple, 0, covariates.shape[1])
    undefined = total <= columns
    if plain:
        undefined |= counts[names.index(str(reference))] < 1
    standardised = (values - centre - covariates @ effects) / spread
    goal = centre, spread
    if method.m_combat and reference is not None and len(names) > 1:
        goal = _goal(residuals[rows], intercepts[names.index(reference)], rigid)
        undefined |= counts[names.index(reference)] < 2
    places = [codes == place for place in range(len(names))]
    summaries = [moments(standardised[own], subjects[own]) for own in places]
    adjustments = _adjustments(summaries, names, method, rigid | undefined)
    if plain:
        adjustments[str(reference)] = _nothing(values.shape[1])
    for adjustment in adjustments.values():
        adjustment.location[undefined] = np.nan
    return Fit(
        method,
        centre,
        spread,
        *goal,
        effects,
        adjustments,
        reference if plain else None,
        rigid,
        simple,
        undefined,
        dict(zip(names, counts, strict=True)),
        {name: batch.constant for name, batch in zip(names, summaries, strict=True)},
    )


def _goal(residuals: Numbers, location: Numbers, rigid: Flags) -> tuple[Numbers, Numbers]:
    """Location and standard deviation of the reference batch, for M-ComBat (Stein 2015)."""
    number = (~np.isnan(residuals)).sum(axis=0)
    deviation = np.sqrt(_mean_square(residuals) * number / np.maximum(number - 1, 1))
    return location, np.where(rigid, 1.0, deviation)


def _adjustments(
    batches: Sequence[Moments], names: tuple[str, ...], method: Method, apart: Flags
) -> dict[str, Adjustment]:
    if len(names) == 1:
        return {names[0]: _nothing(len(apart))}
    return {name: _adjustment(method, batch, apart) for name, batch in zip(names, batches, strict=True)}


def _adjustment(method: Method, found: Moments, apart: Flags) -> Adjustment:
    """Location and scale; the features apart are not in the priors, and only their location is adjusted."""
    location, scale = found.location.copy(), np.ones_like(found.location)
    pooled = ~apart
    if pooled.any():
        shrunk = method.adjustment(Moments(*(part[pooled] for part in found)))
        location[pooled], scale[pooled] = shrunk
    return Adjustment(location, scale)


def _nothing(features: int) -> Adjustment:
    return Adjustment(np.zeros(features), np.ones(features))


def _mean_square(residuals: Numbers) -> Numbers:
    present = ~np.isnan(residuals)
    filled = np.where(present, residuals, 0.0)
    squares: Numbers = np.einsum("ij,ij->j", filled, filled) / np.maximum(present.sum(axis=0), 1)
    return squares
