"""Exchange among subjects what given columns do not explain of the features (conditional permutation)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.outcome.measures.arguments import Floats
from nbradiomics.outcome.transformers import DropUninformative
from nbradiomics.outcome.yeo_johnson import YeoJohnson

#: Directions of the given columns with a smaller share of the largest singular value are rounding.
_ROUNDING = 1e-10


@dataclass(frozen=True)
class ConditionalFeatures:
    """Features as a part that given columns explain, and residuals that the subjects may exchange.

    Attributes
    ----------
    values
        Values of the features that vary, shape (subjects, features); missing ones are nan.
    names
        Their names.
    symmetric
        The same after Yeo-Johnson's power, a missing value as the given columns predict it.
    basis
        Orthonormal basis of the given columns and of a constant, shape (subjects, rank).
    """

    values: Floats
    names: tuple[str, ...]
    symmetric: Floats
    basis: Floats

    @classmethod
    def of(cls, features: pd.DataFrame, given: Floats) -> ConditionalFeatures:
        """Regress features on given columns.

        Parameters
        ----------
        features
            Shape (subjects, features); values may be missing, and columns constant.
        given
            Shape (subjects, columns), no value missing: covariates, or the volume.
        """
        varying = features.loc[:, DropUninformative().fit(features).support_].astype("float64")
        values = varying.to_numpy()
        missing = np.isnan(values)
        filled = np.where(missing, np.nanmedian(values, axis=0), values) if values.size else values
        symmetric = YeoJohnson().fit(filled).transform(filled) if values.size else filled
        design = np.column_stack([np.ones(len(given)), given])
        for place in np.flatnonzero(missing.any(axis=0)):
            gone = missing[:, place]
            slopes, *_ = np.linalg.lstsq(design[~gone], symmetric[~gone, place], rcond=None)
            symmetric[gone, place] = design[gone] @ slopes
        return cls(values, tuple(map(str, varying.columns)), symmetric, _basis(design))

    @property
    def rank(self) -> int:
        """Number of given columns that are not combinations of others, without the constant."""
        return int(self.basis.shape[1]) - 1

    def permuted(self, rng: np.random.Generator) -> pd.DataFrame:
        """Draw features that are related to the given columns, and among each other, as before.

        The residuals of a subject go to another one as a whole. What the given columns would explain of them
        there is taken away, and the length that they lose by this is restored: so the given columns explain
        exactly what they explained before. Values return to the scale of the feature by its own values in
        order, within their range, and are missing where they were.

        Returns
        -------
        pandas.DataFrame
            Shape (subjects, features that vary).
        """
        explained = self.basis @ (self.basis.T @ self.symmetric)
        residuals = (self.symmetric - explained)[rng.permutation(len(self.symmetric))]
        residuals -= self.basis @ (self.basis.T @ residuals)
        subjects = len(residuals)
        free = max(1, subjects - self.basis.shape[1])
        drawn = explained + residuals * np.sqrt((subjects - 1) / free)
        result = np.full_like(self.values, np.nan)
        for place, column in enumerate(drawn.T):
            there = ~np.isnan(self.values[:, place])
            known, scale = np.sort(self.values[there, place]), np.sort(self.symmetric[there, place])
            result[there, place] = np.interp(column[there], scale, known)
        return pd.DataFrame(result, columns=list(self.names))


def _basis(design: Floats) -> Floats:
    """Orthonormal basis of some columns; their unit does not matter."""
    length = np.linalg.norm(design, axis=0)
    scaled = design / np.where(length > 0, length, 1)
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    basis: Floats = left[:, sizes > _ROUNDING * sizes[0]]
    return basis
