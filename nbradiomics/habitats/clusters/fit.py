"""Fit a model of habitats to a sample of voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.habitats.clusters.mixture import fit_mixture
from nbradiomics.habitats.clusters.model import HabitatModel, nearest
from nbradiomics.habitats.clusters.number import Candidate, assessed, candidates, centres, chosen
from nbradiomics.habitats.clusters.sample import Sample

Array = NDArray[np.float64]
#: Least distance between two habitats in units of the median error of a voxel, if errors are part of the fit.
#: Closer ones are not told apart: in simulations whose fits gave less, the shares were .2 to .5 off.
TOLD_APART = 1.75


@dataclass(frozen=True)
class Inputs:
    """What is clustered: channels with their units and error maps, and the preparation of the images."""

    channels: tuple[str, ...]
    units: tuple[str, ...]
    error_channels: tuple[str, ...]
    variant: str


@dataclass(frozen=True)
class FitHow:
    """How a model is fitted: number (``None``: chosen up to `most`), method, errors, seed."""

    clusters: int | None
    most: int
    method: Literal["mixture", "kmeans"]
    errors: Literal["deconvolved", "smeared", "none"]
    seed: int


def fit_model(
    sample: Sample, inputs: Inputs, how: FitHow, images: Sequence[str], who: str
) -> tuple[HabitatModel, list[Candidate]]:
    """Fit a model, and choose the number of habitats if it is not stated.

    Returns
    -------
    model
        Habitats numbered by the mean of the first channel, ascending.
    candidates
        The assessed numbers: the stated one, or all that were tried.

    Raises
    ------
    InputError
        When a channel is constant, there are too few voxels, no number can be chosen, or habitats are closer
        than the errors allow.
    """
    centre, scale = sample.values.mean(axis=0), sample.values.std(axis=0)
    constant = [name or "image" for name, one in zip(inputs.channels, scale, strict=True) if not one > 0]
    if constant:
        raise InputError(
            f"the channel {', '.join(constant)} has the same value in all voxels of {who}.", "Leave it out."
        )
    scaled = (sample.values - centre) / scale
    found: list[Candidate] = []
    clusters = how.clusters
    distinct = len(np.unique(scaled, axis=0))
    least = how.most if clusters is None else clusters
    if distinct < 10 * least:
        raise InputError(
            f"{who} have {distinct} different voxels; {10 * least} or more were expected for {least} "
            "habitats.",
            "Use more subjects, or fewer habitats.",
        )
    if clusters is None:
        found = candidates(sample, scaled, how.most, how.method, how.seed)
        clusters = chosen(found, who)
    else:
        found = [assessed(sample, scaled, clusters, how.method, how.seed)]
    variances = (sample.errors / scale) ** 2 if how.errors == "deconvolved" else None
    groups = _groups(scaled, variances, clusters, how)
    if variances is not None and how.method == "mixture":
        _require_told_apart(groups, variances, inputs, who)
    model = HabitatModel(
        channels=inputs.channels,
        units=inputs.units,
        variant=inputs.variant,
        method=how.method,
        errors=how.errors,
        error_channels=inputs.error_channels,
        centre=tuple(centre),
        scale=tuple(scale),
        subjects=len(sample.subjects),
        voxels=len(scaled),
        images=tuple(images),
        seed=how.seed,
        **groups,
    )
    return model, found


def _groups(scaled: Array, variances: Array | None, clusters: int, how: FitHow) -> dict[str, Any]:
    if how.method == "kmeans":
        means = centres(scaled, clusters, how.seed)
        means = means[np.lexsort(means.T[::-1])]
        shares = np.bincount(nearest(scaled, means), minlength=clusters) / len(scaled)
        return {"weights": tuple(shares), "means": _rows(means)}
    mixture = fit_mixture(scaled, clusters, how.seed, variances)
    mixture = mixture.reordered(np.lexsort(mixture.means.T[::-1]))
    return {
        "weights": tuple(mixture.weights),
        "means": _rows(mixture.means),
        "covariances": tuple(_rows(covariance) for covariance in mixture.covariances),
        "converged": mixture.converged,
    }


def _require_told_apart(groups: dict[str, Any], variances: Array, inputs: Inputs, who: str) -> None:
    """Refuse habitats that are closer than the error of a voxel allows."""
    errors, means = np.median(variances, axis=0), np.array(groups["means"])
    within = np.diagonal(groups["covariances"], axis1=1, axis2=2).mean(axis=0)
    noise = np.where(errors > 0, errors, within)
    apart = min(
        float(np.sqrt((np.square(one - other) / noise).sum())) for one, other in combinations(means, 2)
    )
    if errors.any() and apart < TOLD_APART:
        raise InputError(
            f"the error of {', '.join(inputs.error_channels)} is too large for {len(means)} habitats of "
            f"{who}: two of them are {apart:.1f} errors of a voxel apart, and {TOLD_APART:g} were expected.",
            "Use fewer habitats, images with less noise or more b-values, or other channels; with "
            "`errors: none` the groups are those of the noisy values.",
        )


def _rows(table: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in table)
