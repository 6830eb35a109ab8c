"""Features of one image and one mask."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.cohort.case_region import require_not_the_image
from nbradiomics.errors import InputError
from nbradiomics.features.absence import absent_features
from nbradiomics.features.bins import bin_width, span_finder
from nbradiomics.features.engines import native_engine, pyradiomics_engine
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.grid_cost import require_affordable
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.refusals import explained
from nbradiomics.images.fit import STRICT, Fit, fit_mask
from nbradiomics.images.io import describe, read_image
from nbradiomics.images.labels import plain_label
from nbradiomics.images.region import read_region

#: Engines by name.
ENGINES = {pyradiomics_engine.NAME: pyradiomics_engine, native_engine.NAME: native_engine}
DEFAULT_ENGINE = native_engine.NAME


def extract_features(
    image: str | Path | sitk.Image,
    mask: str | Path | sitk.Image,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    label: int | str | None = None,
    engine: str = DEFAULT_ENGINE,
) -> pd.Series:
    """Extract PyRadiomics features of one region of one image.

    Parameters
    ----------
    image, mask
        Files or images, three-dimensional and on one grid; on two where the settings `geometryTolerance` or
        `correctMask` allow it.
    params
        A PyRadiomics parameter file, the name of a preset (`presets`), or its content as a mapping.
    label
        Label of the region, as a number or a segment's name; several in a list (``"1,2"``), or ``"all"``, are
        united. It wins over the parameter file's; ``None`` takes that, or 1.
    engine
        Which engine computes the numbers; one of `ENGINES`.

    Returns
    -------
    pandas.Series
        One number per feature under PyRadiomics' name (``original_glcm_Contrast``). A feature that was asked
        for and has none is NaN, and a warning says why.

    Raises
    ------
    InputError
        When image or mask cannot be used, the mask is empty or lacks the label, or the parameters are
        not valid.

    Examples
    --------
    >>> features = extract_features("t2w.nii.gz", "tumour.nii.gz", params="t2w_mr_1mm")  # doctest: +SKIP
    """
    parameters = load_parameters(params)
    volume, region = read_pair(image, mask, resolve_label(parameters, label), parameters.fit)
    extraction = extract_region(volume, region, parameters, engine=engine, name=describe(image))
    if extraction.missing:
        warnings.warn(told(extraction.missing), stacklevel=2)
    missing = dict.fromkeys(extraction.missing, np.nan)
    return pd.Series({**missing, **extraction.values}, dtype=float)


def told(missing: Mapping[str, str]) -> str:
    """Reasons of missing features, each with how many there are."""
    reasons: dict[str, list[str]] = {}
    for name, reason in missing.items():
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"without a number: {first_of(names)}: {reason}" for reason, names in reasons.items())


def first_of(names: Sequence[str]) -> str:
    """The first three of some names."""
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def read_pair(
    image: str | Path | sitk.Image, mask: str | Path | sitk.Image, label: int | str, fit: Fit = STRICT
) -> tuple[sitk.Image, sitk.Image]:
    """Image, and the region of a label in a mask, on one grid unless `fit` allows another."""
    if not isinstance(image, sitk.Image) and not isinstance(mask, sitk.Image):
        require_not_the_image(Path(mask), Path(image))
    volume, region = read_image(image), read_region(mask, label)
    names = (f"mask {describe(mask)}", f"image {describe(image)}")
    return volume, fit_mask(region, volume, fit, names=names)


def resolve_label(parameters: Parameters, label: int | str | None) -> int | str:
    """Which label counts: the one given, which is the more specific, else the parameter file's, or 1."""
    if label is not None:
        return plain_label(label)
    return 1 if parameters.label is None else parameters.label


def label_note(parameters: Parameters, label: int | str | None) -> str:
    """A sentence where a label that was given overrules that of the parameter file; else empty."""
    named = parameters.label
    if label is None or named is None or plain_label(label) == named:
        return ""
    return f"label {label} was asked for and counts, not label {named} of {parameters.name}."


