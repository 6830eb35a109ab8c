"""Small synthetic studies in DICOM, with identifiers that are easy to find where they must not be."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from tests.support.dicom_files import with_meta

#: A prefix of UIDs, of which all UIDs of these studies are made.
PREFIX = "1.2.826.0.1.3680043.8.498.77"


def mr_slice(
    patient: str, study: int, series: int, number: int, *, day: str = "20210304", text: str = "T2w tra",
    size: int = 16, frames: int = 1,
) -> Dataset:  # fmt: skip
    """One slice of a series, with noise that depends on its UIDs alone."""
    dataset = Dataset()
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = f"{PREFIX}.{study}.{series}.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{PREFIX}.{study}", f"{PREFIX}.{study}.{series}"
    dataset.FrameOfReferenceUID = f"{PREFIX}.{study}.99"
    dataset.PatientID, dataset.PatientName = patient, f"Secret^{patient}"
    dataset.PatientBirthDate, dataset.PatientSex = "20150607", "F"
    dataset.StudyDate, dataset.StudyTime, dataset.AccessionNumber = day, "101112", f"ACC{study}"
    dataset.StudyID, dataset.StudyDescription, dataset.ReferringPhysicianName = str(study), "MR abdomen", ""
    dataset.Modality, dataset.SeriesDescription = "MR", text
    dataset.Manufacturer, dataset.SeriesNumber, dataset.InstanceNumber = "Phantom", series, number
    dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "SE", "NONE", ""
    dataset.MRAcquisitionType, dataset.EchoTime, dataset.RepetitionTime = "2D", 80, 4000
    dataset.EchoTrainLength = 8
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, 3 * number], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.SliceThickness = [1, 1], 3
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    random = np.random.default_rng([study, series, number])
    dataset.PixelData = random.integers(0, 4096, (frames, size, size), dtype=np.uint16).tobytes()
    return with_meta(dataset)


def series_of(patient: str, study: int, series: int, slices: int, **options: object) -> list[Dataset]:
    """All slices of a series."""
    return [mr_slice(patient, study, series, one, **options) for one in range(1, slices + 1)]  # type: ignore[arg-type]


def cohort(patients: int = 3, slices: int = 6) -> list[Dataset]:
    """Two series of each patient, a study on each day."""
    return [
        dataset
        for one in range(1, patients + 1)
        for series, text in ((1, "T2w tra"), (2, "Localizer"))
        for dataset in series_of(f"PAT{one:03d}", one, series, slices, day=f"202103{one:02d}", text=text)
    ]


def as_file(dataset: Dataset) -> bytes:
    """A DICOM file of a data set."""
    content = BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    return content.getvalue()


def equal(one: Dataset, other: Dataset) -> bool:
    """Whether two data sets have the same elements; the header of the file does not count."""
    return bool(pydicom.Dataset(one) == pydicom.Dataset(other))


def identifiers(datasets: Sequence[Dataset]) -> set[str]:
    """Texts that must not be in messages."""
    names = ("PatientID", "PatientName", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
    return {str(dataset.get(name)) for dataset in datasets for name in names}
