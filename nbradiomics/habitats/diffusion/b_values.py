"""The diffusion images of a scan, and their b-values, by the names of its channels."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from nbradiomics.cohort import Scan
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted

_NAME = re.compile(r"b[-_ =]?(\d+(?:\.\d+)?)", re.IGNORECASE)
#: Smallest difference between the largest and the smallest b-value that shows a decay, in s/mm2.
LEAST_RANGE = 100.0
#: Largest plausible b-value, in s/mm2; a larger one is in another unit.
MOST = 20_000.0


class DiffusionImage(NamedTuple):
    """One diffusion image: channel, file, b-value in s/mm2."""

    channel: str
    file: Path
    b_value: float


def b_value_of(channel: str) -> float | None:
    """The b-value in s/mm2 that the name of a channel states, such as ``b800``; else ``None``."""
    match = _NAME.fullmatch(channel.strip())
    return float(match[1]) if match else None


def diffusion_images(scan: Scan, named: Sequence[str] | None) -> tuple[DiffusionImage, ...]:
    """Choose the diffusion images of a scan, in the order of their b-values.

    Parameters
    ----------
    scan
        The scan with its channels.
    named
        As `DiffusionSettings.b_values`.

    Raises
    ------
    InputError
        When a named channel is missing, or there are no two images with b-values that differ enough.
    """
    channels = {channel.name: channel.image for channel in scan.channels}
    stated = _stated(named, channels) if named is not None else _all_named(channels)
    missing = [name for name in stated if name not in channels]
    if missing:
        raise InputError(
            f"{scan.name} has no channel {', '.join(map(quoted, missing))}; its channels: "
            f"{_listed(channels)}.",
            "Add the image as a row of the cohort table, or name other channels in b_values.",
        )
    images = [DiffusionImage(name, channels[name], value) for name, value in stated.items()]
    values = [image.b_value for image in images]
    if len(set(values)) < 2 or max(values) - min(values) < LEAST_RANGE:
        found = ", ".join(f"{image.channel} ({image.b_value:g} s/mm2)" for image in images) or "none"
        raise InputError(
            f"{scan.name} has the diffusion images: {found}; two with b-values at least {LEAST_RANGE:g} "
            f"s/mm2 apart were expected. Its channels: {_listed(channels)}.",
            "Give each diffusion image a row with a channel such as b0 or b800, or state b-values: "
            "dwi_high=800.",
        )
    if max(values) > MOST:
        raise InputError(
            f"{scan.name}: the b-value {max(values):g} s/mm2 is not plausible; {MOST:g} or less was "
            "expected.",
            "State b-values in s/mm2 (those in s/m2 are divided by 1,000,000).",
        )
    return tuple(sorted(images, key=lambda image: image.b_value))


def _all_named(channels: dict[str, Path]) -> dict[str, float]:
    values = {name: b_value_of(name) for name in channels}
    return {name: value for name, value in values.items() if value is not None}


def _stated(named: Sequence[str], channels: Collection[str]) -> dict[str, float]:
    """Channels and their b-values from the words of the setting."""
    stated: dict[str, float] = {}
    for word in named:
        channel, text = _channel_and_value(word.strip(), channels)
        value = b_value_of(text)
        if value is None or channel in stated:
            why = "is named twice" if channel in stated else "states no b-value"
            raise InputError(
                f"b_values: {quoted(word)} {why}.",
                "Write names such as b0,b1000, or a channel and its b-value: dwi=800.",
            )
        stated[channel] = value
    return stated


def _channel_and_value(word: str, channels: Collection[str]) -> tuple[str, str]:
    """Name of a channel, and the name of a channel that would state its b-value."""
    channel, mark, text = word.partition("=")
    if mark and word not in channels:  # a channel may be named b=1000
        return channel.strip(), f"b{text.strip()}"
    if word not in channels and _NAME.fullmatch(f"b{word}"):
        return f"b{word}", f"b{word}"
    return word, word


def _listed(channels: dict[str, Path]) -> str:
    return ", ".join(name or "(without a name)" for name in channels)
