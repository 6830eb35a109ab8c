"""Grid and scaling in the header of a NIfTI file, and contradictions in it.

The rules are those of the standard (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h): the sform
counts if its code is above 0, else the qform if its code is above 0, else the voxel edges (`pixdim`) alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError
from nbradiomics.images.flat import THICKNESS
from nbradiomics.images.grid import right_angled
from nbradiomics.images.nifti_fields import UsualHeader
from nbradiomics.images.refusals import unreadable

#: Largest relative difference between the voxel edges of the sform and of `pixdim` that rounding explains.
EDGE_TOLERANCE = 1e-3
#: Largest difference of direction cosines, and of positions in mm, with which qform and sform are the same.
SAME_DIRECTION, SAME_ORIGIN = 1e-2, 0.1
#: Units that `xyzt_units` can name, in mm; 0 is an unknown unit, which all programs treat as mm.
_UNITS = {0: ("an unknown unit", 1.0), 1: ("metres", 1000.0), 2: ("millimetres", 1.0), 3: ("microns", 1e-3)}
#: Smallest and largest plausible voxel edge of a patient's image, in mm.
_PLAUSIBLE = (0.005, 200.0)
#: Header fields of sform and qform.
_FORMS = {
    "sform": ("srow_x", "srow_y", "srow_z"),
    "qform": ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
}
#: From RAS, NIfTI's axes, to LPS.
_TO_LPS = np.diag([-1.0, -1.0, 1.0])
_REWRITE = (
    "Give both the right value: in Python `import nibabel; i = nibabel.load(FILE); "
    "nibabel.Nifti1Image(i.dataobj, i.affine).to_filename(NEW)` makes the sform count; "
    "`i.set_sform(None, 0); i.to_filename(NEW)` makes pixdim and qform count."
)

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """The position of the voxels: in mm, LPS, as in SimpleITK.

    `origin` and `direction` are ``None`` if the header does not define them.
    """

    spacing: tuple[float, ...]
    origin: tuple[float, ...] | None
    direction: tuple[float, ...] | None


def read_header(stream: IO[bytes], name: str) -> Any:
    """Header of a NIfTI-1, NIfTI-2 or Analyze file as stored, without any correction.

    Raises
    ------
    InputError
        When there is no such header; `name` is the name of the file.
    """
    start = stream.read(540)
    stream.seek(0)
    usual = UsualHeader.of(start)
    return _other_header(start, name) if usual is None else usual


def _other_header(start: bytes, name: str) -> Any:
    """Header that begins a NIfTI-1 file of a rare kind, a NIfTI-2 or an Analyze file."""
    from nibabel.nifti1 import Nifti1Header, Nifti1PairHeader
    from nibabel.nifti2 import Nifti2Header, Nifti2PairHeader
    from nibabel.spm2analyze import Spm2AnalyzeHeader

    size = {int.from_bytes(start[:4], order) for order in ("little", "big")}
    kinds = {
        b"n+1": Nifti1Header, b"ni1": Nifti1PairHeader, b"n+2": Nifti2Header, b"ni2": Nifti2PairHeader,
    }  # fmt: skip
    if len(start) < max(size & {348, 540}, default=0):
        raise unreadable(name, f"its header has {len(start)} bytes; {max(size & {348, 540})} were expected")
    if 540 in size:
        kind = kinds.get(start[4:7])
    else:
        kind = kinds.get(start[344:347], Spm2AnalyzeHeader) if 348 in size else None
    if kind is None:
        raise unreadable(name, "it has no NIfTI header")
    # Without the extensions: they do not define grid or values, and may be long or wrong.
    return kind(start[: kind.template_dtype.itemsize], check=False)


def header_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Add nibabel's error about a header to others, if it is loaded: no usual file needs it."""
    loaded = sys.modules.get("nibabel.spatialimages")
    return others if loaded is None else (*others, loaded.HeaderDataError)


def is_single(header: Any) -> bool:
    """Whether header and voxels are in one file."""
    return "magic" in header and bytes(header["magic"])[:2] == b"n+"


