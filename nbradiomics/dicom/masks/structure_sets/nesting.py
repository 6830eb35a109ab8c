"""Several contours on one slice: which contains which, and which cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbradiomics.dicom.masks.structure_sets.planes import Outline
from nbradiomics.dicom.masks.structure_sets.scan_lines import Crossings, Pixels, area, filled, perimeter


@dataclass(frozen=True)
class Nesting:
    """What the polygons of a slice say about its area.

    Attributes
    ----------
    area
        Area in square pixels: of each polygon, positive if an even number of others contains it (outer
        contours), negative otherwise (holes).
    perimeter
        Sum of their lengths in pixels.
    crossed
        Pixels that are affected where two contours overlap in part: neither apart nor one inside the other.
    """

    area: float
    perimeter: float
    crossed: int


def nesting_of(outlines: Sequence[Outline]) -> Nesting:
    """Compare all contours of a slice pair by pair."""
    areas = [area(outline.polygon) for outline in outlines]
    length = sum(perimeter(outline.polygon) for outline in outlines)
    depth = [0] * len(outlines)
    crossed = 0
    for one in range(len(outlines)):
        for other in range(one):
            common, small = _common(outlines[one].crossings, outlines[other].crossings)
            if common:
                crossed += min(common, small - common)
                if 2 * common >= small:
                    depth[one if areas[one] <= areas[other] else other] += 1
    total = sum(-value if level % 2 else value for value, level in zip(areas, depth, strict=True))
    return Nesting(total, length, crossed)


def _common(one: Crossings, other: Crossings) -> tuple[int, int]:
    """Pixels in both polygons, and in the one with fewer."""
    if not one.rows.size or not other.rows.size:
        return 0, 0
    starts = [max(getattr(one, axis).min(), getattr(other, axis).min()) for axis in ("rows", "columns")]
    stops = [
        min(one.rows.max(), other.rows.max()) + 1,
        min(one.columns.max(), other.columns.max()),
    ]
    if starts[0] >= stops[0] or starts[1] >= stops[1]:
        return 0, 0
    shape = (int(stops[0] - starts[0]), int(stops[1] - starts[1]))
    first, second = (_window(polygon, starts, shape) for polygon in (one, other))
    return int(np.count_nonzero(first & second)), min(one.pixels, other.pixels)


def _window(polygon: Crossings, start: Sequence[int], shape: tuple[int, int]) -> Pixels:
    moved = Crossings(polygon.rows - start[0], polygon.columns - start[1], polygon.signs)
    return filled([moved], shape)
