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
from nbradiomics.execution.pieces import threads as threads_now, working_threads
from nbradiomics.features.absence import absent_features, is_complete
from nbradiomics.features.bins import bin_width, span_finder
from nbradiomics.features.engines import native_engine, pyradiomics_engine
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.grid_cost import require_affordable
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.refusals import explained
from nbradiomics.features.settings import require_one_thread
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
    threads: int = 1,
) -> pd.Series:
    """Extract PyRadiomics features of one region of one image.

    Parameters
    ----------
    image, mask
        Files or images, three-dimensional and on the same grid, unless the settings `geometryTolerance` or
        `correctMask` allow different grids.
    params
        A PyRadiomics parameter file, the name of a preset (`presets`), or its content as a mapping.
    label
        Label of the region, as a number or a segment's name. Several labels (``"1,2"``, or ``"all"``) are
        united. It overrides the label of the parameter file; ``None`` uses that label, or 1 if it has none.
    engine
        Engine that computes the features; one of `ENGINES`.
    threads
        Threads for this image, which save time if the region is large or there are many filters. The features
        are the same for any number. Up to this many filtered images are in memory at the same time. The
        engine ``pyradiomics`` has one thread.

    Returns
    -------
    pandas.Series
        One number per feature under PyRadiomics' name (``original_glcm_Contrast``), see `feature_dictionary`
        for units and meanings. A requested feature that has no value is NaN, and a warning gives the reason.

    Raises
    ------
    InputError
        When the image or mask cannot be used, the mask is empty or lacks the label, the parameters are not
        valid, or the engine has no threads.

    Examples
    --------
    >>> features = extract_features("t2w.nii.gz", "tumour.nii.gz", params="t2w_mr_1mm")  # doctest: +SKIP
    """
    parameters = load_parameters(params)
    volume, region = read_pair(image, mask, resolve_label(parameters, label), parameters.fit)
    with working_threads(threads):
        extraction = extract_region(volume, region, parameters, engine=engine, name=describe(image))
    if extraction.missing:
        warnings.warn(missing_text(extraction.missing), stacklevel=2)
    values = {**dict.fromkeys(extraction.missing, np.nan), **extraction.values}
    names = pd.Index(list(values), dtype=object)  # else pandas looks at each name for its type
    return pd.Series(np.fromiter(values.values(), float, len(values)), index=names)


def missing_text(missing: Mapping[str, str]) -> str:
    """List the reasons of missing features, each with the first features that it applies to."""
    reasons: dict[str, list[str]] = {}
    for name, reason in missing.items():
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"missing value: {first_of(names)}: {reason}" for reason, names in reasons.items())


def first_of(names: Sequence[str]) -> str:
    """Join the first three names."""
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def read_pair(
    image: str | Path | sitk.Image, mask: str | Path | sitk.Image, label: int | str, fit: Fit = STRICT
) -> tuple[sitk.Image, sitk.Image]:
    """Read an image, and the region of a label in a mask, on the same grid unless `fit` allows another."""
    if not isinstance(image, sitk.Image) and not isinstance(mask, sitk.Image):
        require_not_the_image(Path(mask), Path(image))
    volume, region = read_image(image), read_region(mask, label)
    names = (f"mask {describe(mask)}", f"image {describe(image)}")
    return volume, fit_mask(region, volume, fit, names=names)


def resolve_label(parameters: Parameters, label: int | str | None) -> int | str:
    """Return the label to use: the argument if it is given, else the parameter file's label, else 1."""
    if label is not None:
        return plain_label(label)
    return 1 if parameters.label is None else parameters.label


def label_note(parameters: Parameters, label: int | str | None) -> str:
    """A sentence if the requested label overrides the label of the parameter file; else empty."""
    named = parameters.label
    if label is None or named is None or plain_label(label) == named:
        return ""
    return f"label {label} was requested and overrides label {named} of {parameters.name}."


def require_engine(name: str) -> None:
    """Raise `InputError` unless there is an engine of this name."""
    if name not in ENGINES:
        raise InputError(f"unknown engine {name!r}.", f"Use one of: {', '.join(ENGINES)}.")


def require_able(name: str, parameters: Parameters, threads: int | None = None) -> None:
    """Raise `InputError` unless the engine exists, is installed, and supports parameters and threads."""
    require_engine(name)
    if name == pyradiomics_engine.NAME:
        require_one_thread(name, threads or 1)
        pyradiomics_engine.require_installed()
        pyradiomics_engine.refuse_own_section(parameters)


def extract_region(
    image: sitk.Image, region: sitk.Image, parameters: Parameters, *, engine: str = DEFAULT_ENGINE, name: str
) -> Extraction:
    """Extract the features of a binary region (1 inside) on the image's grid; `name` is for messages."""
    require_able(engine, parameters, threads_now())
    require_finite(image, name)
    require_two_voxels(region, name)
    require_affordable(region, parameters)
    try:
        extraction: Extraction = ENGINES[engine].compute(image, region, parameters)
    except InputError as error:
        raise explained(error, image, region, parameters) from error
    return _with_reasons(extraction, region, parameters)


