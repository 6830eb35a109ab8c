"""UIDs and bytes that depend on the content alone, so that two exports of the same data are identical."""

from __future__ import annotations

import hashlib
import json
import uuid
from io import BytesIO
from typing import TYPE_CHECKING

from nbradiomics.system.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

#: Stands for the UID of an instance while its content is hashed.
UNNAMED = "2.25.0"


def uid_of(*parts: object) -> str:
    """Make a UID from the parts of a name: ``2.25.`` and a number of 128 bits from their SHA-256.

    PS3.5 B.2 and RFC 9562 (a UUID of version 8, whose content is free).
    """
    text = json.dumps([str(part) for part in parts]).encode()
    digest = bytearray(hashlib.sha256(text).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{uuid.UUID(bytes=bytes(digest)).int}"


def named_by_content(dataset: FileDataset) -> bytes:
    """Set the SOP Instance UID of an object from its content, and return the bytes of its file."""
    _name(dataset, UNNAMED)
    _name(dataset, uid_of("instance", hashlib.sha256(_encoded(dataset)).hexdigest()))
    return _encoded(dataset)


def _name(dataset: FileDataset, uid: str) -> None:
    dataset.SOPInstanceUID = uid
    dataset.file_meta.MediaStorageSOPInstanceUID = uid


def _encoded(dataset: FileDataset) -> bytes:
    import pydicom

    file = BytesIO()
    with quiet():  # about texts whose VR allows less
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()
