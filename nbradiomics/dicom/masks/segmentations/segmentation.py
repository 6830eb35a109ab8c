"""A DICOM segmentation as a source of regions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.masks.index_grid import IndexGrid, grid_of
from nbradiomics.dicom.masks.region_names import Label
from nbradiomics.dicom.masks.region_source import Finding, Made, slices_by_image
from nbradiomics.dicom.masks.segmentations.coded_names import coded_name
from nbradiomics.dicom.masks.segmentations.frames import Frame, FrameError, frames_of, pixels_of
from nbradiomics.dicom.masks.segmentations.placing import are_thicker, own_grid, placed, resampled, set_voxels
from nbradiomics.dicom.values import items, text, whole_number
from nbradiomics.dicom.volume import Volume
from nbradiomics.messages.wording import amount, percent

_EXPORT = "Export the segmentation again from the system in which it was made."
#: Rounding of a fraction.
_EPSILON = 1e-9


class Segmentation:
    """Segments of a DICOM segmentation (binary, fractional or label map).

    Parameters
    ----------
    dataset
        The segmentation with its pixels.
    volume
        The volume.
    fraction
        Least fraction of a voxel in the region, for fractional segmentations.
    """

    def __init__(self, dataset: Any, volume: Volume, fraction: float) -> None:
        self.dataset = dataset
        self.volume = volume
        self.grid = grid_of(volume.image)
        self.slice_of = slices_by_image(volume)
        self.fraction = fraction
        self.kind = text(dataset, "SegmentationType").upper()
        if self.kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
            raise FrameError("its Segmentation Type is none of BINARY, FRACTIONAL and LABELMAP")
        self.shape = (int(dataset.Rows), int(dataset.Columns))
        self.frames = frames_of(dataset)
        self.pixels, self.valid = pixels_of(dataset)
        self.most = (whole_number(dataset, "MaximumFractionalValue") or 0) if self.kind == "FRACTIONAL" else 1
        if self.most < 1:
            raise FrameError("it is fractional and has no Maximum Fractional Value")

    def labels(self) -> list[Label]:
        """Labels of the segments, in the order of the file; the background of a label map is none."""
        labels = []
        for item in items(self.dataset, "SegmentSequence"):
            number = whole_number(item, "SegmentNumber")
            if number is None or (number == 0 and self.kind == "LABELMAP"):
                continue
            codes = items(item, "SegmentedPropertyTypeCodeSequence")
            texts = text(item, "SegmentLabel"), *(text(code, "CodeMeaning") for code in codes)
            labels.append(Label(number, texts, coded_name(item), alike=True))
        return labels

    def make(self, number: int) -> Made:
        """Put a segment on the grid of the volume."""
        if sum(label.number == number for label in self.labels()) > 1:
            return Made(error=Finding("several segments have the same number.", _EXPORT))
        frames = [frame for frame in self.frames if frame.segment in (None, number)]
        if not frames:
            return Made(error=_EMPTY)
        try:
            return self._made(number, frames)
        except FrameError as error:
            return Made(error=Finding(f"{error}.", _EXPORT))

    def _made(self, number: int, frames: list[Frame]) -> Made:
        same = self.on_grid
        grid = self.grid if same else own_grid(self.frames, self.shape)
        columns, rows, slices = grid.size
        voxels = np.zeros((slices, rows, columns), np.uint8)
        seen: dict[tuple[int, ...], npt.NDArray[np.bool_]] = {}
        outside, total = 0, 0.0
        for frame in frames:
            place = placed(frame, grid, self.shape)
            if place is None:
                raise FrameError("its frames are not on one grid")
            inside, share = self._inside(frame, number)
            if same and inside.any():
                self._check_images(frame, int(place.origin[2]))
            before = seen.setdefault(tuple(place.origin.tolist()), inside)
            if before is not inside:
                if not np.array_equal(before, inside):
                    raise FrameError("two frames of a segment are on the same plane and differ")
                continue
            outside += set_voxels(voxels, place, inside)
            total += share
        return self._finished(voxels, grid if not same else None, outside, total)

    @cached_property
    def on_grid(self) -> bool:
        """Whether the frames are slices of the volume, or planes of the same voxels."""
        if any(placed(frame, self.grid, self.shape) is None for frame in self.frames):
            return False
        series = {text(one, "SeriesInstanceUID") for one in items(self.dataset, "ReferencedSeriesSequence")}
        images = {image for frame in self.frames for image in frame.images}
        named = self.volume.series in series or not images.isdisjoint(self.slice_of)
        return named or not are_thicker(self.frames, self.grid)

    def _inside(self, frame: Frame, number: int) -> tuple[npt.NDArray[np.bool_], float]:
        """Pixels of a frame in the segment, and the sum of their fractions."""
        pixels = self.pixels(frame.number)
        if pixels.shape != self.shape:
            raise FrameError("the pixels of a frame have another size than Rows and Columns")
        if self.kind == "LABELMAP":
            inside = pixels == number
            return inside, float(np.count_nonzero(inside))
        fractions = pixels.astype(np.float64) / self.most
        return fractions >= self.fraction - _EPSILON, float(fractions.sum())

    def _check_images(self, frame: Frame, place: int) -> None:
        """Refuse a frame on another slice than the only image that it was made from."""
        known = [self.slice_of[image] for image in frame.images if image in self.slice_of]
        if len(frame.images) == 1 and known and known[0] != place and not self._is_across(frame):
            raise FrameError("a frame is on another slice than the image that it names")

    def _is_across(self, frame: Frame) -> bool:
        """Whether a frame is not parallel to the slices of the volume."""
        normal = self.grid.direction[:, 2]
        return bool(abs(frame.across @ normal) + abs(frame.down @ normal) > 1e-3)

    def _finished(
        self, voxels: npt.NDArray[np.uint8], other: IndexGrid | None, outside: int, total: float
    ) -> Made:
        """Resample if needed, and say what was lost."""
        warnings: list[Finding] = []
        found = int(np.count_nonzero(voxels))
        voxel = (other or self.grid).voxel
        if not found and not outside:
            return Made(error=_EMPTY)
        if self.kind == "FRACTIONAL":
            warnings.append(self._about_fractions(total * voxel, (found + outside) * voxel))
        if other is not None:
            voxels = resampled(voxels, other, self.volume.image)
            warnings.extend(self._about_resampling(voxels, found * voxel))
        if not voxels.any():
            return Made(
                error=Finding("the segment lies outside the image.", "Use the series on which it was drawn.")
            )
        if outside:
            kept = int(np.count_nonzero(voxels)) * self.grid.voxel
            lost = outside * voxel
            cause = f"{amount(lost)} ml lie outside the image and are not in the mask; {amount(kept)} ml are."
            warnings.append(Finding(cause, "Use the series on which it was drawn, not cropped."))
        return Made(voxels, warnings=warnings)

    def _about_fractions(self, total: float, found: float) -> Finding:
        kind = text(self.dataset, "SegmentationFractionalType").upper()
        what = {"PROBABILITY": "probability", "OCCUPANCY": "occupied share"}.get(kind, "fraction")
        cause = (
            f"the segment is fractional: voxels with a {what} of at least {percent(self.fraction)} are in "
            f"the mask, {amount(found)} ml; the sum of all fractions is {amount(total)} ml."
        )
        return Finding(cause, "Choose another limit if needed (masks: fraction:).")

    def _about_resampling(self, voxels: npt.NDArray[np.uint8], before: float) -> Iterator[Finding]:
        after = int(np.count_nonzero(voxels)) * self.grid.voxel
        cause = (
            "the segmentation is on another grid than the series: it was resampled by nearest neighbour, "
            f"{amount(before)} ml before and {amount(after)} ml after."
        )
        yield Finding(cause, "Use the series on which it was drawn, if there is one.")


_EMPTY = Finding("the segment has no voxels.", "Leave it out by a rule, or draw it.")
