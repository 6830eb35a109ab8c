"""Co-occurrence matrices: how often two grey levels are neighbours.

Only cells that are not 0 are stored: with hundreds of grey levels most pairs of levels never occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import WORTH, in_parts
from nbradiomics.features.native.classes.neighbours import lengths, offsets
from nbradiomics.features.native.levels.ranks import RankedRegion

#: Grey levels up to which pairs are counted in a square table (64 MB). With more levels they are sorted.
_TABLE = 4000
#: Rows, columns and counts of the cells that are not 0, row by row.
_Cells: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]


@dataclass(frozen=True)
class Cooccurrence:
    """The cells of one co-occurrence matrix that are not 0.

    Attributes
    ----------
    rows, columns
        Index of the two grey levels among those present, row by row.
    shares
        Fraction of each cell in the matrix's sum.
    folded
        The matrix is symmetrical and only cells on and below the diagonal are listed.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    shares: NDArray[np.float64]
    folded: bool

    def dense(self, levels: int) -> NDArray[np.float64]:
        """Return the full matrix, shape (levels, levels)."""
        matrix = np.zeros((levels, levels))
        if self.folded:
            matrix[self.columns, self.rows] = self.shares
        matrix[self.rows, self.columns] = self.shares
        return matrix


def cooccurrences(
    region: RankedRegion,
    *,
    distances: tuple[int, ...] = (1,),
    plane: int | None = None,
    symmetrical: bool = True,
    norm: str | None = None,
) -> tuple[list[Cooccurrence], int]:
    """Count the co-occurrence matrices of a region.

    Parameters
    ----------
    region
        Region with a margin at least as wide as the longest distance.
    distances, plane
        See `neighbours.offsets`.
    symmetrical
        Count each pair in both orders.
    norm
        None: a matrix for each direction that has pairs. Any text: one matrix, the sum over the directions
        weighted by exp(-d^2), with d the offset's length by this norm in mm (weight 1 for an unknown norm).

    Returns
    -------
    the matrices that have pairs, and the number of matrices before the empty ones were left out
    """
    steps = offsets(region.shape, distances, both_ways=False, plane=plane)
    worth = len(region.places) > WORTH
    counted = in_parts(partial(_pairs_of, region, symmetrical), region.shifts(steps), worth=worth)
    if norm is not None:
        reach = lengths(steps, region.spacing, norm)
        weights = np.ones(len(steps)) if reach is None else np.exp(-(reach**2))
        counted = [_weighted_sum(counted, weights, len(region.present))]
    matrices = [_shares(pairs, symmetrical) for pairs in counted if pairs[2].any()]
    return matrices, len(counted)


def _shares(pairs: _Cells, folded: bool) -> Cooccurrence:
    """Normalise a matrix: if it is folded, each cell below the diagonal represents two cells."""
    rows, columns, counts = pairs
    total = counts.sum()
    if folded:
        total += counts[rows != columns].sum()
    return Cooccurrence(rows, columns, counts / total, folded)


def _weighted_sum(counted: list[_Cells], weights: NDArray[np.float64], levels: int) -> _Cells:
    keys = np.concatenate([rows.astype(np.int64) * levels + columns for rows, columns, _ in counted])
    parts = [weight * counts for weight, (_, _, counts) in zip(weights, counted, strict=True)]
    return _gathered(keys, np.concatenate(parts), levels)


def _gathered(keys: NDArray[np.int64], counts: NDArray[np.float64], levels: int) -> _Cells:
    """Add up the counts of each cell; `keys` are row * levels + column."""
    cells, cell_of = np.unique(keys, return_inverse=True)
    rows, columns = np.divmod(cells, levels)
    summed = np.bincount(cell_of, weights=counts, minlength=len(cells)).astype(np.float64)
    return rows.astype(np.int32), columns.astype(np.int32), summed


def _pairs(region: RankedRegion, shift: int, folded: bool) -> _Cells:
    """Count pairs along one direction by (row, column): the level before and the level after.

    If folded: the higher and the lower level, and pairs of equal levels twice, once for each order.
    """
    levels = len(region.present)
    ranks = region.ranks.ravel()
    if levels <= _TABLE:
        table = np.zeros((levels + 1, levels + 1), np.int32)
        return _count_pairs(ranks, region.places, np.uint64(shift), folded, table)
    first, second = ranks[region.positions], ranks[region.positions + shift]
    first, second = first[second != 0].astype(np.int64), second[second != 0].astype(np.int64)
    weights = np.ones(len(first))
    if folded:
        weights[first == second] = 2.0
        first, second = np.maximum(first, second), np.minimum(first, second)
    return _gathered((first - 1) * levels + second - 1, weights, levels)


def _pairs_of(region: RankedRegion, folded: bool, shifts: NDArray[np.int64]) -> list[_Cells]:
    return [_pairs(region, shift, folded) for shift in shifts]


@compiled
def _fold(table: NDArray[np.int32]) -> None:
    for row in range(1, table.shape[0]):
        for column in range(1, row):
            table[row, column] += table[column, row]


@compiled
def _count_pairs(
    ranks: NDArray[np.int32],
    places: NDArray[np.uint64],
    stride: np.uint64,
    folded: bool,
    table: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Do the work of `_pairs` with a table of zeros; its row and column 0 count voxels without a partner."""
    levels = table.shape[0]
    flat = table.ravel()
    for place in places:
        flat[np.uint64(ranks[place]) * np.uint64(levels) + np.uint64(ranks[place + stride])] += 1
    if folded:
        _fold(table)
    cells = 0
    for row in range(1, levels):
        for column in range(1, row + 1 if folded else levels):
            cells += table[row, column] != 0
    rows = np.empty(cells, np.int32)
    columns = np.empty(cells, np.int32)
    counts = np.empty(cells)
    cell = 0
    for row in range(1, levels):
        for column in range(1, row + 1 if folded else levels):
            if table[row, column] != 0:
                rows[cell] = row - 1
                columns[cell] = column - 1
                counts[cell] = table[row, column]
                if folded and row == column:
                    counts[cell] *= 2.0
                cell += 1
    return rows, columns, counts