def _with_reasons(extraction: Extraction, region: sitk.Image, parameters: Parameters) -> Extraction:
    """Add to an extraction the reason of every requested feature that has no value."""
    if is_complete(parameters, extraction):
        return extraction
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

    The native engine does the steps that do not depend on the region only once: it normalises the image, and
    filters it if it is not cropped. The values are the same as for each region alone, unless the parameters
    request ``crop: union``.

    Parameters
    ----------
    image
        Three-dimensional.
    regions
        Binary regions (1 inside) by name.
    parameters, engine
        Features to compute, and the engine that computes them.
    name
        Name of the image in messages.

    Returns
    -------
    dict
        By the name of the region: its features, or the reason why it is refused.
    """
    require_able(engine, parameters, threads_now())
    require_finite(image, name)
    results: dict[str, Extraction | InputError] = {}
    for region_name, region in regions.items():
        try:
            require_two_voxels(region, region_name)
            require_affordable(region, parameters)
        except InputError as error:
            results[region_name] = error
    usable = {region_name: region for region_name, region in regions.items() if region_name not in results}
    computed = ENGINES[engine].compute_together(image, list(usable.values()), parameters) if usable else []
    for (region_name, region), result in zip(usable.items(), computed, strict=True):
        results[region_name] = (
            explained(result, image, region, parameters)
            if isinstance(result, InputError)
            else _with_reasons(result, region, parameters)
        )
    return _with_spans(results, image, usable, parameters)


def extract_pipelines(
    image: sitk.Image,
    pipelines: Mapping[str, tuple[sitk.Image, Parameters]],
    *,
    engine: str = DEFAULT_ENGINE,
    name: str = "the image",
) -> dict[str, Extraction | InputError]:
    """Extract the features of binary regions of one image, each with its own parameters.

    The values are those of `extract_region`; the native engine does steps that several pipelines have in
    common only once.

    Parameters
    ----------
    image
        Three-dimensional.
    pipelines
        Region (1 inside) and parameters by name. Pipelines of one region should share the object.
    engine, name
        As in `extract_regions`.

    Returns
    -------
    dict
        By the name of the pipeline: its features, or the reason why it is refused.
    """
    require_finite(image, name)
    results: dict[str, Extraction | InputError] = {}
    for pipeline, (region, parameters) in pipelines.items():
        try:
            require_able(engine, parameters, threads_now())
            require_two_voxels(region, pipeline)
            require_affordable(region, parameters)
        except InputError as error:
            results[pipeline] = error
    usable = {pipeline: one for pipeline, one in pipelines.items() if pipeline not in results}
    computed = ENGINES[engine].compute_pipelines(image, list(usable.values())) if usable else []
    for (pipeline, (region, parameters)), result in zip(usable.items(), computed, strict=True):
        results[pipeline] = (
            explained(result, image, region, parameters)
            if isinstance(result, InputError)
            else _with_reasons(result, region, parameters)
        )
        results |= _with_spans({pipeline: results[pipeline]}, image, {pipeline: region}, parameters)
    return results


def _with_spans(
    results: dict[str, Extraction | InputError],
    image: sitk.Image,
    regions: Mapping[str, sitk.Image],
    parameters: Parameters,
) -> dict[str, Extraction | InputError]:
    """Add the span of each region if it is needed and the engine, such as PyRadiomics, does not report it."""
    lacking = {name: one for name, one in results.items() if isinstance(one, Extraction) and one.span is None}
    if not lacking or bin_width(parameters) is None:
        return results
    span = span_finder(image, parameters)
    return results | {name: replace(one, span=span(regions[name])) for name, one in lacking.items()}


def require_finite(image: sitk.Image, name: str) -> None:
    """Raise `InputError` for an image with voxels that are NaN or infinite."""
    voxels = sitk.GetArrayViewFromImage(image)
    # Extremes are NaN or infinite if any voxel is, and are found in a fifth of the time.
    if voxels.dtype.kind != "f" or np.isfinite([voxels.min(), voxels.max()]).all():
        return
    bad = int(np.count_nonzero(~np.isfinite(voxels)))
    if bad:
        raise InputError(
            f"{name} has {bad} voxels that are NaN or infinite.",
            "Normalisation and filters would spread these values; replace them or export the image again.",
        )


def require_two_voxels(region: sitk.Image, name: str) -> None:
    """Raise `InputError` for a region that is empty or a single voxel."""
    inside = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    if inside < 2:
        found = "the mask is empty" if inside == 0 else "the mask has a single voxel"
        raise InputError(f"{name}: {found}.", "Features cannot be computed from it; check the mask.")