def require_engine(name: str) -> None:
    """Raise `InputError` unless there is an engine of this name."""
    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}.", f"Use one of: {', '.join(ENGINES)}.")


def require_able(name: str, parameters: Parameters) -> None:
    """Raise `InputError` unless there is an engine of this name, and it knows what the parameters ask for."""
    require_engine(name)
    if name == pyradiomics_engine.NAME:
        pyradiomics_engine.refuse_own(parameters)


def extract_region(
    image: sitk.Image, region: sitk.Image, parameters: Parameters, *, engine: str = DEFAULT_ENGINE, name: str
) -> Extraction:
    """Extract the features of a binary region (1 inside) on the image's own grid; `name` is for messages."""
    require_able(engine, parameters)
    require_finite(image, name)
    require_two_voxels(region, name)
    require_affordable(region, parameters)
    try:
        extraction: Extraction = ENGINES[engine].compute(image, region, parameters)
    except InputError as error:
        raise explained(error, image, region, parameters) from error
    return _with_reasons(extraction, region, parameters)


def _with_reasons(extraction: Extraction, region: sitk.Image, parameters: Parameters) -> Extraction:
    """What an engine gave, with the reason of every feature that was asked for and has no number."""
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    return replace(extraction, missing=absent_features(parameters, extraction, voxels))


def extract_regions(
    image: sitk.Image,
    regions: Mapping[str, sitk.Image],
    parameters: Parameters,
    *,
    engine: str = DEFAULT_ENGINE,
    name: str = "the image",
) -> dict[str, Extraction | InputError]:
    """Extract the features of several binary regions of one image, on its grid.

    The native engine does what does not depend on the region once: it normalises the image, and filters it
    where it is not cropped. Values are those of each region by itself, unless the parameters ask for
    ``crop: union``.

    Parameters
    ----------
    image
        Three-dimensional.
    regions
        By name: binary, 1 inside.
    parameters, engine
        What to compute, and with what.
    name
        What messages call the image.

    Returns
    -------
    dict
        By the name of the region: its features, or why it is refused.
    """
    require_able(engine, parameters)
    require_finite(image, name)
    refused: dict[str, Extraction | InputError] = {}
    for region_name, region in regions.items():
        try:
            require_two_voxels(region, region_name)
            require_affordable(region, parameters)
        except InputError as error:
            refused[region_name] = error
    sound = {region_name: region for region_name, region in regions.items() if region_name not in refused}
    found = ENGINES[engine].compute_together(image, list(sound.values()), parameters) if sound else []
    for (region_name, region), one in zip(sound.items(), found, strict=True):
        refused[region_name] = (
            explained(one, image, region, parameters)
            if isinstance(one, InputError)
            else _with_reasons(one, region, parameters)
        )
    return _with_spans(refused, image, sound, parameters)


def _with_spans(
    found: dict[str, Extraction | InputError],
    image: sitk.Image,
    regions: Mapping[str, sitk.Image],
    parameters: Parameters,
) -> dict[str, Extraction | InputError]:
    """Add the span of each region where the engine, as PyRadiomics, does not tell it and it is needed."""
    lacking = {name: one for name, one in found.items() if isinstance(one, Extraction) and one.span is None}
    if not lacking or bin_width(parameters) is None:
        return found
    span = span_finder(image, parameters)
    return found | {name: replace(one, span=span(regions[name])) for name, one in lacking.items()}


def require_finite(image: sitk.Image, name: str) -> None:
    """Raise `InputError` for an image with values that are no finite number."""
    bad = int(np.count_nonzero(~np.isfinite(sitk.GetArrayViewFromImage(image))))
    if bad:
        raise InputError(
            f"{name} has {bad} voxels that are no finite number.",
            "Normalisation and filters would spread them; replace them or export the image again.",
        )


def require_two_voxels(region: sitk.Image, name: str) -> None:
    """Raise `InputError` for a region that is empty or a single voxel."""
    inside = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    if inside < 2:
        found = "the mask is empty" if inside == 0 else "the mask holds a single voxel"
        raise InputError(f"{name}: {found}.", "There is nothing to measure in it; look at the mask.")
