"""What lies in the place of an image, or of its voxels: pipes, devices, sockets, files elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np

from tests.reliability.harness import Bounds, Kind
from tests.robustness.corpus import EDGES, SHAPE, meta_header, nrrd_header, voxels
from tests.robustness.image_variants import Write, checked, refused

#: A sound file that hostile headers name.
_SECRET = "secret.bin"


def _fifo(folder: Path) -> str:
    os.mkfifo(folder / "a.nii.gz")
    return "a.nii.gz"


def _socket(folder: Path) -> str:
    here = Path.cwd()
    os.chdir(folder)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("a.nrrd")
    finally:
        os.chdir(here)
    return "a.nrrd"


def _link(target: str, name: str) -> Write:
    def write(folder: Path) -> str:
        (folder / name).symlink_to(target)
        return name

    return write


def _header_of_fifo(folder: Path) -> str:
    os.mkfifo(folder / "a.raw")
    (folder / "a.mhd").write_text(meta_header(voxels("image"), "a.raw"))
    return "a.mhd"


def _pair_of_fifo(folder: Path) -> str:
    image = nibabel.Nifti1Pair(np.ascontiguousarray(voxels("image").T), np.diag([*EDGES, 1.0]))
    image.to_filename(folder / "a.hdr")
    (folder / "a.img").unlink()
    os.mkfifo(folder / "a.img")
    return "a.hdr"


_SOON = Bounds(seconds=120)
NO_FILES = Kind(
    "Pipes, devices and sockets instead of images, masks and data files",
    "refused at once as what they are; no command waits, or reads without end",
    [
        refused("named pipe", _fifo, "named pipe", bounds=_SOON),
        refused("named pipe", _fifo, "named pipe", mask=True, check=True),
        refused("device without end", _link("/dev/zero", "a.nii"), "device"),
        refused("socket", _socket, "socket", mask=True),
        refused("data file of a MetaImage header is a pipe", _header_of_fifo, "named pipe", bounds=_SOON),
        refused("voxels of a NIfTI pair are a pipe", _pair_of_fifo, "named pipe"),
    ],
)


def _outside(name: str, header: Callable[[], str], link: str = "") -> Write:
    """A header that names a file of the right length, which lies beside the header's folder."""

    def write(folder: Path) -> str:
        (folder.parent / _SECRET).write_bytes(voxels("image").tobytes())
        if link:
            (folder / link).symlink_to(folder.parent / _SECRET)
        (folder / name).write_text(header().replace("HERE", str(folder.parent)))
        return name

    return write


def _names_meta(data_file: str) -> Callable[[], str]:
    return lambda: meta_header(voxels("image"), data_file)


def _names_nrrd(data_file: str) -> Callable[[], str]:
    return lambda: nrrd_header(voxels("image"), "raw", data_file) + "\n"


def _pair_outside(folder: Path) -> str:
    image = nibabel.Nifti1Pair(np.ascontiguousarray(voxels("image").T), np.diag([*EDGES, 1.0]))
    image.to_filename(folder / "a.hdr")
    (folder / "a.img").rename(folder.parent / _SECRET)
    (folder / "a.img").symlink_to(folder.parent / _SECRET)
    return "a.hdr"


_NINE = "\n".join([f"../{_SECRET}"] * SHAPE[0])
_SAYS = "is outside the header's folder"
OUTSIDE = Kind(
    "Headers that name data files in other folders",
    "refused with the name: data files must be in the header's folder or below it, also if they are links",
    [
        checked(f"{kind}: {name}", _outside(file, names(data), link), _SAYS, words, mask=mask)
        for kind, file, names in (("MetaImage", "a.mhd", _names_meta), ("NRRD", "a.nhdr", _names_nrrd))
        for name, data, link, words, mask in (
            ("a file above", f"../{_SECRET}", "", _SECRET, False),
            ("an absolute path", f"HERE/{_SECRET}", "", _SECRET, True),
            ("a file of the system", "/etc/passwd", "", "/etc/passwd", False),
            ("a list", f"LIST\n{_NINE}", "", _SECRET, False),
            ("a pattern", "../s%03d.raw 0 8 1", "", "s000.raw", False),
            ("a link that leads out", "a.raw", "a.raw", _SECRET, False),
        )
    ]
    + [
        checked("NRRD: standard input", _outside("a.nhdr", _names_nrrd("-")), "does not exist"),
        checked("MetaImage: a pattern for printf", _outside("a.mhd", _names_meta("%s%n 0 8 1")), "%s%n"),
        refused("NIfTI pair: a link that leads out", _pair_outside, _SAYS, _SECRET),
    ],
)

KINDS = [NO_FILES, OUTSIDE]
