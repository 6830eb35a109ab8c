"""Values of the channels, and their errors, in the voxels of a region."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.cohort import Case, Scan
from nbradiomics.cohort.case_region import read_case_region
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import content_hash
from nbradiomics.habitats.clusters.fit import Inputs
from nbradiomics.habitats.clusters.model import LARGEST
from nbradiomics.images.grid import grid_difference, require_same_grid
from nbradiomics.images.io import read_image
from nbradiomics.messages.wording import quoted

Array = NDArray[np.float64]

#: Channel whose values are diffusion coefficients, their unit, and the plausible range of its median in a
#: tumour.
ADC, ADC_UNIT, _ADC_RANGE = "ADC", "mm2/s", (5e-5, 1e-2)
_ERROR = "_error"
#: Distance from the median, in ranges of the middle 98 % of a region, beyond which a value is damage.
_EXTREME = 1e4


def unit_of(channel: str) -> str:
    """Unit of a channel; empty if its name does not tell."""
    return ADC_UNIT if channel == ADC else ""


def shown(channel: str) -> str:
    """Name of a channel in tables and messages; the only image of a scan may have none."""
    return channel or "image"


def error_channel(channel: str) -> str:
    """Name of the channel with the standard errors of another one."""
    return f"{channel}{_ERROR}"


@dataclass(frozen=True)
class RegionValues:
    """Channels in the voxels of a region.

    Attributes
    ----------
    image
        Image of the first channel, for its grid.
    inside
        The region, axes z, y, x.
    valid
        Which voxels of the region have a value in each channel (an ADC of 0 or less, or an error of 0, marks
        a voxel without).
    values, errors
        Of the valid voxels: one row per voxel, one column per channel.
    """

    image: sitk.Image
    inside: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    values: Array
    errors: Array


def channel_files(scan: Scan, inputs: Inputs) -> list[tuple[str, Path]]:
    """Files of the channels of a scan, then those of the error maps.

    Raises
    ------
    InputError
        When the scan lacks a channel.
    """
    files = {channel.name: channel.image for channel in scan.channels}
    wanted = _wanted(inputs)
    missing = [name for name in wanted if name not in files]
    if missing:
        names = ", ".join(map(quoted, missing))
        remedy = "Add the image as a row of the cohort table, or leave the channel out."
        if missing[0] in wanted[len(inputs.channels) :]:
            remedy = "Fit the ADC of this scan with its error (`nbradiomics adc`), or set errors to none."
        raise InputError(f"the scan has no channel {names}; its channels: {', '.join(files)}.", remedy)
    return [(name, files[name]) for name in wanted]


def channel_hashes(scan: Scan, inputs: Inputs) -> list[str | None]:
    """Content of the channels that a scan has, for the key of a stored result; None for the others."""
    files = {channel.name: channel.image for channel in scan.channels}
    return [content_hash(files[name]) if name in files else None for name in _wanted(inputs)]


def _wanted(inputs: Inputs) -> list[str]:
    return [*inputs.channels, *(error_channel(name) for name in inputs.error_channels)]


def read_values(case: Case, inputs: Inputs, label: int) -> RegionValues:
    """Read the channels of a case in its region.

    Raises
    ------
    InputError
        When a channel is missing, grids differ, the region is empty, or a channel's values are implausible.
    """
    files = channel_files(case.scan, inputs)
    images = [read_image(file) for _, file in files]
    region = read_case_region(case, label)
    require_same_grid(region, images[0], names=(str(case.masks[0].path), str(files[0][1])))
    for (name, _), image in zip(files[1:], images[1:], strict=True):
        if difference := grid_difference(images[0], image):
            raise InputError(
                f"the channels {files[0][0]} and {name} have different grids: {difference}.",
                "Resample the channels to one grid first (registration is a step of the preparation).",
            )
    inside = sitk.GetArrayViewFromImage(region) != 0
    if not inside.any():
        raise InputError(f"{case.masks[0].path}: the mask is empty.", "There is nothing to cluster in it.")
    columns = [np.asarray(sitk.GetArrayViewFromImage(image)[inside], dtype=np.float64) for image in images]
    values = np.stack(columns[: len(inputs.channels)], axis=1)
    errors = np.zeros_like(values)
    for name, column in zip(inputs.error_channels, columns[len(inputs.channels) :], strict=True):
        errors[:, inputs.channels.index(name)] = column
    valid = _valid(values, errors, inputs)
    _require_plausible(values[valid], inputs)
    return RegionValues(images[0], inside, valid, values[valid], errors[valid])


def _valid(values: Array, errors: Array, inputs: Inputs) -> NDArray[np.bool_]:
    valid = np.isfinite(values).all(axis=1) & np.isfinite(errors).all(axis=1)
    for place, name in enumerate(inputs.channels):
        if name == ADC:
            valid &= values[:, place] > 0
        if name in inputs.error_channels:
            valid &= errors[:, place] > 0
    return np.asarray(valid)


def _require_plausible(values: Array, inputs: Inputs) -> None:
    if not len(values):
        raise InputError(
            f"no voxel of the region has a value in {' and '.join(map(shown, inputs.channels))}.",
            "Check mask and channels.",
        )
    for place, name in enumerate(inputs.channels):
        column = values[:, place]
        if len(column) > 1 and column.min() == column.max():
            raise InputError(
                f"the channel {shown(name)} has the value {column[0]:g} in the whole region.",
                "Check the image.",
            )
        _require_no_extreme(column, name)
        middle = float(np.median(column))
        if name == ADC and not _ADC_RANGE[0] <= middle <= _ADC_RANGE[1]:
            raise InputError(
                f"the median of {ADC} in the region is {middle:.3g}; {_ADC_RANGE[0]:g} to {_ADC_RANGE[1]:g} "
                f"{ADC_UNIT} was expected.",
                f"Convert the map to {ADC_UNIT}: scanners often store millionths, which are divided by "
                "1,000,000.",
            )


def _require_no_extreme(column: Array, name: str) -> None:
    """Refuse a value that no tissue has: it would decide about the scale of a whole model."""
    with np.errstate(over="ignore", invalid="ignore"):  # values near the end of the range
        low, middle, high = np.quantile(column, (0.01, 0.5, 0.99))
        worst = float(column[np.argmax(np.abs(column - middle))])
    if abs(worst) > LARGEST or (high > low and abs(worst - middle) > _EXTREME * (high - low)):
        raise InputError(
            f"the channel {shown(name)} has the value {worst:.3g} in the region, where 98 % of the values "
            f"are {low:.3g} to {high:.3g}.",
            "Look at the image; replace such values, or leave the image out.",
        )
