"""Switches that make PyRadiomics' features comply with the IBSI where it goes a way of its own.

The Image Biomarker Standardisation Initiative (Zwanenburg et al. 2020, Radiology 295:328-338; the reference
manual, arXiv:1612.07003) defines processing steps as well as features. With every switch off the
engine does as PyRadiomics does.
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
    """Where the engine follows the IBSI instead of PyRadiomics.

    Attributes
    ----------
    excess_kurtosis
        Kurtosis has 3 subtracted: 0 for a normal distribution.
    sample_covariance
        The three axis lengths of the class `shape` come from a covariance divided by N - 1, as the reference
        values do, where PyRadiomics divides by N.
    grid_alignment
        Resampling aligns the centres of the two grids; PyRadiomics aligns their first corners.
    mask_interpolation
        The mask is resampled linearly, and a voxel belongs to the region from one half on; PyRadiomics takes
        the nearest voxel.
    rounding
        Resampled intensities are rounded to whole numbers: for CT, whose unit is the whole Hounsfield unit.
    morphological_mask
        The shape is that of the whole mask; PyRadiomics crops it to what re-segmentation leaves.
    lower_bin_edge
        Bins of a fixed width start at the lower limit of `resegmentRange` and are counted from there; where
        there is no absolute limit, and in filtered images, at the lowest intensity of the region. PyRadiomics
        starts at a multiple of the width.
    bin_number
        The edges of a fixed number of bins are rounded once: an intensity that lies on an edge belongs to the
        upper bin. PyRadiomics sums up a rounded width, so that it may fall into the lower one.
    outliers
        Intensities farther from the mean than so many standard deviations are left out, beside
        `resegmentRange`: both limits come from the same region, and what is within both is kept. ``None``
        leaves none out. PyRadiomics has one of the two.
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
        """Whether resampling is another than PyRadiomics'."""
        return self.grid_alignment or self.mask_interpolation or self.rounding


#: Switches that are on or off.
SWITCHES = tuple(field.name for field in dataclasses.fields(Ibsi) if field.name != "outliers")
#: All of them on: what `ibsi: true` says.
ALL = Ibsi(**dict.fromkeys(SWITCHES, True))


def ibsi_of(name: str, value: Any) -> Ibsi:
    """Read the key `ibsi` of a parameter file.

    Parameters
    ----------
    name
        The file, for messages.
    value
        ``True`` (every switch, no outliers left out), ``False``, or a mapping of switches; a switch that it
        does not name is off.

    Raises
    ------
    InputError
        When there is no such switch, or its value is none of its own.
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
            "Give the number of standard deviations, such as 3, or leave the key out.",
        )
    return Ibsi(**{**value, "outliers": None if outliers is None else float(outliers)})


def require_known(name: str, section: str, value: Mapping[Any, Any], known: tuple[str, ...]) -> None:
    """Raise `InputError` for a key that the section of the file does not have, with the one most like it."""
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
    """Raise `InputError` when a switch and a setting of PyRadiomics cannot both be meant.

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
            "Rounding to whole numbers is meant for CT; a normalised image would lose its contrast. Name the "
            "switches that you want, without rounding.",
        )
    if ibsi.morphological_mask and setting.get("resegmentShape", False):
        raise InputError(
            f"{name}: ibsi.morphological_mask and resegmentShape are both on.",
            "The first measures the shape of the whole mask, the second what re-segmentation leaves of it: "
            "choose one.",
        )
