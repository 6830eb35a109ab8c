"""The number of habitats: BIC, silhouette, valleys between groups, and stability of resampled subjects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.habitats.clusters.mixture import plain_fit
from nbradiomics.habitats.clusters.model import nearest
from nbradiomics.habitats.clusters.sample import Sample
from nbradiomics.habitats.clusters.separation import APART, valley

Array = NDArray[np.float64]

#: Least median adjusted Rand index of a number of habitats that is stable.
STABLE = 0.8
RESAMPLES = 20
#: Voxels of each fit, and those whose labels are compared.
_FITTED, _JUDGED = 4000, 2000


@dataclass(frozen=True)
class Candidate:
    """What speaks for a number of habitats.

    Attributes
    ----------
    clusters
        The number; 1 has a BIC only.
    bic
        Bayesian information criterion of the mixture per voxel, lower is better.
    silhouette
        Mean silhouette of the voxels, -1 to 1.
    stability, stability_low
        Median and 10th percentile of the adjusted Rand index between the labels of the model and those of
        models of resampled subjects.
    valley
        Density between the two habitats that are least apart, see `separation.valley`.
    """

    clusters: int
    bic: float
    silhouette: float = float("nan")
    stability: float = float("nan")
    stability_low: float = float("nan")
    valley: float = float("nan")

    @property
    def stable(self) -> bool:
        """Whether subjects of the same kind would give about the same habitats."""
        return self.stability >= STABLE

    @property
    def apart(self) -> bool:
        """Whether the habitats are groups of their own, and not parts of one distribution."""
        return self.valley <= APART


def candidates(sample: Sample, scaled: Array, most: int, method: str, seed: int) -> list[Candidate]:
    """Assess the numbers from 1 to `most`; `scaled` are the standardised values of the sample."""
    return [assessed(sample, scaled, clusters, method, seed) for clusters in range(1, most + 1)]


def assessed(sample: Sample, scaled: Array, clusters: int, method: str, seed: int) -> Candidate:
    """Assess one number of habitats."""
    few = scaled[np.random.default_rng(seed).permutation(len(scaled))[:_FITTED]]
    fitted = plain_fit(few, clusters, seed, 2)
    bic = fitted.bic(few) / len(few)
    if clusters == 1:
        return Candidate(1, bic)
    spread = _spread_and_stability(sample, scaled, clusters, method, seed)
    return Candidate(clusters, bic, *spread, valley(fitted, few))


def chosen(found: list[Candidate], who: str) -> int:
    """The number with the best silhouette of those that are stable and whose habitats are apart.

    Raises
    ------
    InputError
        When one Gaussian describes the voxels best, no habitats are apart, or no number is stable; `who`
        names the fitting subjects.
    """
    one, *others = found
    if one.bic <= min(candidate.bic for candidate in others):
        raise InputError(
            f"the voxels of {who} form one group: a single Gaussian has the lowest BIC.",
            "Use other channels, or state the number of habitats and report that the data do not show it.",
        )
    apart = [candidate for candidate in others if candidate.apart]
    if not apart:
        raise InputError(
            f"the voxels of {who} form one group, whose values are skewed or have long tails: between the "
            f"means of 2 to {others[-1].clusters} habitats, the distribution of the values has no valley.",
            "Use other channels, or state the number of habitats and report that it divides one group.",
        )
    stable = [candidate for candidate in apart if candidate.stable]
    if not stable:
        best = max(apart, key=lambda candidate: candidate.stability)
        raise InputError(
            f"no number of habitats of {who} is stable when subjects are resampled: the best is "
            f"{best.clusters} with an adjusted Rand index of {best.stability:.2f}; {STABLE:g} was expected.",
            "Use more subjects or other channels, or state the number of habitats and report its stability.",
        )
    return max(stable, key=lambda candidate: candidate.silhouette).clusters


def _spread_and_stability(
    sample: Sample, scaled: Array, clusters: int, method: str, seed: int
) -> tuple[float, float, float]:
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rng = np.random.default_rng([seed, clusters])
    order = rng.permutation(len(scaled))
    judged, fitted = order[:_JUDGED], order[:_FITTED]
    labels = _labels(scaled[judged], scaled[fitted], clusters, method, seed)
    if len(set(labels)) < 2:
        return float("nan"), 0.0, 0.0
    voxels_of = [np.flatnonzero(sample.subject == number) for number in range(len(sample.subjects))]
    scores = []
    for resample in range(RESAMPLES):
        subjects = rng.integers(len(voxels_of), size=len(voxels_of))
        each = max(_FITTED // len(subjects), 1)
        voxels = np.concatenate([rng.choice(voxels_of[number], each) for number in subjects])
        other = _labels(scaled[judged], scaled[voxels], clusters, method, seed + 1 + resample)
        scores.append(adjusted_rand_score(labels, other))
    low, middle = np.quantile(scores, [0.1, 0.5])
    return float(silhouette_score(scaled[judged], labels)), float(middle), float(low)


def _labels(judged: Array, fitted: Array, clusters: int, method: str, seed: int) -> NDArray[np.intp]:
    """Labels of some voxels by a model of others."""
    if method == "kmeans":
        return nearest(judged, centres(fitted, clusters, seed))
    return np.asarray(plain_fit(fitted, clusters, seed, 1).predict(judged), dtype=np.intp)


def centres(scaled: Array, clusters: int, seed: int) -> Array:
    """Centres of k-means (scikit-learn)."""
    from sklearn.cluster import KMeans

    found = KMeans(clusters, n_init=10, random_state=seed).fit(scaled)
    return np.asarray(found.cluster_centers_, dtype=np.float64)
