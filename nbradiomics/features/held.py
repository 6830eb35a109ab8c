"""What is held of the result of a row until the table is made.

A stored result names each of its features, and the names are the same for thousands of rows. If they are held
once, a row of 1,300 features takes 10 kB instead of 150.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.workspace import Payload


@dataclass(frozen=True, slots=True, eq=False)
class HeldRow:
    """Features of a row.

    Attributes
    ----------
    names
        Names of the features; equal names are one object.
    values
        Their values, in the order of the names.
    missing
        The reason of each feature that is missing.
    span
        Least and greatest intensity of the region, if known.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    missing: dict[str, str]
    span: tuple[float, float] | None


def held_row(payload: Payload) -> HeldRow:
    """Return what is held of a stored result, `grouped.Measured`."""
    values, span = payload["values"], payload["span"]
    names = _once(tuple(values))
    numbers = np.fromiter(values.values(), float, len(names))
    return HeldRow(names, numbers, payload["missing"], tuple(span) if span else None)


@lru_cache(maxsize=256)
def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one object for equal names."""
    return names
