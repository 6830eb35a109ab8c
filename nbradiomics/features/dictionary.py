"""The data dictionary: what each feature of a table means, and what changes its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.features.dictionary_schema import DICTIONARY
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.parameters.expected import expected_features
from nbradiomics.features.parameters.filters.meaning import kind_of_filter
from nbradiomics.nomenclature.entry import Claims, Entry, Unchanged
from nbradiomics.nomenclature.filtered import INTENSITY, Kind, kind_of
from nbradiomics.nomenclature.registry import ENTRIES, FORMS, PYRADIOMICS, Named, find

#: Features that a switch of the section `ibsi` gives the IBSI's definition, with that of the IBSI.
_SWITCHED = {
    "excess_kurtosis": {"firstorder_Kurtosis": "stat_kurt"},
    "sample_covariance": {
        "shape_MajorAxisLength": "morph_pca_maj_axis",
        "shape_MinorAxisLength": "morph_pca_min_axis",
        "shape_LeastAxisLength": "morph_pca_least_axis",
    },
}
_UNKNOWN = "not known here"


def feature_dictionary(params: str | Path | Mapping[str, Any] | Parameters | None = None) -> pd.DataFrame:
    """Describe every feature that a parameter file makes.

    Parameters
    ----------
    params
        A parameter file, the name of a preset, or its content as a mapping. ``None`` describes all classes of
        PyRadiomics, retired features included, and all families of the IBSI, in the original image.

    Returns
    -------
    pandas.DataFrame
        A row for each feature, in the order of the feature table. The columns are those of the table
        "Data dictionary" in docs/tables.md: filter, meaning, IBSI code, unit and bounds of the value, whether
        it is confounded with the volume or depends on the number of grey levels, and when it stays the same.

    Raises
    ------
    InputError
        When the parameters are not valid.

    Notes
    -----
    A claim ``yes`` holds for every region; ``no`` means that it does not hold, or is not claimed. Claims
    consider the file: for example nothing is claimed of a shift of the intensities if `resegmentRange` has
    absolute limits, because the region then changes with them.

    Examples
    --------
    >>> table = feature_dictionary({"featureClass": {"glcm": ["Contrast"]}})
    >>> table.loc[0, ["ibsi_code", "unit", "volume"]].tolist()
    ['ACUI', 'none', 'no']
    """
    parameters = load_parameters(_everything() if params is None else params)
    steps = _Steps.of(parameters)
    rows = [_row(name, steps) for name in expected_features(parameters)]
    return DICTIONARY.table(rows)


def _everything() -> dict[str, Any]:
    """Parameters of all classes with all of their features, and of all families."""
    classes: dict[str, list[str]] = {}
    for entry in ENTRIES.values():
        if entry.class_ in PYRADIOMICS:
            classes.setdefault(entry.class_, []).append(entry.feature)
    return {"featureClass": classes, "nbradiomics": {"families": "all"}}


@dataclass(frozen=True)
class _Steps:
    """Steps before the features on which claims depend.

    Attributes
    ----------
    unit
        Unit of the intensities of the original image.
    normalised
        Whether the image is normalised: a shift or scale of its intensities then has no effect.
    thresholds
        Whether the region depends on absolute intensities, or intensities are rounded.
    relative
        Whether the region depends on parts of the highest intensity.
    grid
        Whether the image is resampled on a grid that starts at a corner of it.
    flat
        Axis of slices of textures, ``None`` in space; slices are turned in the image if it is not 0.
    bins_of_ivh
        Whether levels of the intensity-volume histogram are bins, which have no unit.
    switched
        PyRadiomics' features that have the IBSI's definition, with its key.
    filters
        Kinds of the images of the IBSI's filters, by their names.
    """

    unit: str
    normalised: bool
    thresholds: bool
    relative: bool
    grid: bool
    flat: int | None
    bins_of_ivh: bool
    switched: Mapping[str, str]
    filters: Mapping[str, Kind]

    @classmethod
    def of(cls, parameters: Parameters) -> _Steps:
        setting = parameters.content.get("setting") or {}
        ibsi = parameters.own.ibsi
        normalised = bool(setting.get("normalize", False))
        mode = setting.get("resegmentMode", "absolute") if setting.get("resegmentRange") else ""
        return cls(
            unit=f"normalised {INTENSITY}" if normalised else INTENSITY,
            normalised=normalised,
            thresholds=not normalised and (mode == "absolute" or ibsi.rounding),
            relative=mode == "relative",
            grid=any(setting.get("resampledPixelSpacing") or ()),
            flat=setting.get("force2Ddimension", 0) if setting.get("force2D", False) else None,
            bins_of_ivh=parameters.own.families.ivh.number is not None,
            switched={
                key: theirs
                for switch, keys in _SWITCHED.items()
                if getattr(ibsi, switch)
                for key, theirs in keys.items()
            },
            filters={one.name: kind_of_filter(one) for one in parameters.own.filters},
        )

    def kind(self, image: str) -> Kind:
        """Return the kind of an image by its name."""
        return self.filters.get(image) or kind_of(image)


def _row(column: str, steps: _Steps) -> dict[str, Any]:
    named = find(column)
    if named is None:
        image, class_, feature = (*column.split("_", 2), "", "")[:3]
        return {**dict.fromkeys(DICTIONARY.names, ""), "feature": column, "image": image, "class": class_} | {
            "name": feature,
            "definition": _UNKNOWN,
        }
    entry, kind = _switched(named.entry, steps), steps.kind(named.image)
    bins = entry.class_ == "ivh" and (steps.bins_of_ivh or kind.prefix != "original")
    return {
        "feature": column,
        "image": named.image,
        "filter": kind.definition,
        "filter_formula": kind.formula,
        "filter_code": kind.code,
        "class": entry.class_,
        "name": f"{entry.name} ({FORMS[named.form]})" if named.form else entry.name,
        "definition": entry.definition,
        "formula": entry.formula,
        "ibsi_code": entry.code,
        "without_code": entry.without_code,
        "unit": _unit(entry.unit, kind, steps, bins=bins),
        "lowest": kind.lowest(entry),
        "highest": entry.highest,
        "volume": "yes" if entry.volume else "no",
        "volume_reason": entry.volume,
        "grey_levels": "yes" if entry.grey_levels else "no",
        "translation": "yes" if kind.translation and not steps.grid else "no",
        "rotation": _rotation(named, kind, steps),
        **_intensities(entry, kind, steps, bins=bins or entry.class_ != "ivh"),
        "deprecated": entry.deprecated,
    }


def _switched(entry: Entry, steps: _Steps) -> Entry:
    """Give a feature the IBSI's definition if a switch does so."""
    theirs = ENTRIES.get(steps.switched.get(entry.key, ""))
    if theirs is None:
        return entry
    return replace(theirs, class_=entry.class_, feature=entry.feature)


