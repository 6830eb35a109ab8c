"""Stand-ins of source instances: what the objects need of them, in the form that highdicom expects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbradiomics.dicom.export.frames import Frame
from nbradiomics.dicom.export.identity import Identity
from nbradiomics.dicom.export.uids import uid_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Class of every stand-in: a classic one, so that each frame of a multi-frame instance is an instance too.
_CLASSIC = "1.2.840.10008.5.1.4.1.1.4"


def patient_and_study(identity: Identity) -> Dataset:
    """Patient, study and series of the source."""
    from pydicom.dataset import Dataset

    dataset = Dataset()
    for name, value in {**identity.filing, **identity.describing}.items():
        setattr(dataset, name, value)
    if identity.issuer:
        dataset.IssuerOfPatientID = identity.issuer
    if identity.deidentified_by:
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = list(identity.deidentified_by)
    dataset.Modality = identity.modality
    dataset.SOPClassUID = _CLASSIC
    return dataset


def instance(identity: Identity, frame: Frame) -> Dataset:
    """Stand-in of the instance of a frame, under its own UID and class: for references as a whole."""
    dataset = patient_and_study(identity)
    dataset.SOPInstanceUID = frame.source.sop_instance
    dataset.SOPClassUID = frame.source.sop_class
    return dataset


def slices(identity: Identity, frames: Sequence[Frame], spacing: float) -> list[Dataset]:
    """Stand-ins of frames as classic slices, each under a UID of its own.

    Parameters
    ----------
    identity, frames
        The source; the frames have one orientation.
    spacing
        Distance of the slices in mm: the thickness of slices that state none.
    """
    from pydicom.valuerep import DSfloat

    first = frames[0]
    made = []
    for frame in frames:
        dataset = patient_and_study(identity)
        dataset.SOPInstanceUID = slice_uid(frame)
        dataset.PositionReferenceIndicator = identity.position_reference
        dataset.Rows, dataset.Columns = frame.shape
        dataset.ImagePositionPatient = [DSfloat(value, auto_format=True) for value in frame.position]
        # Equal within the tolerance of the grid; highdicom compares them exactly.
        dataset.ImageOrientationPatient = [DSfloat(value, auto_format=True) for value in first.orientation]
        dataset.PixelSpacing = [DSfloat(value, auto_format=True) for value in first.spacing]
        dataset.SliceThickness = DSfloat(first.thickness or spacing, auto_format=True)
        made.append(dataset)
    return made


def slice_uid(frame: Frame) -> str:
    """UID of the stand-in of a frame."""
    return uid_of("slice", frame.source.sop_instance, frame.source.frame)
