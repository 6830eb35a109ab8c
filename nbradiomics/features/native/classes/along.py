"""One pass over a region and its directions counts pairs of grey levels, runs and zones together.

The texture matrices of pairs (GLCM), runs (GLRLM) and zones (GLSZM) look at the same voxels in the same
directions; what they share is looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import WORTH, in_order, threads
from nbradiomics.features.native.classes.alike import (
    LEAST_COLUMNS,
    count_lengths,
    count_pairs,
    count_pairs_and_list,
    join,
    list_alike,
    runs_of,
)
from nbradiomics.features.native.classes.pair_cells import PairCells, cells_of
from nbradiomics.features.native.levels.ranks import RankedRegion

#: Voxels that are handled for one direction after the other while they are in the processor's cache.
_BLOCK = 2048
#: Grey levels up to which the tables of all directions are small enough for it.
_SMALL = 128


class Zones(NamedTuple):
    """Zones in the order of their first voxels.

    Attributes
    ----------
    ranks, sizes
        Rank and number of voxels of each zone.
    of_voxels
        Index of the zone of each voxel of the region, if it was wanted.
    """

    ranks: NDArray[np.int32]
    sizes: NDArray[np.int32]
    of_voxels: NDArray[np.int32]


class Wanted(NamedTuple):
    """What `look_along` counts."""

    pairs: bool = False
    runs: bool = False
    zones: bool = False
    zones_of_voxels: bool = False


@dataclass
class Along:
    """Counts along the directions of a region, in their order; empty or None if they were not wanted.

    Attributes
    ----------
    pairs
        Cells of a matrix of pairs for each direction.
    runs
        Number of runs by level and length for each direction, shape (levels, longest run + 1).
    zones
        Zones of voxels that are connected along the directions.
    """

    pairs: list[PairCells] = field(default_factory=list)
    runs: list[NDArray[np.int32]] = field(default_factory=list)
    zones: Zones | None = None


def look_along(
    region: RankedRegion, steps: NDArray[np.int64], wanted: Wanted, *, folded: bool = True
) -> Along:
    """Count pairs, runs and zones along some directions.

    Parameters
    ----------
    region
        Region with a margin at least as wide as the longest step.
    steps
        Offsets (z, y, x) to later voxels, one of each pair of opposites, shape (directions, 3).
    wanted
        What is counted. Zones need offsets to all neighbours that a voxel connects to.
    folded
        Pairs are counted in both orders, see `pair_cells.cells_of`.
    """
    number = threads() if len(region.places) > WORTH else 1
    if number == 1 or sum(wanted) == 0:
        return _look_along(region, steps, wanted, folded)
    bounds = [len(steps) * part // number for part in range(number + 1)]
    # The zones are a piece of their own: they need all directions.
    pieces = [(steps, wanted._replace(pairs=False, runs=False))] if wanted.zones else []
    if wanted.pairs or wanted.runs:
        without = wanted._replace(zones=False)
        pieces += [(steps[low:high], without) for low, high in pairwise(bounds) if high > low]
    found = list(in_order(lambda piece: _look_along(region, *piece, folded), pieces))
    pairs = list(chain.from_iterable(one.pairs for one in found))
    return Along(pairs, list(chain.from_iterable(one.runs for one in found)), found[0].zones)


def _look_along(region: RankedRegion, steps: NDArray[np.int64], wanted: Wanted, folded: bool) -> Along:
    levels = len(region.present)
    ranks, strides = region.ranks.ravel(), region.strides(steps)
    found = Along()
    # uint32 holds every place of a region of up to 16 GB.
    above = np.empty(ranks.size if wanted.zones else 0, np.uint32)
    voxels = _begin(ranks, region.places, levels, above)
    together = len(steps) if levels <= _SMALL else 1
    tables = np.zeros((together, levels + 1, levels + 1) if wanted.pairs else (together, 0, 0), np.int32)
    half = folded and together == 1
    columns = max(*region.shape, LEAST_COLUMNS) + 2
    for first in range(0, len(steps), together):
        some = strides[first : first + together]
        lengths = np.zeros((len(some), levels + 1, columns) if wanted.runs else (len(some), 0, 0), np.int32)
        block = _BLOCK if together > 1 else len(region.places)
        longest = _count(ranks, region.places, some, block, tables, half, lengths, above)
        if wanted.pairs:
            found.pairs += [cells_of(table, folded, half=half) for table in tables[: len(some)]]
        if wanted.runs:
            found.runs += [
                runs_of(matrix, voxels, most) for matrix, most in zip(lengths, longest, strict=True)
            ]
    if wanted.zones:
        found.zones = _zones(above, region, wanted.zones_of_voxels)
    return found


def _zones(above: NDArray[np.uint32], region: RankedRegion, of_voxels: bool) -> Zones:
    number = _count_roots(above, region.places)
    ranks_of, sizes = np.empty(number, np.int32), np.zeros(number, np.int32)
    trees = np.empty(len(region.places) if of_voxels else 0, np.int32)
    _number(above, region.places, region.ranks.ravel(), ranks_of, sizes, trees)
    return Zones(ranks_of, sizes, trees)


def zones_of(region: RankedRegion, steps: NDArray[np.int64]) -> Zones:
    """Find the zones of a region, and the zone of each voxel, see `look_along`."""
    zones = look_along(region, steps, Wanted(zones=True, zones_of_voxels=True)).zones
    assert zones is not None
    return zones


@compiled
def _begin(
    ranks: NDArray[np.int32], places: NDArray[np.uint64], levels: int, above: NDArray[np.uint32]
) -> NDArray[np.int64]:
    """Make each voxel a tree of its own, if trees are wanted, and count the voxels of each level."""
    voxels = np.zeros(levels + 1, np.int64)
    for place in places:
        voxels[np.uint64(ranks[place])] += 1
    if above.size > 0:
        for place in places:
            above[place] = place
    return voxels[1:]


@compiled
def _count(
    ranks: NDArray[np.int32],
    places: NDArray[np.uint64],
    strides: NDArray[np.uint64],
    block: int,
    tables: NDArray[np.int32],
    half: bool,
    lengths: NDArray[np.int32],
    above: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Add to the tables of pairs, the lengths and the forest of zones; an empty array is not wanted.

    With `half`, pairs are counted below the diagonal only, see `alike.count_pairs`. Returns the longest run
    of each direction, see `alike.count_lengths`.
    """
    longest = np.zeros(len(strides), np.int64)
    pairs, runs, zones = tables.size > 0, lengths.size > 0, above.size > 0
    alike = np.empty(min(block, len(places)) + 1, np.uint64)
    for begin in range(0, len(places), block):
        some = places[begin : begin + block]
        for direction in range(len(strides)):
            stride = strides[direction]
            if not (runs or zones):
                count_pairs(ranks, some, stride, tables[direction], half)
                continue
            if pairs:
                number = count_pairs_and_list(ranks, some, stride, tables[direction], half, alike)
            else:
                number = list_alike(ranks, some, stride, alike)
            if zones:
                join(above, alike[:number], stride)
            if runs:
                reached = count_lengths(ranks, alike, number, stride, lengths[direction])
                longest[direction] = max(longest[direction], reached)
    return longest


@compiled
def _count_roots(above: NDArray[np.uint32], places: NDArray[np.uint64]) -> int:
    number = 0
    for place in places:
        number += np.uint64(above[place]) == place
    return number


@compiled
def _number(
    above: NDArray[np.uint32],
    places: NDArray[np.uint64],
    ranks: NDArray[np.int32],
    ranks_of: NDArray[np.int32],
    sizes: NDArray[np.int32],
    of_voxels: NDArray[np.int32],
) -> None:
    """Number the trees of a forest. Overwrites `above`.

    Outputs: rank and size (0 before) of each tree, and the tree of each voxel, unless `of_voxels` is empty.
    """
    number = 0
    for place in places:
        before = np.uint64(above[place])
        if before == place:
            ranks_of[number] = ranks[place]
            above[place] = number
            number += 1
        else:  # an earlier place, which has its tree's number by now
            above[place] = above[before]
        sizes[np.uint64(above[place])] += np.int32(1)
    for voxel in range(len(of_voxels)):
        of_voxels[voxel] = above[places[voxel]]
