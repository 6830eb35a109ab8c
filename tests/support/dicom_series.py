"""Small DICOM series made by tests: classic and enhanced MR, CT, PET, with any element changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from tests.support.dicom_files import write

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CLASSES = {
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
}
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
#: A change of a slice, by its number from 0.
Change = Callable[[Dataset, int], None]


def uid(*names: object) -> str:
    """A UID that is always the same for the same names."""
    return str(generate_uid(entropy_srcs=[str(name) for name in names] or ["-"]))


def pixels_of(*names: object, shape: tuple[int, int] = (6, 8)) -> np.ndarray:
    """Stored numbers that are always the same for the same names: rows x columns."""
    seed = int.from_bytes(uid(*names).encode()[-8:], "little")
    return np.random.default_rng(seed).integers(0, 1000, shape).astype(np.uint16)


def make_slice(
    series: str,
    number: int,
    *,
    modality: str = "MR",
    patient: str = "P1",
    orientation: Sequence[float] = AXIAL,
    gap: float = 3.0,
    shape: tuple[int, int] = (6, 8),
    **elements: Any,
) -> FileDataset:
    """One slice of a series as a dataset; `elements` by their keywords replace the usual ones."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CLASSES[modality]
    meta.MediaStorageSOPInstanceUID = uid(patient, series, number)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    normal = np.cross(orientation[:3], orientation[3:])
    usual = {
        "SOPClassUID": CLASSES[modality],
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "PatientID": patient,
        "PatientName": "Doe^Jane",
        "PatientBirthDate": "20100102",
        "StudyInstanceUID": uid(patient, "study"),
        "SeriesInstanceUID": uid(patient, series),
        "FrameOfReferenceUID": uid(patient, "frame"),
        "StudyDate": "20200301",
        "SeriesDate": "20200301",
        "SeriesTime": "101500",
        "Modality": modality,
        "SeriesDescription": series,
        "SeriesNumber": 3,
        "InstanceNumber": number + 1,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "Manufacturer": "SIEMENS",
        "ManufacturerModelName": "Aera",
        "ImageOrientationPatient": list(orientation),
        "ImagePositionPatient": [float(round(value, 6)) for value in normal * gap * number],
        "PixelSpacing": [1.5, 2.0],
        "SliceThickness": gap,
        "Rows": shape[0],
        "Columns": shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
    }
    if modality == "MR":
        usual |= {"RepetitionTime": 4000.0, "EchoTime": 90.0, "MagneticFieldStrength": 1.5, "FlipAngle": 90.0}
    if modality == "CT":
        usual |= {"RescaleSlope": 1.0, "RescaleIntercept": -1024.0, "KVP": 120.0, "ConvolutionKernel": "B30f"}
    for name, value in {**usual, **elements}.items():
        if value is not None:
            setattr(data, name, value)
    data.PixelData = pixels_of(patient, series, number, shape=shape).tobytes()
    return data


def write_series(
    folder: Path,
    series: str = "T2 axial",
    *,
    slices: Sequence[int] | int = 5,
    change: Change = lambda _data, _number: None,
    **options: Any,
) -> list[Path]:
    """Write a classic series, one file for each slice; `change` alters a slice before it is written."""
    paths = []
    for number in range(slices) if isinstance(slices, int) else slices:
        data = make_slice(series, number, **options)
        change(data, number)
        name = uid("file", data.SOPInstanceUID).replace(".", "")[-20:]
        paths.append(write(data, folder / name))  # without an ending, in an order that says nothing
    return paths


def pet_drug(**elements: Any) -> Items:
    """Item about the injected tracer."""
    drug = Dataset()
    usual = {
        "RadiopharmaceuticalStartTime": "091500",
        "RadionuclideTotalDose": 3.7e8,
        "RadionuclideHalfLife": 6586.2,
    }
    for name, value in {**usual, **elements}.items():
        if value is not None:
            setattr(drug, name, value)
    return Items([drug])


#: Elements of a PET slice from which an SUV can be computed.
PET: dict[str, Any] = {
    "Units": "BQML",
    "DecayCorrection": "START",
    "CorrectedImage": ["DECY", "ATTN", "SCAT"],
    "PatientWeight": 70.0,
    "AcquisitionDate": "20200301",
    "AcquisitionTime": "101500",
    "RescaleSlope": 2.0,
    "RescaleIntercept": 0.0,
}