def scaling(header: Any, name: str) -> tuple[float, float] | None:
    """Slope and intercept of the stored values; ``None`` if the values are not scaled.

    By the standard a slope of 0 means that the values are not scaled, whatever the intercept is. The standard
    does not define a slope that is not a number, and programs treat it differently.

    Raises
    ------
    InputError
        When slope or intercept is not finite, or they are those of an Analyze file.
    """
    factors = [float(header[key]) for key in ("scl_slope", "scl_inter") if key in header]
    if factors and factors[0] != 0 and not np.all(np.isfinite(factors)):
        raise InputError(
            f"{name}: scl_slope is {factors[0]} and scl_inter {factors[1] if len(factors) > 1 else 0.0}; "
            "finite numbers were expected.",
            "Export the image again, or correct the header: 1 and 0 if the values are not scaled.",
        )
    slope, intercept = header.get_slope_inter()
    if slope is None or (float(slope), float(intercept or 0)) == (1.0, 0.0):
        return None
    if "magic" not in header:
        raise InputError(
            f"{name} is an Analyze file with SPM's scale factor {float(slope):g}; other programs ignore it.",
            "Convert it to NIfTI with SPM.",
        )
    return float(slope), float(intercept or 0)


def grid_of(header: Any, name: str) -> Grid:
    """The grid of the voxels by the standard.

    Raises
    ------
    InputError
        When sform and `pixdim` give different voxel sizes, the axes are not at right angles, a number is not
        finite, or the voxel size is implausible for a patient's image; `name` is the name of the file.
    """
    edges = _edges(header)
    if np.any(np.asarray(header["pixdim"][1:4]) < 0):
        raise InputError(
            f"{name}: the header gives voxels of {_mm(_signed(header))} (pixdim); an edge cannot be below 0.",
            "Correct the header's pixdim; if this mirrored the image, export it again.",
        )
    if _codes(header)[1] <= 0:
        _require_size(edges, name)
    affine = _affine(header, name)
    lengths = edges if affine is None else np.linalg.norm(affine[:, :3], axis=0)
    _require_size(lengths, name)
    direction = None if affine is None else right_angled(_TO_LPS @ affine[:, :3] / lengths, name)
    if affine is not None and not np.allclose(edges, lengths, rtol=EDGE_TOLERANCE, atol=0):
        raise InputError(
            f"{name}: the header contradicts itself: voxels are {_mm(lengths)} by the sform, "
            f"and {_mm(edges)} by pixdim.",
            _REWRITE,
        )
    _require_plausible(header, lengths, name)
    if affine is None or direction is None:
        return Grid(tuple(map(float, lengths)), None, None)
    origin = tuple(map(float, _TO_LPS @ affine[:, 3]))
    # The edges of `pixdim`, which ITK uses too.
    return Grid(tuple(map(float, edges)), origin, tuple(map(float, direction.ravel())))


def slice_header(header: Any) -> Any:
    """Return the header of a two-dimensional file with a third axis: its normal, and `THICKNESS` as edge.

    Nothing that the header states about a third axis has a meaning.
    """
    made, edge = header.copy(), THICKNESS / _unit(header)[1]
    made["pixdim"][3] = edge
    if _codes(header)[1] > 0:
        affine = np.asarray(made.get_sform(), dtype=np.float64)
        normal = np.cross(affine[:3, 0], affine[:3, 1])
        length = float(np.linalg.norm(normal))
        if np.isfinite(length) and length > 0:
            affine[:3, 2] = normal / length * edge
            made.set_sform(affine, int(made["sform_code"]))
    return made


def header_doubts(header: Any) -> list[tuple[str, str]]:
    """Header fields that other programs may read differently: for each, what was found and what to do."""
    doubts = [_doubt_of_scaling(header), _doubt_of_orientation(header), _doubt_of_unit(header)]
    return [doubt for doubt in doubts if doubt]


def _doubt_of_scaling(header: Any) -> tuple[str, str] | None:
    if "scl_slope" not in header or float(header["scl_slope"]) != 0:
        return None
    intercept = float(header["scl_inter"])
    if not np.isfinite(intercept) or intercept == 0:
        return None
    found = (
        f"scl_slope is 0 and scl_inter {intercept:g}: by the NIfTI standard nothing is added; "
        "some programs add it."
    )
    return found, "Compare the grey values with those in the program that made the image."


