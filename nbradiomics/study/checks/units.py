"""Check units: mixed units in one sequence, and diffusion coefficients in the wrong power of ten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.units import stated_units
from nbradiomics.dicom.units.known import known_unit
from nbradiomics.messages.problem import Problem

#: Plausible median of the diffusion coefficient of tissue, in mm2/s: from dense tumours to fluid.
PLAUSIBLE = (0.2e-3, 3.5e-3)
#: Factor from a unit of the diffusion coefficient to mm2/s.
_FACTORS = {"mm2/s": 1.0, "1e-3 mm2/s": 1e-3, "1e-5 mm2/s": 1e-5, "1e-6 mm2/s": 1e-6}
_ADC = re.compile(r"(?<![a-z])adc(?![a-z])|apparent.?diffusion")
#: Maps that are made from the coefficient, but are not one.
_OTHER_MAP = re.compile(r"err|exp|stdev|std|conf|r2")
_STATE = (
    "Bring all images of a sequence to one unit, or leave the others out, and write it in the column `unit` "
    "of the cohort table. Nothing is converted."
)


def is_adc(*names: str) -> bool:
    """Whether a name of a sequence or channel stands for a map of the apparent diffusion coefficient."""
    return any(
        _ADC.search(name.casefold()) and not _OTHER_MAP.search(name.casefold()) for name in names if name
    )


def likely_unit(typical: float) -> str:
    """Unit in which a median diffusion coefficient is plausible for tissue; empty if there is none.

    Parameters
    ----------
    typical
        Median of the values in the masks, or of the values above 0.
    """
    low, high = PLAUSIBLE
    return next((unit for unit, factor in _FACTORS.items() if low <= typical * factor <= high), "")


@dataclass(frozen=True)
class _Image:
    """An image with its unit: the line of its first row, and its median value (nan if unknown)."""

    line: int
    file: str
    name: str
    unit: str
    typical: float
    diffusion: bool

    @property
    def likely(self) -> str:
        return likely_unit(self.typical) if self.diffusion else ""


def check_units(table: pd.DataFrame, path: Path, typical: Mapping[str, float]) -> list[Problem]:
    """Warn about images of one sequence in several units, and about implausible diffusion coefficients.

    Parameters
    ----------
    table
        Table from `cohort_table.read_cohort_table`: row i is on line i + 2 of the file.
    path
        The file, for the messages.
    typical
        Median value by image file: in the masks if there are some, else of the values above 0.
    """
    problems = []
    for name, images in _by_sequence(table, path, typical).items():
        problems += _mixed(images, name, path)
        problems += [problem for image in images for problem in _implausible(image, path)]
    return problems


def _by_sequence(table: pd.DataFrame, path: Path, typical: Mapping[str, float]) -> dict[str, list[_Image]]:
    units = stated_units(table, path)
    groups: dict[str, list[_Image]] = {}
    rows = table.assign(unit=units)
    rows = rows[rows["image"] != ""].drop_duplicates(["sequence", "channel", "image"])
    for place, sequence, channel, file, unit in rows[["sequence", "channel", "image", "unit"]].itertuples(
        name=None
    ):
        known = known_unit(unit) or unit.strip()
        named = f"{sequence}, channel {channel}" if channel else str(sequence)
        diffusion = _is_coefficient(channel or sequence, known)
        image = _Image(int(place) + 2, file, named, known, typical.get(file, float("nan")), diffusion)
        groups.setdefault(named, []).append(image)
    return groups


def _is_coefficient(name: str, unit: str) -> bool:
    """Whether an image is a map of the coefficient itself, and not of its error, by its unit and name."""
    if unit:
        return unit in _FACTORS and not (_ADC.search(name.casefold()) and not is_adc(name))
    return is_adc(name)


def _mixed(images: list[_Image], name: str, path: Path) -> list[Problem]:
    """Find different stated units, or different powers of ten where no unit is stated."""
    stated = _counts([image.unit for image in images])
    likely = _counts([image.likely for image in images if image.likely and not image.unit])
    line = str(next((image.line for image in images if image.unit != images[0].unit), images[0].line))
    if len(stated) > 1:
        found = (
            f"the images of {name} do not all have one unit ({_listed(stated)}): their values cannot be "
            "compared."
        )
        return [Problem(str(path), line, "unit", "warning", found, _STATE)]
    if len(likely) > 1:
        line = str(next(image.line for image in images if image.likely not in ("", images[0].likely)))
        found = (
            f"the images of {name} seem to have different units, by the size of their values "
            f"({_listed(likely)}): their values cannot be compared."
        )
        return [Problem(str(path), line, "unit", "warning", found, _STATE)]
    return []


def _implausible(image: _Image, path: Path) -> list[Problem]:
    """Find a diffusion coefficient that no tissue has in its unit."""
    if not image.diffusion or image.typical != image.typical:
        return []
    likely = image.likely
    if image.unit == likely and likely:
        return []
    low, high = PLAUSIBLE
    where = f"{image.file}: the median of this map of the diffusion coefficient is {image.typical:.4g}"
    guess = f"it would be plausible in {likely}" if likely else "it is plausible in no usual unit"
    expected = f"tissue has {low:g} to {high:g} mm2/s"
    if image.unit:
        factor = _FACTORS[image.unit]
        here = f"{low / factor:g} to {high / factor:g} in this unit"
        found = f"{where} {image.unit}, but {expected} ({here}); {guess}."
        remedy = (
            "Look at the rescale slope of the series and at the program that wrote the file; correct the "
            "unit or the values."
        )
    elif likely == "mm2/s":
        return []
    else:
        found = f"{where}, and no unit is stated; {expected}, so {guess}."
        remedy = (
            "Write the unit in the column `unit` of the cohort table, such as 1e-6 mm2/s, or convert the "
            "values."
        )
    return [Problem(str(path), str(image.line), "image", "warning", found, remedy)]


def _counts(units: list[str]) -> dict[str, int]:
    return {unit: units.count(unit) for unit in dict.fromkeys(units)}


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{unit or 'not stated'}: {number}" for unit, number in counts.items())
