"""Images and masks: are they there, do they fit together, can something be measured in them?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.case_region import DEFAULT_LABEL
from nbradiomics.checks.duplicates import Content, Finding, digest_of, find_duplicates
from nbradiomics.cohort import scan_name
from nbradiomics.cohort_table import SCAN
from nbradiomics.errors import InputError
from nbradiomics.execution import Progress, quiet
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import doubts_of, read_image
from nbradiomics.images.region import read_mask, read_region
from nbradiomics.mask_labels import Found, MaskRow, examine_labels, label_problems, mask_rows
from nbradiomics.problem import Problem
from nbradiomics.workspace import Payload, Workspace, content_hash, result_key, run_stored

STAGE = "check"
#: Largest range of values of an image that may be a mask.
_FEW = 20
#: Largest label that is no reason to ask whether a mask is an image.
_HIGHEST_LABEL = 255


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
        In the order of the table. Warnings are an empty mask, labels that nothing reads, what a header leaves
        open, and one file in the place of two (`duplicates`); everything else is an error.
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
    contents = [tuple(content) for payload in batch.results.values() for content in payload["contents"]]
    doubled = find_duplicates(table, _of_every_scan(table, contents))
    # What is wrong with an image that is given as a mask has this one reason.
    why = {line for line, _, severity, *_ in doubled if severity == "error"}
    found = [finding for finding in found if finding[0] not in why or finding[1] != "mask"] + doubled
    found += [(cases[item.case][1], "image", "error", item.cause, item.hint) for item in batch.failures]
    labels = [one for payload in batch.results.values() for one in payload["labels"]]
    problems = [Problem(str(path), str(line), *rest) for line, *rest in found] + label_problems(labels, path)
    return sorted(problems, key=lambda problem: int(problem.row))


def _key(image: str, line: int, masks: list[MaskRow]) -> str:
    drawn = [(line, mask, content_hash(Path(mask)), label) for line, mask, label in masks]
    return result_key(STAGE, of="contents", image=[image, content_hash(Path(image))], line=line, masks=drawn)


def _of_every_scan(table: pd.DataFrame, contents: list[Content]) -> list[Content]:
    """Contents with a line for the image of every scan and channel: an image is looked at once."""
    images = {table.loc[line - 2, "image"]: digest for line, role, digest in contents if role == "image"}
    first = table[table["image"].isin(images)].drop_duplicates([*SCAN, "channel", "image"])
    lines: list[Content] = [
        (line, "image", images[image]) for line, image in zip(first.index + 2, first["image"], strict=True)
    ]
    return lines + [content for content in contents if content[1] != "image"]


def _check_scan(image_file: str, line: int, masks: list[MaskRow]) -> Payload:
    findings: list[Finding] = []
    contents: list[Content] = []
    try:
        image = read_image(image_file)
    except InputError as error:
        image = None
        findings.append((line, "image", "error", error.problem, error.remedy))
    doubts = [] if image is None else doubts_of(Path(image_file))
    findings += _doubts(line, "image", image_file, doubts)
    if image is not None:
        contents.append((line, "image", digest_of(sitk.GetArrayViewFromImage(image))))
        bad = int(np.count_nonzero(~np.isfinite(sitk.GetArrayViewFromImage(image))))
        if bad:
            found = f"{image_file}: {bad} voxels are no finite number (NaN or infinite)."
            findings.append((line, "image", "error", found, "Replace them, or export the image again."))
    labels: list[Found] = []
    for mask in masks:
        of_mask, own = _check_mask(mask, image, image_file, labels)
        sound = not any(severity == "error" for _, _, severity, *_ in [*findings, *of_mask])
        findings += of_mask
        contents += [content for content in own if sound or content[1] == "mask"]
        if image is not None and own:
            told = [doubt for doubt in doubts_of(Path(mask[1])) if doubt not in doubts]
            findings += _doubts(mask[0], "mask", mask[1], told)
    return {"findings": findings, "contents": contents, "labels": labels}


def _doubts(line: int, column: str, file: str, doubts: list[tuple[str, str]]) -> list[Finding]:
    return [(line, column, "warning", f"{file}: {found}", remedy) for found, remedy in doubts]


def _check_mask(
    mask: MaskRow, image: sitk.Image | None, image_file: str, labels: list[Found]
) -> tuple[list[Finding], list[Content]]:
    """What is wrong with a mask, and its contents; what it holds of labels is added to `labels`."""
    line, file, label = mask
    try:
        drawn = read_mask(file)
    except InputError as error:
        return [(line, "mask", "error", error.problem, error.remedy)], []
    contents: list[Content] = [(line, "mask", digest_of(sitk.GetArrayViewFromImage(drawn)))]
    odd = _no_mask(drawn, image, file)
    if odd:
        return [(line, "mask", "error", *odd)], contents
    findings: list[Finding] = []
    try:
        if image is not None:
            require_same_grid(drawn, image, names=(file, image_file))
    except InputError as error:
        findings.append((line, "mask", "error", error.problem, error.remedy))
    try:
        region = read_region(drawn, label, name=file)
        labels.append(examine_labels(drawn, mask))
    except InputError as error:
        return [*findings, (line, "mask", "error", error.problem, error.remedy)], contents
    inside = sitk.GetArrayViewFromImage(region) > 0
    contents.append((line, "region", digest_of(inside)))
    voxels = int(np.count_nonzero(inside))
    if voxels == 0:
        remedy = "Is there no tumour? Its features will be missing; its agreement is counted as empty."
        findings.append((line, "mask", "warning", f"{file}: the mask is empty.", remedy))
    if voxels == 1:
        found = f"{file}: the mask holds a single voxel."
        findings.append((line, "mask", "error", found, "Look at it in a viewer."))
    return findings, contents


def _no_mask(drawn: sitk.Image, image: sitk.Image | None, file: str) -> tuple[str, str] | None:
    """Why a file in the column `mask` is an image: it was swapped with the image, or has grey values."""
    values = sitk.GetArrayViewFromImage(drawn)
    if image is not None and _few_values(sitk.GetArrayViewFromImage(image)):
        found, there = len(np.unique(values)), len(np.unique(sitk.GetArrayViewFromImage(image)))
        if found > there + _FEW:
            problem = (
                f"{file} holds {found} different values, and the image {there}: they seem to be swapped."
            )
            return problem, "Write each into the other column."
    if (values.min() < 0 or values.max() > _HIGHEST_LABEL) and len(np.unique(values)) > _HIGHEST_LABEL:
        problem = f"{file} holds {len(np.unique(values))} different values, as an image does and no mask."
        return problem, "Name the file of the mask."
    return None


def _few_values(voxels: Any) -> bool:
    low, high = voxels.min(), voxels.max()
    return bool(high - low <= _FEW and np.all(voxels == np.round(voxels)))
