"""Compare the native engine with the reference values of the IBSI's first chapter."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from nbradiomics.features.compliance.ibsi_names import COMPUTED, plain_tag
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.engines.native_engine import compute
from nbradiomics.features.parameters import Own, Parameters, load_parameters
from nbradiomics.features.parameters.ibsi import ALL, Ibsi
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region

#: Significant digits of the printed reference values.
_DIGITS = 3


@dataclass(frozen=True)
class Comparison:
    """One of the IBSI's comparisons.

    Attributes
    ----------
    title
        Title for people.
    preset
        Preset with the parameters of the comparison.
    images
        Prefix of the names of its image and mask in the folder of the IBSI's data.
    reference
        File of the reference values in the same folder.
    """

    title: str
    preset: str
    images: str
    reference: str


#: Every comparison; those of `COMPARISONS` have the forms of PyRadiomics' features.
ALL_COMPARISONS = {
    "digital": Comparison(
        "Digital phantom", "ibsi_digital_phantom", "digital_phantom", "reference_dig_phantom.csv"
    ),
    **{
        letter: Comparison(
            f"CT phantom, configuration {letter}",
            f"ibsi_ct_phantom_{letter.lower()}",
            "ct_phantom",
            f"reference_chest_config_{letter.lower()}.csv",
        )
        for letter in "ABCDE"
    },
}
COMPARISONS = {key: one for key, one in ALL_COMPARISONS.items() if key not in ("A", "B")}


class Phantom:
    """A phantom with its reference values, and its features for any set of switches.

    Parameters
    ----------
    comparison
        Comparison of the phantom.
    folder
        Folder of the IBSI's data: images, masks and reference values.
    """

    def __init__(self, comparison: Comparison, folder: Path) -> None:
        self.title = comparison.title
        self._image, self._region = images_of(comparison, folder)
        self.parameters = _all_features(load_parameters(comparison.preset))
        self.reference = reference_values(folder / comparison.reference)

    @property
    def switches(self) -> Ibsi:
        """Every switch on, with the outliers of the preset."""
        return dataclasses.replace(ALL, outliers=self.parameters.own.ibsi.outliers)

    def features(self, ibsi: Ibsi) -> dict[str, float]:
        """Compute the features by tag without its form."""
        parameters = dataclasses.replace(self.parameters, own=Own(ibsi=ibsi))
        extraction: Extraction = compute(self._image, self._region, parameters)
        return {tag: extraction.values[f"original_{name}"] for tag, name in COMPUTED.items()}

    def compliant(self, ibsi: Ibsi) -> set[str]:
        """Return the tags, without their form, of the features within the tolerance of their reference."""
        values = self.features(ibsi)
        return {tag for tag, value in values.items() if complies(value, *self.reference.loc[tag])}


def images_of(comparison: Comparison, folder: Path) -> tuple[sitk.Image, sitk.Image]:
    """Read image and region of a phantom; `folder` holds the IBSI's data."""
    stem = folder / comparison.images
    image = read_image(f"{stem}_image.nii.gz")
    region: sitk.Image = read_region(f"{stem}_mask.nii.gz", 1)
    region.CopyInformation(image)
    return image, region


def _all_features(parameters: Parameters) -> Parameters:
    """Request every feature that has a reference value, retired ones too, with the same processing."""
    classes: dict[str, list[str]] = {}
    for name in COMPUTED.values():
        feature_class, feature = name.split("_")
        classes.setdefault(feature_class, []).append(feature)
    content: dict[str, Any] = {**parameters.content, "featureClass": classes}
    return dataclasses.replace(parameters, content=content)


def reference_values(file: str | Path) -> pd.DataFrame:
    """Read a file of the IBSI: ``reference`` and ``tolerance`` by tag without its form.

    Forms that PyRadiomics does not have (in planes, merged over directions) are left out, and so are rows
    that describe the image instead of a feature.
    """
    table = pd.read_csv(file, sep=";")
    table.index = pd.Index([plain_tag(tag) for tag in table["tag"]], name="tag")
    table = table.rename(columns={"reference value": "reference"})[["reference", "tolerance"]]
    return table[table.index.notna()]


def complies(value: float, reference: float, tolerance: float) -> bool:
    """Whether a value, rounded to the three digits of the reference, is within its tolerance.

    Parameters
    ----------
    value, reference, tolerance
        In the feature's unit; the tolerance may be 0.
    """
    # The difference of two printed numbers may exceed the printed tolerance by a rounding error.
    return abs(printed(value) - reference) <= tolerance + 1e-9 * abs(reference)


def printed(value: float) -> float:
    """Round to the number of digits of the reference values."""
    return float(f"{value:.{_DIGITS - 1}e}") if math.isfinite(value) else value


def verdicts(phantom: Phantom) -> pd.DataFrame:
    """Compare a phantom's features with their reference values.

    Returns
    -------
    pandas.DataFrame
        One row per computed feature, by tag without its form: ``feature, value`` (every switch on),
        ``reference, tolerance, complies`` (every switch on), ``unswitched`` (whether it complies with every
        switch off), ``switches``: the smallest set of switches with which it complies, the first in the order
        of `Ibsi` among sets of the same size; empty if it needs no switch or no switch helps.
    """
    values = phantom.features(phantom.switches)
    reference = phantom.reference
    good = {tag for tag, value in values.items() if complies(value, *reference.loc[tag])}
    plain = phantom.compliant(Ibsi())
    needed = fewest_switches(phantom, good - plain)
    rows = [
        {
            "tag": tag,
            "feature": name,
            "value": values[tag],
            "reference": reference.loc[tag, "reference"],
            "tolerance": reference.loc[tag, "tolerance"],
            "complies": tag in good,
            "unswitched": tag in plain,
            "switches": needed.get(tag, ()),
        }
        for tag, name in COMPUTED.items()
    ]
    return pd.DataFrame(rows).set_index("tag")


def fewest_switches(phantom: Phantom, tags: set[str]) -> dict[str, tuple[str, ...]]:
    """Find for each tag the smallest set of switches with which the feature complies."""
    full = dataclasses.asdict(phantom.switches)
    names = [name for name, value in full.items() if value]
    fewest: dict[str, tuple[str, ...]] = {}
    for number in range(1, len(names) + 1):
        for chosen in combinations(names, number):
            if tags <= fewest.keys():
                return fewest
            passed = phantom.compliant(switched(full, chosen))
            fewest |= {tag: chosen for tag in tags & passed if tag not in fewest}
    return fewest


def switched(full: Mapping[str, Any], chosen: tuple[str, ...]) -> Ibsi:
    """Return only the chosen switches, with their values in `full`."""
    return Ibsi(**{name: full[name] for name in chosen})


def verdict(row: pd.Series) -> str:
    """Describe whether a feature complies; `row` is a row of `verdicts`."""
    if not row["complies"]:
        return "differs: unknown"
    if row["unswitched"]:
        return "complies"
    return "complies with " + ", ".join(f"`{name}`" for name in row["switches"])
