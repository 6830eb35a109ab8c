"""Volumes of classic series (one slice in a file), real or made, for tests that need a `Volume` alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk

from nbradiomics.dicom.volume import Slice, Volume
from nbradiomics.system.quiet import quiet


def read_volume(folder: Path, *, pixels: bool = True) -> Volume:
    """Read a folder that holds one regular series; voxels rescaled, or 0 without pixels."""
    with quiet():
        found = [
            (path, pydicom.dcmread(path, stop_before_pixels=not pixels)) for path in sorted(folder.iterdir())
        ]
    cosines = np.array(found[0][1].ImageOrientationPatient, dtype=float)
    normal = np.cross(cosines[:3], cosines[3:])

    def level(item: tuple[Path, pydicom.FileDataset]) -> float:
        return float(np.dot(np.array(item[1].ImagePositionPatient, dtype=float), normal))

    found.sort(key=level)
    first, last = found[0][1], found[-1][1]
    image = sitk.GetImageFromArray(_voxels([one for _, one in found], pixels))
    gap = (level(found[-1]) - level(found[0])) / max(len(found) - 1, 1) or float(first.SliceThickness)
    image.SetSpacing([float(first.PixelSpacing[1]), float(first.PixelSpacing[0]), gap])
    image.SetOrigin([float(value) for value in first.ImagePositionPatient])
    image.SetDirection(np.stack([cosines[:3], cosines[3:], normal], axis=1).ravel().tolist())
    slices = tuple(Slice(path, one.SOPClassUID, one.SOPInstanceUID) for path, one in found)
    return Volume(
        image,
        slices,
        str(first.PatientID),
        first.StudyInstanceUID,
        first.SeriesInstanceUID,
        last.get("FrameOfReferenceUID", ""),
        first.Modality,
    )


def _voxels(series: list[pydicom.FileDataset], pixels: bool) -> np.ndarray:
    if not pixels:
        return np.zeros((len(series), series[0].Rows, series[0].Columns), np.float32)
    with quiet():
        slopes = [
            (float(one.get("RescaleSlope", 1)), float(one.get("RescaleIntercept", 0))) for one in series
        ]
        scaled = [one.pixel_array * slope + add for one, (slope, add) in zip(series, slopes, strict=True)]
    return np.stack(scaled).astype(np.float32)
