r"""How far two readers' contours lie apart, and where: what simulated readers are drawn from.

At the surface half-way between two masks, the difference :math:`u` of their signed distances is the distance
from one contour to the other, in mm. The disagreement is described as a normal field with a scale :math:`s`
that differs between tumours (readers differ more about some):

- at the rim, where the surface is steep, the mean of :math:`|u|` gives the standard deviation in mm; the
  volume between two contours is proportional to it;
- larger tumours have larger distances: they are proportional to a power of the radius of the tumour;
- at the end slices, where the surface is flat, it does so in slices: readers differ there by whole slices,
  thick or thin;
- between two places of the rim :math:`h` mm apart within the slices and :math:`k` slices apart, the
  correlation is

  .. math:: r = \rho + (1 - \rho) \exp\left(-\frac{h^2}{2\lambda^2} - \frac{k^2}{2\kappa^2}\right):

  a part :math:`\rho` is the same everywhere (one contour is larger than the other, also because one reader
  always draws larger), and the rest is correlated over :math:`\lambda` mm and :math:`\kappa` slices;
- :math:`s` is log-normal with mean square 1 and standard deviation :math:`\tau` of its logarithm. The mean
  :math:`m` of :math:`|u|` over a rim then has
  :math:`E[m^2] / E[m]^2 = e^{\tau^2}\, \overline{\sqrt{1 - r^2} + r \arcsin r}`.

Voxels and rough contours make measured distances smaller than those that were drawn. So the two deviations
are calibrated (`calibrated`): readers are simulated for the same tumours and measured in the same way, until
their median Dice, and the ratio of the distances at end slices and rim, are those of the real readers.

The moments are not centred, so that a systematic difference between two readers is part of them. Every pair
has the same weight, whatever the size of the tumour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import optimize
from typing_extensions import TypedDict

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import Mask
from nbradiomics.perturbation.growth import signed_distance
from nbradiomics.settings import Settings

#: Bins of the distance within the slices in mm, and of the distance in slices.
_LAGS_MM = np.array([0.0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 1e6])
_LAGS_SLICES = np.array([-0.5, 0.5, 1.5, 2.5, 4.5, 8.5, 1e6])
#: Squared cosine between surface normal and slice axis: below at the rim, above at the end slices.
_RIM, _END = 0.2, 0.8
#: Largest number of places of a pair whose products are formed.
_PLACES = 400
#: Smallest number of regions with two readers for an estimate.
LEAST_PAIRS = 5

Positive = Annotated[float, Field(gt=0)]


class Disagreement(Settings):
    """Disagreement of the contours of two readers."""

    rim_mm: Annotated[float, Field(ge=0)] = Field(
        description="Distance at the rim: standard deviation, in mm."
    )
    end_slices: Annotated[float, Field(ge=0)] = Field(
        description="Distance at the end slices: standard deviation, in slices."
    )
    shared: Annotated[float, Field(ge=0, le=1)] = Field(
        description="Part of the variance that is the same everywhere on a contour."
    )
    length_mm: Positive = Field(description="Correlation length within the slices, in mm.")
    length_slices: Positive = Field(description="Correlation length across the slices, in slices.")
    radius_mm: Positive = Field(description="Radius of the tumours to which the distances refer, in mm.")
    exponent: Annotated[float, Field(ge=0, le=1)] = Field(
        description="Power of the radius to which the distances are proportional."
    )
    spread: Annotated[float, Field(ge=0)] = Field(
        description="Standard deviation of the logarithm of the scale between tumours."
    )
    pairs: int = Field(description="Number of pairs of masks behind the estimate.")


class PairMoments(TypedDict):
    """Moments of the distances of one pair of masks."""

    radius: float
    dice: float
    rim: float
    rim2: float
    end: float | None
    products: list[list[float]]
    weights: list[list[float]]


def pair_moments(one: Mask, other: Mask, spacing: Sequence[float], rng: np.random.Generator) -> PairMoments:
    """Moments of the distance between two contours.

    Parameters
    ----------
    one, other
        Masks of two readers on the same grid, z, y, x; neither is empty.
    spacing
        Edges of a voxel in mm along z, y, x.
    rng
        Chooses the places at which products are formed.

    Raises
    ------
    InputError
        When the masks have no common rim, because they are too small.
    """
    first, second = signed_distance(one, spacing), signed_distance(other, spacing)
    values, places, flat = _at_surface(first, second, spacing)
    rim = flat < _RIM
    if not rim.any():
        raise InputError(
            "the two masks have no rim between them.", "They are too small, or too far apart, to be used."
        )
    end = values[flat > _END] / spacing[0]
    products, weights = _products(values[rim], places[rim], spacing, rng)
    return {
        "radius": math.sqrt(radius_mm(one, spacing) * radius_mm(other, spacing)),
        "dice": 2 * float((one & other).sum()) / float(one.sum() + other.sum()),
        "rim": float(np.mean(np.abs(values[rim]))),
        "rim2": float(np.mean(values[rim] ** 2)),
        "end": float(np.mean(np.abs(end))) if len(end) else None,
        "products": products.tolist(),
        "weights": weights.tolist(),
    }


def radius_mm(inside: Mask, spacing: Sequence[float]) -> float:
    """Radius of the ball with the volume of a mask."""
    return math.cbrt(0.75 / math.pi * float(inside.sum()) * math.prod(spacing))


def _at_surface(
    first: NDArray[np.float64], second: NDArray[np.float64], spacing: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Distance from contour to contour, place (in voxels) and flatness, on the surface half-way.

    The surface is found between neighbouring voxels, so that it is also seen between two slices.
    """
    between, apart = (first + second) / 2, first - second
    flat = flatness(between, spacing)
    found = []
    for axis in range(3):
        low, high = (_part(between, axis, end) for end in (0, 1))
        crossing = (low < 0) != (high < 0)
        share = low[crossing] / (low[crossing] - high[crossing])
        parts = [
            (1 - share) * _part(values, axis, 0)[crossing] + share * _part(values, axis, 1)[crossing]
            for values in (apart, flat)
        ]
        place = np.argwhere(crossing).astype(np.float64)
        place[:, axis] += share
        found.append((parts[0], place, parts[1]))
    values, places, flatnesses = zip(*found, strict=True)
    return np.concatenate(values), np.concatenate(places), np.concatenate(flatnesses)


