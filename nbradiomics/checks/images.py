"""Images and masks: are they there, do they fit together, can something be measured in them?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.case_region import DEFAULT_LABEL
from nbradiomics.checks.parameters import check_bins, check_fit
from nbradiomics.cohort import scan_name
from nbradiomics.errors import InputError
from nbradiomics.execution import Progress, quiet
from nbradiomics.features.bins import span_finder
from nbradiomics.features.native.engine import engine_version
from nbradiomics.features.parameters import Parameters
from nbradiomics.images.fit import STRICT, Fit, fit_mask
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.problem import Problem
from nbradiomics.workspace import Payload, Workspace, content_hash, result_key, run_stored

STAGE = "check"
#: Line, mask file and label of a row of the cohort table.
_Mask = tuple[int, str, int | str]
_Finding = tuple[int, str, str, str, str]


def check_images(
    table: pd.DataFrame,
    path: Path,
    *,
    label: int = DEFAULT_LABEL,
    parameters: Parameters | None = None,
    jobs: int = 1,
    workspace: Workspace | None = None,
    progress: Progress = quiet,
) -> list[Problem]:
    """Open every image and mask of a cohort table and list what is wrong with them.

    Parameters
    ----------
    table
        As `cohort_table.read_cohort_table` gives it: row i stands on line i + 2 of the file.
    path
        The file, for the messages.
    label
        Label of masks for which the table names none.
    parameters
        What the features will be extracted with: which grids fit, what resampling leaves of a region, and how
        many bins it fills; ``None`` looks at none of it.
    jobs, workspace, progress
        As in `features.extract_cohort`.

    Returns
    -------
    list of Problem
        In the order of the table. An empty mask is a warning, everything else an error.
    """
    cases: dict[str, tuple[Any, ...]] = {}
    for image, rows in table[table["image"] != ""].groupby("image", sort=False):
        drawn = rows[rows["mask"] != ""]
        masks = [
            (line, row["mask"], label if row["label"] == "" else row["label"])
            for line, row in zip(drawn.index + 2, drawn.to_dict("records"), strict=True)
        ]
        first = rows.iloc[0]
        name = scan_name(first["subject"], first["timepoint"], first["sequence"])
        cases[f"{name} ({image})"] = (str(image), int(rows.index[0]) + 2, masks, parameters)
    batch = run_stored(
        _check_scan,
        cases,
        key=lambda name: _key(*cases[name]),
        stage=STAGE,
        workspace=workspace,
        jobs=jobs,
        progress=progress,
    )
    found = [finding for payload in batch.results.values() for finding in payload["findings"]]
    found += [(cases[item.case][1], "image", "error", item.cause, item.hint) for item in batch.failures]
    ordered = sorted(found, key=lambda finding: int(finding[0]))
    problems = [Problem(str(path), str(line), *rest) for line, *rest in ordered]
    if parameters is not None:
        problems += check_bins(parameters, [span for own in batch.results.values() for span in own["spans"]])
    return problems


def _key(image: str, line: int, masks: list[_Mask], parameters: Parameters | None) -> str:
    drawn = [(line, mask, content_hash(Path(mask)), label) for line, mask, label in masks]
    # PyRadiomics' version decides about its refusals.
    how = None if parameters is None else [parameters.fingerprint, engine_version()]
    return result_key(STAGE, image=[image, content_hash(Path(image))], line=line, masks=drawn, how=how)


def _check_scan(image_file: str, line: int, masks: list[_Mask], parameters: Parameters | None) -> Payload:
    findings: list[_Finding] = []
    try:
        image = read_image(image_file)
    except InputError as error:
        image = None
        findings.append((line, "image", "error", error.problem, error.remedy))
    measure = None
    if image is not None:
        bad = int(np.count_nonzero(~np.isfinite(sitk.GetArrayViewFromImage(image))))
        if bad:
            found = f"{image_file}: {bad} voxels are no finite number (NaN or infinite)."
            findings.append((line, "image", "error", found, "Replace them, or export the image again."))
        elif parameters is not None:
            measure = span_finder(image, parameters)
    spans: list[tuple[float, float]] = []
    for mask in masks:
        fit = parameters.fit if parameters is not None else STRICT
        own, region = _check_mask(mask, image, image_file, fit)
        findings += own
        if region is not None and measure is not None:
            try:
                spans.append(measure(region))
            except InputError as error:
                findings.append((mask[0], "mask", "error", f"{mask[1]}: {error.problem}", error.remedy))
    return {"findings": findings, "spans": spans}


def _check_mask(
    mask: _Mask, image: sitk.Image | None, image_file: str, fit: Fit
) -> tuple[list[_Finding], sitk.Image | None]:
    """What is wrong with a mask, and its region where it can be measured."""
    line, file, label = mask
    try:
        drawn = read_image(file)
    except InputError as error:
        return [(line, "mask", "error", error.problem, error.remedy)], None
    findings: list[_Finding] = []
    fits = image is not None
    try:
        if image is not None:
            drawn = fit_mask(drawn, image, fit, names=(file, image_file))
    except InputError as error:
        fits = False
        findings.append((line, "mask", "error", error.problem, error.remedy))
    try:
        region = read_region(drawn, label, name=file)
    except InputError as error:
        return [*findings, (line, "mask", "error", error.problem, error.remedy)], None
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    if voxels == 0:
        remedy = "Is there no tumour? Its features will be missing; its agreement is counted as empty."
        findings.append((line, "mask", "warning", f"{file}: the mask is empty.", remedy))
    if voxels == 1:
        found = f"{file}: the mask holds a single voxel."
        findings.append((line, "mask", "error", found, "Look at it in a viewer."))
    if not fits or voxels < 2:
        return findings, None
    assert image is not None  # it fits
    return [*findings, *check_fit(line, file, region, image, fit)], region