def _doubt_of_orientation(header: Any) -> tuple[str, str] | None:
    codes = _codes(header)
    if codes == (0, 0):
        found = "the header gives no orientation and no position (qform and sform codes are 0)."
        return found, "Features do not need them; for `segment`, convert the original images again."
    if min(codes) <= 0:
        return None
    try:
        qform, sform = _qform(header, "the header"), _sform(header)
    except InputError as error:
        return f"{error.problem} The sform is used.", "Check that other programs use the sform too."
    directions = [matrix[:, :3] / np.linalg.norm(matrix[:, :3], axis=0) for matrix in (qform, sform)]
    distance = float(np.abs(qform[:, 3] - sform[:, 3]).max())
    if np.abs(directions[0] - directions[1]).max() <= SAME_DIRECTION and distance <= SAME_ORIGIN:
        return None
    found = (
        f"qform ({_pose(qform)}) and sform ({_pose(sform)}) differ; the sform is used, other programs "
        "may use the qform."
    )
    return found, "Check that image and mask are read in the same way; if one form is wrong, correct it."


def _doubt_of_unit(header: Any) -> tuple[str, str] | None:
    unit, factor = _unit(header)
    if factor == 1.0:
        return None
    return (
        f"the header gives lengths in {unit}: voxels are {_mm(_edges(header))}.",
        "Check that this voxel size is right.",
    )


def _codes(header: Any) -> tuple[int, int]:
    """Codes of qform and sform; 0 in an Analyze file, which has neither."""
    if "qform_code" not in header:
        return 0, 0
    return int(header["qform_code"]), int(header["sform_code"])


def _unit(header: Any) -> tuple[str, float]:
    code = int(header["xyzt_units"]) & 7 if "xyzt_units" in header else 0
    return _UNITS.get(code, _UNITS[0])


def _edges(header: Any) -> Matrix:
    """Voxel edges by `pixdim` in mm."""
    return np.abs(_signed(header))


def _signed(header: Any) -> Matrix:
    return np.asarray(header["pixdim"][1:4], dtype=np.float64) * _unit(header)[1]


def _affine(header: Any, name: str) -> Matrix | None:
    """Rows of the affine that the standard uses, in mm and RAS; ``None`` if there is none."""
    qform_code, sform_code = _codes(header)
    if sform_code <= 0 and qform_code <= 0:
        return None
    for form, code in (("sform", sform_code), ("qform", qform_code)):
        for key in _FORMS[form] if code > 0 else ():
            if not np.all(np.isfinite(header[key])):
                raise InputError(
                    f"{name}: the {form} has a number that is not finite ({key} is {header[key]}).",
                    "Export the image again, or correct the header.",
                )
    return _sform(header) if sform_code > 0 else _qform(header, name)


def _sform(header: Any) -> Matrix:
    return np.asarray(header.get_sform(), dtype=np.float64)[:3] * _unit(header)[1]


def _qform(header: Any, name: str) -> Matrix:
    """The qform by method 2 of the standard; invalid signs are treated as in ITK."""
    sound = header.copy()
    sound["pixdim"][1:4] = np.abs(sound["pixdim"][1:4])
    if sound["pixdim"][0] not in (-1, 1):
        sound["pixdim"][0] = 1
    try:
        return np.asarray(sound.get_qform(), dtype=np.float64)[:3] * _unit(header)[1]
    except header_errors(ValueError) as error:
        raise InputError(f"{name}: the qform is not a rotation.", "Export the image again.") from error


def _require_size(edges: Matrix, name: str) -> None:
    if not (np.all(np.isfinite(edges)) and np.all(edges > 0)):
        raise InputError(
            f"{name}: the header gives voxels of {_mm(edges)}; finite edges above 0 were expected.",
            "Correct the header's pixdim.",
        )


def _require_plausible(header: Any, edges: Matrix, name: str) -> None:
    unit, factor = _unit(header)
    low, high = _PLAUSIBLE
    if factor != 1.0 and not np.all((edges >= low) & (edges <= high)):
        raise InputError(
            f"{name}: the header gives lengths in {unit}, so that voxels are {_mm(edges)}; without the unit "
            f"they are {_mm(edges / factor)}.",
            "If the unit is wrong, set it: in Python `import nibabel; i = nibabel.load(FILE); "
            "i.header.set_xyzt_units('mm'); i.to_filename(NEW)`.",
        )


def _mm(edges: Matrix) -> str:
    return " x ".join(f"{edge:.6g}" for edge in edges) + " mm"


def _pose(affine: Matrix) -> str:
    """Orientation of an affine as three letters (as in SimpleITK), and position of the first voxel."""
    from nibabel.orientations import aff2axcodes

    full = np.vstack([affine, [0, 0, 0, 1]])
    axes = "".join(aff2axcodes(full))
    return f"axes {axes}, first voxel at {', '.join(f'{value:.4g}' for value in affine[:, 3])}"
