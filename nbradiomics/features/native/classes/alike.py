"""Compiled loops over voxels and the voxels before them along one direction.

Pairs of grey levels (GLCM), runs (GLRLM) and zones (GLSZM) all depend on whether a voxel has the grey level
of the voxel before it. Voxels that have are few in most images, so that they are listed first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Ranks = NDArray[np.int32]
Places = NDArray[np.uint64]
#: Lengths up to which voxels are counted by the length of their run so far; longer runs are followed.
_LISTED = 4
#: Columns that a matrix of `count_lengths` has at least.
LEAST_COLUMNS = _LISTED + 3


@compiled
def count_pairs(
    ranks: Ranks, places: Places, stride: np.uint64, table: NDArray[np.int32], higher_first: bool
) -> None:
    """Count pairs of ranks: the voxel before (row) and the voxel (column); rank 0 is outside the region.

    Parameters
    ----------
    ranks
        Ranks of the padded region, flattened.
    places
        Indices of the voxels in `ranks`.
    stride
        Distance in `ranks` from the voxel before, along the direction.
    table
        Output: counts are added, shape (ranks + 1, ranks + 1).
    higher_first
        Count the higher rank as row and the lower as column instead: of a large table, only the half below
        the diagonal is then touched.
    """
    width = np.uint64(table.shape[1])
    flat = table.ravel()
    for place in places:
        row, column = np.uint64(ranks[place - stride]), np.uint64(ranks[place])
        if higher_first:
            row, column = max(row, column), min(row, column)
        flat[row * width + column] += np.int32(1)


@compiled
def list_alike(ranks: Ranks, places: Places, stride: np.uint64, alike: Places) -> np.uint64:
    """List the voxels that have the rank of the voxel before; return how many there are.

    `alike` is the output and has room for one voxel more than `places`; the others are as in `count_pairs`.
    """
    number = np.uint64(0)
    for place in places:
        # Without a branch, which the processor could not predict.
        alike[number] = place
        number += np.uint64(ranks[place - stride] == ranks[place])
    return number


@compiled
def count_pairs_and_list(
    ranks: Ranks,
    places: Places,
    stride: np.uint64,
    table: NDArray[np.int32],
    higher_first: bool,
    alike: Places,
) -> np.uint64:
    """Do the work of `count_pairs` and `list_alike` in little more time than that of one of them."""
    width = np.uint64(table.shape[1])
    flat = table.ravel()
    number = np.uint64(0)
    for place in places:
        alike[number] = place
        row, column = np.uint64(ranks[place - stride]), np.uint64(ranks[place])
        number += np.uint64(row == column)
        if higher_first:
            row, column = max(row, column), min(row, column)
        flat[row * width + column] += np.int32(1)
    return number


@compiled
def join(above: NDArray[np.uint32], alike: Places, stride: np.uint64) -> None:
    """Join each voxel to the voxel before it, in a forest of which each tree is a zone.

    Rem's algorithm (Dijkstra, A Discipline of Programming, 1976, chapter 23), the fastest of those that
    Patwary, Blair and Manne compare (SEA 2010).

    Parameters
    ----------
    above
        Input and output: an earlier voxel of the same tree, or the voxel itself at the root.
    alike, stride
        Voxels to join, and the distance from the voxel before.
    """
    for place in alike:
        one, other = place, place - stride
        above_one, above_other = np.uint64(above[one]), np.uint64(above[other])
        while above_one != above_other:
            if above_one > above_other:
                above[one] = above_other
                if above_one == one:
                    break
                one, above_one = above_one, np.uint64(above[above_one])
            else:
                above[other] = above_one
                if above_other == other:
                    break
                other, above_other = above_other, np.uint64(above[above_other])


@compiled
def count_lengths(
    ranks: Ranks, alike: Places, number: np.uint64, stride: np.uint64, lengths: NDArray[np.int32]
) -> int:
    """Count the voxels that are the second or a later voxel of a run, and the long runs.

    Returns the longest run, if it is a long one.

    Parameters
    ----------
    ranks, stride
        As in `count_pairs`.
    alike
        The first `number` are voxels with the rank of the voxel before; they are overwritten.
    lengths
        Output: counts are added, shape (ranks + 1, lengths + 1). Columns 2 to 4: voxels with at least so many
        voxels of the run up to them. From column 5 on: runs of this length.
    """
    back = stride
    for length in range(2, _LISTED + 1):
        back += stride
        left = np.uint64(0)
        for i in range(number):
            place = alike[np.uint64(i)]
            rank = ranks[place]
            lengths[rank, length] += np.int32(1)
            alike[left] = place
            left += np.uint64(ranks[place - back] == rank)
        number = left
    longest = _LISTED
    for i in range(number):
        place = alike[np.uint64(i)]
        rank = ranks[place]
        if ranks[place + stride] != rank:  # the last voxel of a run, at least the fifth
            length = _LISTED + 1
            before = place - back - stride
            while ranks[before] == rank:
                length += 1
                before -= stride
            lengths[rank, length] += np.int32(1)
            longest = max(longest, length)
    return longest


@compiled
def runs_of(lengths: NDArray[np.int32], voxels: NDArray[np.int64], most: int) -> NDArray[np.int32]:
    """Return the number of runs by level and length, shape (levels, longest + 1).

    S(k) voxels are at least the k-th of their run. A run of m voxels is counted in it m - k + 1 times: so
    S(k) - 2 S(k + 1) + S(k + 2) runs have the length k.

    Parameters
    ----------
    lengths
        From `count_lengths`.
    voxels
        Number of voxels of each rank, from rank 1: S(1).
    most
        The largest value that `count_lengths` returned.
    """
    levels, columns = lengths.shape[0] - 1, most + 1
    runs = np.zeros((levels, columns), np.int32)
    longest = 0
    reached = np.zeros(_LISTED + 3, np.int64)
    for level in range(levels):
        of_level = lengths[level + 1]
        reached[1] = voxels[level]
        reached[2 : _LISTED + 1] = of_level[2 : _LISTED + 1]
        reached[_LISTED + 1 :] = 0
        for length in range(_LISTED + 1, columns):
            reached[_LISTED + 1] += of_level[length] * (length - _LISTED)
            reached[_LISTED + 2] += of_level[length] * (length - _LISTED - 1)
            runs[level, length] = of_level[length]
        for length in range(1, _LISTED + 1):
            runs[level, length] = reached[length] - 2 * reached[length + 1] + reached[length + 2]
        for length in range(columns - 1, longest, -1):
            if runs[level, length] != 0:
                longest = length
                break
    return runs[:, : longest + 1].copy()
