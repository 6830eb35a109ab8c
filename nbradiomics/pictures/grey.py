"""One number per pixel from a picture with channels: equal channels, a stated conversion, or a refusal."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.pictures.settings import Rgb

#: Weights of red, green and blue by the recommendations ITU-R BT.601 and BT.709, and of their mean.
WEIGHTS: dict[str, tuple[float, float, float]] = {
    "luminance-601": (0.299, 0.587, 0.114),
    "luminance-709": (0.2126, 0.7152, 0.0722),
    "mean": (1 / 3, 1 / 3, 1 / 3),
}
_CHANNELS = ("red", "green", "blue")
GREY, EQUAL = "grey", "equal channels"


class Grey(NamedTuple):
    """Grey values (pages, rows, columns) and how they were made: `GREY`, `EQUAL`, or a conversion."""

    values: NDArray[Any]
    made_by: str


def grey_of(values: NDArray[Any], rgb: Rgb | None, name: str) -> Grey:
    """Make grey values.

    Parameters
    ----------
    values
        Pages, rows, columns, perhaps with channels: grey and alpha, RGB, or RGBA.
    rgb
        How colours become grey values; ``None`` if it is not stated.
    name
        Name of the picture in messages.

    Returns
    -------
    Grey
        The stored numbers if the picture is grey, or has three equal channels; for weights, single precision
        without rounding to whole numbers.

    Raises
    ------
    InputError
        When pixels are transparent, or coloured and `rgb` is ``None``.
    """
    if values.ndim == 3:
        return Grey(values, GREY)
    values = _opaque(values, name)
    if values.shape[-1] == 1:
        return Grey(values[..., 0], GREY)
    coloured = (values != values[..., :1]).any(axis=-1)
    if not coloured.any():
        return Grey(values[..., 0], EQUAL)
    if rgb is None:
        raise InputError(
            f"{name} is coloured in {coloured.mean():.2%} of its pixels; one grey value for each was "
            "expected.",
            "State how colours become grey values, such as --rgb luminance-601. If the colours are an "
            "overlay (Doppler, measures, text), no conversion removes it: export the picture without.",
        )
    if rgb in _CHANNELS:
        return Grey(np.ascontiguousarray(values[..., _CHANNELS.index(rgb)]), rgb)
    return Grey((values @ np.array(WEIGHTS[rgb])).astype(np.float32), rgb)


def _opaque(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Channels without alpha, if no pixel is transparent."""
    if values.shape[-1] not in (2, 4):
        return values
    opaque = np.iinfo(values.dtype).max
    clear = int(np.count_nonzero(values[..., -1] != opaque))
    if clear:
        raise InputError(
            f"{name} has {clear} pixels that are transparent or partly so: their value depends on the "
            "background of the program that shows them.",
            "Save it without transparency (flatten it on the background that you mean).",
        )
    return values[..., :-1]
