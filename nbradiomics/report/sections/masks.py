"""Masks over slices: a few cases to look at, from the worst agreement to the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import SimpleITK as sitk
import yaml
from numpy.typing import NDArray

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.report.content import Block, Gallery, Key, Picture, Sentences, Text
from nbradiomics.report.figures.picture import reader_colours
from nbradiomics.report.figures.slices import Slice, draw_slice, largest_slice, reaches_beyond
from nbradiomics.report.run_files import CASE, Run
from nbradiomics.report.sections.ranking import Chosen, cases_of_cohort, choose_cases
from nbradiomics.report.text import counted
from nbradiomics.tables import AUTO

MOST = 6
_DASHES: tuple[Literal["solid", "dashed", "dotted"], ...] = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class _Volume:
    """An image with the readers' masks on its grid, and what could not be drawn."""

    image: sitk.Image
    masks: Mapping[str, NDArray[np.bool_]]
    notes: tuple[str, ...]


def masks_blocks(run: Run) -> tuple[Block, ...]:
    """Pictures of up to six cases with the contours of all readers."""
    if run.cohort is None:
        return ()
    chosen = choose_cases(run.agreement, cases_of_cohort(run.cohort), most=MOST)
    readers = sorted(
        {reader for reader in run.cohort["reader"] if reader}, key=lambda name: (name == AUTO, name)
    )
    legend = _legend(readers)
    pictures, unread = [], []
    for case in chosen:
        try:
            volume = _read(_rows(run.cohort, case), run.folder, _default_label(run))
            pictures.append(_picture(volume, case, legend))
        except NbradiomicsError as error:
            unread.append(f"{case.name} is not shown: {error}")
    if not chosen:
        return (Text("No image of this run has a mask."),)
    blocks: list[Block] = [Text(_introduction(run, len(chosen)))]
    if pictures:
        blocks.append(Gallery(tuple(pictures), legend))
    if unread:
        blocks.append(Sentences(tuple(unread)))
    return (*blocks, Text(_SMALL_PRINT, tone="note"))


_SMALL_PRINT = (
    "Each picture shows the slice (third axis of the image as stored) with the largest tumour area summed "
    "over the readers, cropped around all contours; where the crop is wider than the image, its caption says "
    "so. Orientation: as stored, image axes, x to the right and y downwards; the letters name the patient's "
    "side at that edge (L left, R right, A anterior, P posterior, S superior, I inferior). Grey window: 1st "
    "to 99th percentile of what is shown; pixels are drawn at their size in mm and interpolated linearly. "
    "The Dice coefficient is that of the whole volume. The first reading of each reader is drawn, and where "
    "a rule made several lesions one, all of them."
)


def _introduction(run: Run, shown: int) -> str:
    if run.agreement is not None and (run.agreement["reader"] == AUTO).any():
        return (
            f"{counted(shown, 'case')} from the lowest to the highest agreement of the model ({AUTO}) with "
            "the readers, by the mean Dice coefficient of a case; a mask that is empty where the other is "
            "not counts as 0."
        )
    cases, have = ("case", "has") if shown == 1 else (f"{shown} cases", "have")
    return f"The first {cases} of the cohort table that {have} a mask."


def _legend(readers: list[str]) -> tuple[Key, ...]:
    colours = reader_colours(readers, AUTO)
    # The model is drawn first, so that the readers' thin lines stay visible upon its thick one.
    ordered = sorted(readers, key=lambda reader: reader != AUTO)
    dashes = {
        reader: _DASHES[position % 3] for position, reader in enumerate(r for r in readers if r != AUTO)
    }
    return tuple(
        Key(reader, colours[reader], dashes.get(reader, "solid"), heavy=reader == AUTO) for reader in ordered
    )


def _picture(volume: _Volume, case: Chosen, legend: tuple[Key, ...]) -> Picture:
    array = sitk.GetArrayViewFromImage(volume.image)
    position = largest_slice(volume.masks, array.shape[0])
    plane = np.asarray(array[position], dtype=float)
    if not np.isfinite(plane).all():
        raise InputError(f"slice {position + 1} of its image holds values that are not finite.")
    spacing = volume.image.GetSpacing()
    letters = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(volume.image.GetDirection())
    masks = {reader: mask[position] for reader, mask in volume.masks.items()}
    content = Slice(plane, masks, (spacing[0], spacing[1]), (letters[0], letters[1]))
    where = f"slice {position + 1} of {array.shape[0]}"
    alt = f"{case.name}, {where}, with the contours of {', '.join(masks) or 'no reader'}"
    caption = (
        case.name,
        f"{case.why}; {where}" if case.why else where,
        *case.lines,
        *_gaps(volume, position),
        *(("black: beyond the image",) if reaches_beyond(content) else ()),
    )
    return draw_slice(content, legend, alt=alt, caption=tuple(caption))


def _gaps(volume: _Volume, position: int) -> tuple[str, ...]:
    empty = [reader for reader, mask in volume.masks.items() if not mask.any()]
    elsewhere = [reader for reader, mask in volume.masks.items() if mask.any() and not mask[position].any()]
    lines = []
    if empty:
        lines.append(f"no tumour voxel in the mask of {', '.join(empty)}")
    if elsewhere:
        lines.append(f"not in this slice: {', '.join(elsewhere)}")
    return (*lines, *volume.notes)


def _rows(cohort: pd.DataFrame, case: Chosen) -> pd.DataFrame:
    scan = cohort[(cohort[list(CASE[:3])] == list(case.key[:3])).all(axis=1)]
    exact = scan[scan["roi"] == case.key[3]]
    return exact if (exact["mask"] != "").any() else scan  # a rule for lesions may have renamed the region


def _default_label(run: Run) -> int:
    """Label that the stages took where the cohort table names none: the parameters', else PyRadiomics' 1."""
    try:
        parameters = yaml.safe_load(str(run.provenance.get("parameters") or ""))
    except yaml.YAMLError:
        return 1  # the text is shown as it stands; it need not be YAML to be shown
    setting = parameters.get("setting") if isinstance(parameters, dict) else None
    label = setting.get("label") if isinstance(setting, dict) else None
    return label if isinstance(label, int) else 1


def _read(rows: pd.DataFrame, folder: Path, label: int) -> _Volume:
    drawn = rows[rows["mask"] != ""]
    # Of several channels the one with the masks: the others may lie on other grids.
    image = read_image(folder / (rows if drawn.empty else drawn)["image"].iloc[0])
    masks: dict[str, NDArray[np.bool_]] = {}
    notes = []
    for reader, own in drawn.groupby("reader", sort=True):
        readings = pd.to_numeric(own["reading"], errors="coerce").fillna(np.inf)
        try:
            masks[str(reader)] = _united(own[readings == readings.min()], image, folder, label)
        except InputError as error:
            notes.append(f"the mask of {reader} is not drawn: {error.problem}")
    return _Volume(image, masks, tuple(notes))


def _united(rows: pd.DataFrame, image: sitk.Image, folder: Path, label: int) -> NDArray[np.bool_]:
    labels = rows["label"] if "label" in rows else pd.Series("", index=rows.index)
    size = image.GetSize()
    united = np.zeros(size[::-1], dtype=bool)
    for mask, own in zip(rows["mask"], labels, strict=True):
        region = read_region(folder / mask, own or label)
        difference = grid_difference(region, image)
        if difference:
            raise InputError(f"it lies on another grid than the image ({difference}).")
        united |= sitk.GetArrayViewFromImage(region) > 0
    return united
