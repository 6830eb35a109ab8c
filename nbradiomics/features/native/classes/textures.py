"""All texture features of a region; the matrices of each class are counted once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.execution.pieces import in_order, once
from nbradiomics.features.native.classes import glcm, gldm, glrlm, glszm, ngtdm
from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods, neighbourhoods
from nbradiomics.features.native.classes.neighbours import offsets
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
    source = _Source(region, settings)
    return dict(zip(wanted, in_order(partial(_features_of, source), list(wanted.items())), strict=True))


def _features_of(source: _Source, asked: tuple[str, Collection[str] | None]) -> dict[str, float]:
    """Compute the features of one class."""
    name, features = asked
    chosen = chosen_features(name, features)
    computed = _CLASSES[name](source, chosen) if chosen else {}
    return {feature: computed[feature] for feature in chosen}


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


@dataclass(frozen=True)
class _Source:
    """A region, and the counts that several classes share, made when they are first needed."""

    region: DiscreteRegion
    settings: TextureSettings

    @once
    def ranked(self) -> RankedRegion:
        # No step is longer than the box: a margin of this width contains every neighbour.
        longest = min(max(self.settings.distances, default=1), max(self.region.levels.shape))
        return ranked(self.region, max(longest, 1))

    @once
    def neighbourhoods(self) -> Neighbourhoods:
        steps = offsets(self.ranked.shape, self.settings.distances, both_ways=True, plane=self.settings.plane)
        return neighbourhoods(self.ranked, steps, self.settings.gldm_a)


def _glcm(source: _Source, chosen: Collection[str]) -> dict[str, float]:
    settings = source.settings
    return glcm.glcm_features(
        source.ranked,
        distances=settings.distances,
        plane=settings.plane,
        symmetrical=settings.symmetrical,
        norm=settings.weighting_norm,
        wanted=chosen,
    )


def _glrlm(source: _Source, _: Collection[str]) -> dict[str, float]:
    return glrlm.glrlm_features(
        source.ranked, plane=source.settings.plane, norm=source.settings.weighting_norm
    )


def _glszm(source: _Source, _: Collection[str]) -> dict[str, float]:
    return glszm.glszm_features(source.ranked, plane=source.settings.plane)


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
