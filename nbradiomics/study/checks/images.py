"""Images and masks: are they there, do they fit together, can something be measured in them?"""

from __future__ import annotations

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
from nbradiomics.images.fit import STRICT
from nbradiomics.images.io import doubts_of, read_image
from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks.duplicates import Content, digest_of, find_duplicates
from nbradiomics.study.checks.found import Measured
from nbradiomics.study.checks.masks import Looked, check_mask
from nbradiomics.study.checks.parameters import check_bins

STAGE = StageName.CHECK


def check_images(
    table: pd.DataFrame,
    path: Path,
    *,
    label: int = DEFAULT_LABEL,
    parameters: Parameters | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
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
    parameters
        What the features will be extracted with: which grids fit, what resampling leaves of a region, and how
        many bins it fills; ``None`` looks at none of it.
    execution
        As in `features.extract_cohort`.
    measured
        Gets what was measured of each image on the way; see `found.found_in`.

    Returns
    -------
    list of Problem
        In the order of the table. Warnings are an empty mask, labels that nothing reads, what a header leaves
        open, one file in the place of two (`duplicates`), and what `parameters` make of a mask; everything
        else is an error.
    """
    cases: dict[str, tuple[Any, ...]] = {}
    for image, rows in table[table["image"] != ""].groupby("image", sort=False):
        masks = mask_rows(rows, label)
        first = rows.iloc[0]
        name = scan_name(first["subject"], first["timepoint"], first["sequence"])
        cases[f"{name} ({image})"] = (str(image), int(rows.index[0]) + 2, masks, parameters)
    stored = Stored(lambda name: _key(*cases[name]), Looked)
    batch = execution.map(_check_scan, cases, stage=STAGE, stored=stored)
    looked = list(batch.results.values())
    if measured is not None:
        measured += looked
    contents = [tuple(content) for payload in looked for content in payload["contents"]]
    doubled = find_duplicates(table, _of_every_scan(table, contents))
    # What is wrong with an image that is given as a mask has this one reason.
    why = {line for line, _, severity, *_ in doubled if severity == "error"}
    found = [finding for payload in looked for finding in payload["findings"]]
    found = [finding for finding in found if finding[0] not in why or finding[1] != "mask"] + doubled
    found += [(cases[item.case][1], "image", "error", item.cause, item.hint) for item in batch.failures]
    labels = [one for payload in looked for one in payload["labels"] if one["line"] not in why]
    problems = [Problem(str(path), str(line), *rest) for line, *rest in found] + label_problems(labels, path)
    problems.sort(key=lambda problem: int(problem.row))
    if parameters is not None:
        problems += check_bins(parameters, [span for payload in looked for span in payload["spans"]])
    return problems


def _key(image: str, line: int, masks: list[MaskRow], parameters: Parameters | None) -> str:
    drawn = [(line, mask, content_hash(Path(mask)), label) for line, mask, label in masks]
    # PyRadiomics' version decides about its refusals.
    how = None if parameters is None else [parameters.fingerprint, engine_version()]
    shape = list(Looked.__dataclass_fields__)
    looked_at = [image, content_hash(Path(image))]
    return result_key(STAGE, holds=shape, image=looked_at, line=line, masks=drawn, how=how)


def _of_every_scan(table: pd.DataFrame, contents: list[Content]) -> list[Content]:
    """Contents with a line for the image of every scan and channel: an image is looked at once."""
    images = {table.loc[line - 2, "image"]: digest for line, role, digest in contents if role == "image"}
    first = table[table["image"].isin(images)].drop_duplicates([*SCAN, "channel", "image"])
    lines: list[Content] = [
        (line, "image", images[image]) for line, image in zip(first.index + 2, first["image"], strict=True)
    ]
    return lines + [content for content in contents if content[1] != "image"]


def _check_scan(image_file: str, line: int, masks: list[MaskRow], parameters: Parameters | None) -> Payload:
    looked = Looked()
    image = _check_image(image_file, line, looked)
    failed = any(severity == "error" for _, _, severity, *_ in looked.findings)
    measure = span_finder(image, parameters) if image and parameters and not failed else None
    fit = parameters.fit if parameters is not None else STRICT
    for mask in masks:
        region = check_mask(mask, image, image_file, fit, looked)
        if region is not None and measure is not None:
            try:
                looked.spans.append(measure(region))
            except InputError as error:
                looked.add_error(mask[0], "mask", type(error)(f"{mask[1]}: {error.problem}", error.remedy))
    return looked.payload()


def _check_image(file: str, line: int, looked: Looked) -> sitk.Image | None:
    """Look at an image, and add what is found to `looked`."""
    try:
        image = read_image(file)
    except InputError as error:
        looked.add_error(line, "image", error)
        return None
    looked.image_doubts = doubts_of(Path(file))
    looked.add_doubts(line, "image", file, looked.image_doubts)
    looked.spacing = list(image.GetSpacing())
    voxels = sitk.GetArrayViewFromImage(image)
    looked.contents.append((line, "image", digest_of(voxels)))
    bad = int(np.count_nonzero(~np.isfinite(voxels)))
    if bad:
        found = f"{file}: {bad} voxels are no finite number (NaN or infinite)."
        looked.findings.append((line, "image", "error", found, "Replace them, or export the image again."))
    return image
