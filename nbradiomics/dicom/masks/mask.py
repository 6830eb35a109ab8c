"""A mask made from a DICOM object, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import SimpleITK as sitk

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Mask:
    """One region drawn by one reader, on the grid of a volume.

    Attributes
    ----------
    roi
        Name of the region for the cohort table: from the rules, or a standard name; never free text of
        the file.
    reader
        Name of the reader for the cohort table: from the rules, a pseudonym or a number.
    source
        The file of the structure set or segmentation.
    grid
        An image with the volume's grid.
    box
        The voxels of the region, cut to its bounding box: slices x rows x columns, 0 and 1. Masks of many
        organs would not fit into memory otherwise.
    corner
        Index of the first voxel of `box`: slice, row, column.
    outlined
        Volume in ml by the area of the contours times the distance of the slices; ``None`` for a
        segmentation.
    others
        Further files, if regions of several objects were united.
    """

    roi: str
    reader: str
    source: Path
    grid: sitk.Image = field(repr=False)
    box: npt.NDArray[np.uint8] = field(repr=False)
    corner: tuple[int, int, int]
    outlined: float | None = None
    others: tuple[Path, ...] = ()

    @property
    def image(self) -> sitk.Image:
        """1 in the region, 0 elsewhere; unsigned 8-bit integers on the volume's grid. Made at each use."""
        import SimpleITK as sitk

        columns, rows, slices = self.grid.GetSize()
        voxels = np.zeros((slices, rows, columns), np.uint8)
        voxels[self._slices()] = self.box
        image = sitk.GetImageFromArray(voxels)
        image.SetSpacing(self.grid.GetSpacing())
        image.SetOrigin(self.grid.GetOrigin())
        image.SetDirection(self.grid.GetDirection())
        return image

    def _slices(self) -> tuple[slice, ...]:
        return tuple(slice(at, at + n) for at, n in zip(self.corner, self.box.shape, strict=True))

    @property
    def voxels(self) -> int:
        """Number of voxels in the region, at least 1."""
        return int(np.count_nonzero(self.box))

    @property
    def volume(self) -> float:
        """Their volume in ml."""
        return self.voxels * float(np.prod(self.grid.GetSpacing())) / 1000

    def same_region(self, other: Mask) -> bool:
        """Whether two masks have the same voxels."""
        return self.corner == other.corner and np.array_equal(self.box, other.box)


def cut_to_box(voxels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], tuple[int, int, int]]:
    """Cut voxels to their bounding box; give the box and the index of its first voxel."""
    box, corner = voxels, []
    for axis in range(3):  # each axis on what the one before has left
        others = tuple(other for other in range(3) if other != axis)
        places = np.flatnonzero(box.any(axis=others))
        box = np.moveaxis(np.moveaxis(box, axis, 0)[places[0] : places[-1] + 1], 0, axis)
        corner.append(int(places[0]))
    return np.ascontiguousarray(box), (corner[0], corner[1], corner[2])


@dataclass(frozen=True)
class MaskProblem:
    """What is wrong with an object or a region, without any text of the file.

    Attributes
    ----------
    source
        The file.
    severity
        ``error``: there is no mask. ``warning``: there is one, but look at it first.
    cause
        What was found and what was expected.
    hint
        What to do.
    roi
        Name of the region for the cohort table; ``region 3`` (its number in the file) if it has none;
        empty if the problem belongs to the whole object.
    """

    source: Path
    severity: Severity
    cause: str
    hint: str
    roi: str = ""


@dataclass(frozen=True)
class Masks:
    """All masks of a volume.

    Attributes
    ----------
    masks
        Sorted by region and reader; each pair of these is there once.
    problems
        What is wrong, in the order of the objects.
    referring
        The objects that refer to the volume. No mask was made of an object that is in the list of
        no volume.
    """

    masks: list[Mask] = field(default_factory=list)
    problems: list[MaskProblem] = field(default_factory=list)
    referring: list[Path] = field(default_factory=list)