def _part(values: NDArray[np.float64], axis: int, end: int) -> NDArray[np.float64]:
    """All voxels but the last along an axis (0), or but the first (1)."""
    return values[
        tuple(slice(end, None if end else -1) if axis == other else slice(None) for other in range(3))
    ]


def flatness(distances: NDArray[np.float64], spacing: Sequence[float]) -> NDArray[np.float64]:
    """Squared cosine between the gradient of distances and the slice axis: 1 on flat ends, 0 at the rim."""
    squares = [
        np.gradient(distances, edge, axis=axis) ** 2 if distances.shape[axis] > 1 else 0.0 * distances
        for axis, edge in enumerate(spacing)
    ]
    return np.asarray(squares[0] / np.maximum(sum(squares), 1e-12))


def _products(
    values: NDArray[np.float64],
    places: NDArray[np.float64],
    spacing: Sequence[float],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of products, and numbers of them, by distance within and across slices; together one per pair."""
    chosen = np.sort(rng.permutation(len(values))[:_PLACES])
    values, places = values[chosen], places[chosen]
    in_plane = places[:, 1:] * np.asarray(spacing[1:])
    lags = np.sqrt(((in_plane[:, None] - in_plane[None, :]) ** 2).sum(axis=-1)).ravel()
    slices = np.abs(places[:, None, 0] - places[None, :, 0]).ravel()
    bins = (_LAGS_MM, _LAGS_SLICES)
    sums, *_ = np.histogram2d(lags, slices, bins=bins, weights=np.outer(values, values).ravel())
    counts, *_ = np.histogram2d(lags, slices, bins=bins)
    return sums / len(values) ** 2, counts / len(values) ** 2


def estimate_disagreement(moments: Sequence[PairMoments]) -> Disagreement:
    """Estimate the disagreement of readers from the moments of pairs of their masks.

    Raises
    ------
    InputError
        When there are fewer than `LEAST_PAIRS` pairs.
    """
    if len(moments) < LEAST_PAIRS:
        raise InputError(
            f"{len(moments)} pair(s) of masks of two readers can be used; simulated readers need at least "
            f"{LEAST_PAIRS}.",
            "Let a second reader draw more tumours, or use a chain without simulated readers.",
        )
    radii = np.array([pair["radius"] for pair in moments])
    reference = float(np.exp(np.mean(np.log(radii))))
    exponent = _exponent(radii, np.array([pair["rim"] for pair in moments]))
    sizes = (radii / reference) ** exponent
    rims = np.array([pair["rim"] for pair in moments]) / sizes
    ends = [pair["end"] / size for pair, size in zip(moments, sizes, strict=True) if pair["end"] is not None]
    fitted = _correlation(moments)
    ratio = float(np.mean(rims**2) / np.mean(rims) ** 2) if rims.any() else 1.0
    spread2 = max(math.log(ratio / fitted.of_means), 0.0)
    deviation = math.sqrt(math.pi / 2) * math.exp(spread2 / 2)
    return Disagreement(
        rim_mm=deviation * float(np.mean(rims)),
        end_slices=deviation * float(np.mean(ends)) if ends else 0.0,
        shared=fitted.shared,
        length_mm=fitted.length_mm,
        length_slices=fitted.length_slices,
        radius_mm=reference,
        exponent=exponent,
        spread=math.sqrt(spread2),
        pairs=len(moments),
    )


def _exponent(radii: NDArray[np.float64], rims: NDArray[np.float64]) -> float:
    """Slope of the logarithm of distances on that of radii, shrunk by its error, from 0 to 1."""
    used = rims > 0
    x, y = np.log(radii[used]), np.log(rims[used])
    if len(x) < LEAST_PAIRS or np.ptp(x) < 1e-6:
        return 0.0
    slope, variance = np.polyfit(x, y, 1, cov=True)
    shrunk = slope[0] * max(0.0, 1 - variance[0, 0] / slope[0] ** 2) if slope[0] > 0 else 0.0
    return float(min(shrunk, 1.0))


def calibrated(
    disagreement: Disagreement, real: Sequence[PairMoments], simulated: Sequence[PairMoments]
) -> Disagreement:
    """Change the deviations so that simulated pairs come closer to the real ones.

    Parameters
    ----------
    disagreement
        With which the pairs were simulated.
    real, simulated
        Moments of real pairs, and of pairs of simulated readers of the same tumours.
    """
    apart = [1 - float(np.median([pair["dice"] for pair in pairs])) for pairs in (real, simulated)]
    ratios = [_end_to_rim(pairs) for pairs in (real, simulated)]
    scale = apart[0] / apart[1] if min(apart) > 0 else 1.0
    ends = ratios[0] / ratios[1] if min(ratios) > 0 else 1.0
    # Half of the step for the ratio, which the scale changes too.
    return disagreement.changed(
        rim_mm=disagreement.rim_mm * scale,
        end_slices=disagreement.end_slices * scale * math.sqrt(ends),
    )


def _end_to_rim(pairs: Sequence[PairMoments]) -> float:
    ends = [pair["end"] for pair in pairs if pair["end"] is not None]
    rim = float(np.mean([pair["rim"] for pair in pairs]))
    end = float(np.mean(ends)) if ends else 0.0
    return end / rim if rim else 0.0


class _Correlation(NamedTuple):
    """Fitted correlation; `of_means` is E[m^2] / E[m]^2 of the mean of |u| over a rim without a scale."""

    shared: float
    length_mm: float
    length_slices: float
    of_means: float


def _correlation(moments: Sequence[PairMoments]) -> _Correlation:
    """Fit the shared part and the two correlation lengths to the mean products."""
    rim2 = float(np.mean([pair["rim2"] for pair in moments])) or 1.0
    sums = np.sum([pair["products"] for pair in moments], axis=0)
    weights = np.sum([pair["weights"] for pair in moments], axis=0)
    used = weights > 0
    observed = sums[used] / weights[used] / rim2
    lags = _middles(_LAGS_MM)[:, None] + np.zeros(len(_LAGS_SLICES) - 1)
    slices = _middles(_LAGS_SLICES)[None, :] + np.zeros((len(_LAGS_MM) - 1, 1))
    lags, slices, root = lags[used], slices[used], np.sqrt(weights[used])

    def correlation(fit: NDArray[np.float64]) -> NDArray[np.float64]:
        shared, log_mm, log_slices = fit
        exponent = (lags / np.exp(log_mm)) ** 2 + (slices / np.exp(log_slices)) ** 2
        return np.asarray(shared + (1 - shared) * np.exp(-exponent / 2))

    def residuals(fit: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(root * (correlation(fit) - observed))

    bounds = ([0.0, math.log(0.3), math.log(0.3)], [1.0, math.log(50.0), math.log(20.0)])
    fit = optimize.least_squares(residuals, [0.3, math.log(4.0), 0.0], bounds=bounds).x
    r = np.clip(correlation(fit), 0, 1)
    of_means = float(np.average(np.sqrt(1 - r**2) + r * np.arcsin(r), weights=root**2))
    return _Correlation(float(fit[0]), float(np.exp(fit[1])), float(np.exp(fit[2])), of_means)


def _middles(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middles of bins; the last bin, which is open, has its lower edge."""
    middles = (edges[:-1] + edges[1:]) / 2
    middles[-1] = edges[-2]
    return middles
