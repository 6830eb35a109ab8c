"""Images and masks: are they there, do they fit together, can something be measured in them?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.case_region import DEFAULT_LABEL
from nbradiomics.checks.found import Measured
from nbradiomics.cohort import scan_name
from nbradiomics.errors import InputError
from nbradiomics.execution import Progress, quiet
from nbradiomics.images.grid import require_same_grid
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
    jobs: int = 1,
    workspace: Workspace | None = None,
    progress: Progress = quiet,
    measured: list[Measured] | None = None,
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
    jobs, workspace, progress
        As in `features.extract_cohort`.
    measured
        Gets what was measured of each image on the way; see `found.found_in`.

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
        cases[f"{name} ({image})"] = (str(image), int(rows.index[0]) + 2, masks)
    batch = run_stored(
        _check_scan,
        cases,
        key=lambda name: _key(*cases[name]),
        stage=STAGE,
        workspace=workspace,
        jobs=jobs,
        progress=progress,
    )
    if measured is not None:
        measured += [payload["measured"] for payload in batch.results.values()]
    found = [finding for payload in batch.results.values() for finding in payload["findings"]]
    found += [(cases[item.case][1], "image", "error", item.cause, item.hint) for item in batch.failures]
    ordered = sorted(found, key=lambda finding: int(finding[0]))
    return [Problem(str(path), str(line), *rest) for line, *rest in ordered]


def _key(image: str, line: int, masks: list[_Mask]) -> str:
    drawn = [(line, mask, content_hash(Path(mask)), label) for line, mask, label in masks]
    return result_key(STAGE, measured=True, image=[image, content_hash(Path(image))], line=line, masks=drawn)


def _check_scan(image_file: str, line: int, masks: list[_Mask]) -> Payload:
    findings: list[_Finding] = []
    try:
        image = read_image(image_file)
    except InputError as error:
        image = None
        findings.append((line, "image", "error", error.problem, error.remedy))
    if image is not None:
        bad = int(np.count_nonzero(~np.isfinite(sitk.GetArrayViewFromImage(image))))
        if bad:
            found = f"{image_file}: {bad} voxels are no finite number (NaN or infinite)."
            findings.append((line, "image", "error", found, "Replace them, or export the image again."))
    volumes: list[float] = []
    for mask in masks:
        findings += _check_mask(mask, image, image_file, volumes)
    spacing = None if image is None else list(image.GetSpacing())
    return {"findings": findings, "measured": {"spacing": spacing, "volumes": volumes}}


def _check_mask(
    mask: _Mask, image: sitk.Image | None, image_file: str, volumes: list[float]
) -> list[_Finding]:
    line, file, label = mask
    try:
        drawn = read_image(file)
    except InputError as error:
        return [(line, "mask", "error", error.problem, error.remedy)]
    findings = []
    try:
        if image is not None:
            require_same_grid(drawn, image, names=(file, image_file))
    except InputError as error:
        findings.append((line, "mask", "error", error.problem, error.remedy))
    try:
        region = read_region(drawn, label, name=file)
    except InputError as error:
        return [*findings, (line, "mask", "error", error.problem, error.remedy)]
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    volumes.append(voxels * float(np.prod(region.GetSpacing())) / 1000)
    if voxels == 0:
        remedy = "Is there no tumour? Its features will be missing; its agreement is counted as empty."
        findings.append((line, "mask", "warning", f"{file}: the mask is empty.", remedy))
    if voxels == 1:
        found = f"{file}: the mask holds a single voxel."
        findings.append((line, "mask", "error", found, "Look at it in a viewer."))
    return findings
