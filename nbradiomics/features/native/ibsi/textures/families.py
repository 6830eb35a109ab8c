"""The IBSI's texture features of a region; what several forms and families share is counted once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.pieces import in_order, once
from nbradiomics.features.ibsi_names.textures import TEXTURE_FAMILIES, forms_of
from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods
from nbradiomics.features.native.ibsi.textures.border import border_distances
from nbradiomics.features.native.ibsi.textures.directions import voxels_of_slices
from nbradiomics.features.native.ibsi.textures.forms import directional_values, mean
from nbradiomics.features.native.ibsi.textures.pairs import Pairs
from nbradiomics.features.native.ibsi.textures.runs import Runs
from nbradiomics.features.native.ibsi.textures.surroundings import (
    merged,
    ngl_features,
    ngt_features,
    surroundings,
    surroundings_by_slice,
)
from nbradiomics.features.native.ibsi.textures.zones import FoundZones
from nbradiomics.features.native.levels.grey_levels import DiscreteRegion
from nbradiomics.features.native.levels.ranks import RankedRegion, ranked

_Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class TextureFamilySettings:
    """Choices that the IBSI leaves open; the defaults are those of its reference values.

    Attributes
    ----------
    cm_distance
        By how much the directions between neighbours are multiplied in `cm`.
    ngt_distance, ngl_distance
        Chebyshev distance up to which voxels are neighbours.
    ngl_coarseness
        Largest difference of similar grey levels, alpha.
    slice_axis
        Axis across the slices of the forms 2D and 2_5D: 0 (z), 1 (y) or 2 (x).
    """

    cm_distance: int = 1
    ngt_distance: int = 1
    ngl_distance: int = 1
    ngl_coarseness: int = 0
    slice_axis: int = 0

    def __post_init__(self) -> None:
        distances = (self.cm_distance, self.ngt_distance, self.ngl_distance)
        if min(distances) < 1 or self.ngl_coarseness < 0 or self.slice_axis not in (0, 1, 2):
            raise ValueError(f"distances of at least 1, a coarseness of at least 0 and an axis, not {self}")


@dataclass(frozen=True)
class Outline:
    """The morphological mask: the distances of `dzm` are those to its border.

    Attributes
    ----------
    inside
        Axes z, y, x, C-contiguous or not; everything beyond the array is outside.
    start
        Where in this array the first voxel of the region's box lies, z, y, x.
    """

    inside: NDArray[np.bool_]
    start: tuple[int, int, int] = (0, 0, 0)


def texture_families(
    region: DiscreteRegion,
    families: Collection[str],
    aggregations: Collection[str],
    settings: TextureFamilySettings | None = None,
    outline: Outline | None = None,
) -> dict[str, float]:
    """Compute texture features by the IBSI's definitions.

    Parameters
    ----------
    region
        Grey levels of the intensity mask, cropped to its box.
    families
        Names in `TEXTURE_FAMILIES`.
    aggregations
        See `names.forms_of`.
    settings
        Choices that the IBSI leaves open.
    outline
        Morphological mask, which contains the intensity mask. ``None``: it is the intensity mask.

    Returns
    -------
    dict
        Value by the IBSI's tag, as `cm_joint_max_3D_avg`, in the order of `names.texture_tags`. What is not
        defined is NaN: `forms` says what a mean leaves out, the modules of the formulas what is undefined.

    Raises
    ------
    InputError
        When there is no such family or aggregation.
    ValueError
        When a voxel of the region lies outside `outline`.
    """
    forms = {family: forms_of(family, aggregations) for family in dict.fromkeys(families)}
    source = _Source(region, settings or TextureFamilySettings(), outline)
    measured = [family for family in TEXTURE_FAMILIES if forms.get(family)]
    values: dict[str, float] = {}
    for part in in_order(lambda family: _features_of(source, family, forms[family]), measured):
        values |= part
    return values


def _features_of(source: _Source, family: str, forms: Collection[str]) -> dict[str, float]:
    """Compute the features of one family."""
    by_form = _FAMILIES[family](source, forms)
    return {
        f"{family}_{feature}_{form}": value
        for form in forms
        for feature, value in zip(TEXTURE_FAMILIES[family], by_form[form].tolist(), strict=True)
    }


@dataclass(frozen=True)
class _Source:
    """A region and what several families and forms share, made when it is first needed."""

    region: DiscreteRegion
    settings: TextureFamilySettings
    outline: Outline | None
    _counted: dict[tuple[int, bool], list[Neighbourhoods]] = field(default_factory=dict)
    _turn: RLock = field(default_factory=RLock)

    @once
    def ranked(self) -> RankedRegion:
        """The region with the axis across slices first."""
        settings, axis = self.settings, self.settings.slice_axis
        levels = np.ascontiguousarray(np.moveaxis(self.region.levels, axis, 0))
        spacing = self.region.spacing
        turned = (spacing[axis], *spacing[:axis], *spacing[axis + 1 :])
        widest = max(settings.cm_distance, settings.ngt_distance, settings.ngl_distance)
        return ranked(DiscreteRegion(levels, self.region.present, turned), widest)  # type: ignore[arg-type]

    @once
    def slices(self) -> list[NDArray[np.uint64]]:
        return voxels_of_slices(self.ranked)

    @once
    def zones(self) -> FoundZones:
        return FoundZones(self.ranked, in_slice=False)

    @once
    def zones_of_slices(self) -> FoundZones:
        return FoundZones(self.ranked, in_slice=True)

    def neighbourhoods(self, distance: int, *, in_slice: bool) -> list[Neighbourhoods]:
        """Count neighbours in each slice, or once in three dimensions: `ngt` and `ngl` share the counts."""
        key = (distance, in_slice)
        with self._turn:
            if key not in self._counted:
                alpha = self.settings.ngl_coarseness
                self._counted[key] = (
                    surroundings_by_slice(self.ranked, distance, alpha)
                    if in_slice
                    else [surroundings(self.ranked, distance, alpha)]
                )
            return self._counted[key]

    def distances(self, *, in_slice: bool) -> NDArray[np.int32]:
        """Distance of each voxel of the padded region to the border of the morphological mask."""
        if self.outline is None:
            return border_distances(self.ranked.ranks > 0, in_slice=in_slice)
        axis, margin = self.settings.slice_axis, self.ranked.margin
        inside = np.pad(np.moveaxis(self.outline.inside, axis, 0), margin)
        start = [self.outline.start[axis], *np.delete(self.outline.start, axis)]
        box = tuple(
            slice(first, first + size) for first, size in zip(start, self.ranked.ranks.shape, strict=True)
        )
        cut = border_distances(inside, in_slice=in_slice)[box]
        if cut.shape != self.ranked.ranks.shape or np.any((cut == 0) & (self.ranked.ranks > 0)):
            raise ValueError("a voxel of the region lies outside its morphological mask")
        return np.ascontiguousarray(cut)


def _cm(source: _Source, forms: Collection[str]) -> _Values:
    pairs = Pairs(source.ranked, source.settings.cm_distance)
    return directional_values(pairs, source.slices, source.ranked.places, forms)


def _rlm(source: _Source, forms: Collection[str]) -> _Values:
    return directional_values(Runs(source.ranked), source.slices, source.ranked.places, forms)


def _szm(source: _Source, forms: Collection[str]) -> _Values:
    values = {}
    for form in forms:
        found = source.zones if form == "3D" else source.zones_of_slices
        values[form] = found.features_by_slice(found.sizes) if form == "2D" else found.features(found.sizes)
    return values


def _dzm(source: _Source, forms: Collection[str]) -> _Values:
    values = {}
    if "3D" in forms:
        values["3D"] = source.zones.features(source.zones.nearest(source.distances(in_slice=False)))
    if {"2D", "2_5D"} & set(forms):
        found = source.zones_of_slices
        nearest = found.nearest(source.distances(in_slice=True))
        values |= {"2D": found.features_by_slice(nearest), "2_5D": found.features(nearest)}
    return values


def _ngt(source: _Source, forms: Collection[str]) -> _Values:
    return _around(source, forms, source.settings.ngt_distance, ngt_features)


def _ngl(source: _Source, forms: Collection[str]) -> _Values:
    return _around(source, forms, source.settings.ngl_distance, ngl_features)


def _around(
    source: _Source,
    forms: Collection[str],
    distance: int,
    features: Callable[[RankedRegion, Neighbourhoods], NDArray[np.float64]],
) -> _Values:
    region = source.ranked
    values = {}
    if "3D" in forms:
        (counted,) = source.neighbourhoods(distance, in_slice=False)
        values["3D"] = features(region, counted)
    if {"2D", "2_5D"} & set(forms):
        by_slice = source.neighbourhoods(distance, in_slice=True)
        values["2D"] = mean([features(region, counted) for counted in by_slice])
        values["2_5D"] = features(region, merged(by_slice))
    return values


_FAMILIES: dict[str, Callable[[_Source, Collection[str]], _Values]] = {
    "cm": _cm,
    "rlm": _rlm,
    "szm": _szm,
    "dzm": _dzm,
    "ngt": _ngt,
    "ngl": _ngl,
}
