"""DICOM segmentations written by highdicom on a volume made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from highdicom.seg import Segmentation, SegmentDescription
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from nbradiomics.dicom.volume import Volume
from nbradiomics.system.quiet import quiet


def sources(volume: Volume) -> list[Dataset]:
    """The headers of the images of a volume."""
    columns, rows, _ = volume.image.GetSize()
    spacing = volume.image.GetSpacing()
    direction = np.array(volume.image.GetDirection()).reshape(3, 3)
    found = []
    for place, part in enumerate(volume.slices):
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.SOPClassUID, image.SOPInstanceUID = part.sop_class, part.sop_instance
        image.PatientID, image.PatientName, image.Modality = volume.patient, "", volume.modality
        image.StudyInstanceUID, image.SeriesInstanceUID = volume.study, volume.series
        image.FrameOfReferenceUID = volume.frame_of_reference
        for keyword in ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"):
            setattr(image, keyword, "")
        image.AccessionNumber, image.ReferringPhysicianName = "", ""
        image.PositionReferenceIndicator = ""
        image.Rows, image.Columns = rows, columns
        image.PixelSpacing = [spacing[1], spacing[0]]
        image.SliceThickness = spacing[2]
        image.ImageOrientationPatient = [f"{value:.10f}" for value in direction[:, :2].T.ravel()]
        position = volume.image.TransformIndexToPhysicalPoint((0, 0, place))
        image.ImagePositionPatient = [f"{value:.8f}" for value in position]
        image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
        image.SamplesPerPixel, image.PixelRepresentation = 1, 1
        image.PhotometricInterpretation = "MONOCHROME2"
        image.InstanceNumber = place + 1
        found.append(image)
    return found


def description(number: int, label: str, kind: CodedConcept | Any = codes.SCT.Lesion) -> SegmentDescription:
    """A segment drawn by hand."""
    return SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=kind,
        algorithm_type="MANUAL",
    )


def segmentation(
    volume: Volume,
    voxels: np.ndarray,
    segments: Sequence[SegmentDescription],
    kind: str = "BINARY",
    **options: Any,
) -> Dataset:
    """A segmentation of voxels (slices x rows x columns, or with a last axis for segments)."""
    with quiet():
        return Segmentation(
            source_images=sources(volume),
            pixel_array=voxels,
            segmentation_type=kind,
            segment_descriptions=list(segments),
            series_instance_uid=generate_uid(),
            series_number=9,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="made by hand",
            manufacturer_model_name="x",
            software_versions="1",
            device_serial_number="1",
            **options,
        )
