"""Separate the slices of one series into volumes.

A series may hold several orientations, localisers, b-values, echoes, time points and image types. What
cannot be one image is always separated; anything else only where two slices lie at the same position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from nbradiomics.dicom.series.grid import ALIKE, along
from nbradiomics.dicom.series.records import Source

#: Slices nearer than this along their normal (mm) lie at one position.
_ONE_PLACE = 0.01

#: Elements that separate volumes where slices lie at one position, in the order in which they are tried.
LAZY: dict[str, str] = {
    "temporal": "temporal position",
    "gradient": "direction of the diffusion gradient",
    "echo": "echo number",
    "acquisition": "acquisition number",
    "trigger": "trigger time",
    "flip": "flip angle",
    "tr": "repetition time",
    "thickness": "slice thickness",
    "time": "acquisition time",
}


def volumes_in(sources: Sequence[Source]) -> list[tuple[list[Source], bool]]:
    """Separate the slices of a series into volumes.

    Parameters
    ----------
    sources
        Slices of one series, each once.

    Returns
    -------
    list of tuple
        The slices of each volume, in the order of `part_order`, and whether each of them has a position of
        its own. If not, no element tells two different slices at one position apart.
    """
    volumes: list[tuple[list[Source], bool]] = []
    for group in _on_one_grid(sources):
        for part in _grouped(group, _always):
            volumes += _separated(part) if _is_placed(part) else [(part, True)]
    return sorted(volumes, key=lambda volume: part_order(volume[0]))


def part_order(sources: Sequence[Source]) -> tuple[object, ...]:
    """Order of the volumes of a series: b-value, echo, time, instance.

    What differs within a volume, such as the trigger time, counts by its least value: the order of the slices
    is that of their files.
    """
    slices = [source.frame.acquired for source in sources]
    values = ((one.b_value, one.te, one.ti, one.temporal, one.trigger, one.acquisition) for one in slices)
    plain = [min((value is not None, value or 0.0) for value in each) for each in zip(*values, strict=True)]
    first = min(one.time for one in slices)
    least = min((one.gradient, one.image_type, one.stack) for one in slices)
    return (*plain, first, *least, min(source.instance.sop_instance for source in sources))


def _always(source: Source) -> Hashable:
    one, kernel = source.frame.acquired, source.instance.header.kernel
    return one.image_type, one.component, one.b_value, one.te, one.ti, one.stack, kernel


def _value(source: Source, name: str) -> Hashable:
    """Value of an element that may separate volumes."""
    return getattr(source.instance.header if name == "thickness" else source.frame.acquired, name)  # type: ignore[no-any-return]


def _is_placed(sources: Iterable[Source]) -> bool:
    return all(None not in source.frame.place for source in sources)


def _on_one_grid(sources: Sequence[Source]) -> list[list[Source]]:
    """Groups of slices of equal size, orientation and pixel size."""
    groups: list[list[Source]] = []
    for source in sources:
        for group in groups:
            if _fits(source, group[0]):
                group.append(source)
                break
        else:
            groups.append([source])
    return groups


def _fits(one: Source, other: Source) -> bool:
    sizes = [
        (source.instance.header.rows, source.instance.header.columns, source.instance.header.sop_class)
        for source in (one, other)
    ]
    if sizes[0] != sizes[1]:
        return False
    for mine, its, relative in (
        (one.frame.place.orientation, other.frame.place.orientation, False),
        (one.frame.place.spacing, other.frame.place.spacing, True),
    ):
        if mine is None or its is None:
            if mine is not its:
                return False
        elif not np.allclose(mine, its, rtol=ALIKE if relative else 0, atol=0 if relative else ALIKE):
            return False
    return True


def _grouped(sources: Iterable[Source], key: Callable[[Source], Hashable]) -> list[list[Source]]:
    groups: dict[Hashable, list[Source]] = {}
    for source in sources:
        groups.setdefault(key(source), []).append(source)
    return list(groups.values())


def _separated(sources: list[Source]) -> list[tuple[list[Source], bool]]:
    """Separate slices that lie at one position, as far as an element tells them apart."""
    levels = _levels(sources)
    most = max(Counter(levels).values())
    if most == 1:
        return [(sources, True)]
    for name in LAZY:
        values = [_value(source, name) for source in sources]
        # More values than slices at one position: the element differs from slice to slice of one volume.
        if 2 <= len(set(values)) <= most and _tells_apart(levels, values):
            groups = _grouped(sources, lambda source, name=name: _value(source, name))  # type: ignore[misc]
            return [volume for group in groups for volume in _separated(group)]
    ranked = _by_time(sources, levels)
    return [(volume, True) for volume in ranked] if ranked else [(sources, False)]


def _levels(sources: Sequence[Source]) -> list[int]:
    """Number of the position of each slice along the normal."""
    heights = along([source.frame.place for source in sources])
    order = np.argsort(heights)
    steps = np.concatenate([[0], np.cumsum(np.diff(heights[order]) > _ONE_PLACE)])
    levels = np.empty(len(heights), dtype=int)
    levels[order] = steps
    return [int(level) for level in levels]


def _tells_apart(levels: Sequence[int], values: Sequence[Hashable]) -> bool:
    """Whether an element differs between slices at one position."""
    seen: dict[int, Hashable] = {}
    return any(seen.setdefault(level, value) != value for level, value in zip(levels, values, strict=True))


def _by_time(sources: Sequence[Source], levels: Sequence[int]) -> list[list[Source]]:
    """Volumes acquired one after the other, whose slices have times of their own; none if they overlap."""
    by_level: dict[int, list[Source]] = {}
    for source, level in zip(sources, levels, strict=True):
        by_level.setdefault(level, []).append(source)
    counts = {len(group) for group in by_level.values()}
    if len(counts) > 1 or any(not source.frame.acquired.time for source in sources):
        return []
    columns = [sorted(group, key=lambda source: source.frame.acquired.time) for group in by_level.values()]
    volumes = [list(volume) for volume in zip(*columns, strict=True)]
    times = [[source.frame.acquired.time for source in volume] for volume in volumes]
    apart = all(max(first) < min(second) for first, second in pairwise(times))
    return volumes if apart else []
