"""Effects of the parameters on images and masks: settings without effect, corrected grids, bins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.absence import unmeasurable
from nbradiomics.features.bins import Span, bin_advice
from nbradiomics.features.extract import first_of
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.one_slice import PRESET, effects_on_one_slice
from nbradiomics.features.parameters.unused import unused_settings
from nbradiomics.images.fit import Fit, on_grid
from nbradiomics.images.grid import grid_difference
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted

#: Key of the parameter file that the warning about bins names.
BIN_WIDTH = "setting.binWidth"
#: Line, column, severity, problem, remedy.
Finding = tuple[int, str, Literal["error", "warning"], str, str]


def check_settings(parameters: Parameters) -> list[Problem]:
    """Warn about settings without effect, and about requested features that no region can have."""
    warnings = [(text, "Remove the setting, or add what it needs.") for text in unused_settings(parameters)]
    warnings += [
        (
            f"{len(names)} features will be missing ({first_of(names)}): {reason}.",
            "Correct the parameter file.",
        )
        for reason, names in unmeasurable(parameters).items()
    ]
    return [Problem(parameters.name, "", "", "warning", problem, remedy) for problem, remedy in warnings]


def check_bins(parameters: Parameters, spans: Iterable[Span]) -> list[Problem]:
    """Warn if regions with these `spans` fill fewer or more bins than advised."""
    advice = bin_advice([(low, high) for low, high in spans], parameters)
    return [Problem(parameters.name, "", BIN_WIDTH, "warning", *advice)] if advice else []


def check_one_slice(parameters: Parameters, slices: Sequence[int]) -> list[Problem]:
    """Warn of features that will be missing or wrong in images of one slice.

    Parameters
    ----------
    parameters
        Parameters of the extraction.
    slices
        Number of slices of each image that was opened; 0 if it could not be read.
    """
    read = [number for number in slices if number > 0]
    flat = read.count(1)
    if not flat:
        return []
    which = f"{flat} of {counted(len(read), 'image')} {'has' if flat == 1 else 'have'} one slice, in which"
    effects = effects_on_one_slice(parameters)
    told = [(f"{which} {one.problem}.", f"Take the preset {PRESET}, or {one.remedy}.") for one in effects]
    if told and flat < len(read):
        told.append(
            (
                f"{flat} of {len(read)} images have one slice, and the others are volumes.",
                "Measure each kind by a parameter file, and in a study, of its own.",
            )
        )
    return [Problem(parameters.name, "", "", "warning", *texts) for texts in told]


def check_fit(line: int, file: str, region: sitk.Image, image: sitk.Image, fit: Fit) -> list[Finding]:
    """Warn about the effect of `correctMask` on a region whose grid differs from the grid of its image."""
    difference = grid_difference(region, image)
    if not (fit.correct and difference):
        return []
    try:
        placed = on_grid(region, image, name=file)
    except InputError:
        return []  # the engine refuses it with a message of its own
    found = (
        f"{file} has a different grid from its image ({difference}); correctMask resamples it onto the grid "
        f"of the image: {_size(region)} become {_size(placed)}."
    )
    remedy = (
        "If the sizes differ much, look at the mask in an image viewer. Such masks are measured, but not "
        "compared with each other; to compare them, resample them onto the image."
    )
    return [(line, "mask", "warning", found, remedy)]


def _size(region: sitk.Image) -> str:
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    return f"{voxels} voxels ({voxels * float(np.prod(region.GetSpacing())):.5g} mm3)"
