"""Volumes and structure sets made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from nbradiomics.dicom.masks.references import STRUCTURE_SET
from nbradiomics.dicom.volume import Slice, Volume
from tests.support.dicom_files import with_meta, write as write_file

CT = "1.2.840.10008.5.1.4.1.1.2"
#: A direction that is parallel to no axis: rotated about x, then z.
OBLIQUE = np.array(
    [
        [np.cos(0.4), -np.sin(0.4) * np.cos(0.3), np.sin(0.4) * np.sin(0.3)],
        [np.sin(0.4), np.cos(0.4) * np.cos(0.3), -np.cos(0.4) * np.sin(0.3)],
        [0.0, np.sin(0.3), np.cos(0.3)],
    ]
)


def volume_of(
    size: tuple[int, int, int] = (40, 30, 8),
    spacing: tuple[float, float, float] = (1.0, 1.0, 3.0),
    origin: Sequence[float] = (-20.0, 10.0, 100.0),
    direction: np.ndarray | None = None,
) -> Volume:
    """A volume of zeros (size and spacing x, y, z) whose files do not exist."""
    image = sitk.Image(*size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin(list(origin))
    image.SetDirection((np.eye(3) if direction is None else direction).ravel().tolist())
    slices = tuple(Slice(Path(f"{place}.dcm"), CT, f"1.2.3.9.{place}") for place in range(size[2]))
    return Volume(image, slices, "P1", "1.2.3.1", "1.2.3.2", "1.2.3.3", "CT")


def in_mm(volume: Volume, polygon: Any, place: float) -> np.ndarray:
    """Points (column, row) of a slice in mm."""
    index = np.column_stack([np.asarray(polygon, float), np.full(len(polygon), float(place))])
    matrix = np.array(volume.image.GetDirection()).reshape(3, 3) * volume.image.GetSpacing()
    return index @ matrix.T + volume.image.GetOrigin()


def contour(points: Any, kind: str = "CLOSED_PLANAR", images: Sequence[str] = ()) -> Dataset:
    """A contour of points in mm."""
    item = Dataset()
    item.ContourGeometricType = kind
    item.NumberOfContourPoints = len(points)
    item.ContourData = [f"{value:.9f}"[:16] for value in np.asarray(points, float).ravel()]
    if images:
        item.ContourImageSequence = []
        for uid in images:
            image = Dataset()
            image.ReferencedSOPClassUID = CT
            image.ReferencedSOPInstanceUID = uid
            item.ContourImageSequence.append(image)
    return item


def structure_set(volume: Volume, regions: dict[str, Sequence[Dataset]], **kinds: str) -> Dataset:
    """A structure set of named regions that names the series of a volume; `kinds` are interpreted types."""
    dataset = Dataset()
    dataset.SOPClassUID = STRUCTURE_SET
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.PatientID = volume.patient
    dataset.Modality = "RTSTRUCT"
    dataset.StructureSetLabel = "label"
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = volume.series
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = volume.frame_of_reference
    frame.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame]
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []
    dataset.RTROIObservationsSequence = []
    for number, (name, contours) in enumerate(regions.items(), 1):
        item, drawn, observed = Dataset(), Dataset(), Dataset()
        item.ROINumber, item.ROIName = number, name
        item.ReferencedFrameOfReferenceUID = volume.frame_of_reference
        drawn.ReferencedROINumber, drawn.ContourSequence = number, list(contours)
        observed.ReferencedROINumber = number
        observed.RTROIInterpretedType = kinds.get(name, "")
        dataset.StructureSetROISequence.append(item)
        dataset.ROIContourSequence.append(drawn)
        dataset.RTROIObservationsSequence.append(observed)
    return dataset


def write(dataset: Dataset, path: Path, *, explicit: bool = False) -> Path:
    """Write a data set as a DICOM file."""
    return write_file(
        with_meta(dataset, ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian), path
    )
