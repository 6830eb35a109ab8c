"""The cells of a table of pairs that are not 0.

With hundreds of grey levels most pairs of levels never occur.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Edge of the squares in which a table is folded: their lines are in the processor's cache together.
_SQUARE = 16


class PairCells(NamedTuple):
    """Cells that are not 0, row by row.

    Attributes
    ----------
    rows, columns
        Index of the two grey levels among those present.
    counts
        Number of pairs, or their sum of weights.
    total
        Sum of the whole matrix: in a folded one each cell beside the diagonal represents two.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    counts: NDArray[np.float64]
    total: float


def cells_of(table: NDArray[np.int32], folded: bool, *, half: bool = False) -> PairCells:
    """Read a table, and set it back to 0.

    Parameters
    ----------
    table
        Counts by rank before and rank after, shape (ranks + 1, ranks + 1); row and column 0 are left out.
    folded
        List each pair of levels once, the higher level as row, and pairs of equal levels twice as often: once
        for each order.
    half
        Pairs were counted below the diagonal only.
    """
    if folded and not half:
        _fold(table)
    return PairCells(*_read(table, folded))


@compiled
def _fold(table: NDArray[np.int32]) -> None:
    """Add each cell above the diagonal to its mirror image."""
    size = table.shape[0]
    for top in range(1, size, _SQUARE):
        for left in range(1, top + 1, _SQUARE):
            for row in range(top, min(top + _SQUARE, size)):
                for column in range(left, min(left + _SQUARE, row)):
                    table[row, column] += table[column, row]


@compiled
def _read(
    table: NDArray[np.int32], folded: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], float]:
    size = table.shape[0]
    cells = 0
    for row in range(1, size):
        end = row + 1 if folded else size
        for column in range(1, end):
            cells += table[row, column] != 0
    # Every cell is written, one that is 0 is overwritten by the next: no branch that cannot be predicted.
    rows = np.empty(cells + 1, np.int32)
    columns = np.empty(cells + 1, np.int32)
    counts = np.empty(cells + 1)
    cell = np.uint64(0)
    total = 0
    for row in range(1, size):
        end = row + 1 if folded else size
        before = total
        for column in range(1, end):
            count = table[row, column]
            if folded and row == column:
                count *= 2
            rows[cell], columns[cell], counts[cell] = row - 1, column - 1, count
            cell += np.uint64(count != 0)
            total += count
        if folded:
            total += total - before - 2 * table[row, row]
    table[:] = 0
    return rows[:cells], columns[:cells], counts[:cells], float(total)
