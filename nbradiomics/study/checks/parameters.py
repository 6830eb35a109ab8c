"""What parameters make of images and masks: settings without effect, grids that are corrected, bins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.absence import unmeasurable
from nbradiomics.features.bins import Span, bin_advice
from nbradiomics.features.extract import first_of
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.unused import unused_settings
from nbradiomics.images.fit import Fit, on_grid
from nbradiomics.images.grid import grid_difference
from nbradiomics.messages.problem import Problem

#: Key of the parameter file that the warning of bins stands under.
BIN_WIDTH = "setting.binWidth"
#: Line, column, severity, problem, remedy.
Finding = tuple[int, str, Literal["error", "warning"], str, str]


def check_settings(parameters: Parameters) -> list[Problem]:
    """Warnings of settings that change nothing, and of features that are asked for and no region can get."""
    found = [(told, "Remove the setting, or add what it needs.") for told in unused_settings(parameters)]
    found += [
        (
            f"{len(names)} features will be missing ({first_of(names)}): {reason}.",
            "Correct the parameter file.",
        )
        for reason, names in unmeasurable(parameters).items()
    ]
    return [Problem(parameters.name, "", "", "warning", problem, remedy) for problem, remedy in found]


def check_bins(parameters: Parameters, spans: Iterable[Span]) -> list[Problem]:
    """A warning where regions fill fewer or more bins than advised; `spans` are theirs."""
    advice = bin_advice([(low, high) for low, high in spans], parameters)
    return [Problem(parameters.name, "", BIN_WIDTH, "warning", *advice)] if advice else []


def check_fit(line: int, file: str, region: sitk.Image, image: sitk.Image, fit: Fit) -> list[Finding]:
    """A warning of what `correctMask` makes of a region that lies on another grid than its image."""
    difference = grid_difference(region, image)
    if not (fit.correct and difference):
        return []
    try:
        placed = on_grid(region, image, name=file)
    except InputError:
        return []  # the engine refuses it, and says so
    found = (
        f"{file} lies on another grid than its image ({difference}); correctMask puts it on the image's: "
        f"{_size(region)} become {_size(placed)}."
    )
    remedy = (
        "Look at it in a viewer if the two differ by much. Masks on grids of their own are measured, but not "
        "compared with each other: for that, resample them onto the image."
    )
    return [(line, "mask", "warning", found, remedy)]


def _size(region: sitk.Image) -> str:
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    return f"{voxels} voxels ({voxels * float(np.prod(region.GetSpacing())):.5g} mm3)"
