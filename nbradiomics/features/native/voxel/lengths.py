"""Maps of classes that count lengths, sizes, dependences and tone differences in a voxel's box."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import in_order
from nbradiomics.features.native.classes import gldm, glrlm, glszm, ngtdm
from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas
from nbradiomics.features.native.classes.neighbours import lengths, offsets
from nbradiomics.features.native.classes.ngtdm import ngtdm_formulas
from nbradiomics.features.native.classes.textures import TextureSettings
from nbradiomics.features.native.voxel.kernel import (
    Kernel,
    Neighbourhood,
    batch_numbers,
    by_batch,
    chunks,
    fill_box,
)

_Values = dict[str, NDArray[np.float64]]
#: Numbers of values that `length_formulas` and `ngtdm_formulas` return.
_OF_LENGTHS, _OF_NGTDM = len(FORMULAS), len(ngtdm.FEATURES)


def glrlm_maps(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
    spacing: tuple[float, float, float],
    *,
    batch: int,
) -> Iterator[_Values]:
    """Compute run length features of boxes around voxels; parameters as in `textures.voxel_features`."""
    steps = offsets(levels.shape, both_ways=False, plane=settings.plane)
    weights = np.empty(0)
    if settings.weighting_norm is not None:
        reach = lengths(steps, spacing, settings.weighting_norm)
        weights = np.ones(len(steps)) if reach is None else reach
    around = Neighbourhood.of(levels, box)
    before, after = box.beside(-steps), box.beside(steps)
    longest = int(box.size.max())
    single = len(weights) > 0 or len(after) == 1
    without_runs = _batches_without_runs(around, places, after, batch) if single else None

    def measured(part: slice) -> _Values:
        centres = around.at(places[part])
        values = _glrlm_map(
            around.levels, centres, around.steps, before, after, weights, longest, around.highest
        )
        by_formula = dict(zip(FORMULAS, values.T, strict=True))
        if without_runs is not None:
            # Sums without any run, in all boxes of the batch.
            none = without_runs[batch_numbers(part, len(places), batch)]
            by_formula["entropy"][none] = by_formula["length_variance"][none] = 0.0
        return {name: by_formula[formula] for name, formula in glrlm.FEATURES.items()}

    yield from in_order(measured, list(chunks(len(places))))


def whole_maps(
    name: str,
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
) -> Iterator[_Values]:
    """Make the maps of classes with one matrix for all directions: glszm, gldm, ngtdm."""
    distances = (1,) if name == "glszm" else settings.distances
    steps = offsets(levels.shape, distances, both_ways=True, plane=settings.plane)
    beside = np.ascontiguousarray(box.beside(steps).T)
    around = Neighbourhood.of(levels, box)

    def measured(part: slice) -> _Values:
        boxes = around.levels, around.at(places[part]), around.steps, beside, around.highest
        if name == "ngtdm":
            return dict(zip(ngtdm.FEATURES, _ngtdm_map(*boxes).T, strict=True))
        values = _glszm_map(*boxes) if name == "glszm" else _gldm_map(*boxes, settings.gldm_a)
        by_formula = dict(zip(FORMULAS, values.T, strict=True))
        features = glszm.FEATURES if name == "glszm" else gldm.FEATURES
        return {feature: by_formula[formula] for feature, formula in features.items()}

    yield from in_order(measured, list(chunks(len(places))))


def _batches_without_runs(
    around: Neighbourhood, places: NDArray[np.int64], after: NDArray[np.int64], batch: int
) -> NDArray[np.bool_]:
    """Find the batches that have no runs in any box."""
    without = (
        _without_runs(around.levels, around.at(places[part]), around.steps, after)[:, np.newaxis]
        for part in chunks(len(places))
    )
    return by_batch(without, 1, voxels=len(places), size=batch)[0][:, 0]


@compiled
def _without_runs(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    after: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Find for each centre whether no direction has runs."""
    box = np.empty(len(steps), np.int32)
    without = np.ones(len(places), np.bool_)
    for centre in range(len(places)):
        for voxel in range(len(steps)):
            box[voxel] = levels[places[centre] + steps[voxel]]
        for direction in range(len(after)):
            if _have_runs(box, after[direction]):
                without[centre] = False
                break
    return without