def _unit(powers: str, kind: Kind, steps: _Steps, *, bins: bool) -> str:
    """Spell a unit out: ``mm3 I2`` is ``mm3 intensity2``."""
    unit = steps.unit if kind.prefix == "original" else kind.unit.replace(INTENSITY, steps.unit)
    if powers == "level":
        return "number of the bin" if bins else unit
    words = []
    for part in powers.split():
        power = part[1:] if part.startswith("I") else ""
        spelled = f"({unit}){power}" if power and not unit.isalpha() else f"{unit}{power}"
        words += [part] if not part.startswith("I") else [spelled] if unit else []
    return " ".join(words) or "none"


def _rotation(named: Named, kind: Kind, steps: _Steps) -> Unchanged:
    entry = named.entry
    in_slices = named.form.startswith("2")
    if entry.class_ in PYRADIOMICS and entry.class_ != "firstorder" and entry.grey_levels:
        in_slices = steps.flat is not None
        if steps.flat:
            return "no"
    if "no" in (kind.rotation, entry.rotation) or steps.grid:
        return "no"
    return "in slices" if in_slices or kind.rotation == "in slices" else entry.rotation


def _intensities(entry: Entry, kind: Kind, steps: _Steps, *, bins: bool) -> dict[str, str]:
    """Claims under a shift and a scale of the intensities, for each way of binning."""
    by_image = entry.class_ not in ("shape", "shape2D")
    # Of local binary patterns, which have no unit, nothing is claimed: rounding decides ties.
    normalised = steps.normalised and bool(kind.unit)
    claims: dict[str, str] = {}
    for change, effect, own in (("shift", kind.shift, entry.shift), ("scale", kind.scale, entry.scale)):
        kept = _kept(own, "none" if normalised else effect) if by_image else own
        if steps.thresholds or not bins or (steps.relative and change == "shift"):
            kept = ("no", "no")
        claims |= {f"{change}_bin_width": kept[0], f"{change}_bin_count": kept[1]}
    return claims


def _kept(own: Claims, effect: str) -> Claims:
    """Combine what a change does to the filtered image with what the feature makes of it."""
    if own == ("yes", "yes") and effect != "other":
        return own
    kept: dict[str, Claims] = {"none": ("yes", "yes"), "same": own, "moved": ("no", own[1])}
    return kept.get(effect, ("no", "no"))
