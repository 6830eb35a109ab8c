"""Images as a network may see them: the right channels, sound, on one grid.

nnU-Net takes what it is given: swapped or shifted channels, values that are not finite and an empty image
all give a mask without a word, and a wrong one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort import Scan
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.errors import InputError
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import describe, read_direction, read_image

#: A file or an image.
Source: TypeAlias = "str | Path | sitk.Image"
#: Largest share of the first channel's voxels that may lie outside another channel.
OUTSIDE = 0.05


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a network is given.

    Attributes
    ----------
    images
        In the network's order, all on one grid: that of the first channel that was given.
    channels
        The network's names of them.
    resampled, unused
        Names of channels that were brought to that grid, and of those that the model does not take.
    orientation
        Axes of the grid as three letters: ``LPS`` runs to the left, posterior and superior.
    """

    images: tuple[sitk.Image, ...]
    channels: tuple[str, ...]
    resampled: tuple[str, ...]
    unused: tuple[str, ...]
    orientation: str


def read_inputs(images: Source | Mapping[str, Source], wanted: Sequence[str]) -> Inputs:
    """Read the images of one case as a model takes them.

    Parameters
    ----------
    images
        One file or image, or several by the channel's name. The first gives the grid.
    wanted
        Names of the model's channels in the network's order.

    Raises
    ------
    InputError
        When the channels are not those of the model, or one is not three-dimensional and scalar, holds a
        value that is not finite, is the same everywhere, or does not cover the first channel.
    """
    given = images if isinstance(images, Mapping) else {"": images}
    names, sources = list(given), list(given.values())
    taken = match_channels(names, wanted)
    grid = read_image(sources[0])
    found, resampled = [], []
    for channel, index in zip(wanted, taken, strict=True):
        image = grid if index == 0 else read_image(sources[index])
        where = f"{describe(sources[index])} ({channel})"
        require_usable(image, where)
        if grid_difference(image, grid):
            image = _resample(image, grid, where, describe(sources[0]))
            resampled.append(channel)
        found.append(_exactly_on(image, grid))
    unused = tuple(name for index, name in enumerate(names) if index not in taken)
    return Inputs(tuple(found), tuple(wanted), tuple(resampled), unused, _orientation(grid.GetDirection()))


def match_channels(given: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """Find each of a model's channels among those given; capitals count for nothing.

    Parameters
    ----------
    given
        Names of a case's channels. A single one without a name (empty text) fits a model of one channel.
    wanted
        Names of the model's channels.

    Returns
    -------
    tuple of int
        Position in `given` of each channel that is wanted.

    Raises
    ------
    InputError
        When one is missing, or a name stands twice.
    """
    if list(given) == [""] and len(wanted) == 1:
        return (0,)
    for whose, names in (("of the case", given), ("of the model", wanted)):
        folded = [name.casefold() for name in names]
        if len(set(folded)) < len(folded):
            raise InputError(
                f"several channels {whose} have one name: {', '.join(names)}.",
                "Give each a name of its own (column `channel`; channel_names in the model's dataset.json).",
            )
    places = {name.casefold(): index for index, name in enumerate(given)}
    missing = [name for name in wanted if name.casefold() not in places]
    if missing:
        listed = ", ".join(name or "one without a name" for name in given) or "none"
        raise InputError(
            f"channel {', '.join(missing)} is missing: the model takes {', '.join(wanted)}; given: {listed}.",
            "Name the images in the cohort's column `channel` as the model does; capitals count for nothing.",
        )
    return tuple(places[name.casefold()] for name in wanted)


def read_orientation(path: Path) -> str | None:
    """Axes of an image file as three letters, from its header; ``None`` where that cannot be read."""
    direction = read_direction(path)
    return None if direction is None else _orientation(direction)


def orientation_warning(orientations: Mapping[str, str | None], model: str) -> str | None:
    """Say that images lie differently, for a model that does not record how its own did.

    Parameters
    ----------
    orientations
        Axes of each case's image by the case's name.
    model
        Name of the model.
    """
    cases: dict[str, list[str]] = {}
    for name, axes in orientations.items():
        if axes is not None:
            cases.setdefault(axes, []).append(name)
    if len(cases) < 2:
        return None
    ordered = sorted(cases.items(), key=lambda item: -len(item[1]))
    listed = "; ".join(f"{axes} {len(names)} (such as {names[0]})" for axes, names in ordered)
    return (
        f"The images' voxel axes run differently: {listed}. The model {model} does not record how its "
        "training images lay, so each image is segmented as it lies, and some of the masks may be wrong."
    )


def sequence_warning(scans: Iterable[Scan], channels: Sequence[str], model: str) -> str | None:
    """Say that images without a channel's name are called otherwise than the input of the model is.

    Parameters
    ----------
    scans
        What the model is to segment.
    channels
        Names of the model's channels.
    model
        Name of the model.
    """
    unnamed = [scan.sequence for scan in scans if not scan.channels[0].name]
    named = [name for name in unnamed if name != DEFAULTS["sequence"]]
    counts = Counter(name for name in named if name.casefold() != channels[0].casefold())
    if not counts:
        return None
    listed = ", ".join(f"{name} ({number})" for name, number in sorted(counts.items()))
    return (
        f"The model {model} takes {channels[0]}; images of the sequence {listed} name no channel and are "
        "taken for it. Make sure that they are what the model was trained on."
    )


def _orientation(direction: Sequence[float]) -> str:
    return str(sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(direction))


def require_usable(image: sitk.Image, name: str) -> None:
    """Raise `InputError` where a value is not finite, or all are the same; `name` says which image it is."""
    voxels = sitk.GetArrayViewFromImage(image)
    bad = int(voxels.size - np.isfinite(voxels).sum())
    if bad:
        raise InputError(
            f"{name}: {bad} of {voxels.size} voxels are not finite numbers.",
            "Replace them; one such voxel spoils the whole image for a network, without an error.",
        )
    if voxels.min() == voxels.max():
        raise InputError(f"{name} has the value {voxels.min():g} everywhere.", "Give an image of a patient.")


def _exactly_on(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """The image with the grid's own numbers: what differs in the last digits could be turned otherwise."""
    if image is grid:
        return image
    image = sitk.Image(image)
    image.CopyInformation(grid)
    return image


def _resample(image: sitk.Image, grid: sitk.Image, name: str, first: str) -> sitk.Image:
    """Linear, onto the grid of the first channel; where there is no image, its lowest value."""
    there = sitk.Resample(image * 0 + 1, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0.0)
    outside = 1 - float(sitk.GetArrayViewFromImage(there).mean())
    if outside > OUTSIDE:
        raise InputError(
            f"{outside:.0%} of the voxels of {first} lie outside {name}; at most {OUTSIDE:.0%} may.",
            "The channels must show the same part of the body: register them, or correct a header.",
        )
    lowest = float(sitk.GetArrayViewFromImage(image).min())
    return sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, lowest, sitk.sitkFloat32)