@compiled
def _glrlm_map(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    weights: NDArray[np.float64],
    longest: int,
    highest: int,
) -> NDArray[np.float64]:
    """Compute the run length features of the boxes around all centres; NaN if no direction has runs."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    summed = len(weights) > 0
    values = np.empty((len(places), _OF_LENGTHS))
    run_lengths = np.arange(1.0, longest + 1.0)
    for centre in range(len(places)):
        number_of_levels = fill_box(levels, places[centre], steps, box, present, numbers)
        grey = present[:number_of_levels].astype(np.float64)
        counts = np.zeros((number_of_levels, longest))
        sums = np.zeros(_OF_LENGTHS)
        kept = 0
        for direction in range(len(after)):
            weight = weights[direction] if summed else 1.0
            _count_runs(box, before[direction], after[direction], weight, counts)
            if summed and direction < len(after) - 1:
                continue
            if counts.any():
                sums += length_formulas(counts, grey, run_lengths)
                kept += 1
            counts[:] = 0.0
        values[centre] = sums / kept if kept > 0 else np.full(_OF_LENGTHS, np.nan)
    return values


@compiled
def _have_runs(box: NDArray[np.int32], after: NDArray[np.int64]) -> bool:
    """Whether any line along a direction has two voxels of the region."""
    for voxel in range(len(box)):
        if box[voxel] == 0:
            continue
        following = after[voxel]
        while following >= 0:
            if box[following] != 0:
                return True
            following = after[following]
    return False


@compiled
def _count_runs(
    box: NDArray[np.int32],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    weight: float,
    counts: NDArray[np.float64],
) -> None:
    """Add the runs along one direction, unless no line has two voxels of the region."""
    if not _have_runs(box, after):
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


@compiled
def _gldm_map(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    highest: int,
    alpha: int,
) -> NDArray[np.float64]:
    """Compute the dependence features of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    values = np.empty((len(places), _OF_LENGTHS))
    ones = np.arange(1.0, beside.shape[1] + 2.0)
    for centre in range(len(places)):
        number_of_levels = fill_box(levels, places[centre], steps, box, present, numbers)
        counts = np.zeros((number_of_levels, beside.shape[1] + 1))
        most = 0
        for voxel in range(len(box)):
            if box[voxel] == 0:
                continue
            level = present[box[voxel] - 1]
            alike = 0
            for other in beside[voxel]:
                if other >= 0 and box[other] > 0:
                    alike += abs(present[box[other] - 1] - level) <= alpha
            counts[box[voxel] - 1, alike] += 1.0
            most = max(most, alike)
        grey = present[:number_of_levels].astype(np.float64)
        values[centre] = length_formulas(counts[:, : most + 1], grey, ones[: most + 1])
    return values


@compiled
def _ngtdm_map(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    highest: int,
) -> NDArray[np.float64]:
    """Compute the tone difference features of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    values = np.empty((len(places), _OF_NGTDM))
    for centre in range(len(places)):
        number_of_levels = fill_box(levels, places[centre], steps, box, present, numbers)
        voxels = np.zeros(number_of_levels)
        differences = np.zeros(number_of_levels)
        for voxel in range(len(box)):
            if box[voxel] == 0:
                continue
            row = box[voxel] - 1
            voxels[row] += 1.0
            around = total = 0
            for other in beside[voxel]:
                if other >= 0 and box[other] > 0:
                    around += 1
                    total += present[box[other] - 1]
            if around > 0:
                differences[row] += abs(present[row] - total / around)
        values[centre] = ngtdm_formulas(voxels, differences, present[:number_of_levels].astype(np.float64))
    return values


@compiled
def _glszm_map(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    highest: int,
) -> NDArray[np.float64]:
    """Compute the size zone features of the boxes around all centres."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    waiting = np.empty(len(steps), np.int64)
    sizes = np.arange(1.0, len(steps) + 1.0)
    values = np.empty((len(places), _OF_LENGTHS))
    for centre in range(len(places)):
        number_of_levels = fill_box(levels, places[centre], steps, box, present, numbers)
        counts = np.zeros((number_of_levels, len(steps)))
        largest = 0
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
            largest = max(largest, size)
        grey = present[:number_of_levels].astype(np.float64)
        values[centre] = length_formulas(counts[:, :largest], grey, sizes[:largest])
    return values
