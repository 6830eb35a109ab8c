"""Patient and study of a series, as the objects made from it must carry them, and their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbradiomics.dicom.discreet import discreet
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Attributes by which an archive files an object: without them it would be filed elsewhere, or be lost.
FILING = {"StudyInstanceUID": "UI", "SeriesInstanceUID": "UI", "FrameOfReferenceUID": "UI"}
#: Attributes that may be empty (type 2), with their value representations. The Patient ID belongs to an
#: archive's keys too: it is empty only if it is so in the source.
DESCRIBING = {
    "PatientID": "LO",
    "PatientName": "PN",
    "PatientBirthDate": "DA",
    "PatientSex": "CS",
    "StudyID": "SH",
    "StudyDate": "DA",
    "StudyTime": "TM",
    "AccessionNumber": "SH",
    "ReferringPhysicianName": "PN",
}
#: Pairs of date and time, the first of which that is stated is that of an object.
_TIMES = (
    ("SeriesDate", "SeriesTime"),
    ("AcquisitionDate", "AcquisitionTime"),
    ("StudyDate", "StudyTime"),
    ("ContentDate", "ContentTime"),
)
#: Date and time of objects whose source states none.
UNKNOWN_TIME = ("19000101", "000000")


@dataclass(frozen=True)
class Identity:
    """Patient, study and series of a source.

    Attributes
    ----------
    filing, describing
        Values of the attributes of these groups by name.
    modality
        Modality of the source.
    issuer
        Issuer of Patient ID; empty if it is not stated.
    deidentified_by
        Methods by which the source was made anonymous; empty if it does not say that it was.
    position_reference
        Position Reference Indicator of the frame of reference.
    when
        Date and time of the source.
    emptied
        Names of the attributes that are left empty, because their values are not allowed in DICOM.
    """

    filing: dict[str, str]
    describing: dict[str, str]
    modality: str
    issuer: str
    deidentified_by: tuple[str, ...]
    position_reference: str
    when: tuple[str, str]
    emptied: tuple[str, ...]

    @property
    def series(self) -> str:
        """Series Instance UID of the source."""
        return self.filing["SeriesInstanceUID"]


def identity_of(header: Dataset, reference: str) -> Identity:
    """Read the identity of a series.

    Parameters
    ----------
    header
        Of one of its instances.
    reference
        Frame of Reference UID of the slices in use; empty if they state none.

    Raises
    ------
    InputError
        When an attribute is missing or wrong without which the object could not be filed; the message names
        the attribute, never its value.
    """
    with discreet():  # about values that do not keep to their VR
        texts = {name: _text(header, name) for name in FILING} | {"FrameOfReferenceUID": reference}
        filing = {name: _required(texts[name], name, vr) for name, vr in FILING.items()}
        texts = {name: _text(header, name) for name in DESCRIBING}
        wrong = [
            name for name, vr in DESCRIBING.items() if texts[name] and not _is_valid(vr, texts[name], name)
        ]
        if "PatientID" in wrong:
            raise _cannot_be_filed("PatientID", "wrong")
        issuer = _text(header, "IssuerOfPatientID")
        position = _text(header, "PositionReferenceIndicator")
        return Identity(
            filing,
            {name: "" if name in wrong else text for name, text in texts.items()},
            _text(header, "Modality"),
            issuer if _is_valid("LO", issuer) else "",
            _deidentified_by(header),
            position if _is_valid("LO", position) else "",
            _when(header),
            tuple(wrong),
        )


def _required(text: str, name: str, vr: str) -> str:
    if not text or not _is_valid(vr, text):
        raise _cannot_be_filed(name, "wrong" if text else "missing")
    return text


def _cannot_be_filed(name: str, how: str) -> InputError:
    return InputError(
        f"the source series cannot be referred to: its attribute {name} is {how}.",
        "Export the series from the archive again; an anonymiser may have removed the attribute.",
    )


def _text(header: Dataset, name: str) -> str:
    """Value of an attribute as text, decoded, without padding; empty if it is missing or has several."""
    try:
        value: Any = header.get(name)
        return "" if value is None or isinstance(value, list | tuple) else str(value).strip(" \0")
    except (ValueError, LookupError, UnicodeError, AttributeError):  # bytes that are no text
        return ""


def _is_valid(vr: str, text: str, name: str = "") -> bool:
    from pydicom import config
    from pydicom.valuerep import validate_value

    if name == "PatientSex":
        return text in ("M", "F", "O")
    if any(ord(letter) < 32 for letter in text):
        return False
    try:
        validate_value(vr, text, config.RAISE)
    except (ValueError, TypeError):
        return False
    return True


def _deidentified_by(header: Dataset) -> tuple[str, ...]:
    """Methods of an anonymiser; empty if a method is not allowed in DICOM."""
    methods: Any = header.get("DeidentificationMethod") or []
    texts = [methods] if isinstance(methods, str) else list(methods)
    removed = _text(header, "PatientIdentityRemoved") == "YES"
    return tuple(map(str, texts)) if removed and all(_is_valid("LO", str(text)) for text in texts) else ()


def _when(header: Dataset) -> tuple[str, str]:
    for date_name, time_name in _TIMES:
        date, time = _text(header, date_name), _text(header, time_name)
        if len(date) == 8 and _is_valid("DA", date):
            return date, time if time and _is_valid("TM", time) else UNKNOWN_TIME[1]
    return UNKNOWN_TIME
