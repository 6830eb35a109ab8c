"""Images and masks: are they there, do they fit together, can something be measured in them?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.case_region import DEFAULT_LABEL
from nbradiomics.cohort import scan_name
from nbradiomics.errors import InputError
from nbradiomics.execution import Progress, quiet
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.mask_labels import Found, MaskRow, examine_labels, label_problems, mask_rows
from nbradiomics.problem import Problem
from nbradiomics.workspace import Payload, Workspace, content_hash, result_key, run_stored

STAGE = "check"
_Finding = tuple[int, str, str, str, str]


def check_images(
    table: pd.DataFrame,
    path: Path,
    *,
    label: int = DEFAULT_LABEL,
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
    jobs, workspace, progress
        As in `features.extract_cohort`.

    Returns
    -------
    list of Problem
        In the order of the table. An empty mask and labels that nothing reads are warnings, everything else
        an error.
    """
    cases: dict[str, tuple[Any, ...]] = {}
    for image, rows in table[table["image"] != ""].groupby("image", sort=False):
        masks = mask_rows(rows, label)
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
    found = [finding for payload in batch.results.values() for finding in payload["findings"]]
    found += [(cases[item.case][1], "image", "error", item.cause, item.hint) for item in batch.failures]
    labels = [one for payload in batch.results.values() for one in payload["labels"]]
    problems = [Problem(str(path), str(line), *rest) for line, *rest in found] + label_problems(labels, path)
    return sorted(problems, key=lambda problem: int(problem.row))


def _key(image: str, line: int, masks: list[MaskRow]) -> str:
    drawn = [(line, mask, content_hash(Path(mask)), label) for line, mask, label in masks]
    return result_key(STAGE, image=[image, content_hash(Path(image))], line=line, masks=drawn, finds="labels")


def _check_scan(image_file: str, line: int, masks: list[MaskRow]) -> Payload:
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
    labels: list[Found] = []
    for mask in masks:
        findings += _check_mask(mask, image, image_file, labels)
    return {"findings": findings, "labels": labels}


def _check_mask(
    mask: MaskRow, image: sitk.Image | None, image_file: str, labels: list[Found]
) -> list[_Finding]:
    """Problems of a mask; what it holds of labels is added to `labels`."""
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
        labels.append(examine_labels(drawn, mask))
    except InputError as error:
        return [*findings, (line, "mask", "error", error.problem, error.remedy)]
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    if voxels == 0:
        remedy = "Is there no tumour? Its features will be missing; its agreement is counted as empty."
        findings.append((line, "mask", "warning", f"{file}: the mask is empty.", remedy))
    if voxels == 1:
        found = f"{file}: the mask holds a single voxel."
        findings.append((line, "mask", "error", found, "Look at it in a viewer."))
    return findings
