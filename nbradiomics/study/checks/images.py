"""Check images and masks: do they exist, do they fit together, can features be measured in them?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.cohort import scan_name
from nbradiomics.cohort.case_region import DEFAULT_LABEL
from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.mask_labels import MaskRow, label_problems, mask_rows
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.stage_names import StageName
from nbradiomics.execution.workspace import Payload, content_hash, result_key
from nbradiomics.features.bins import span_finder
from nbradiomics.features.engines.native_engine import engine_version
from nbradiomics.features.parameters import Parameters
from nbradiomics.images.fit import STRICT, Fit
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import doubts_of, read_image
from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks.duplicates import Content, digest_of, find_duplicates
from nbradiomics.study.checks.found import Measured
from nbradiomics.study.checks.masks import ScanCheck, check_mask
from nbradiomics.study.checks.parameters import check_bins, check_one_slice
from nbradiomics.study.checks.units import check_units

STAGE = StageName.CHECK


def check_images(
    table: pd.DataFrame,
    path: Path,
    *,
    label: int = DEFAULT_LABEL,
    parameters: Parameters | None = None,
    bins: bool = True,
    execution: Execution = Execution(),  # noqa: B008 - frozen
    measured: list[Measured] | None = None,
) -> list[Problem]:
    """Open every image and mask of a cohort table and list their problems.

    Parameters
    ----------
    table
        Table from `cohort_table.read_cohort_table`: row i is on line i + 2 of the file.
    path
        The file, for the messages.
    label
        Label of masks for which the table names none.
    parameters
        Parameters of the feature extraction. With them the function also checks which grids fit, how many
        voxels of a region remain after resampling, and how many bins it fills.
    bins
        Whether the regions are resampled for the last two, which takes a fifth of the time of an extraction
        (and an extraction finds both as well).
    execution
        As in `features.extract_cohort`.
    measured
        List to which the measurements of each image are added; see `found.found_in`.

    Returns
    -------
    list of Problem
        In the order of the table. Warnings are an empty mask, labels that are not read, ambiguous headers,
        one file used for two (`duplicates`), and effects of `parameters` on a mask; every other problem is
        an error.
    """
    cases: dict[str, tuple[Any, ...]] = {}
    for image, rows in table[table["image"] != ""].groupby("image", sort=False):
        masks = mask_rows(rows, label)
        first = rows.iloc[0]
        name = scan_name(first["subject"], first["timepoint"], first["sequence"])
        fit = parameters.fit if parameters is not None else STRICT
        cases[f"{name} ({image})"] = (
            str(image),
            int(rows.index[0]) + 2,
            masks,
            fit,
            parameters if bins else None,
        )
    stored = Stored(lambda name: _key(*cases[name]), ScanCheck)
    batch = execution.map(_check_scan, cases, stage=STAGE, stored=stored)
    checked = list(batch.results.values())
    if measured is not None:
        measured += checked
    contents = [tuple(content) for payload in checked for content in payload["contents"]]
    doubled = find_duplicates(table, _of_every_scan(table, contents))
    # An image given as a mask has other problems too, but all for this one reason.
    swapped = {line for line, _, severity, *_ in doubled if severity == "error"}
    findings = [finding for payload in checked for finding in payload["findings"]]
    findings = [one for one in findings if one[0] not in swapped or one[1] != "mask"] + doubled
    findings += [(cases[item.case][1], "image", "error", item.cause, item.hint) for item in batch.failures]
    labels = [one for payload in checked for one in payload["labels"] if one["line"] not in swapped]
    problems = [Problem(str(path), str(line), *rest) for line, *rest in findings]
    problems += label_problems(labels, path)
    typical = dict(payload["typical"] for payload in checked if payload["typical"])
    problems += check_units(table, path, typical)
    problems.sort(key=lambda problem: int(problem.row))
    if parameters is not None:
        problems += check_one_slice(parameters, [payload["slices"] for payload in checked])
    if parameters is not None and bins:
        problems += check_bins(parameters, [span for payload in checked for span in payload["spans"]])
    return problems


def _key(image: str, line: int, masks: list[MaskRow], fit: Fit, parameters: Parameters | None) -> str:
    drawn = [(line, mask, content_hash(Path(mask)), label) for line, mask, label in masks]
    # The version of PyRadiomics decides which regions it refuses.
    extraction = None if parameters is None else [parameters.fingerprint, engine_version()]
    fields = list(ScanCheck.__dataclass_fields__)
    file = [image, content_hash(Path(image))]
    how = [asdict(fit), extraction]
    return result_key(STAGE, holds=fields, image=file, line=line, masks=drawn, how=how)


def _of_every_scan(table: pd.DataFrame, contents: list[Content]) -> list[Content]:
    """Add the digest of an image for every scan and channel that uses it: each image was opened only once."""
    images = {table.loc[line - 2, "image"]: digest for line, role, digest in contents if role == "image"}
    first = table[table["image"].isin(images)].drop_duplicates([*SCAN, "channel", "image"])
    lines: list[Content] = [
        (line, "image", images[image]) for line, image in zip(first.index + 2, first["image"], strict=True)
    ]
    return lines + [content for content in contents if content[1] != "image"]


def _check_scan(
    image_file: str, line: int, masks: list[MaskRow], fit: Fit, parameters: Parameters | None
) -> Payload:
    result = ScanCheck()
    image = _check_image(image_file, line, result)
    failed = any(severity == "error" for _, _, severity, *_ in result.findings)
    measure = span_finder(image, parameters) if image and parameters and not failed else None
    regions = []
    for mask in masks:
        region = check_mask(mask, image, image_file, fit, result)
        regions += [] if region is None else [region]
        if region is not None and measure is not None:
            try:
                result.spans.append(measure(region))
            except InputError as error:
                result.add_error(mask[0], "mask", type(error)(f"{mask[1]}: {error.problem}", error.remedy))
    if image is not None:
        result.typical = _typical(image_file, image, regions)
    return result.payload()


def _typical(file: str, image: sitk.Image, regions: list[sitk.Image]) -> tuple[str, float] | None:
    """Image file and median of the values in the regions, or of those above 0; ``None`` without values."""
    voxels = sitk.GetArrayViewFromImage(image)
    here = [region for region in regions if not grid_difference(region, image)]
    inside = (
        np.logical_or.reduce([sitk.GetArrayViewFromImage(one) > 0 for one in here]) if here else voxels > 0
    )
    values = voxels[inside & np.isfinite(voxels)]
    return (file, float(np.median(values))) if values.size else None


def _check_image(file: str, line: int, result: ScanCheck) -> sitk.Image | None:
    """Read an image, and add its problems to `result`."""
    try:
        image = read_image(file)
    except InputError as error:
        result.add_error(line, "image", error)
        return None
    result.image_doubts = doubts_of(Path(file))
    result.add_doubts(line, "image", file, result.image_doubts)
    result.spacing = list(image.GetSpacing())
    result.slices = int(image.GetSize()[2])
    voxels = sitk.GetArrayViewFromImage(image)
    result.contents.append((line, "image", digest_of(voxels)))
    not_finite = int(np.count_nonzero(~np.isfinite(voxels)))
    if not_finite:
        found = f"{file}: {not_finite} voxels are not finite (NaN or infinite)."
        result.findings.append((line, "image", "error", found, "Replace them, or export the image again."))
    return image
