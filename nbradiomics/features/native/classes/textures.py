"""All texture features of a region; the matrices of each class are counted once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.execution.pieces import in_order, once
from nbradiomics.features.native.classes import glcm, gldm, glrlm, glszm, ngtdm
from nbradiomics.features.native.classes.along import Along, Wanted, look_along
from nbradiomics.features.native.classes.glcm_matrix import TABLE, count_cells
from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods, neighbourhoods
from nbradiomics.features.native.classes.neighbours import offsets
from nbradiomics.features.native.classes.pair_cells import PairCells
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion
from nbradiomics.features.native.levels.ranks import RankedRegion, ranked

_DEPRECATED = {
    "glcm": ("Dissimilarity", "Homogeneity1", "Homogeneity2", "SumVariance"),
    "gldm": ("DependencePercentage", "GrayLevelNonUniformityNormalized"),
}
_COMPUTED: dict[str, tuple[str, ...]] = {
    "glcm": glcm.FEATURES,
    "gldm": tuple(gldm.FEATURES),
    "glrlm": tuple(glrlm.FEATURES),
    "glszm": tuple(glszm.FEATURES),
    "ngtdm": ngtdm.FEATURES,
}
#: Class, then feature, in PyRadiomics' order; true for deprecated features. PyRadiomics 3.1.4 has the six
#: deprecated names but computes no value for them.
TEXTURES: dict[str, dict[str, bool]] = {
    name: {
        feature: feature in _DEPRECATED.get(name, ())
        for feature in sorted((*computed, *_DEPRECATED.get(name, ())), key="{}FeatureValue".format)
    }
    for name, computed in _COMPUTED.items()
}


@dataclass(frozen=True)
class TextureSettings:
    """PyRadiomics' settings of the choice and the counting of neighbours.

    Attributes
    ----------
    distances
        Distances (infinity norm, in voxels) of neighbours in GLCM, GLDM and NGTDM.
    force2d
        Use neighbours within slices only.
    force2d_dimension
        Axis across those slices: 0 (z), 1 (y) or 2 (x).
    symmetrical
        Count the pairs of the GLCM in both orders.
    weighting_norm
        Weights of directions in GLCM and GLRLM: "manhattan", "euclidean", "infinity", "no_weighting", or None
        to average features over directions. An unknown norm gives equal weights, as "no_weighting" does.
    gldm_a
        Largest difference of dependent grey levels in the GLDM.
    """

    distances: tuple[int, ...] = (1,)
    force2d: bool = False
    force2d_dimension: int = 0
    symmetrical: bool = True
    weighting_norm: str | None = None
    gldm_a: int = 0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TextureSettings:
        """Select the settings of textures from PyRadiomics' settings.

        Parameters
        ----------
        settings
            Content of `setting` of a parameter file; other keys are ignored.

        Raises
        ------
        InputError
            When `gldm_a` is not a whole number: PyRadiomics accepts no other value.
        """
        alpha = settings.get("gldm_a", 0)
        if not isinstance(alpha, int):
            raise InputError(
                f"gldm_a is {alpha!r}; it must be a whole number, as grey levels are.",
                "Correct `gldm_a` in the parameter file.",
            )
        return cls(
            distances=tuple(int(distance) for distance in settings.get("distances", (1,))),
            force2d=bool(settings.get("force2D", False)),
            force2d_dimension=int(settings.get("force2Ddimension", 0)),
            symmetrical=bool(settings.get("symmetricalGLCM", True)),
            weighting_norm=settings.get("weightingNorm"),
            gldm_a=int(alpha),
        )

    @property
    def plane(self) -> int | None:
        """Axis along which voxels have no neighbours; None for three dimensions."""
        return self.force2d_dimension if self.force2d else None


def texture_features(
    region: DiscreteRegion,
    settings: TextureSettings,
    wanted: Mapping[str, Collection[str] | None],
) -> dict[str, dict[str, float]]:
    """Compute texture features.

    Parameters
    ----------
    region
        Grey levels of the region, cropped to its box.
    settings
        Choice and counting of neighbours.
    wanted
        Classes of `TEXTURES`; for each its features, or None or no feature for all that are not deprecated. A
        deprecated feature that is requested by name has no value, as in PyRadiomics.

    Returns
    -------
    Class, then feature, then value, in the requested order.

    Raises
    ------
    InputError
        When a class or feature does not exist, or no neighbour fits in the box.
    """
    chosen = {name: chosen_features(name, features) for name, features in wanted.items()}
    source = _Source(region, settings, frozenset(name for name, features in chosen.items() if features))
    source.look_along()
    return dict(zip(chosen, in_order(partial(_features_of, source), list(chosen.items())), strict=True))


def _features_of(source: _Source, asked: tuple[str, list[str]]) -> dict[str, float]:
    """Compute the features of one class."""
    name, features = asked
    computed = _CLASSES[name](source, features) if features else {}
    return {feature: computed[feature] for feature in features}


def chosen_features(name: str, features: Collection[str] | None) -> list[str]:
    """Return the features of a class that have a value, in the requested order."""
    if name not in TEXTURES:
        raise InputError(f"There is no texture class {name!r}.", f"Use one of: {', '.join(TEXTURES)}.")
    known = TEXTURES[name]
    unknown = [feature for feature in features or () if feature not in known]
    if unknown:
        raise InputError(
            f"There is no {name} feature {', '.join(unknown)}.", f"Use some of: {', '.join(known)}."
        )
    return [feature for feature in dict.fromkeys(features or known) if not known[feature]]


@dataclass
class _Source:
    """A region, and the counts that several classes share, made when they are first needed."""

    region: DiscreteRegion
    settings: TextureSettings
    wanted: frozenset[str]
    along: Along = field(default_factory=Along)

    @once
    def ranked(self) -> RankedRegion:
        # No step is longer than the box: a margin of this width contains every neighbour.
        longest = min(max(self.settings.distances, default=1), max(self.region.levels.shape))
        return ranked(self.region, max(longest, 1))

    @once
    def directions(self) -> NDArray[np.int64]:
        """Offsets to the nearest neighbours, one of each pair of opposites."""
        return offsets(self.ranked.shape, both_ways=False, plane=self.settings.plane)

    def look_along(self) -> None:
        """Count along the directions for all classes that need it."""
        pairs = "glcm" in self.wanted and self._pairs_are_nearest
        wanted = Wanted(pairs=pairs, runs="glrlm" in self.wanted, zones="glszm" in self.wanted)
        if any(wanted):
            self.along = look_along(self.ranked, self.directions, wanted, folded=self.settings.symmetrical)

    @property
    def _pairs_are_nearest(self) -> bool:
        return self.settings.distances == (1,) and len(self.region.present) <= TABLE

    @property
    def pairs(self) -> tuple[NDArray[np.int64], list[PairCells]]:
        """Offsets of the GLCM, and the pairs along each."""
        if self._pairs_are_nearest:
            return self.directions, self.along.pairs
        settings = self.settings
        steps = offsets(self.ranked.shape, settings.distances, both_ways=False, plane=settings.plane)
        return steps, count_cells(self.ranked, steps, symmetrical=settings.symmetrical)

    @once
    def neighbourhoods(self) -> Neighbourhoods:
        steps = offsets(self.ranked.shape, self.settings.distances, both_ways=True, plane=self.settings.plane)
        return neighbourhoods(self.ranked, steps, self.settings.gldm_a)


def _glcm(source: _Source, chosen: Collection[str]) -> dict[str, float]:
    settings = source.settings
    return glcm.glcm_features(
        source.ranked,
        *source.pairs,
        symmetrical=settings.symmetrical,
        norm=settings.weighting_norm,
        wanted=chosen,
    )


def _glrlm(source: _Source, _: Collection[str]) -> dict[str, float]:
    return glrlm.glrlm_features(
        source.ranked, source.directions, source.along.runs, source.settings.weighting_norm
    )


def _glszm(source: _Source, _: Collection[str]) -> dict[str, float]:
    zones = source.along.zones
    assert zones is not None
    return glszm.glszm_features(source.ranked, zones)


def _gldm(source: _Source, _: Collection[str]) -> dict[str, float]:
    return gldm.gldm_features(source.ranked, source.neighbourhoods)


def _ngtdm(source: _Source, _: Collection[str]) -> dict[str, float]:
    return ngtdm.ngtdm_features(source.ranked, source.neighbourhoods)


_CLASSES: dict[str, Callable[[_Source, Collection[str]], dict[str, float]]] = {
    "glcm": _glcm,
    "gldm": _gldm,
    "glrlm": _glrlm,
    "glszm": _glszm,
    "ngtdm": _ngtdm,
}
