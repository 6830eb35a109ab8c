"""Switches that make PyRadiomics' features comply with the IBSI where PyRadiomics differs from it.

The Image Biomarker Standardisation Initiative (Zwanenburg et al. 2020, Radiology 295:328-338; the reference
manual, arXiv:1612.07003) defines processing steps as well as features. With every switch off the
engine follows PyRadiomics.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean


@dataclass(frozen=True)
class Ibsi:
    """Steps in which the engine follows the IBSI instead of PyRadiomics.

    Attributes
    ----------
    excess_kurtosis
        Kurtosis minus 3, which is 0 for a normal distribution.
    sample_covariance
        The three axis lengths of the class `shape` use a covariance divided by N - 1, as the reference values
        do; PyRadiomics divides by N.
    grid_alignment
        Resampling aligns the centres of the two grids; PyRadiomics aligns their first corners.
    mask_interpolation
        The mask is resampled linearly, and voxels of one half or more belong to the region; PyRadiomics uses
        the nearest voxel.
    rounding
        Resampled intensities are rounded to whole numbers: for CT, which is stored in whole Hounsfield units.
    morphological_mask
        The shape is that of the whole mask; PyRadiomics crops it to the mask after re-segmentation.
    lower_bin_edge
        Bins of a fixed width start at the lower limit of `resegmentRange`; without an absolute limit, and in
        filtered images, at the lowest intensity of the region. PyRadiomics starts at a multiple of the width.
    bin_number
        The edges of a fixed number of bins are rounded once, and an intensity on an edge belongs to the upper
        bin. PyRadiomics sums up a rounded width, so that such an intensity may fall into the lower bin.
    outliers
        Voxels whose intensity is more than this many standard deviations from the mean are excluded, in
        addition to `resegmentRange`: both limits are computed from the same region, and voxels within both
        are kept. ``None`` excludes none. PyRadiomics applies only one of the two.
    """

    excess_kurtosis: bool = False
    sample_covariance: bool = False
    grid_alignment: bool = False
    mask_interpolation: bool = False
    rounding: bool = False
    morphological_mask: bool = False
    lower_bin_edge: bool = False
    bin_number: bool = False
    outliers: float | None = None

    @property
    def resampling(self) -> bool:
        """Whether resampling differs from PyRadiomics'."""
        return self.grid_alignment or self.mask_interpolation or self.rounding


#: Switches that are on or off.
SWITCHES = tuple(field.name for field in dataclasses.fields(Ibsi) if field.name != "outliers")
#: All switches on: the meaning of `ibsi: true`.
ALL = Ibsi(**dict.fromkeys(SWITCHES, True))


def ibsi_of(name: str, value: Any) -> Ibsi:
    """Read the key `ibsi` of a parameter file.

    Parameters
    ----------
    name
        The file, for messages.
    value
        ``True`` (every switch on, no outliers excluded), ``False``, or a mapping of switches; a switch that
        it does not name is off.

    Raises
    ------
    InputError
        When a switch is unknown or its value is not allowed.
    """
    if isinstance(value, bool):
        return ALL if value else Ibsi()
    if not isinstance(value, Mapping):
        raise InputError(
            f"{name}: ibsi is {value!r}; true, false or a mapping of switches was expected.",
            f"Switches: {', '.join(SWITCHES)}, outliers.",
        )
    require_known(name, "ibsi", value, (*SWITCHES, "outliers"))
    for switch, setting in value.items():
        if switch != "outliers" and not isinstance(setting, bool):
            raise InputError(
                f"{name}: ibsi.{switch} is {setting!r}; true or false was expected.", "Correct the value."
            )
    outliers = value.get("outliers")
    if outliers is not None and not _positive(outliers):
        raise InputError(
            f"{name}: ibsi.outliers is {outliers!r}; a number above 0 was expected.",
            "Give the number of standard deviations, such as 3, or remove the key.",
        )
    return Ibsi(**{**value, "outliers": None if outliers is None else float(outliers)})


def require_known(name: str, section: str, value: Mapping[Any, Any], known: tuple[str, ...]) -> None:
    """Raise `InputError` for an unknown key in a section of the file, and suggest the most similar key."""
    for key in value:
        if key not in known:
            raise InputError(
                f"{name}: unknown key {key!r} in {section}.",
                f"{did_you_mean(str(key), known)}Keys allowed here: {', '.join(known)}.",
            )


def _positive(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and value > 0


def require_no_contradiction(name: str, ibsi: Ibsi, setting: Mapping[str, Any]) -> None:
    """Raise `InputError` when a switch contradicts a setting of PyRadiomics.

    Parameters
    ----------
    name
        The file, for messages.
    ibsi
        Its switches.
    setting
        Its section `setting`.
    """
    if ibsi.rounding and setting.get("normalize", False):
        raise InputError(
            f"{name}: ibsi.rounding and normalize are both on.",
            "Rounding to whole numbers is meant for CT; a normalised image would lose its contrast. List the "
            "switches that you want, without rounding.",
        )
    if ibsi.morphological_mask and setting.get("resegmentShape", False):
        raise InputError(
            f"{name}: ibsi.morphological_mask and resegmentShape are both on.",
            "The first measures the shape of the whole mask, the second the shape after re-segmentation: "
            "choose one.",
        )
