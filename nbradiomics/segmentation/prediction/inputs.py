"""Check and prepare the images for a network: the right channels, valid values, one grid.

nnU-Net does not check its input: with swapped or shifted channels, values that are not finite or an empty
image, it returns a wrong mask without a warning.
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
    """The input of a network.

    Attributes
    ----------
    images
        Images in the network's order, all on the grid of the first channel in the input.
    channels
        Names of these channels in the model.
    resampled, unused
        Names of the channels that were resampled to that grid, and of those that the model does not use.
    orientation
        Axes of the grid as three letters: ``LPS`` means towards left, posterior and superior.
    """

    images: tuple[sitk.Image, ...]
    channels: tuple[str, ...]
    resampled: tuple[str, ...]
    unused: tuple[str, ...]
    orientation: str


def read_inputs(images: Source | Mapping[str, Source], wanted: Sequence[str]) -> Inputs:
    """Read the images of one case as input of a model.

    Parameters
    ----------
    images
        One file or image, or several by the channel's name. The first determines the grid.
    wanted
        Names of the model's channels in the network's order.

    Raises
    ------
    InputError
        When the channels are not those of the model, or one is not three-dimensional and scalar, has values
        that are not finite, has the same value everywhere, or does not cover the first channel.
    """
    given = images if isinstance(images, Mapping) else {"": images}
    names, sources = list(given), list(given.values())
    used = match_channels(names, wanted)
    grid = read_image(sources[0])
    matched, resampled = [], []
    for channel, index in zip(wanted, used, strict=True):
        image = grid if index == 0 else read_image(sources[index])
        where = f"{describe(sources[index])} ({channel})"
        require_usable(image, where)
        if grid_difference(image, grid):
            image = _resample(image, grid, where, describe(sources[0]))
            resampled.append(channel)
        matched.append(_exactly_on(image, grid))
    unused = tuple(name for index, name in enumerate(names) if index not in used)
    return Inputs(tuple(matched), tuple(wanted), tuple(resampled), unused, _orientation(grid.GetDirection()))


def match_channels(given: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """Match the channels of a model to those of a case; upper and lower case do not matter.

    Parameters
    ----------
    given
        Names of a case's channels. A single one without a name (empty text) fits a model of one channel.
    wanted
        Names of the model's channels.

    Returns
    -------
    tuple of int
        Position in `given` of each channel of the model.

    Raises
    ------
    InputError
        When a channel is missing, or a name occurs twice.
    """
    if list(given) == [""] and len(wanted) == 1:
        return (0,)
    for whose, names in (("of the case", given), ("of the model", wanted)):
        folded = [name.casefold() for name in names]
        if len(set(folded)) < len(folded):
            raise InputError(
                f"several channels {whose} have the same name: {', '.join(names)}.",
                "Give each a different name (column `channel`; channel_names in the model's dataset.json).",
            )
    places = {name.casefold(): index for index, name in enumerate(given)}
    missing = [name for name in wanted if name.casefold() not in places]
    if missing:
        listed = ", ".join(name or "one without a name" for name in given) or "none"
        raise InputError(
            f"channel {', '.join(missing)} is missing: the model needs {', '.join(wanted)}; given: {listed}.",
            "Use the model's names in the cohort's column `channel`; upper and lower case do not matter.",
        )
    return tuple(places[name.casefold()] for name in wanted)


def read_orientation(path: Path) -> str | None:
    """Axes of an image file as three letters, from its header; ``None`` if it cannot be read."""
    direction = read_direction(path)
    return None if direction is None else _orientation(direction)


def orientation_warning(orientations: Mapping[str, str | None], model: str) -> str | None:
    """Warn that images have different axes, for a model without recorded axes.

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
        f"The images have different voxel axes: {listed}. The model {model} does not record the axes of its "
        "training images, so images are segmented without turning them, and some masks may be wrong."
    )


def sequence_warning(scans: Iterable[Scan], channels: Sequence[str], model: str) -> str | None:
    """Warn that the sequence of images without a channel name differs from the model's first channel.

    Parameters
    ----------
    scans
        The scans to segment.
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
        f"The model {model} needs {channels[0]}; images of the sequence {listed} have no channel name and "
        "are used as this channel. Make sure that the model was trained on such images."
    )


def _orientation(direction: Sequence[float]) -> str:
    return str(sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(direction))


def require_usable(image: sitk.Image, name: str) -> None:
    """Raise `InputError` if a value is not finite or all are the same; `name` names the image in messages."""
    voxels = sitk.GetArrayViewFromImage(image)
    bad = int(voxels.size - np.isfinite(voxels).sum())
    if bad:
        raise InputError(
            f"{name}: {bad} of {voxels.size} voxels are not finite numbers.",
            "Replace them; one such voxel makes the whole result of a network wrong, without an error.",
        )
    if voxels.min() == voxels.max():
        raise InputError(f"{name} has the value {voxels.min():g} everywhere.", "Give an image of a patient.")


def _exactly_on(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Copy the grid's numbers exactly: differences in the last digits could change how an image is turned."""
    if image is grid:
        return image
    image = sitk.Image(image)
    image.CopyInformation(grid)
    return image


def _resample(image: sitk.Image, grid: sitk.Image, name: str, first: str) -> sitk.Image:
    """Resample linearly to the grid of the first channel; voxels outside the image get its lowest value."""
    inside = sitk.Resample(image * 0 + 1, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0.0)
    outside = 1 - float(sitk.GetArrayViewFromImage(inside).mean())
    if outside > OUTSIDE:
        raise InputError(
            f"{outside:.0%} of the voxels of {first} are outside {name}; at most {OUTSIDE:.0%} are allowed.",
            "The channels must show the same part of the body: register them, or correct the header.",
        )
    lowest = float(sitk.GetArrayViewFromImage(image).min())
    return sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, lowest, sitk.sitkFloat32)
