"""Read the image and masks of one case for its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.files.yaml_reader import YamlError, read_yaml
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.report.figures.slices import Slice
from nbradiomics.report.run_files import CASE, Run, without_derived
from nbradiomics.report.sections.ranking import Chosen
from nbradiomics.tables import AUTO

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CaseVolume:
    """An image, the readers' masks on its grid, and notes on masks that could not be drawn.

    Attributes
    ----------
    image
        The scan.
    masks
        Region of each reader, axes z, y, x of the image's grid.
    kinds
        Kind of each reader's mask (``edited``, ``consensus`` ...), empty if the cohort table has none.
    notes
        Masks that could not be read, with the reason.
    modelled
        Whether the cohort has any masks of the model.
    """

    image: sitk.Image
    masks: Mapping[str, Mask]
    kinds: Mapping[str, str]
    notes: tuple[str, ...]
    modelled: bool = False

    @property
    def slices(self) -> int:
        """Number of slices along the third axis of the image as stored."""
        return int(self.image.GetSize()[2])

    def slice_at(self, position: int) -> Slice:
        """One slice along the third axis, with its masks.

        Raises
        ------
        InputError
            When the slice contains values that are not finite.
        """
        plane = np.asarray(sitk.GetArrayViewFromImage(self.image)[position], dtype=float)
        if not np.isfinite(plane).all():
            raise InputError(f"slice {position + 1} of its image contains values that are not finite.")
        x, y, _ = self.image.GetSpacing()
        letters = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(self.image.GetDirection())
        masks = {reader: mask[position] for reader, mask in self.masks.items()}
        return Slice(plane, masks, (x, y), (letters[0], letters[1]), self._notes_on_slice(position))

    def _notes_on_slice(self, position: int) -> tuple[str, ...]:
        """Notes on the picture of a slice: why the contour of the model, or of all readers, is missing."""
        auto = self.masks.get(AUTO)
        readers = [mask for reader, mask in self.masks.items() if reader != AUTO and mask.any()]
        lines = []
        if auto is None:
            lines += [f"{AUTO}: no mask"] if self.modelled else []
        elif not auto[position].any():
            lines.append(f"{AUTO}: nothing in this slice" if auto.any() else f"{AUTO}: empty mask")
        if readers and not any(mask[position].any() for mask in readers):
            lines.append("no reader drew in this slice")
        return tuple(lines)

    def where(self, position: int, reason: str) -> str:
        """Name a slice, and the reason why it was chosen."""
        return f"slice {position + 1} of {self.slices}" + (f", {reason}" if reason else "")

    def gaps(self, position: int) -> tuple[str, ...]:
        """Name the readers without a contour in a slice, with the reason; one line per reason."""
        empty = [reader for reader, mask in self.masks.items() if not mask.any()]
        elsewhere = [reader for reader, mask in self.masks.items() if mask.any() and not mask[position].any()]
        lines = []
        if empty:
            lines.append(f"no tumour voxel in the mask of {', '.join(empty)}")
        if elsewhere:
            lines.append(f"not in this slice: {', '.join(elsewhere)}")
        if self.modelled and AUTO not in self.masks and not any(AUTO in note for note in self.notes):
            lines.append(f"no mask of {AUTO}")
        return (*lines, *self.notes)


def read_case(run: Run, case: Chosen) -> CaseVolume:
    """Read the image of a case and one mask per reader: the first independent reading, else the first.

    Raises
    ------
    NbradiomicsError
        When the image cannot be read. A mask that cannot be read, or has another grid, becomes a note.
    """
    if run.cohort is None:
        raise InputError("cohort.csv, which names its image, is missing.")
    rows = _rows(run.cohort, case)
    drawn = rows[rows["mask"] != ""]
    # If there are several channels, use the one with the masks: the others may have other grids.
    image = read_image(run.folder / (rows if drawn.empty else drawn)["image"].iloc[0])
    masks: dict[str, Mask] = {}
    kinds: dict[str, str] = {}
    notes = []
    for reader, masks_of_reader in drawn.groupby("reader", sort=True):
        first = _first_reading(masks_of_reader)
        try:
            masks[str(reader)] = _united(first, image, run.folder, _default_label(run))
            kinds[str(reader)] = str(_column(first, "reference_kind").iloc[0])
        except InputError as error:
            notes.append(f"the mask of {reader} is not drawn: {error.problem}")
    return CaseVolume(image, masks, kinds, tuple(notes), AUTO in set(run.cohort["reader"]))


def _rows(cohort: pd.DataFrame, case: Chosen) -> pd.DataFrame:
    scan = cohort[(cohort[list(CASE[:3])] == list(case.key[:3])).all(axis=1)]
    if scan.empty:
        raise InputError("cohort.csv has no image of this case.")
    exact = scan[scan["roi"] == case.key[3]]
    if (exact["mask"] != "").any():
        return exact
    return without_derived(scan)  # a rule for lesions may have renamed the region


def _first_reading(rows: pd.DataFrame) -> pd.DataFrame:
    anchored = _column(rows, "reference_kind").isin(["edited", "consensus"])
    rows = rows if anchored.all() else rows[~anchored]
    readings = pd.to_numeric(rows["reading"], errors="coerce").fillna(np.inf)
    first: pd.DataFrame = rows[readings == readings.min()]
    return first


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series("", index=rows.index)


def _default_label(run: Run) -> int:
    """Label for masks without one in the cohort table: that of the parameter file, else PyRadiomics' 1."""
    try:
        parameters = read_yaml(str(run.provenance.get("parameters") or ""), "parameters").content
    except YamlError:
        return 1  # the report shows this text as it is; it need not be YAML
    setting = parameters.get("setting") if isinstance(parameters, dict) else None
    label = setting.get("label") if isinstance(setting, dict) else None
    return label if isinstance(label, int) else 1


def _united(rows: pd.DataFrame, image: sitk.Image, folder: Path, label: int) -> Mask:
    size = image.GetSize()
    united = np.zeros(size[::-1], dtype=bool)
    for mask, own_label in zip(rows["mask"], _column(rows, "label"), strict=True):
        region = read_region(folder / mask, own_label or label)
        difference = grid_difference(region, image)
        if difference:
            raise InputError(f"its grid is different from the grid of the image ({difference}).")
        united |= sitk.GetArrayViewFromImage(region) > 0
    return united
