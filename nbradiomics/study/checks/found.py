"""Summary of a cohort that `check` prints if there are no errors, so that users can verify their input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.cohort.mask_labels import mask_rows

#: Measurements of an image and its masks: ``spacing`` (mm; x, y, z) and ``volumes`` (ml, one for each mask).
Measured = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """Contents of a cohort, from its table and its images.

    Attributes
    ----------
    subjects, scans, images
        Numbers of subjects, scans and images; a scan is one timepoint and sequence of a subject.
    masks
        Number of masks by reader.
    without_mask
        Number of scans without a mask.
    labels
        Number of masks by the label that is read, as text.
    spacing
        Smallest and largest voxel size in mm along x, y and z; empty if no image could be opened.
    volumes
        Volumes of the regions in ml, without empty ones.
    empty
        Number of empty masks.
    """

    subjects: int
    scans: int
    images: int
    masks: dict[str, int]
    without_mask: int
    labels: dict[str, int]
    spacing: tuple[tuple[float, float], ...]
    volumes: tuple[float, ...]
    empty: int

    def lines(self) -> list[str]:
        """Return the summary as a few lines of text."""
        drawn = ", ".join(f"{reader} {number}" for reader, number in self.masks.items()) or "none"
        labels = ", ".join(f"{label} ({number} masks)" for label, number in self.labels.items())
        without = f"; {self.without_mask} scans without a mask" if self.without_mask else ""
        lines = [f"Found: {self.subjects} subjects, {self.scans} scans, {self.images} images."]
        lines.append(f"Masks by reader: {drawn}{without}.")
        if labels:
            lines.append(f"Labels read: {labels}.")
        if self.spacing:
            named = zip("xyz", self.spacing, strict=True)
            edges = ", ".join(f"{axis} {_range(*edge)}" for axis, edge in named)
            lines.append(f"Voxel size in mm: {edges}.")
        if self.volumes:
            smallest, median, largest = np.quantile(self.volumes, (0, 0.5, 1))
            empty = f"; {self.empty} empty" if self.empty else ""
            lines.append(f"Volumes in ml: median {median:.3g}, from {smallest:.3g} to {largest:.3g}{empty}.")
        return lines


def found_in(table: pd.DataFrame, measured: Sequence[Measured], label: int) -> Found:
    """Summarise a cohort from its table and the measurements of its images.

    Parameters
    ----------
    table
        Table from `cohort_table.read_cohort_table`.
    measured
        Measurements from `check_images`, one mapping for each image.
    label
        Label of masks for which the table names none.
    """
    rows = table[table["image"] != ""]
    drawn = rows[rows["mask"] != ""]
    scan = ["subject", "timepoint", "sequence"]
    readers = drawn["reader"].value_counts(sort=False)
    spacing = np.array([one["spacing"] for one in measured if one["spacing"]])
    volumes = [volume for one in measured for volume in one["volumes"]]
    return Found(
        subjects=rows["subject"].nunique(),
        scans=len(rows[scan].drop_duplicates()),
        images=rows["image"].nunique(),
        masks={str(reader): int(number) for reader, number in readers.items()},
        without_mask=len(rows[scan].drop_duplicates()) - len(drawn[scan].drop_duplicates()),
        labels=_counted(mask_label for _, _, mask_label in mask_rows(rows, label)),
        spacing=tuple((float(edge.min()), float(edge.max())) for edge in spacing.T) if len(spacing) else (),
        volumes=tuple(volume for volume in volumes if volume > 0),
        empty=sum(volume == 0 for volume in volumes),
    )


def _counted(values: Iterable[Any]) -> dict[str, int]:
    return dict(Counter(map(str, values)))


def _range(low: float, high: float) -> str:
    return f"{low:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g} to {high:.3g}"
