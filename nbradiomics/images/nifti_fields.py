"""The fields of the header of a usual NIfTI-1 file: header and voxels in one file, plain numbers.

nibabel reads all other kinds. It imports pydicom, which takes longer than reading ten images, so it is not
imported for the usual one. Names and methods are those of nibabel's headers, and so are all results.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

#: Bytes of the header.
SIZE = 348
_FIELDS = {
    "sizeof_hdr": (0, "i4"),
    "dim": (40, "8i2"),
    "datatype": (70, "i2"),
    "pixdim": (76, "8f4"),
    "vox_offset": (108, "f4"),
    "scl_slope": (112, "f4"),
    "scl_inter": (116, "f4"),
    "xyzt_units": (123, "u1"),
    "qform_code": (252, "i2"),
    "sform_code": (254, "i2"),
    "quatern_b": (256, "f4"),
    "quatern_c": (260, "f4"),
    "quatern_d": (264, "f4"),
    "qoffset_x": (268, "f4"),
    "qoffset_y": (272, "f4"),
    "qoffset_z": (276, "f4"),
    "srow_x": (280, "4f4"),
    "srow_y": (296, "4f4"),
    "srow_z": (312, "4f4"),
    "magic": (344, "S4"),
}
_RECORD = np.dtype(
    {
        "names": list(_FIELDS),
        "offsets": [offset for offset, _ in _FIELDS.values()],
        "formats": [kind for _, kind in _FIELDS.values()],
        "itemsize": SIZE,
    }
)
_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
#: A quaternion whose real part has a smaller square is a turn by 180 degrees.
_HALF_TURN = np.finfo(np.float32).eps * 3


class UsualHeader:
    """Header of a usual NIfTI-1 file."""

    def __init__(self, fields: npt.NDArray[Any]) -> None:
        self._fields = fields

    @classmethod
    def of(cls, block: bytes) -> UsualHeader | None:
        """Read the first bytes of a file; ``None`` if it is of another kind, or the header is doubtful."""
        if len(block) < SIZE or block[344:348] != b"n+1\0":
            return None
        for record in (_RECORD, _RECORD.newbyteorder()):
            fields = np.ndarray((), record, bytearray(block[:SIZE]))
            header = cls(fields)
            if fields["sizeof_hdr"] == SIZE and header._is_usual():
                return header
        return None

    def _is_usual(self) -> bool:
        axes = int(self["dim"][0])
        if not 1 <= axes <= 7 or int(self["datatype"]) not in _TYPES:
            return False
        shape = self.get_data_shape()
        # FreeSurfer stores the vertices of a surface as this size.
        return min(shape) >= 1 and shape[:3] != (27307, 1, 6)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __contains__(self, name: str) -> bool:
        return name in _FIELDS

    def copy(self) -> UsualHeader:
        """Return a header that can be changed."""
        made = copy(self)
        made._fields = self._fields.copy()
        return made

    def get_data_shape(self) -> tuple[int, ...]:
        """Return the number of voxels along each axis."""
        return tuple(self["dim"][1 : int(self["dim"][0]) + 1].tolist())

    def get_data_dtype(self) -> np.dtype[Any]:
        """Return the type of the stored numbers."""
        return np.dtype(_TYPES[int(self["datatype"])]).newbyteorder(self["dim"].dtype.byteorder)

    def get_slope_inter(self) -> tuple[float, float] | tuple[None, None]:
        """Return slope and intercept of the stored values; ``None`` if the values are not scaled."""
        slope = float(self["scl_slope"])
        return (slope, float(self["scl_inter"])) if slope != 0 and np.isfinite(slope) else (None, None)

    def get_sform(self) -> npt.NDArray[np.float64]:
        """Return the affine of the sform."""
        affine = np.eye(4)
        for row, name in enumerate(("srow_x", "srow_y", "srow_z")):
            affine[row] = self[name]
        return affine

    def set_sform(self, affine: npt.NDArray[np.float64], code: int) -> None:
        """Change the sform."""
        for row, name in enumerate(("srow_x", "srow_y", "srow_z")):
            self[name][...] = affine[row]
        self["sform_code"][...] = code

    def get_qform(self) -> npt.NDArray[np.float64]:
        """Return the affine of the qform, of a header whose `pixdim` begins with 1 or -1.

        Raises
        ------
        ValueError
            When the quaternion is no rotation.
        """
        edges = self["pixdim"][1:4].copy()
        edges[-1] *= self["pixdim"][0]
        affine = np.eye(4)
        affine[:3, :3] = np.dot(self._rotation(), np.diag(edges))
        affine[:3, 3] = [self["qoffset_x"], self["qoffset_y"], self["qoffset_z"]]
        return affine

    def _rotation(self) -> npt.NDArray[np.longdouble]:
        """Compute the rotation of the unit quaternion a + bi + cj + dk, of which b, c and d are stored."""
        parts = np.array([self["quatern_b"], self["quatern_c"], self["quatern_d"]], np.longdouble)
        square = 1.0 - parts @ parts
        if square < 0 and abs(square) >= _HALF_TURN:
            raise ValueError(f"the squares of the quaternion add up to {1 - square:g}")
        a = np.longdouble(0) if abs(square) < _HALF_TURN else np.sqrt(square)
        b, c, d = parts
        double = 2.0 / (a * a + b * b + c * c + d * d)
        bb, cc, dd = b * (b * double), c * (c * double), d * (d * double)
        bc, bd, cd = b * (c * double), b * (d * double), c * (d * double)
        ab, ac, ad = a * (b * double), a * (c * double), a * (d * double)
        return np.array(
            [
                [1.0 - (cc + dd), bc - ad, bd + ac],
                [bc + ad, 1.0 - (bb + dd), cd - ab],
                [bd - ac, cd + ab, 1.0 - (bb + cc)],
            ]
        )
