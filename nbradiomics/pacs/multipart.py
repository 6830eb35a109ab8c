"""Write the DICOM file of a response to disk while it arrives, and notice a response that was cut off.

dicomweb-client takes the beginning of a response that was cut off for the whole, and holds an instance
several times in memory; a response of one instance is simple enough to be written as it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from typing import BinaryIO

from nbradiomics.errors import InputError
from nbradiomics.pacs.refusals import CutOffError

#: Largest number of bytes before the content of a part.
_LONGEST_HEAD = 64 << 10
_AGAIN = "Run the command again: it continues."
_EMPTY_LINE = b"\r\n\r\n"


def write_instance(chunks: Iterable[bytes], content_type: str, file: BinaryIO) -> None:
    """Write the only part of a response to a file.

    Parameters
    ----------
    chunks
        The body, in pieces of any size.
    content_type
        Header of the response: ``multipart/related; boundary=...``; also ``application/dicom``, which some
        servers send against the standard.
    file
        Where the part is written.

    Raises
    ------
    CutOffError
        When the body ends before the part does.
    InputError
        When the response is something else, or has another number of parts than one.
    """
    header = Message()
    header["content-type"] = content_type
    kind, boundary = header.get_content_type(), header.get_param("boundary")
    if kind == "application/dicom":
        for chunk in chunks:
            file.write(chunk)
    elif kind == "multipart/related" and isinstance(boundary, str) and boundary:
        _write_part(chunks, b"--" + boundary.encode("latin-1", "replace"), file)
    else:
        raise InputError(f"The server sent {kind} where a DICOM file was expected.", "Check its URL.")


def _write_part(chunks: Iterable[bytes], marker: bytes, file: BinaryIO) -> None:
    end = b"\r\n" + marker
    pieces = iter(chunks)
    rest = bytearray(_after_head(pieces, marker))
    while (place := rest.find(end)) < 0:
        # The last bytes may be the beginning of the end.
        ready = max(0, len(rest) - len(end) + 1)
        file.write(rest[:ready])
        del rest[:ready]
        piece = next(pieces, None)
        if piece is None:
            raise CutOffError("The response ended before the file did.", _AGAIN)
        rest += piece
    file.write(rest[:place])
    after = bytes(rest[place + len(end) :])
    for piece in pieces:  # to the end, so that the connection can be used again
        after = (after + piece)[:_LONGEST_HEAD]
    if after.strip() and not after.startswith(b"--"):
        raise InputError("The server sent several instances where one was asked for.", "Check the server.")


def _after_head(pieces: Iterable[bytes], marker: bytes) -> bytes:
    """Read to the end of the header of the first part; return what was read of its content."""
    read = bytearray()
    for piece in pieces:
        read += piece
        start = read.find(marker)
        place = read.find(_EMPTY_LINE, start) if start >= 0 else -1
        if place >= 0:
            return bytes(read[place + len(_EMPTY_LINE) :])
        if len(read) > _LONGEST_HEAD:
            raise InputError("The server sent a response that cannot be read.", "Check the server.")
    raise CutOffError("The response ended before the file began.", _AGAIN)
