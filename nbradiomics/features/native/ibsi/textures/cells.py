"""Cells of a texture matrix that are not 0, and how they are counted.

A texture matrix has a row for each grey level and a column for each other level, length, size, distance or
number of neighbours. With hundreds of grey levels nearly all of its cells are 0, so a matrix is a list of the
others. They are counted in one table that all matrices of a region share: the cells that were changed are
noted, and only these are read and set back to 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled


class Cells(NamedTuple):
    """The cells of a matrix that are not 0, in no particular order.

    Attributes
    ----------
    rows, columns
        Position of each cell, from 1. Column 0 does not exist.
    counts
        Count of each cell.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    counts: NDArray[np.int64]


class Counter:
    """A table for the cells of one matrix after the other.

    Parameters
    ----------
    rows, columns
        Highest row and column. Column 0 of the table collects what does not count.
    items
        Largest number of items in one matrix.
    """

    def __init__(self, rows: int, columns: int, items: int) -> None:
        self.width = columns + 1
        #: Counts, row after row. All 0 between two matrices.
        self.table = np.zeros((rows + 1) * self.width, np.int32)
        #: Indices in the table that were changed, and room for one more.
        self.changed = np.empty(min(items, self.table.size) + 1, np.int64)

    def counted(self, number: int) -> Cells:
        """Read the first `number` cells of `changed`, and set them back to 0."""
        return Cells(*_read(self.table, self.changed, number, self.width))

    def merged(self, matrices: Sequence[Cells]) -> Cells:
        """Add up matrices."""
        if len(matrices) == 1:
            return matrices[0]
        number = 0
        for cells in matrices:
            number = _add(*cells, self.width, self.table, self.changed, number)
        return self.counted(number)

    def items(self, rows: NDArray[np.int32], columns: NDArray[np.int32]) -> Cells:
        """Count items, given by the row and the column of each."""
        return self.counted(
            _add(rows, columns, np.ones(len(rows), np.int64), self.width, self.table, self.changed, 0)
        )


@compiled
def _add(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    counts: NDArray[np.int64],
    width: int,
    table: NDArray[np.int32],
    changed: NDArray[np.int64],
    number: int,
) -> int:
    """Add cells to the table; return how many of its cells have been changed in all."""
    for i in range(len(rows)):
        key = np.int64(rows[i]) * width + columns[i]
        before = table[key]
        table[key] = before + np.int32(counts[i])
        changed[number] = key
        number += before == 0
    return number


@compiled
def _read(
    table: NDArray[np.int32], changed: NDArray[np.int64], number: int, width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return rows, columns and counts of the changed cells without column 0, and set all of them to 0."""
    rows = np.empty(number, np.int32)
    columns = np.empty(number, np.int32)
    counts = np.empty(number, np.int64)
    kept = 0
    for i in range(number):
        key = changed[i]
        row = key // width
        column = key - row * width
        rows[kept], columns[kept], counts[kept] = row, column, table[key]
        table[key] = 0
        kept += column != 0
    return rows[:kept], columns[:kept], counts[:kept]


def gathered(rows: NDArray[np.int32], columns: NDArray[np.int32], counts: NDArray[np.int64]) -> Cells:
    """Add up cells without a table, for matrices that are too large for one.

    Parameters
    ----------
    rows, columns, counts
        Cells; a position may occur several times.
    """
    keys = rows.astype(np.int64) << 32 | columns
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = (
        np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        if len(keys)
        else np.empty(0, np.int64)
    )
    summed = np.add.reduceat(counts[order], first) if len(keys) else counts
    return Cells((keys[first] >> 32).astype(np.int32), (keys[first] & 0xFFFFFFFF).astype(np.int32), summed)
