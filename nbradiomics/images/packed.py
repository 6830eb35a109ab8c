"""Are the voxels that a file holds whole: neither too few nor too many, and sound by their checksum?

What is not packed has no checksum: there a wrong voxel cannot be known, a missing one can.
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

#: Bytes that come out of one packed byte at most.
MOST_OUT = 1032
_PACKED = ("gzip", "zlib")
#: Bytes that are unpacked to nowhere before memory is taken for them: a lying header may promise them.
_LARGE = 1 << 29
_STEP = 1 << 20


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file, or what is packed in it by gzip: by its content, since names lie."""
    with open_regular(path) as file:
        if not _begins_as_gzip(file):
            yield file
            return
        with gzip.open(file) as stream:
            yield cast(IO[bytes], stream)


def is_gzip(path: Path) -> bool:
    """Whether a file is packed by gzip, by its content."""
    with open_regular(path) as file:
        return _begins_as_gzip(file)


def _begins_as_gzip(file: BinaryIO) -> bool:
    start = file.read(2)
    file.seek(0)
    return start == b"\x1f\x8b"


def require_room(part: Part, promised: int, name: Path) -> None:
    """Raise `InputError` where a file cannot hold what its header promises, by its length alone.

    Parameters
    ----------
    part
        Where the voxels lie.
    promised
        Their bytes.
    name
        The image, for the message.
    """
    held = part.file.stat().st_size - (part.start or 0)
    if part.packing in _PACKED:
        if part.packed is not None and part.packed != held:
            raise damaged(name, f"{part.packed} packed bytes were expected, and {held} are there")
        if promised + part.skipped > MOST_OUT * max(held, 0):
            raise damaged(
                name, f"{promised} bytes of voxels were expected, and {held} packed bytes are there"
            )
    elif part.packing in ("text", "hex"):
        if held < promised // 8:  # a number of text takes two characters, and 8 bytes at most
            raise damaged(name, f"{promised} bytes of voxels were expected, and {held} are there")
    elif held < promised or (held > promised and part.start is not None):
        raise damaged(
            name, f"{promised} bytes of voxels were expected, and {held} are there ({part.file.name})"
        )


def must_be_unpacked(part: Part, promised: int) -> bool:
    """Whether a part is to be unpacked by itself before memory is taken for it."""
    return part.packing in _PACKED and promised > _LARGE


def require_sound(part: Part, promised: int, name: Path, crc: int = 0) -> int:
    """Unpack a part to its end, to nowhere, and carry a CRC-32 on over what came out.

    Raises
    ------
    InputError
        When its checksum does not fit, or it holds more or less than `promised` bytes.
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
                raise ValueError(
                    f"more than the {promised} bytes of voxels that its header promises are there"
                )
            crc = zlib.crc32(chunk, crc)
    if length < promised:
        raise ValueError(f"{promised} bytes of voxels were expected, and {length} are there")
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
    """What a zlib stream holds, or a gzip stream, which MetaIO takes too; nothing may follow it."""
    inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    full = False
    while not inflate.eof:
        packed = inflate.unconsumed_tail or (b"" if full else file.read(_STEP))
        if not packed and not full:
            raise EOFError("its compressed stream ends too early")
        out = inflate.decompress(packed, _STEP)
        full = len(out) == _STEP  # more may wait to come out
        yield out
    if inflate.unused_data or file.read(1):
        raise ValueError("bytes follow the end of its compressed stream")


def fits_checksum(part: Part, voxels: npt.NDArray[np.generic]) -> bool:
    """Whether voxels are those of a gzip or zlib stream by the checksum at its end.

    It is what unpacking anew would tell, in a tenth of the time: the stream's checksum is that of what was
    packed, so equal ones mean that the same came out. Where it does not fit, the stream may still be sound
    (several streams in one file, zeros at its end): only `require_sound` tells.
    """
    with open_regular(part.file) as file:
        before = _skipped(file, part)
        file.seek(max(file.seek(0, 2) - 8, 0))
        end = file.read(8)
    if before is None or len(end) < 8:
        return False
    return any(_is_packed_in(end, before, order, part.packing) for order in in_both_orders(voxels))


def in_both_orders(voxels: npt.NDArray[np.generic]) -> Iterator[memoryview]:
    """Bytes of voxels in the processor's order, and in the other one, in which a file may hold them."""
    yield np.ascontiguousarray(voxels).data.cast("B")
    if voxels.dtype.itemsize > 1:
        yield voxels.byteswap().data.cast("B")


def _skipped(file: BinaryIO, part: Part) -> bytes | None:
    """What stands before the voxels in a stream; ``None`` where that cannot be unpacked."""
    if not part.skipped:
        return b""
    file.seek(part.start or 0)
    try:
        return gzip.GzipFile(fileobj=file).read(part.skipped)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None


def _is_packed_in(end: bytes, before: bytes, content: memoryview, packing: str) -> bool:
    """Whether a stream that ends so holds this content: zlib's Adler-32, or gzip's CRC-32 and length."""
    if packing == "zlib" and zlib.adler32(content) == int.from_bytes(end[4:], "big"):
        return True
    length = (len(before) + len(content)) % 2**32
    if length != int.from_bytes(end[4:], "little"):
        return False
    return zlib.crc32(content, zlib.crc32(before)) == int.from_bytes(end[:4], "little")


def require_text(part: Part, number: int, promised: int, name: Path) -> None:
    """Raise `InputError` unless a part holds so many numbers as text, or so many bytes as hexadecimal."""
    with open_regular(part.file) as file:
        file.seek(part.start or 0)
        text = file.read()
    if part.packing == "text":
        require_numbers(text, number, name)
        return
    digits = b"".join(text.split())
    if len(digits) != 2 * promised or not re.fullmatch(rb"[0-9a-fA-F]*", digits):
        raise damaged(name, f"{2 * promised} hexadecimal digits were expected, and {len(digits)} are there")


def require_numbers(text: bytes, number: int, name: Path) -> None:
    """Raise `InputError` unless a text holds so many numbers, the last one with its end."""
    words = re.split(rb"[\s,]+", text.strip())
    try:
        np.array(words).astype(np.float64)
    except ValueError as error:
        raise damaged(name, error) from error
    if len(words) != number:
        raise damaged(name, f"{number} voxels were expected, and {len(words)} are there")
    if not text[-1:].isspace():
        raise damaged(name, "nothing tells the end of its last number; a line's end was expected")
