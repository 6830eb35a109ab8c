"""A seeded generator of image files in every format that is read, whole, cut or with bits turned."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import SimpleITK as sitk

from tests.support.helpers import ball, make_image

#: Axes z, y, x.
SHAPE = (9, 10, 11)
EDGES = (0.8, 0.9, 2.0)

Writer = Callable[[np.ndarray, Path], Path]


@dataclass(frozen=True)
class Format:
    """A way to write an image.

    Attributes
    ----------
    write
        Writes an array, axes z, y, x, into a folder, and gives the file that is named for it.
    spoilt
        The file whose bytes are damaged, where it is not the one that is named.
    guarded
        Whether a checksum covers the damaged file, from the byte that `first` gives on.
    first
        Gives the first byte that the checksum covers, or at which the voxels begin.
    """

    write: Writer
    spoilt: str = ""
    guarded: bool = True
    first: Callable[[bytes], int] = lambda _: 0

    def damaged_file(self, path: Path) -> Path:
        """The file to be damaged."""
        return path.parent / self.spoilt if self.spoilt else path


def _itk(ending: str, packed: bool = False) -> Writer:
    def write(array: np.ndarray, folder: Path) -> Path:
        image = make_image(array, EDGES)
        image.SetOrigin((5.0, -6.0, 7.0))
        sitk.WriteImage(image, str(folder / f"a{ending}"), packed)
        return folder / f"a{ending}"

    return write


def _pair(ending: str) -> Writer:
    def write(array: np.ndarray, folder: Path) -> Path:
        affine = np.diag([-EDGES[0], -EDGES[1], EDGES[2], 1.0])
        nibabel.Nifti1Pair(np.ascontiguousarray(array.T), affine).to_filename(folder / f"a.hdr{ending}")
        return folder / f"a.hdr{ending}"

    return write


def nrrd_header(array: np.ndarray, encoding: str, data_file: str = "") -> str:
    """Header of an NRRD file that holds an array, or names what does."""
    kind = {"|u1": "uint8", "<i2": "int16", "<f4": "float"}[array.dtype.str]
    named = f"data file: {data_file}\n" if data_file else ""
    return (
        f"NRRD0004\ntype: {kind}\ndimension: 3\nsizes: {' '.join(map(str, array.shape[::-1]))}\n"
        f"spacings: {' '.join(map(str, EDGES))}\nendian: little\nencoding: {encoding}\n{named}"
    )


def meta_header(array: np.ndarray, data_file: str, fields: str = "") -> str:
    """Header of a MetaImage file that holds an array, or names what does."""
    kind = {"|u1": "MET_UCHAR", "<i2": "MET_SHORT", "<f4": "MET_FLOAT"}[array.dtype.str]
    return (
        f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n{fields}"
        f"ElementSpacing = {' '.join(map(str, EDGES))}\nDimSize = {' '.join(map(str, array.shape[::-1]))}\n"
        f"ElementType = {kind}\nElementDataFile = {data_file}\n"
    )


def vtk_header(array: np.ndarray, way: str) -> str:
    """Header of a VTK file that holds an array, ``ASCII`` or ``BINARY``."""
    kind = {"|u1": "unsigned_char", "<i2": "short", "<f4": "float"}[array.dtype.str]
    return (
        f"# vtk DataFile Version 3.0\ntitle\n{way}\nDATASET STRUCTURED_POINTS\n"
        f"DIMENSIONS {' '.join(map(str, array.shape[::-1]))}\nSPACING {' '.join(map(str, EDGES))}\n"
        f"ORIGIN 0 0 0\nPOINT_DATA {array.size}\nSCALARS scalars {kind} 1\nLOOKUP_TABLE default\n"
    )


def _nrrd(encoding: str, pack: Callable[[bytes], bytes], detached: str = "") -> Writer:
    def write(array: np.ndarray, folder: Path) -> Path:
        head, content = nrrd_header(array, encoding, detached).encode(), pack(array.tobytes())
        if detached:
            (folder / detached).write_bytes(content)
            (folder / "a.nhdr").write_bytes(head)
            return folder / "a.nhdr"
        (folder / "a.nrrd").write_bytes(head + b"\n" + content)
        return folder / "a.nrrd"

    return write


def _slices(fields: str = "", pack: Callable[[bytes], bytes] = bytes) -> Writer:
    def write(array: np.ndarray, folder: Path) -> Path:
        names = [f"s{number}.raw" for number in range(len(array))]
        for name, plane in zip(names, array, strict=True):
            (folder / name).write_bytes(pack(plane.tobytes()))
        (folder / "a.mhd").write_text(meta_header(array, "LIST\n" + "\n".join(names), fields))
        return folder / "a.mhd"

    return write


def _members(content: bytes) -> bytes:
    """Several gzip streams one after the other, as bgzip writes them."""
    return b"".join(gzip.compress(content[at : at + 500]) for at in range(0, len(content), 500))


def _nifti_members(array: np.ndarray, folder: Path) -> Path:
    path = _itk(".nii.gz", packed=True)(array, folder)
    path.write_bytes(_members(gzip.decompress(path.read_bytes())))
    return path


def _text(ending: str) -> Writer:
    """Voxels as numbers in lines."""

    def write(array: np.ndarray, folder: Path) -> Path:
        heads = {
            ".nrrd": nrrd_header(array, "ascii") + "\n",
            ".mha": meta_header(array, "LOCAL").replace("BinaryData = True", "BinaryData = False"),
            ".vtk": vtk_header(array, "ASCII"),
        }
        lines = "".join(" ".join(map(str, row)) + "\n" for row in array.reshape(-1, array.shape[-1]))
        (folder / f"a{ending}").write_text(heads[ending] + lines)
        return folder / f"a{ending}"

    return write


def _after_blank(content: bytes) -> int:
    return content.index(b"\n\n") + 2


def _after_local(content: bytes) -> int:
    return content.index(b"= LOCAL\n") + 8


def _after_table(content: bytes) -> int:
    return content.index(b"LOOKUP_TABLE default\n") + 21


#: Formats whose voxels a checksum covers.
GUARDED = {
    "nii.gz": Format(_itk(".nii.gz", packed=True)),
    "nii.gz in several streams": Format(_nifti_members),
    "img.gz": Format(_pair(".gz"), "a.img.gz"),
    "mha, packed": Format(_itk(".mha", packed=True), first=_after_local),
    "mhd, packed": Format(_itk(".mhd", packed=True), "a.zraw"),
    "mhd, packed slices": Format(_slices("CompressedData = True\n", zlib.compress), "s4.raw"),
    "nrrd, gzip": Format(_itk(".nrrd", packed=True), first=_after_blank),
    "nrrd, gzip in several streams": Format(_nrrd("gzip", _members), first=_after_blank),
    "nhdr, gzip": Format(_nrrd("gzip", gzip.compress, "a.raw.gz"), "a.raw.gz"),
    "gipl.gz": Format(_itk(".gipl.gz")),
}
#: Formats without one: a turned bit of a voxel cannot be known, a missing byte can.
PLAIN = {
    "nii": Format(_itk(".nii"), guarded=False, first=lambda _: 352),
    "img": Format(_pair(""), "a.img", guarded=False),
    "mha": Format(_itk(".mha"), guarded=False, first=_after_local),
    "mhd": Format(_itk(".mhd"), "a.raw", guarded=False),
    "mhd, slices": Format(_slices(), "s4.raw", guarded=False),
    "nrrd": Format(_itk(".nrrd"), guarded=False, first=_after_blank),
    "nhdr": Format(_nrrd("raw", bytes, "a.raw"), "a.raw", guarded=False),
    "nrrd, hex": Format(_nrrd("hex", lambda b: b.hex().encode()), guarded=False, first=_after_blank),
    "nrrd, text": Format(_text(".nrrd"), guarded=False, first=_after_blank),
    "mha, text": Format(_text(".mha"), guarded=False, first=_after_local),
    "vtk, text": Format(_text(".vtk"), guarded=False, first=_after_table),
    "gipl": Format(_itk(".gipl"), guarded=False, first=lambda _: 256),
    "vtk": Format(_itk(".vtk"), guarded=False, first=_after_table),
}
FORMATS = {**GUARDED, **PLAIN}


def voxels(kind: str, seed: int = 0) -> np.ndarray:
    """An image of grey values (``image``), or a mask."""
    if kind == "mask":
        return ball(SHAPE, radius=2.6)
    noise = np.random.default_rng(seed).normal(300, 60, SHAPE)
    return np.round(noise).astype(np.int16)


def cuts(content: bytes, chance: random.Random, trials: int) -> Iterator[bytes]:
    """A file without its end, at random places."""
    for _ in range(trials):
        yield content[: chance.randrange(len(content))]


def flips(content: bytes, chance: random.Random, trials: int, first: int = 0) -> Iterator[bytes]:
    """A file with one bit turned, at random places from a byte on."""
    for _ in range(trials):
        spoilt = bytearray(content)
        place = chance.randrange(8 * first, 8 * len(content))
        spoilt[place // 8] ^= 1 << place % 8
        yield bytes(spoilt)


def lengthened(content: bytes, chance: random.Random, trials: int) -> Iterator[bytes]:
    """A file with bytes after its end that are no zeros."""
    for _ in range(trials):
        yield content + bytes(chance.randrange(1, 256) for _ in range(chance.randrange(1, 40)))
