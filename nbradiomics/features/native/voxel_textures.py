"""Texture maps: features of the box around each voxel, as PyRadiomics' voxel-based extraction gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native import gldm, glrlm, glszm, ngtdm
from nbradiomics.features.native.compiled import compiled
from nbradiomics.features.native.glcm_formulas import FORMULAS as GLCM_FORMULAS
from nbradiomics.features.native.length_formulas import FORMULAS, length_formulas
from nbradiomics.features.native.neighbours import lengths, offsets
from nbradiomics.features.native.ngtdm import ngtdm_formulas
from nbradiomics.features.native.textures import TextureSettings, chosen_features
from nbradiomics.features.native.voxel_glcm import correlation_of_box, glcm_of_box
from nbradiomics.features.native.voxel_kernel import Kernel, fill_box, kernel

_Values = dict[str, NDArray[np.float64]]


def voxel_features(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    settings: TextureSettings,
    wanted: Mapping[str, Collection[str] | None],
    *,
    radius: int = 1,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    initial: float = 0.0,
    batch: int = -1,
) -> dict[str, _Values]:
    """Texture features of the boxes around voxels.

    Parameters
    ----------
    levels
        Grey levels of the whole crop, axes z, y, x, from 1; 0 for voxels that do not count. With
        `maskedKernel` those are the voxels outside the region, without it there are none.
    centres
        The region's voxels, shape (voxels, 3), z, y, x.
    settings
        How neighbours are chosen and counted.
    wanted
        See `textures.texture_features`.
    radius
        Voxels from the centre of the box to its faces, at least 1: `kernelRadius`.
    spacing
        Voxel edges in mm, z, y, x.
    initial
        Value where PyRadiomics computes none: `initValue`.
    batch
        Voxels that PyRadiomics computes at a time, -1 for all: `voxelBatch`. Two features depend on it: a
        direction in which some boxes of a batch have pairs and others have none makes JointAverage NaN in
        these, and leaves the whole batch without MCC.

    Returns
    -------
    Class, then feature, then its value for each centre
    """
    box = kernel(radius, settings.plane)
    compact = np.ascontiguousarray(levels, dtype=np.int32)
    places = np.ascontiguousarray(centres, dtype=np.int64)
    result: dict[str, _Values] = {}
    for name, features in wanted.items():
        chosen = chosen_features(name, features)
        computed: _Values = {}
        if not chosen:
            pass
        elif name == "glcm":
            computed = _glcm(compact, places, box, settings, spacing, initial, batch, "MCC" in chosen)
        elif name == "glrlm":
            computed = _glrlm(compact, places, box, settings, spacing, batch)
        else:
            computed = _whole(name, compact, places, box, settings)
        result[name] = {feature: computed[feature] for feature in chosen}
    return result


def _batches(voxels: int, batch: int) -> list[slice]:
    size = voxels if batch < 0 else batch
    return [slice(start, start + size) for start in range(0, voxels, max(size, 1))]


def _glcm(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
    spacing: tuple[float, float, float],
    initial: float,
    batch: int,
    correlation: bool,
) -> _Values:
    steps = offsets(levels.shape, settings.distances, both_ways=False, plane=settings.plane)
    weights = np.empty(0)
    if settings.weighting_norm is not None:
        reach = lengths(steps, spacing, settings.weighting_norm)
        weights = np.ones(len(steps)) if reach is None else np.exp(-(reach**2))
    beside = box.beside(steps)
    means, empty = _glcm_map(
        levels, centres, box.steps, beside, weights, int(levels.max()), settings.symmetrical
    )
    maps = dict(zip(GLCM_FORMULAS, means.T, strict=True))
    maps["MCC"] = np.full(len(centres), np.nan)
    single = len(np.unique(levels[levels > 0])) == 1
    for part in _batches(len(centres), batch):
        kept = empty[part]
        if kept.shape[1] > 1:
            kept = kept[:, ~kept.all(axis=0)]
        lacking = kept.any(axis=1)
        maps["JointAverage"][part][lacking] = np.nan
        if levels.max() == 1 and kept.shape[1]:
            maps["InverseVariance"][part] = 0.0
        if lacking.any():
            maps["MCC"][part] = initial
        elif single:
            maps["MCC"][part] = 1.0
        elif correlation and kept.shape[1]:
            maps["MCC"][part] = _correlation_map(
                levels, centres[part], box.steps, beside, weights, empty[part], settings.symmetrical
            )
    return maps


@compiled
def _glcm_map(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    highest: int,
    symmetrical: bool,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values of the formulas and empty matrices of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    means = np.empty((len(centres), 23))
    empty = np.zeros((len(centres), 1 if len(weights) > 0 else len(beside)), np.bool_)
    for voxel in range(len(centres)):
        found = fill_box(levels, centres[voxel], steps, box, present)
        grey = present[:found].astype(np.float64)
        glcm_of_box(box, grey, beside, weights, highest, symmetrical, means[voxel], empty[voxel])
    return means, empty


@compiled
def _correlation_map(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    empty: NDArray[np.bool_],
    symmetrical: bool,
) -> NDArray[np.float64]:
    """Maximal correlation coefficient of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    values = np.empty(len(centres))
    for voxel in range(len(centres)):
        found = fill_box(levels, centres[voxel], steps, box, present)
        values[voxel] = correlation_of_box(box, found, beside, weights, empty[voxel], symmetrical)
    return values


