"""Values of given ranks: only the parts of the intensities that contain them are sorted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Numbers = NDArray[np.float64]
#: Number of parts of equal width into which intensities are divided.
_PARTS = 1024


def order_statistics(values: Numbers, ranks: Sequence[int], ends: tuple[float, float]) -> dict[int, float]:
    """Return the values of given ranks, counted from 0.

    Parameters
    ----------
    values
        Shape (n,), in any order, finite.
    ranks
        0 to n - 1.
    ends
        Lowest and highest value.
    """
    low, high = ends
    if low == high:
        return dict.fromkeys(ranks, low)
    span = high - low
    if np.isinf(span):
        ordered = np.sort(values)
        return {rank: float(ordered[rank]) for rank in ranks}
    # Rounding keeps the order, so that all values of a part lie above those of the part before.
    last = np.cumsum(_count_parts(values, low, span))
    values_of: dict[int, float] = {}
    parts = np.unique(np.searchsorted(last, ranks, side="right"))
    sizes = np.diff(last, prepend=0)[parts]
    starts = np.cumsum(sizes) - sizes
    members = _members(values, low, span, parts, starts, int(sizes.sum()))
    for part, start, size in zip(parts, starts, sizes, strict=True):
        ordered = np.sort(members[start : start + size])
        before = int(last[part]) - len(ordered)
        values_of |= {
            rank: float(ordered[rank - before]) for rank in ranks if 0 <= rank - before < len(ordered)
        }
    return values_of


@compiled
def _part(value: float, low: float, span: float) -> int:
    return int((value - low) / span * (_PARTS - 1))


@compiled
def _count_parts(values: Numbers, low: float, span: float) -> NDArray[np.int64]:
    counts = np.zeros(_PARTS, np.int64)
    for value in values:
        counts[_part(value, low, span)] += 1
    return counts


@compiled
def _members(
    values: Numbers,
    low: float,
    span: float,
    parts: NDArray[np.int64],
    starts: NDArray[np.int64],
    number: int,
) -> Numbers:
    """Return the values of some parts, each part from its start on."""
    next_of = np.full(_PARTS, -1, np.int64)
    next_of[parts] = starts
    members = np.empty(number)
    for value in values:
        part = _part(value, low, span)
        place = next_of[part]
        if place >= 0:
            members[place] = value
            next_of[part] = place + 1
    return members


def between(values: Numbers, low: float, high: float) -> Numbers:
    """Return the values from `low` to `high`, both included, in their order."""
    members = np.empty(len(values) + 1)
    return members[: _select(values, low, high, members)]


@compiled
def _select(values: Numbers, low: float, high: float, members: Numbers) -> np.uint64:
    number = np.uint64(0)
    for value in values:
        # Without a branch, which the processor could not predict.
        members[number] = value
        number += np.uint64((value >= low) & (value <= high))
    return number
