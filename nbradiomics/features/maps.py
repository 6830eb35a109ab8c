"""Feature maps of one image and one mask: in memory, or as a folder of images."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.pieces import working_threads
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import content_hash, result_key
from nbradiomics.features.absence import absent_features
from nbradiomics.features.engines import native_engine as engine
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.engines.pyradiomics_engine import refusal
from nbradiomics.features.extract import (
    missing_text,
    read_pair,
    require_finite,
    require_two_voxels,
    resolve_label,
)
from nbradiomics.features.grid_cost import require_affordable
from nbradiomics.features.notes import listening
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.parameters.expected import SHAPES
from nbradiomics.features.refusals import explained
from nbradiomics.features.schema import MAPS
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.files.owned_folder import foreign_files
from nbradiomics.files.regular_file import read_own_json
from nbradiomics.images.io import describe, write_image
from nbradiomics.tables import write_table

if TYPE_CHECKING:
    from nbradiomics.features.native.voxel.maps import FeatureMap

PROVENANCE = "provenance.json"


def feature_maps(
    image: str | Path | sitk.Image,
    mask: str | Path | sitk.Image,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    label: int | str | None = None,
    threads: int = 1,
    progress: Progress = quiet,
) -> dict[str, sitk.Image]:
    """Make the feature maps of PyRadiomics' voxel-based extraction.

    Each voxel of the region gets the features of the box around it, which extends `kernelRadius` voxels in
    each direction. All maps are in memory at the same time: 8 bytes per feature and voxel of the crop (the
    region's box and `kernelRadius` voxels around it). 93 maps of a crop of 100 x 100 x 50 voxels take 370 MB
    for each image type. While a class is computed, its values within the region need 8 more bytes per feature
    and voxel of the region. `write_maps` keeps one map in memory at a time.

    Parameters
    ----------
    image, mask
        Files or images, three-dimensional and on the same grid.
    params
        A PyRadiomics parameter file, the name of a preset (`presets`), or its content as a mapping. The key
        `voxelSetting` contains `kernelRadius` (default 1), `maskedKernel` (true), `initValue` (0: the value
        of voxels outside the region) and `voxelBatch` (-1: all voxels at a time). Without `featureClass` all
        features are computed; shape classes have no maps.
    label
        Label of the region, as a number or a segment's name. ``None`` uses the parameter file's, or 1.
    threads
        Threads that measure the boxes; the maps are the same for any number.
    progress
        Progress display.

    Returns
    -------
    dict
        Map by PyRadiomics' name (``original_glcm_Contrast``), 64-bit, on the grid of the crop. A voxel is NaN
        where a feature is undefined (SimpleITK reads a NaN of a NIfTI file as 0; nibabel reads NaN). As in
        PyRadiomics, two kinds of map have the value `initValue` everywhere: the map of a deprecated feature
        that has no value; and, batch by batch, the map of the GLCM's MCC if some boxes of a batch have no
        pairs in a direction in which other boxes have, which is common with all voxels in one batch.
        `voxelBatch` 1 computes each voxel alone. A requested map that cannot be computed is left out, and a
        warning gives the reason.

    Raises
    ------
    InputError
        When the image or mask cannot be used, or the parameters are not valid.

    Examples
    --------
    >>> maps = feature_maps("t2w.nii.gz", "tumour.nii.gz", params="t2w_mr_1mm")  # doctest: +SKIP
    """
    parameters = load_parameters(params)
    missing: dict[str, str] = {}
    found = _made(image, mask, parameters, resolve_label(parameters, label), None, progress, missing)
    with working_threads(threads):
        maps = {one.name: one.image for one in found}
    if missing:
        warnings.warn(missing_text(missing), stacklevel=2)
    return maps


def write_maps(
    image: Path,
    mask: Path,
    out: Path,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    label: int | str | None = None,
    threads: int = 1,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Write feature maps into a folder, one NIfTI file each, with a table and the provenance.

    One map is in memory at a time. While a class is computed, its values within the region (8 bytes per
    feature and voxel) are in memory up to 256 MB; larger values go to an unnamed temporary file in `out`,
    which is removed when the class is done.

    Parameters
    ----------
    image, mask
        Files, three-dimensional and on the same grid.
    out
        Folder that is new, empty, or written by the same call before: same image, mask, label and parameters,
        and the same version of this package. In that case its maps are computed again.
    params, label, threads, progress
        As in `feature_maps`.

    Returns
    -------
    pandas.DataFrame
        One row per map, with the columns of `features.schema.MAPS`. Also written as ``maps.csv``.
        ``attrs["missing"]`` contains the reasons of requested maps that cannot be computed, by map name.

    Raises
    ------
    InputError
        As in `feature_maps`; also when the folder contains other files, or the disk is full.
    """
    parameters = load_parameters(params)
    wanted = resolve_label(parameters, label)
    key = result_key(
        "maps",
        image=content_hash(image),
        mask=content_hash(mask),
        params=parameters.fingerprint,
        label=str(wanted),
        engine=engine.engine_version(),
    )
    with working_in(out, f"maps of {image} and {mask}", key), working_threads(threads):
        require_own_folder(out, key)
        rows: list[dict[str, Any]] = []
        missing: dict[str, str] = {}
        with closing(_made(image, mask, parameters, wanted, out, progress, missing)) as found:
            for one in found:
                if not rows:  # a refused region leaves no file behind
                    write_provenance(
                        out / PROVENANCE,
                        inputs=[image, mask],
                        maps={
                            "key": key,
                            "engine": f"{engine.NAME} {engine.engine_version()}",
                            "label": wanted,
                            "parameters": {"name": parameters.name, "text": parameters.text},
                        },
                    )
                rows.append(_written(one, out / f"{one.name}.nii.gz"))
                del one  # before the next is made
        table = MAPS.table(rows)
        write_table(table, out / MAPS.file)
        table.attrs["missing"] = missing
        return table


def _written(one: FeatureMap, path: Path) -> dict[str, Any]:
    """Write a map, and return its row of the table."""
    write_image(one.image, path)
    known = one.values[~np.isnan(one.values)]
    minimum, median, maximum = (
        np.quantile(known, (0, 0.5, 1), overwrite_input=True) if known.size else (np.nan,) * 3
    )
    return {
        "feature": one.name,
        "file": path.name,
        "minimum": minimum,
        "median": median,
        "maximum": maximum,
        "undefined": one.values.size - known.size,
    }


def _made(
    image: str | Path | sitk.Image,
    mask: str | Path | sitk.Image,
    parameters: Parameters,
    label: int | str,
    folder: Path | None,
    progress: Progress,
    missing: dict[str, str],
) -> Generator[FeatureMap, None, None]:
    """Make the maps one at a time; at the end `missing` contains why requested maps were not computed."""
    # The kernels import Numba, which is slow: import them only when they are needed.
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.native.voxel.maps import native_maps

    if parameters.own.asks:
        raise InputError(
            f"{parameters.name} requests {' and '.join(parameters.own.keys)} in its section `nbradiomics`, "
            "which maps do not support.",
            "Remove these keys from the section.",
        )
    volume, region = read_pair(image, mask, label, parameters.fit)
    require_finite(volume, describe(image))
    require_two_voxels(region, describe(image))
    require_affordable(region, parameters)
    made: dict[str, float] = {}
    with listening() as notes, _refusals(volume, region, parameters):
        plan = Plan.of(parameters)
        with closing(native_maps(volume, region, plan, folder=folder, progress=progress)) as found:
            for one in found:
                made[one.name] = 0.0
                yield one
                del one  # before the next is made
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    why = absent_features(parameters, Extraction(made, notes), voxels)
    missing |= {name: reason for name, reason in why.items() if name.split("_")[1] not in SHAPES}
    if not made:
        raise InputError(
            missing_text(missing) + "." if missing else f"{parameters.name} requests no class that has maps.",
            "Add firstorder or a texture class to featureClass; shape classes have no maps."
            if not missing
            else "Correct the parameter file.",
        )


@contextmanager
def _refusals(image: sitk.Image, region: sitk.Image, parameters: Parameters) -> Iterator[None]:
    """Report in PyRadiomics' words why a region is refused, and how many voxels remain after resampling."""
    try:
        yield
    # ITK raises RuntimeError when it refuses something, such as a region that vanishes by resampling.
    except (ValueError, RuntimeError) as error:
        raise explained(refusal(error), image, region, parameters) from error


def require_own_folder(out: Path, key: str) -> None:
    """Refuse a folder that contains anything except maps of the same call."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file, not a folder.", "Choose a new folder for the maps.")
    try:
        stored_key = read_own_json(out / PROVENANCE)["maps"]["key"]
    except (OSError, ValueError, KeyError, TypeError):
        stored_key = None
    if stored_key != key and next(foreign_files(out), None):
        raise InputError(
            f"{out} contains files of another call (another image, mask, label or parameters).",
            "Choose a new folder for the maps, or empty this one.",
        )
