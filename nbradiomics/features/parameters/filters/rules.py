"""Rules for the parameters of filters, one for each name: a name means the same in every filter."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from nbradiomics.features.parameters.filters.types import (
    BOUNDARIES,
    DIMENSIONS,
    POOLINGS,
    Filter,
    Gabor,
    Laws,
    SeparableWavelet,
)

#: One-dimensional kernels of Laws: level, edge, spot, wave, ripple, with 3 or 5 values.
LAWS_KERNELS = ("L3", "E3", "S3", "L5", "E5", "S5", "W5", "R5")
_LAWS = re.compile("(?:[LES]3|[LESWR]5){2,3}")
#: Largest length in mm, number of voxels and level that are taken for no mistake.
_MOST_MM, _MOST_VOXELS, _MOST_LEVEL = 200, 501, 8


@dataclass(frozen=True)
class Rule:
    """What a parameter may be.

    Attributes
    ----------
    expected
        In words.
    fits
        Whether a value is allowed.
    made
        Makes the value of the filter from an allowed value.
    choices
        Words of which it must be one.
    """

    expected: str
    fits: Callable[[Any], bool]
    made: Callable[[Any], Any] = lambda value: value
    choices: Callable[[], tuple[str, ...]] = tuple

    @property
    def known(self) -> tuple[str, ...]:
        """Words among which a similar one is suggested."""
        return self.choices()


def _choice(words: tuple[str, ...]) -> Rule:
    expected = f"one of {', '.join(words)}"
    return Rule(expected, lambda value: isinstance(value, str) and value in words, str, lambda: words)


def _length(what: str) -> Rule:
    return Rule(
        f"{what}, a number of mm above 0 and up to {_MOST_MM},",
        lambda value: _is_number(value) and 0 < value <= _MOST_MM,
        float,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_step(value: Any) -> bool:
    return _is_number(value) and 1 <= value <= 180 and abs(180 / value - round(180 / value)) < 1e-9


def _are_orders(value: Any) -> bool:
    whole = isinstance(value, list | tuple) and all(_whole(one, 0, 10) for one in value)
    return whole and len(value) in (2, 3) and 1 <= sum(value) <= 10


@cache
def _wavelets() -> tuple[str, ...]:
    import pywt  # type: ignore[import-untyped]

    return tuple(pywt.wavelist(kind="discrete"))


RULES: Mapping[str, Rule] = {
    "dimension": _choice(DIMENSIONS),
    "boundary": _choice(BOUNDARIES),
    "pooling": _choice(POOLINGS),
    "support": Rule(
        f"an odd number of voxels from 3 to {_MOST_VOXELS}",
        lambda value: _whole(value, 3, _MOST_VOXELS) and value % 2 == 1,
    ),
    "sigma": _length("the standard deviation"),
    "wavelength": _length("the length of the wave"),
    "truncate": Rule(
        "a number of standard deviations from 1 to 10",
        lambda value: _is_number(value) and 1 <= value <= 10,
        float,
    ),
    "riesz": Rule(
        "a list of 3 orders (2 in 2D) along x, y, z, whole numbers with a sum from 1 to 10, as [1, 0, 0],",
        _are_orders,
        tuple,
    ),
    "kernels": Rule(
        f"3 kernels (2 in 2D) of {', '.join(LAWS_KERNELS)}, along x, y, z, such as L5E5E5,",
        lambda value: isinstance(value, str) and _LAWS.fullmatch(value) is not None,
    ),
    "energy": Rule(
        f"a distance in voxels, a whole number from 1 to {_MOST_VOXELS // 2},",
        lambda value: _whole(value, 1, _MOST_VOXELS // 2),
    ),
    "gamma": Rule("a number from 0.05 to 20", lambda value: _is_number(value) and 0.05 <= value <= 20, float),
    "angle": Rule(
        "an angle in degrees from 0 to 360", lambda value: _is_number(value) and 0 <= value < 360, float
    ),
    "step": Rule("a step in degrees, from 1 on, that divides 180, such as 22.5,", _is_step, float),
    "wavelet": Rule(
        "a discrete wavelet of PyWavelets, such as db3 or coif1,",
        lambda value: isinstance(value, str) and value in _wavelets(),
        choices=_wavelets,
    ),
    "filter": Rule(
        "3 letters L or H (2 in 2D), along x, y, z, such as LLH,",
        lambda value: isinstance(value, str) and re.fullmatch("[LH]{2,3}", value) is not None,
    ),
    "level": Rule(f"a whole number from 1 to {_MOST_LEVEL}", lambda value: _whole(value, 1, _MOST_LEVEL)),
}


def contradiction(one: Filter) -> tuple[str, str] | None:
    """Return why the parameters of a filter do not fit each other, and what to do; ``None`` if they do."""
    axes = 2 if one.flat else 3
    along = {
        "kernels": len(one.kernels) // 2 if isinstance(one, Laws) else axes,
        "filter": len(one.filter) if isinstance(one, SeparableWavelet) else axes,
        "riesz": len(getattr(one, "riesz", ())) or axes,
    }
    for key, length in along.items():
        if length != axes:
            return (
                f"{key} is given for {length} axes, and the filter has {axes} ({one.dimension})",
                f"Give {axes}, or dimension: {'2D' if length == 2 else '3D'}.",
            )
    if isinstance(one, Laws) and one.pooling == "average" and _averages_to_zero(one.kernels):
        return (
            f"the average response of {one.kernels} over all right-angle turns is 0 in every voxel",
            "Choose pooling: max; E and W change their sign when they are turned around.",
        )
    if isinstance(one, Gabor):
        if (one.angle is None) == (one.step is None):
            return (
                "one of angle and step was expected" + ("" if one.angle is None else ", and both are given"),
                "Give the angle of one direction, or the step between directions whose responses are pooled.",
            )
        if one.pooling == "none":
            return "pooling is none", "Choose average or max; the modulus needs no other choice."
        if one.flat and one.step is None and one.pooling == "max":
            return "there is only one response, and nothing to pool", "Remove pooling."
    return None


def _averages_to_zero(kernels: str) -> bool:
    """Whether the responses of all right-angle turns cancel each other out.

    Turned around, E and W are their negatives. Some turn changes the sign of the product, unless all kernels
    are of this kind; then the average is the determinant of the kernels, which is 0 if two are the same, and
    for three, because E3, E5 and W5 depend on each other: E5 - W5 is E3, spread over five values, times 4.
    """
    names = [kernels[i : i + 2] for i in range(0, len(kernels), 2)]
    odd = [name[0] in "EW" for name in names]
    return any(odd) and (not all(odd) or len(set(names)) < len(names) or len(names) == 3)
