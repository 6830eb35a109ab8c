"""Fit a model of habitats to a sample of voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.habitats.clusters.mixture import fit_mixture
from nbradiomics.habitats.clusters.model import HabitatModel, nearest
from nbradiomics.habitats.clusters.number import Candidate, assessed, candidates, centres, chosen
from nbradiomics.habitats.clusters.sample import Sample

Array = NDArray[np.float64]


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
        When a channel is constant, there are too few voxels, or no number can be chosen.
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
        **_groups(scaled, variances, clusters, how),
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
    }


def _rows(table: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in table)
