"""Make a light record from the header of a DICOM file, classic or enhanced (multi-frame)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbradiomics.dicom.series.diffusion import b_value, gradient
from nbradiomics.dicom.series.planar import PLANAR, planar_spacing
from nbradiomics.dicom.series.records import Acquired, Frame, Header, Instance, Place
from nbradiomics.dicom.values import first_item, items, number, numbers, private_number, raw, text, texts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

#: Modalities of objects that hold masks.
MASKS = ("SEG", "RTSTRUCT")
#: GE's number of the part of a complex image.
_GE_PARTS = {0: "MAGNITUDE", 1: "PHASE", 2: "REAL", 3: "IMAGINARY"}


def instance_of(data: FileDataset, path: str, digest: str) -> Instance:
    """Make the record of a file.

    Parameters
    ----------
    data
        Header without pixels.
    path, digest
        The file and the SHA-256 of its bytes.
    """
    shared = first_item(data, "SharedFunctionalGroupsSequence")
    groups = items(data, "PerFrameFunctionalGroupsSequence")
    if groups:
        frames = tuple(_frame(data, shared, group, place) for place, group in enumerate(groups, start=1))
    else:
        many = int(number(data, "NumberOfFrames") or 1)
        # Several frames without functional groups have no position of their own.
        frames = tuple(
            _frame(data, None, None, None if many == 1 else place) for place in range(1, max(many, 1) + 1)
        )
    header = _header(data, shared)
    if header.modality in MASKS:  # their frames are no slices of an image
        frames = frames[:1]
    return Instance(path, digest, text(data, "SOPInstanceUID"), header, frames, _refers(data))


def _refers(data: Dataset) -> tuple[str, ...]:
    """UIDs of the series that a segmentation or structure set names."""
    named = [text(one, "SeriesInstanceUID") for one in items(data, "ReferencedSeriesSequence")]
    for frame in items(data, "ReferencedFrameOfReferenceSequence"):
        for study in items(frame, "RTReferencedStudySequence"):
            series = items(study, "RTReferencedSeriesSequence")
            named += [text(one, "SeriesInstanceUID") for one in series]
    return tuple(dict.fromkeys(filter(None, named)))


def _header(data: FileDataset, shared: Dataset | None) -> Header:
    dates = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
    measures = first_item(shared, "PixelMeasuresSequence")
    thickness = number(data, "SliceThickness")
    announced = number(data, "NumberOfSlices")
    return Header(
        patient=text(data, "PatientID"),
        issuer=text(data, "IssuerOfPatientID"),
        birth=text(data, "PatientBirthDate"),
        study=text(data, "StudyInstanceUID"),
        series=text(data, "SeriesInstanceUID"),
        frame_of_reference=text(data, "FrameOfReferenceUID"),
        sop_class=text(data, "SOPClassUID"),
        modality=text(data, "Modality"),
        date=next((found for name in dates if (found := text(data, name))), ""),
        number=number(data, "SeriesNumber"),
        description=text(data, "SeriesDescription"),
        protocol=text(data, "ProtocolName"),
        manufacturer=text(data, "Manufacturer"),
        model=text(data, "ManufacturerModelName"),
        institution=text(data, "InstitutionName"),
        field=number(data, "MagneticFieldStrength"),
        kvp=number(data, "KVP") or number(first_item(shared, "CTXRayDetailsSequence"), "KVP"),
        kernel=text(data, "ConvolutionKernel")
        or text(first_item(shared, "CTReconstructionSequence"), "ConvolutionKernel"),
        contrast=bool(text(data, "ContrastBolusAgent") or items(data, "ContrastBolusAgentSequence")),
        rows=int(number(data, "Rows") or 0),
        columns=int(number(data, "Columns") or 0),
        samples=int(number(data, "SamplesPerPixel") or 0),
        photometric=text(data, "PhotometricInterpretation"),
        thickness=number(measures, "SliceThickness") if thickness is None else thickness,
        syntax=str(getattr(data.file_meta, "TransferSyntaxUID", "")) if hasattr(data, "file_meta") else "",
        corrected=texts(data, "CorrectedImage"),
        expected=int(announced) if announced else None,
        started=text(data, "SeriesDate") + text(data, "SeriesTime"),
        burned=text(data, "BurnedInAnnotation").upper() == "YES",
    )


def _group(shared: Dataset | None, own: Dataset | None, name: str) -> Dataset | None:
    """Item of a functional group: that of the frame, otherwise the shared one."""
    return first_item(own, name) or first_item(shared, name)


def _frame(data: Dataset, shared: Dataset | None, own: Dataset | None, place: int | None) -> Frame:
    return Frame(place, _place(data, shared, own, place), _acquired(data, shared, own))


def _place(data: Dataset, shared: Dataset | None, own: Dataset | None, place: int | None) -> Place:
    if own is None and place is not None:
        return Place(None, None, None)
    if own is None:
        position = numbers(data, "ImagePositionPatient")
        orientation = numbers(data, "ImageOrientationPatient")
        spacing = numbers(data, "PixelSpacing")
        if text(data, "Modality") in PLANAR:
            spacing = planar_spacing(data).edges or ()
    else:
        position = numbers(_group(shared, own, "PlanePositionSequence"), "ImagePositionPatient")
        orientation = numbers(_group(shared, own, "PlaneOrientationSequence"), "ImageOrientationPatient")
        spacing = numbers(_group(shared, own, "PixelMeasuresSequence"), "PixelSpacing")
    return Place(
        position if len(position) == 3 else None,
        orientation if len(orientation) == 6 else None,
        spacing if len(spacing) == 2 else None,
    )


def _acquired(data: Dataset, shared: Dataset | None, own: Dataset | None) -> Acquired:
    kind = _group(shared, own, "MRImageFrameTypeSequence") or _group(shared, own, "CTImageFrameTypeSequence")
    content = _group(shared, own, "FrameContentSequence")
    timing = _group(shared, own, "MRTimingAndRelatedParametersSequence")
    echo = number(_group(shared, own, "MREchoSequence"), "EffectiveEchoTime")
    weighting = _group(shared, own, "MRDiffusionSequence")
    inversion = numbers(_group(shared, own, "MRModifierSequence"), "InversionTimes")
    temporal = number(content, "TemporalPositionIndex")
    return Acquired(
        image_type=texts(kind, "FrameType") or texts(data, "ImageType"),
        component=_component(data, kind),
        b_value=b_value(data, weighting),
        te=_rounded(number(data, "EchoTime") if echo is None else echo),
        ti=_rounded(inversion[0] if inversion else number(data, "InversionTime")),
        echo=number(data, "EchoNumbers"),
        stack=text(content, "StackID"),
        gradient=gradient(data, weighting),
        temporal=number(data, "TemporalPositionIdentifier") if temporal is None else temporal,
        trigger=number(
            _group(shared, own, "CardiacSynchronizationSequence"), "NominalCardiacTriggerDelayTime"
        )
        if own is not None
        else number(data, "TriggerTime"),
        acquisition=_first(number(content, "FrameAcquisitionNumber"), number(data, "AcquisitionNumber")),
        flip=_first(number(timing, "FlipAngle"), number(data, "FlipAngle")),
        tr=_first(number(timing, "RepetitionTime"), number(data, "RepetitionTime")),
        time=text(content, "FrameAcquisitionDateTime")
        or text(data, "AcquisitionDateTime")
        or text(data, "AcquisitionDate") + text(data, "AcquisitionTime"),
    )


def _component(data: Dataset, kind: Dataset | None) -> str:
    """Part of a complex image that a slice shows."""
    stated = text(kind, "ComplexImageComponent") or text(data, "ComplexImageComponent")
    part = private_number(data, "GEMS_PARM_01", 0x0043, 0x2F) if not stated else None
    return stated or _GE_PARTS.get(int(part) if part is not None else -1, "")


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _rounded(value: float | None) -> float | None:
    """Times in ms to 0.01: the same time may be written with different rounding from slice to slice."""
    return None if value is None else round(value, 2)


def is_instance(data: FileDataset) -> bool:
    """Whether a dataset is an instance of a series."""
    return raw(data, "SOPClassUID") is not None and raw(data, "SOPInstanceUID") is not None
