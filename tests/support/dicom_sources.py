"""Source series for tests: classic and enhanced, with a person's data in every text of patient and study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.valuerep import DSfloat

from tests.support.dicom_files import with_meta, write

MR, ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"
STUDY, FRAME = "1.2.826.0.1.3680043.8.498.10", "1.2.826.0.1.3680043.8.498.20"
#: What no table, log or file name may hold.
PLANTED = {
    "PatientID": "PID-4711",
    "PatientName": "Müller^Grete",
    "PatientBirthDate": "20150304",
    "PatientSex": "F",
    "StudyID": "STUDY-0815",
    "StudyDate": "20240102",
    "StudyTime": "030405",
    "AccessionNumber": "ACC-99887",
    "ReferringPhysicianName": "House^Gregory",
    "InstitutionName": "Children's Hospital Springfield",
}


def header(series: str, **tags: object) -> Dataset:
    """Patient, study and series; a tag of `None` is left out."""
    dataset = Dataset()
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        **PLANTED,
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": series,
        "FrameOfReferenceUID": FRAME,
        "Modality": "MR",
        **tags,
    }
    for name, value in values.items():
        if value is not None:
            setattr(dataset, name, value)
    return dataset


def numbers(values: object) -> list[DSfloat]:
    return [DSfloat(float(value), auto_format=True) for value in np.ravel(values)]


def planes(image: sitk.Image) -> list[np.ndarray]:
    """Position of the first voxel of each plane."""
    return [
        np.array(image.TransformIndexToPhysicalPoint((0, 0, number))) for number in range(image.GetDepth())
    ]


def orientation(image: sitk.Image) -> np.ndarray:
    """Direction of the columns' numbers and of the rows' numbers: the first two axes of the image."""
    return np.array(image.GetDirection()).reshape(3, 3).T[:2]


def add_pixels(dataset: Dataset, array: np.ndarray) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.Rows, dataset.Columns = array.shape[-2:]
    dataset.PixelData = array.astype("<u2").tobytes()


def write_classic(image: sitk.Image, folder: Path, series: str, first: int = 1, **tags: object) -> None:
    """One file for each slice, in an order and under names that say nothing."""
    array = sitk.GetArrayFromImage(image)
    for number, position in enumerate(planes(image)):
        dataset = header(series, **tags)
        dataset.SOPClassUID, dataset.SOPInstanceUID = MR, f"{series}.{first + number}"
        dataset.InstanceNumber = (7 * number) % 5
        dataset.ImagePositionPatient = numbers(position)
        dataset.ImageOrientationPatient = numbers(orientation(image))
        dataset.PixelSpacing = numbers([image.GetSpacing()[1], image.GetSpacing()[0]])
        dataset.SliceThickness = numbers([image.GetSpacing()[2]])[0]
        add_pixels(dataset, array[number])
        write(with_meta(dataset), folder / f"{(number * 31) % 97:03d}_{first}_{number}")


def write_enhanced(image: sitk.Image, folder: Path, series: str, **tags: object) -> None:
    """One file with a frame for each slice, the last slice first."""
    array = sitk.GetArrayFromImage(image)[::-1]
    dataset = header(series, **tags)
    dataset.SOPClassUID, dataset.SOPInstanceUID = ENHANCED_MR, f"{series}.1"
    shared, measures, turned = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = numbers([image.GetSpacing()[1], image.GetSpacing()[0]])
    measures.SliceThickness = numbers([image.GetSpacing()[2]])[0]
    turned.ImageOrientationPatient = numbers(orientation(image))
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [turned]
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for position in planes(image)[::-1]:
        own, place = Dataset(), Dataset()
        place.ImagePositionPatient = numbers(position)
        own.PlanePositionSequence = [place]
        groups.append(own)
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.NumberOfFrames = len(groups)
    add_pixels(dataset, array)
    write(with_meta(dataset), folder / "enhanced")


def noise_image(size: tuple[int, int, int] = (12, 9, 5), seed: int = 0) -> sitk.Image:
    """Whole numbers on an oblique grid with pixels that are not square."""
    values = np.random.default_rng(seed).integers(0, 1000, size[::-1])
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.SetSpacing((0.7, 1.1, 3.3))
    image.SetOrigin((-31.25, 12.5, 101.0))
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.2, -0.1, 0.3)
    image.SetDirection(turn.GetMatrix())
    return image


def ball(image: sitk.Image, centre: tuple[float, float, float], radius: float) -> sitk.Image:
    """Mask of the voxels near a place, given by fractions of the size; radius as a fraction too."""
    array = np.zeros(image.GetSize()[::-1], np.uint8)
    grids = np.indices(array.shape)
    size = np.array(array.shape)
    scaled = [
        (grid - fraction * (edge - 1)) / max(edge, 1)
        for grid, fraction, edge in zip(grids, centre[::-1], size, strict=True)
    ]
    array[sum(part**2 for part in scaled) <= radius**2] = 1
    mask = sitk.GetImageFromArray(array)
    mask.CopyInformation(image)
    return mask