def _glrlm(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
    spacing: tuple[float, float, float],
    batch: int,
) -> _Values:
    steps = offsets(levels.shape, both_ways=False, plane=settings.plane)
    weights = np.empty(0)
    if settings.weighting_norm is not None:
        reach = lengths(steps, spacing, settings.weighting_norm)
        weights = np.ones(len(steps)) if reach is None else reach
    means, empty = _glrlm_map(
        levels, centres, box.steps, box.beside(-steps), box.beside(steps), weights, int(box.size.max())
    )
    by_formula = dict(zip(FORMULAS, means.T, strict=True))
    if empty.shape[1] == 1:
        for part in _batches(len(centres), batch):
            if empty[part].all():
                # Sums over no runs at all.
                by_formula["entropy"][part] = by_formula["length_variance"][part] = 0.0
    return {name: by_formula[formula] for name, formula in glrlm.FEATURES.items()}


@compiled
def _glrlm_map(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    steps: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    weights: NDArray[np.float64],
    longest: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Run length features of the boxes around all centres, and the directions that have no runs."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    summed = len(weights) > 0
    means = np.empty((len(centres), 16))
    empty = np.zeros((len(centres), 1 if summed else len(after)), np.bool_)
    run_lengths = np.arange(1.0, longest + 1.0)
    for centre in range(len(centres)):
        found = fill_box(levels, centres[centre], steps, box, present)
        counts = np.zeros((found, longest))
        sums = np.zeros(16)
        kept = 0
        for direction in range(len(after)):
            weight = weights[direction] if summed else 1.0
            _count_runs(box, before[direction], after[direction], weight, counts)
            if summed and direction < len(after) - 1:
                continue
            matrix = 0 if summed else direction
            empty[centre, matrix] = not counts.any()
            if not empty[centre, matrix]:
                sums += length_formulas(counts, present[:found].astype(np.float64), run_lengths)
                kept += 1
            counts[:] = 0.0
        means[centre] = sums / kept if kept > 0 else np.full(16, np.nan)
    return means, empty


@compiled
def _count_runs(
    box: NDArray[np.int32],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    weight: float,
    counts: NDArray[np.float64],
) -> None:
    """Add the runs along one direction, unless no line holds two voxels of the region."""
    shared = False
    for voxel in range(len(box)):
        if box[voxel] == 0:
            continue
        following = after[voxel]
        while following >= 0 and not shared:
            shared = box[following] != 0
            following = after[following]
        if shared:
            break
    if not shared:
        return
    for voxel in range(len(box)):
        number = box[voxel]
        if number == 0 or (before[voxel] >= 0 and box[before[voxel]] == number):
            continue
        length = 1
        following = after[voxel]
        while following >= 0 and box[following] == number:
            length += 1
            following = after[following]
        counts[number - 1, length - 1] += weight


def _whole(
    name: str,
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
) -> _Values:
    """Maps of the classes that have one matrix for all directions."""
    distances = (1,) if name == "glszm" else settings.distances
    steps = offsets(levels.shape, distances, both_ways=True, plane=settings.plane)
    beside = np.ascontiguousarray(box.beside(steps).T)
    if name == "glszm":
        by_formula = dict(zip(FORMULAS, _glszm_map(levels, centres, box.steps, beside).T, strict=True))
        return {feature: by_formula[formula] for feature, formula in glszm.FEATURES.items()}
    dependence, tones = _neighbour_map(levels, centres, box.steps, beside, settings.gldm_a)
    if name == "ngtdm":
        return dict(zip(ngtdm.FEATURES, tones.T, strict=True))
    by_formula = dict(zip(FORMULAS, dependence.T, strict=True))
    return {feature: by_formula[formula] for feature, formula in gldm.FEATURES.items()}


@compiled
def _neighbour_map(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    alpha: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Dependence and tone difference features of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    dependence = np.empty((len(centres), 16))
    tones = np.empty((len(centres), 5))
    ones = np.arange(1.0, beside.shape[1] + 2.0)
    for centre in range(len(centres)):
        found = fill_box(levels, centres[centre], steps, box, present)
        counts = np.zeros((found, beside.shape[1] + 1))
        voxels = np.zeros(found)
        differences = np.zeros(found)
        for voxel in range(len(box)):
            if box[voxel] == 0:
                continue
            level = present[box[voxel] - 1]
            alike = around = total = 0
            for other in beside[voxel]:
                if other >= 0 and box[other] > 0:
                    near = present[box[other] - 1]
                    around += 1
                    total += near
                    alike += abs(near - level) <= alpha
            row = box[voxel] - 1
            counts[row, alike] += 1.0
            voxels[row] += 1.0
            if around > 0:
                differences[row] += abs(level - total / around)
        grey = present[:found].astype(np.float64)
        dependence[centre] = length_formulas(counts, grey, ones)
        tones[centre] = ngtdm_formulas(voxels, differences, grey)
    return dependence, tones


@compiled
def _glszm_map(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Size zone features of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    waiting = np.empty(len(steps), np.int64)
    sizes = np.arange(1.0, len(steps) + 1.0)
    values = np.empty((len(centres), 16))
    for centre in range(len(centres)):
        found = fill_box(levels, centres[centre], steps, box, present)
        counts = np.zeros((found, len(steps)))
        for seed in range(len(box)):
            number = box[seed]
            if number == 0:
                continue
            box[seed] = 0
            waiting[0] = seed
            left = 1
            size = 0
            while left > 0:
                left -= 1
                size += 1
                for other in beside[waiting[left]]:
                    if other >= 0 and box[other] == number:
                        box[other] = 0
                        waiting[left] = other
                        left += 1
            counts[number - 1, size - 1] += 1.0
        values[centre] = length_formulas(counts, present[:found].astype(np.float64), sizes)
    return values
