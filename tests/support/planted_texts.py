"""Texts planted in every text element of DICOM files, and a search for them in all that is written."""

from __future__ import annotations

import base64
import gzip
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from nbradiomics.system.quiet import quiet

#: Part of every planted text; long enough not to occur by chance in compressed data.
MARK = "QXZVKJ"
#: Person, Patient ID and institution with letters that encodings write differently.
PERSON, BIRTH = f"{MARK}MÜLLER^JÜRGEN", "19770523"
_TEXT = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
_DATES = {"DA": BIRTH, "DT": f"{BIRTH}031415.926535", "TM": "031415.926535", "AS": "047Y"}
#: A number of kilograms, metres or seconds that would be recognised.
_NUMBERS = {"PatientSize": 1.7137, "DeviceSerialNumber": f"{MARK}SERIAL", "PatientWeight": 71.377}
#: Without these values a file is no slice of a series.
_NEEDED = {
    "Modality", "ImageType", "PhotometricInterpretation", "StudyDate", "SeriesDate", "SeriesTime",
    "AcquisitionDate", "AcquisitionTime", "Units", "DecayCorrection", "CorrectedImage", "SUVType",
    "ROIGenerationAlgorithm", "RTROIInterpretedType", "ContourGeometricType", "PixelPresentation",
    "LossyImageCompression", "SpecificCharacterSet", "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime", "BurnedInAnnotation", "PatientID",
}  # fmt: skip


def _texts(*, nested: bool) -> Dataset:
    """A text in every text element of the dictionary, in private ones, and in sequences of the same."""
    data = Dataset()
    for tag, (kind, *_) in DicomDictionary.items():
        name = keyword_for_tag(tag)
        if name in _NEEDED or not name or tag < 0x00080000:
            continue
        if kind in _TEXT:
            data.add_new(tag, kind, PERSON if kind == "PN" else f"{MARK}{tag:08X}")
        elif kind in _DATES:
            data.add_new(tag, kind, _DATES[kind])
        elif kind == "UI":
            data.add_new(tag, kind, f"1.2.77.5.23.1977.{tag}")
    for name, value in _NUMBERS.items():
        setattr(data, name, value)
    for owner in (0x0009, 0x0019, 0x0029, 0x0043, 0x2001, 0x2005, 0x7053):
        data.private_block(owner, f"{MARK} OWNER", create=True).add_new(0x10, "LO", f"{MARK}PRIVATE")
    for name in ("RequestAttributesSequence", "OtherPatientIDsSequence") if nested else ():
        setattr(data, name, Items([_texts(nested=False)]))
    return data


with quiet():
    _WHOLE, _INNER = _texts(nested=True), _texts(nested=False)


def plant(data: Dataset, number: int = 0) -> None:
    """Write the texts into a dataset, except over its UIDs: with nested ones into the first of a series."""
    _write(data, _INNER if number else _WHOLE)
    data.SpecificCharacterSet = "ISO_IR 192" if number % 2 else "ISO_IR 100"
    for name in ("ImageType", "CorrectedImage"):
        if name in data:
            setattr(data, name, [*data[name].value, f"{MARK}VALUE"])
    for name in ("RadiopharmaceuticalInformationSequence", "StructureSetROISequence"):
        for item in data.get(name, ()):
            _write(item, _INNER)


def _write(data: Dataset, texts: Dataset) -> None:
    for element in texts:
        if element.VR != "UI" or element.tag not in data:
            data[element.tag] = element


def identifiers(folder: Path) -> set[str]:
    """Patient IDs, UIDs and dates of all files, which are not planted since a series needs them."""
    found = set()
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "StudyDate")
    for path in folder.rglob("*"):
        if path.is_file():
            with quiet():
                data = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            found |= {str(data.get(name)) for name in (*names, "PatientID") if data.get(name)}
    assert len(found) > 20
    assert min(map(len, found)) > 6, "a shorter one would be found by chance"
    return found


def patterns(identifiers: Collection[str]) -> re.Pattern[bytes]:
    """What must not be found: the texts as they are, in other encodings, in hexadecimal and in base64."""
    dates = {f"{one[:4]}-{one[4:6]}-{one[6:]}" for one in (BIRTH, *identifiers) if len(one) == 8}
    plain = {MARK, "MÜLLER", BIRTH, "23.5.1977", "5.23.1977", "031415.92", "03:14:15", *dates, *identifiers}
    found: set[bytes] = {b"(?<![0-9.])71\\.377(?![0-9])", b"(?<![0-9.])1\\.7137(?![0-9])", b"\\b047Y\\b"}
    for text in plain:
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            found.add(re.escape(text.encode(encoding)))
        found |= {one.encode().hex().encode() for one in (text, text.lower())}
    for text in (f"{MARK}MÜLLER", *(one for one in identifiers if len(one) > 20)):
        for shift in range(3):  # base64 writes a text in three ways, by its place
            code = base64.b64encode(b"\0" * shift + text.encode())
            found.add(re.escape(code[4:-4]))
    return re.compile(b"(?i)" + b"|".join(sorted(found)))


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of a folder, and of what is compressed in it."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        content = path.read_bytes() if path.is_file() else b""
        yield name, content
        yield from _unpacked(name, content)


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if content[:2] == b"\x1f\x8b":
        yield f"{name} (gzip header)", content[:200]
        yield f"{name} (unpacked)", gzip.decompress(content)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for entry in archive.namelist():
                yield f"{name}/{entry}", archive.read(entry)
    if content[:4] == b"PAR1":
        yield f"{name} (table)", _parquet(content)
    for place in (one.start() for one in re.finditer(rb"(zTXt|iTXt|tEXt)", content)):
        yield f"{name} (PNG text)", content[place : place + 400]
    if content[:4] == b"%PDF":
        for piece in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
            yield f"{name} (PDF stream)", _inflated(piece)


def _inflated(piece: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(piece)
    except zlib.error:
        return piece


def _parquet(content: bytes) -> bytes:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(BytesIO(content))
    table: Any = file.read()
    return f"{file.schema_arrow.metadata}{table.to_pandas().to_csv()}".encode()


def require_clean(folder: Path, output: str, unwanted: re.Pattern[bytes], *, but: str = r"(?!)") -> int:
    """Require that no file, no name of a file and no output holds a planted text; return how many were read.

    Parameters
    ----------
    folder, output
        All that was written, and the text of both streams.
    unwanted
        Made by `patterns`.
    but
        Regular expression of the names of files whose content may hold texts.
    """
    number = 0
    for name, content in [("output", output.encode()), *written(folder)]:
        assert not unwanted.search(name.encode()), name
        number += 1
        if found := None if re.search(but, name) else unwanted.search(content):
            start, end = max(0, found.start() - 120), found.end() + 60
            raise AssertionError(f"{name}: {content[start:end]!r}")
    return number
