"""Damaged, hostile and huge images and masks."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import SimpleITK as sitk

from tests.reliability.harness import Bounds, Kind, Variant
from tests.robustness import image_files
from tests.robustness.corpus import (
    EDGES,
    FORMATS,
    GUARDED,
    SHAPE,
    cuts,
    flips,
    meta_header,
    nrrd_header,
    voxels,
    vtk_header,
)
from tests.robustness.image_variants import Write, checked, refused
from tests.support.helpers import make_image


def _spoilt(name: str, role: str, how: Callable[..., object], seed: int) -> Write:
    def write(folder: Path) -> str:
        form = FORMATS[name]
        path = form.write(voxels(role), folder)
        file = form.damaged_file(path)
        content = file.read_bytes()
        first = (form.first(content) + 30,) if how is flips else ()
        file.write_bytes(next(iter(how(content, random.Random(seed), 1, *first))))  # type: ignore[call-overload]
        return path.name

    return write


DAMAGED = Kind(
    "Images and masks that are cut off, or have changed bits",
    "the case is a failure that names the file and what is missing; compressed files are compared with "
    "their checksum, every file with the length that its header states. A changed bit in voxels that are "
    "not compressed cannot be detected: such formats have no checksum",
    [
        refused("one bit turned", _spoilt("nii.gz", "image", flips, 5), "damaged"),
        refused("one bit turned", _spoilt("mha, packed", "mask", flips, 5), "damaged", mask=True),
        *(
            checked(f"one bit turned, {name}", _spoilt(name, role, flips, 5), "damaged", mask=role == "mask")
            for name, role in zip(GUARDED, ["mask", "image"] * 9, strict=False)
        ),
        *(
            refused(
                f"cut, {name}",
                _spoilt(name, role, cuts, 3),
                "damaged|cannot be read",
                mask=role == "mask",
                check=True,
            )
            for name, role in zip(FORMATS, ["image", "mask"] * 12, strict=False)
        ),
    ],
)


def _file(name: str, content: Callable[[], bytes]) -> Write:
    def write(folder: Path) -> str:
        (folder / name).write_bytes(content())
        return name

    return write


def _image() -> np.ndarray:
    return voxels("image")


def _nrrd(old: str, new: str) -> Write:
    """An NRRD file with raw voxels whose header is changed."""
    text = nrrd_header(_image(), "raw")
    assert old in text
    return _file("a.nrrd", lambda: (text.replace(old, new) + "\n").encode() + _image().tobytes())


def _meta(old: str, new: str) -> Write:
    text = meta_header(_image(), "LOCAL", "Offset = 0 0 0\nCompressedData = False\n")
    assert old in text
    return _file("a.mha", lambda: text.replace(old, new).encode() + _image().tobytes())


def _vtk(old: str, new: str) -> Write:
    text = vtk_header(_image(), "BINARY")
    assert old in text
    return _file("a.vtk", lambda: text.replace(old, new).encode() + _image().byteswap().tobytes() + b"\n")


def _nifti(**fields: object) -> Write:
    """A NIfTI file whose sform and pixdim agree, but for the fields that are set."""

    def write(folder: Path) -> str:
        header = nibabel.Nifti1Header()
        header.set_data_shape(SHAPE[::-1])
        header.set_data_dtype(np.int16)
        header.set_sform(np.diag([*EDGES, 1.0]), 1)
        header.set_qform(np.diag([*EDGES, 1.0]), 1)
        header["magic"], header["vox_offset"], header["scl_slope"], header["scl_inter"] = b"n+1", 352, 1, 0
        for name, value in fields.items():
            if name in ("pixdim", "dim"):
                assert isinstance(value, tuple)
                header[name][value[0]] = value[1]
            else:
                header[name] = value
        (folder / "a.nii").write_bytes(header.binaryblock + bytes(4) + _image().tobytes())
        return "a.nii"

    return write


def _gipl(kind: str, place: int, value: float) -> Write:
    def write(folder: Path) -> str:
        sitk.WriteImage(make_image(_image(), EDGES), str(folder / "a.gipl"))
        content = bytearray((folder / "a.gipl").read_bytes())
        struct.pack_into(kind, content, place, value)
        (folder / "a.gipl").write_bytes(bytes(content))
        return "a.gipl"

    return write


_SPACINGS = f"spacings: {' '.join(map(str, EDGES))}"
_SPACING = f"ElementSpacing = {' '.join(map(str, EDGES))}"
_DIRECTIONS = "space: left-posterior-superior\nspace directions: ({},0,0) (0,1,0) (0,0,2)"
_NUMBERS = ("nan", "inf", "-0.8", "0", "1e-6", "1e6")

GEOMETRY = Kind(
    "Impossible voxel sizes and positions",
    "the case is a failure that gives the value: voxel edges are finite and from 0.001 to 200 mm, the "
    "origin, the forms and the scale of a NIfTI file are finite numbers, and what is read is what the "
    "header says",
    [
        *(
            checked(f"NRRD spacing {v}", _nrrd(_SPACINGS, f"spacings: 0.8 {v} 2"), "voxels of")
            for v in _NUMBERS
        ),
        *(
            checked(f"NRRD direction {v}", _nrrd(_SPACINGS, _DIRECTIONS.format(v)), "voxels of|damaged")
            for v in ("nan", "inf", "0", "1e-6")
        ),
        *(
            checked(
                f"NRRD origin {v}",
                _nrrd(_SPACINGS, _DIRECTIONS.format(1) + f"\nspace origin: (0,{v},0)"),
                "origin|damaged",
            )
            for v in ("nan", "inf", "1e300")
        ),
        *(
            checked(
                f"MetaImage spacing {v}",
                _meta(_SPACING, f"ElementSpacing = 0.8 0.9 {v}"),
                "voxels of|damaged",
            )
            for v in (*_NUMBERS, "two")
        ),
        *(
            checked(
                f"MetaImage origin {v}", _meta("Offset = 0 0 0", f"Offset = 0 {v} 0"), "origin|damaged|Offset"
            )
            for v in ("nan", "inf", "x")
        ),
        *(checked(f"VTK spacing {v}", _vtk("SPACING 0.8", f"SPACING {v}"), "voxels of") for v in _NUMBERS),
        checked("VTK origin NaN", _vtk("ORIGIN 0", "ORIGIN nan"), "origin nan"),
        *(
            checked(f"GIPL edge {v}", _gipl(">f", 14, v), "voxels of")
            for v in (0.0, -0.9, np.nan, np.inf, 1e-6)
        ),
        checked("GIPL origin NaN", _gipl(">d", 212, np.nan), "origin"),
        *(
            checked(f"NIfTI pixdim {v} beside a sound sform", _nifti(pixdim=(3, v)), "voxels", "pixdim|sform")
            for v in (0, np.nan, np.inf, -2)
        ),
        *(
            checked(
                f"NIfTI pixdim {v}, no form", _nifti(pixdim=(3, v), sform_code=0, qform_code=0), "voxels of"
            )
            for v in (0, np.nan, np.inf, -2, 1e-6, 1e6)
        ),
        *(
            checked(f"NIfTI {key} {v}", _nifti(**{key: v}), "finite", str(v))
            for key in ("qoffset_x", "quatern_b")
            for v in (np.nan, np.inf)
        ),
        checked("NIfTI sform NaN", _nifti(srow_x=[0.8, 0, 0, np.nan]), "sform", "nan"),
        checked("NIfTI sform far away", _nifti(srow_x=[0.8, 0, 0, 1e30]), "origin"),
        *(
            checked(f"NIfTI scl_slope {v}", _nifti(scl_slope=v), f"scl_slope is {v}")
            for v in (np.nan, np.inf)
        ),
        checked("NIfTI scl_inter infinite", _nifti(scl_inter=np.inf), "scl_inter inf"),
        *(
            checked(f"NIfTI vox_offset {v}", _nifti(vox_offset=v), f"vox_offset is {v}")
            for v in (0, 348, np.nan)
        ),
        checked("NIfTI pixdim NaN", _nifti(pixdim=(3, np.nan)), "nan", mask=True),
        checked("NRRD spacing NaN", _nrrd(_SPACINGS, "spacings: nan 1 2"), "nan", mask=True),
    ],
)


def _complex(ending: str) -> Write:
    def write(folder: Path) -> str:
        parts = [make_image(_image().astype(np.float32), EDGES)] * 2
        sitk.WriteImage(sitk.RealAndImaginaryToComplex(*parts), str(folder / f"a.{ending}"))
        return f"a.{ending}"

    return write


COMPLEX = Kind(
    "Images of complex numbers",
    "refused with this reason, also by `check`",
    [
        refused(f"{ending}", _complex(ending), "complex|2 values per voxel", mask=mask, check=check)
        for ending, mask, check in (
            ("nii.gz", False, True),
            ("nrrd", False, True),
            ("nrrd", True, True),
            ("mha", False, False),
        )
    ],
)

_HUGE = "60000 60000 60000"
_SIZES = f"sizes: {' '.join(map(str, SHAPE[::-1]))}"
_DIMS = _SIZES.replace("sizes:", "DimSize =")
_SMALL = Bounds(seconds=120, megabytes=1500)


def _packed(name: str, header: Callable[[str], str], size: str, pack: Callable[[bytes], bytes]) -> Write:
    return _file(name, lambda: header(size).encode() + pack(bytes(1 << 20)))


def _nrrd_of(size: str) -> str:
    return nrrd_header(_image(), "gzip").replace(_SIZES, f"sizes: {size}") + "\n"


def _meta_of(size: str) -> str:
    return meta_header(_image(), "LOCAL", "CompressedData = True\n").replace(_DIMS, f"DimSize = {size}")


def _huge_nifti(folder: Path) -> str:
    """A packed file of zeros whose header promises a thousand times as many."""
    import gzip

    _nifti(dim=(3, 30000))(folder)
    content = (folder / "a.nii").read_bytes()[:352] + bytes(1 << 20)
    (folder / "a.nii.gz").write_bytes(gzip.compress(content))
    return "a.nii.gz"


def _kinds_of_huge() -> list[Variant]:
    import gzip
    import zlib

    # Deflate could unpack to as much as the larger headers of these promise.
    zeros = gzip.compress(bytes(1 << 20)) * 2000
    return [
        refused("NRRD", _nrrd(_SIZES, f"sizes: {_HUGE}"), "were expected", check=True),
        refused("MetaImage", _meta(_DIMS, f"DimSize = {_HUGE}"), "were expected"),
        refused("VTK", _vtk("DIMENSIONS 11 10 9", f"DIMENSIONS {_HUGE}"), "were expected"),
        refused("GIPL", _gipl(">h", 0, 30000), "were expected"),
        refused("NIfTI", _nifti(dim=(3, 30000)), "were expected", check=True),
        refused("packed NIfTI", _huge_nifti, "were expected|were found", mask=True),
        refused(
            "packed NRRD", _packed("a.nrrd", _nrrd_of, _HUGE, gzip.compress), "were expected", check=True
        ),
        refused("packed MetaImage", _packed("a.mha", _meta_of, _HUGE, zlib.compress), "were expected"),
        refused(
            "packed NRRD of 8 GB in 2 MB, bounded memory",
            _packed("a.nrrd", _nrrd_of, "2000 2000 1000", lambda _: zeros),
            "damaged",
            "were expected",
            bounds=_SMALL,
        ),
        refused(
            "a bomb: more voxels than the header promises",
            _packed("a.nrrd", _nrrd_of, "20 20 20", lambda _: zeros),
            "more were found",
        ),
    ]


HUGE = Kind(
    "Headers that state more voxels than the file can contain, and files that unpack to more than that",
    "refused because of the header and the length of the file, before memory is used",
    _kinds_of_huge(),
)


KINDS: list[Kind] = [DAMAGED, GEOMETRY, COMPLEX, HUGE, *image_files.KINDS]
