"""Check that a file has all of its voxels, no more, and that they match their checksum.

Uncompressed voxels have no checksum: a missing voxel is detected there, a wrong one cannot be.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.refusals import damaged
from nbradiomics.images.voxel_files import Part

#: Largest number of bytes that one compressed byte can unpack to.
MOST_OUT = 1032
_PACKED = ("gzip", "zlib")
#: A larger file is unpacked once without storing it before memory is allocated: its header may be wrong.
_LARGE = 1 << 29
_STEP = 1 << 20


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked if its content (not its name) is gzip."""
    with open_regular(path) as file:
        if not _begins_as_gzip(file):
            yield file
            return
        with gzip.open(file) as stream:
            yield cast(IO[bytes], stream)


def is_gzip(path: Path) -> bool:
    """Whether the content of a file is gzip."""
    with open_regular(path) as file:
        return _begins_as_gzip(file)


def _begins_as_gzip(file: BinaryIO) -> bool:
    start = file.read(2)
    file.seek(0)
    return start == b"\x1f\x8b"


def require_room(part: Part, promised: int, name: Path) -> None:
    """Raise `InputError` if a file is too short or too long for the voxels that its header promises.

    Parameters
    ----------
    part
        The part of the file with the voxels.
    promised
        Number of their bytes by the header.
    name
        The image, for the message.
    """
    length = part.file.stat().st_size - (part.start or 0)
    if part.packing in _PACKED:
        if part.packed is not None and part.packed != length:
            raise damaged(name, f"{part.packed} compressed bytes were expected, {length} were found")
        if promised + part.skipped > MOST_OUT * max(length, 0):
            raise damaged(
                name, f"{promised} bytes of voxels were expected, {length} compressed bytes were found"
            )
    elif part.packing in ("text", "hex"):
        if (
            length < promised // 8
        ):  # a number takes at least two characters as text, at most 8 bytes in memory
            raise damaged(name, f"{promised} bytes of voxels were expected, {length} were found")
    elif length < promised or (length > promised and part.start is not None):
        raise damaged(
            name, f"{promised} bytes of voxels were expected, {length} were found ({part.file.name})"
        )


def must_be_unpacked(part: Part, promised: int) -> bool:
    """Whether a part must be unpacked once before memory is allocated for it."""
    return part.packing in _PACKED and promised > _LARGE


def require_sound(part: Part, promised: int, name: Path, crc: int = 0) -> int:
    """Unpack a part to its end without storing it, and continue a CRC-32 over the unpacked bytes.

    Raises
    ------
    InputError
        When its checksum does not match, or it has more or fewer than `promised` bytes.
    """
    try:
        return _unpacked(part, promised, crc)
    except (gzip.BadGzipFile, EOFError, ValueError, zlib.error) as error:
        raise damaged(name, error) from error


def _unpacked(part: Part, promised: int, crc: int) -> int:
    length = 0
    with _stream(part) as chunks:
        for chunk in _after(chunks, part.skipped):
            length += len(chunk)
            if length > promised:
                raise ValueError(f"{promised} bytes of voxels were expected, more were found")
            crc = zlib.crc32(chunk, crc)
    if length < promised:
        raise ValueError(f"{promised} bytes of voxels were expected, {length} were found")
    return crc


def _after(chunks: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[skipped:]
        skipped = max(skipped - len(chunk), 0)


@contextmanager
def _stream(part: Part) -> Iterator[Iterator[bytes]]:
    with open_regular(part.file) as file:
        file.seek(part.start or 0)
        if part.packing == "zlib":
            yield _inflated(file)
        else:
            with gzip.open(file) as stream:
                yield iter(lambda: stream.read(_STEP), b"")


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """Unpack a zlib stream, or a gzip stream (MetaIO accepts both); nothing may follow it."""
    inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    full = False
    while not inflate.eof:
        packed = inflate.unconsumed_tail or (b"" if full else file.read(_STEP))
        if not packed and not full:
            raise EOFError("its compressed stream ends too early")
        out = inflate.decompress(packed, _STEP)
        full = len(out) == _STEP  # more output may be pending
        yield out
    if inflate.unused_data or file.read(1):
        raise ValueError("bytes follow the end of its compressed stream")


def fits_checksum(part: Part, voxels: npt.NDArray[np.generic]) -> bool:
    """Whether voxels match the checksum at the end of their gzip or zlib stream.

    The answer is that of unpacking again, in a tenth of the time: the stream's checksum is that of the
    original bytes, so equal checksums mean that the same bytes were unpacked. If they differ, the stream may
    still be intact (several streams in one file, zeros at its end): then only `require_sound` can decide.
    """
    with open_regular(part.file) as file:
        before = _skipped(file, part)
        file.seek(max(file.seek(0, 2) - 8, 0))
        end = file.read(8)
    if before is None or len(end) < 8:
        return False
    return any(_is_packed_in(end, before, order, part.packing) for order in in_both_orders(voxels))


def in_both_orders(voxels: npt.NDArray[np.generic]) -> Iterator[memoryview]:
    """Bytes of voxels in native byte order, then in the other order, which the file may use."""
    yield np.ascontiguousarray(voxels).data.cast("B")
    if voxels.dtype.itemsize > 1:
        yield voxels.byteswap().data.cast("B")


def _skipped(file: BinaryIO, part: Part) -> bytes | None:
    """Bytes before the voxels in a stream; ``None`` if they cannot be unpacked."""
    if not part.skipped:
        return b""
    file.seek(part.start or 0)
    try:
        return gzip.GzipFile(fileobj=file).read(part.skipped)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None


def _is_packed_in(end: bytes, before: bytes, content: memoryview, packing: str) -> bool:
    """Whether the end of a stream fits this content: zlib's Adler-32, or gzip's CRC-32 and length."""
    if packing == "zlib" and zlib.adler32(content) == int.from_bytes(end[4:], "big"):
        return True
    length = (len(before) + len(content)) % 2**32
    if length != int.from_bytes(end[4:], "little"):
        return False
    return zlib.crc32(content, zlib.crc32(before)) == int.from_bytes(end[:4], "little")


def require_text(part: Part, number: int, promised: int, name: Path) -> None:
    """Raise `InputError` unless a part has this many numbers as text, or this many bytes as hexadecimal."""
    with open_regular(part.file) as file:
        file.seek(part.start or 0)
        text = file.read()
    if part.packing == "text":
        require_numbers(text, number, name)
        return
    digits = b"".join(text.split())
    if len(digits) != 2 * promised or not re.fullmatch(rb"[0-9a-fA-F]*", digits):
        raise damaged(name, f"{2 * promised} hexadecimal digits were expected, {len(digits)} were found")


def require_numbers(text: bytes, number: int, name: Path) -> None:
    """Raise `InputError` unless a text has this many numbers, and white space after the last one."""
    words = re.split(rb"[\s,]+", text.strip())
    try:
        np.array(words).astype(np.float64)
    except ValueError as error:
        raise damaged(name, error) from error
    if len(words) != number:
        raise damaged(name, f"{number} voxels were expected, {len(words)} were found")
    if not text[-1:].isspace():
        raise damaged(name, "its last number may be cut off; a line end after it was expected")
