"""Response maps: the images of the filters of a parameter file, in memory or as a folder of files."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.execution.provenance import write_provenance
from nbradiomics.execution.workspace import content_hash, result_key
from nbradiomics.features.engines import native_engine as engine
from nbradiomics.features.extract import require_finite
from nbradiomics.features.maps import PROVENANCE, require_own_folder
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.schema import RESPONSE_MAPS
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.images.io import describe, read_image, write_image
from nbradiomics.tables import write_table

if TYPE_CHECKING:
    from nbradiomics.features.native.responses import Response


def response_maps(
    image: str | Path | sitk.Image,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    progress: Progress = quiet,
) -> dict[str, sitk.Image]:
    """Make the images of the filters that the section `nbradiomics` of a parameter file requests.

    The whole image is normalised and resampled as the parameters request, then filtered. These are the images
    from which `extract_features` measures a region. All maps are in memory at the same time: 8 bytes per
    filter and voxel.

    Parameters
    ----------
    image
        File or image, three-dimensional.
    params
        A parameter file, the name of a preset, or its content as a mapping.
    progress
        Progress display.

    Returns
    -------
    dict
        Map by the name of the image, as in the names of features (``log-3mm``), 64-bit.

    Raises
    ------
    InputError
        When the image cannot be used, the parameters are not valid or request no filter, a filter does not
        suit the voxels, or the image is too large.

    Examples
    --------
    >>> params = {"nbradiomics": {"filters": [{"type": "mean", "support": 5}]}}
    >>> maps = response_maps("t2w.nii.gz", params=params)  # doctest: +SKIP
    """
    return {one.name: one.image for one in _made(image, load_parameters(params), progress)}


def write_response_maps(
    image: Path,
    out: Path,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Write response maps into a folder, one NIfTI file each, with a table and the provenance.

    Parameters
    ----------
    image
        File, three-dimensional.
    out
        Folder that is new, empty, or written by the same call before.
    params, progress
        As in `response_maps`.

    Returns
    -------
    pandas.DataFrame
        One row per map, with the columns of `features.schema.RESPONSE_MAPS`. Also written as
        ``response_maps.csv``.

    Raises
    ------
    InputError
        As in `response_maps`; also when the folder contains other files, or the disk is full.
    """
    parameters = load_parameters(params)
    key = result_key(
        "response_maps",
        image=content_hash(image),
        params=parameters.fingerprint,
        engine=engine.engine_version(),
    )
    with working_in(out, f"response maps of {image}", key):
        require_own_folder(out, key)
        rows: list[dict[str, Any]] = []
        with closing(_made(image, parameters, progress)) as found:
            for one in found:
                if not rows:  # a refused image leaves no file behind
                    record = {
                        "key": key,
                        "engine": f"{engine.NAME} {engine.engine_version()}",
                        "parameters": {"name": parameters.name, "text": parameters.text},
                    }
                    write_provenance(out / PROVENANCE, inputs=[image], maps=record)
                rows.append(_written(one, out / f"{one.name}.nii.gz"))
                del one  # before the next is made
        table = RESPONSE_MAPS.table(rows)
        write_table(table, out / RESPONSE_MAPS.file)
        return table


def _written(one: Response, path: Path) -> dict[str, Any]:
    """Write a map, and return its row of the table."""
    write_image(one.image, path)
    minimum, median, maximum = np.quantile(sitk.GetArrayViewFromImage(one.image), (0, 0.5, 1))
    return {
        "filter": one.name,
        "file": path.name,
        "minimum": minimum,
        "median": median,
        "maximum": maximum,
    }


def _made(
    image: str | Path | sitk.Image, parameters: Parameters, progress: Progress
) -> Generator[Response, None, None]:
    """Make the maps one at a time."""
    # The kernels import Numba, which is slow: import them only when they are needed.
    from nbradiomics.features.native.grid.intensities import normalised
    from nbradiomics.features.native.grid.lattice import Lattice
    from nbradiomics.features.native.grid.preparation import Region, loaded, tolerance
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.native.responses import responses

    own = parameters.own
    if not own.filters:
        raise InputError(
            f"{parameters.name} requests no filter, so that there is no response map.",
            "Add filters to its section `nbradiomics`, for example `filters: [{type: log, sigma: 3}]`.",
        )
    volume = read_image(image)
    require_finite(volume, describe(image))
    plan = Plan.of(parameters)
    settings = {**plan.settings, "padDistance": 0}
    everywhere = sitk.Image(volume.GetSize(), sitk.sitkUInt8) + 1
    everywhere.CopyInformation(volume)
    with tolerance(settings.get("geometryTolerance")):
        ready = normalised(volume, settings)
        ground, _ = loaded(ready, everywhere, {**settings, "normalize": False}, plan.ibsi)
    box = Lattice(ready, ground, settings, plan.ibsi).whole
    region = Region(box, np.zeros((0, 0, 0), dtype=bool))
    with progress("response maps", len(own.filters)) as advance:
        for one in responses(ready, ground, [region], plan):
            yield one
            advance()
