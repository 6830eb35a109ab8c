"""Co-occurrence matrices: how often two grey levels are neighbours.

Only cells that are not 0 are stored: with hundreds of grey levels most pairs of levels never occur.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.pieces import in_parts
from nbradiomics.features.native.classes.along import Wanted, look_along
from nbradiomics.features.native.classes.neighbours import lengths
from nbradiomics.features.native.classes.pair_cells import PairCells
from nbradiomics.features.native.levels.ranks import RankedRegion

#: Grey levels up to which pairs are counted in a square table (64 MB). With more levels they are sorted.
TABLE = 4000


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


def count_cells(
    region: RankedRegion, steps: NDArray[np.int64], *, symmetrical: bool = True
) -> list[PairCells]:
    """Count pairs of levels along each direction.

    Parameters
    ----------
    region
        Region with a margin at least as wide as the longest step.
    steps
        Offsets (z, y, x) to later voxels, shape (directions, 3).
    symmetrical
        Count each pair in both orders.
    """
    if len(region.present) > TABLE:
        return in_parts(
            lambda shifts: [_sorted_pairs(region, shift, symmetrical) for shift in shifts],
            region.shifts(steps),
        )
    return look_along(region, steps, Wanted(pairs=True), folded=symmetrical).pairs


def cooccurrences(
    counted: list[PairCells], weights: NDArray[np.float64] | None, levels: int, *, symmetrical: bool = True
) -> list[Cooccurrence]:
    """Make the co-occurrence matrices of a region; directions without a pair have none.

    Parameters
    ----------
    counted
        Cells of each direction, from `count_cells`. Their counts are overwritten, to need less memory.
    weights
        None: a matrix for each direction. Otherwise one matrix, the weighted sum over the directions.
    levels
        Number of grey levels.
    symmetrical
        Pairs were counted in both orders.
    """
    if weights is not None:
        counted = [_weighted_sum(counted, weights, levels, symmetrical)]
    return [
        Cooccurrence(
            cells.rows, cells.columns, np.divide(cells.counts, cells.total, out=cells.counts), symmetrical
        )
        for cells in counted
        if cells.total
    ]


def direction_weights(
    steps: NDArray[np.int64], spacing: tuple[float, float, float], norm: str | None
) -> NDArray[np.float64] | None:
    """Compute weights of directions, exp(-d^2) with d the offset's length by a norm in mm.

    Returns
    -------
    None without a norm; 1 for each direction if the norm is unknown, as in PyRadiomics
    """
    if norm is None:
        return None
    reach = lengths(steps, spacing, norm)
    return np.ones(len(steps)) if reach is None else np.exp(-(reach**2))


def _weighted_sum(
    counted: list[PairCells], weights: NDArray[np.float64], levels: int, folded: bool
) -> PairCells:
    keys = np.concatenate([cells.rows.astype(np.int64) * levels + cells.columns for cells in counted])
    parts = [weight * cells.counts for weight, cells in zip(weights, counted, strict=True)]
    return _gathered(keys, np.concatenate(parts), levels, folded)


def _gathered(keys: NDArray[np.int64], counts: NDArray[np.float64], levels: int, folded: bool) -> PairCells:
    """Add up the counts of each cell; `keys` are row * levels + column."""
    cells, cell_of = np.unique(keys, return_inverse=True)
    rows, columns = np.divmod(cells, levels)
    summed = np.bincount(cell_of, weights=counts, minlength=len(cells)).astype(np.float64)
    total = float(summed.sum())
    if folded:
        total += float(summed[rows != columns].sum())
    return PairCells(rows.astype(np.int32), columns.astype(np.int32), summed, total)


def _sorted_pairs(region: RankedRegion, shift: int, folded: bool) -> PairCells:
    """Count pairs along one direction without a table, in the order of `pair_cells.cells_of`."""
    levels = len(region.present)
    ranks = region.ranks.ravel()
    first, second = ranks[region.positions], ranks[region.positions + shift]
    first, second = first[second != 0].astype(np.int64), second[second != 0].astype(np.int64)
    weights = np.ones(len(first))
    if folded:
        weights[first == second] = 2.0
        first, second = np.maximum(first, second), np.minimum(first, second)
    return _gathered((first - 1) * levels + second - 1, weights, levels, folded)