def make_enhanced(
    series: str, frames: Sequence[dict[str, Any]], *, patient: str = "P1", shape: tuple[int, int] = (6, 8)
) -> FileDataset:
    """An enhanced MR instance; a frame has ``z`` and optionally orientation, b, time, stack, slope."""
    data = make_slice(series, 0, patient=patient, shape=shape, SOPClassUID=ENHANCED_MR)
    data.file_meta.MediaStorageSOPClassUID = ENHANCED_MR
    for name in (
        "ImageOrientationPatient",
        "ImagePositionPatient",
        "PixelSpacing",
        "EchoTime",
        "SliceThickness",
    ):
        delattr(data, name)
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [1.5, 2.0], 3.0
    shared, echo = Dataset(), Dataset()
    echo.EffectiveEchoTime = 90.0
    shared.PixelMeasuresSequence, shared.MREchoSequence = Items([measures]), Items([echo])
    data.SharedFunctionalGroupsSequence = Items([shared])
    data.PerFrameFunctionalGroupsSequence = Items([_frame_groups(frame) for frame in frames])
    data.NumberOfFrames = len(frames)
    numbers = [pixels_of(patient, series, place, shape=shape) for place in range(len(frames))]
    data.PixelData = np.stack(numbers).tobytes()
    return data


def _frame_groups(frame: dict[str, Any]) -> Dataset:
    groups, position, plane, content = Dataset(), Dataset(), Dataset(), Dataset()
    orientation = frame.get("orientation", AXIAL)
    normal = np.cross(orientation[:3], orientation[3:])
    position.ImagePositionPatient = [float(value) for value in normal * frame["z"]]
    plane.ImageOrientationPatient = list(orientation)
    content.TemporalPositionIndex = frame.get("time", 1)
    content.StackID = frame.get("stack", "1")
    groups.PlanePositionSequence, groups.PlaneOrientationSequence = Items([position]), Items([plane])
    groups.FrameContentSequence = Items([content])
    if "b" in frame:
        weighting = Dataset()
        weighting.DiffusionBValue = float(frame["b"])
        groups.MRDiffusionSequence = Items([weighting])
    if "slope" in frame:
        line = Dataset()
        line.RescaleSlope, line.RescaleIntercept, line.RescaleType = (
            frame["slope"],
            frame.get("intercept", 0.0),
            "US",
        )
        groups.PixelValueTransformationSequence = Items([line])
    return groups


def make_structure_set(
    images: Sequence[Path], names: Sequence[str] = ("GTV",), *, series: str = "contours", **elements: Any
) -> FileDataset:
    """A structure set with a rectangle of 4 x 3 pixels on each slice, for each name."""
    slices = [pydicom.dcmread(path, stop_before_pixels=True) for path in images]
    first = slices[0]
    data = make_slice(series, 0, patient=first.PatientID)
    for name in (
        "Rows",
        "Columns",
        "PixelData",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
    ):
        delattr(data, name)
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    data.Modality, data.StructureSetLabel = "RTSTRUCT", "label"
    for name, value in elements.items():
        setattr(data, name, value)
    references = [_reference(one) for one in slices]
    one, study, frame = Dataset(), Dataset(), Dataset()
    one.SeriesInstanceUID, one.ContourImageSequence = first.SeriesInstanceUID, Items(references)
    study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    study.ReferencedSOPInstanceUID = first.StudyInstanceUID
    study.RTReferencedSeriesSequence = Items([one])
    frame.FrameOfReferenceUID = first.FrameOfReferenceUID
    frame.RTReferencedStudySequence = Items([study])
    data.ReferencedFrameOfReferenceSequence = Items([frame])
    regions, contours, observations = [], [], []
    for number, name in enumerate(names, start=1):
        region, outline, observation = Dataset(), Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ROIGenerationAlgorithm = number, name, "MANUAL"
        region.ReferencedFrameOfReferenceUID = first.FrameOfReferenceUID
        outline.ReferencedROINumber = number
        outline.ContourSequence = Items([_rectangle(image) for image in slices])
        observation.ObservationNumber = observation.ReferencedROINumber = number
        observation.RTROIInterpretedType, observation.ROIInterpreter = "GTV", ""
        regions.append(region)
        contours.append(outline)
        observations.append(observation)
    data.StructureSetROISequence, data.ROIContourSequence = Items(regions), Items(contours)
    data.RTROIObservationsSequence = Items(observations)
    return data


def _reference(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item


def _rectangle(image: Dataset) -> Dataset:
    """Columns 2 to 5 and rows 1 to 3 of an axial image."""
    x, y, z = (float(value) for value in image.ImagePositionPatient)
    rows, columns = (float(value) for value in image.PixelSpacing)
    ends = [(1.5, 0.5), (5.5, 0.5), (5.5, 3.5), (1.5, 3.5)]
    contour = Dataset()
    contour.ContourImageSequence = Items([_reference(image)])
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(ends)
    contour.ContourData = [value for i, j in ends for value in (x + i * columns, y + j * rows, z)]
    return contour
