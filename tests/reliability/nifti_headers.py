"""NIfTI headers whose parts disagree: the standard's answer, or a refusal with both values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd

from tests.reliability.harness import Kind, Variant
from tests.reliability.images import noise, write_tables
from tests.support.helpers import ball

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
_VOXELS = int(ball().sum())
_AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])
Change = Callable[[nibabel.Nifti1Header], None]


def _write(folder: Path, name: str, array: np.ndarray, change: Change) -> None:
    """Write an array, axes z, y, x, whose header says one thing in all its parts, and then change that."""
    header = nibabel.Nifti1Header()
    header.set_data_shape(array.T.shape)
    header.set_data_dtype(array.dtype)
    header.set_sform(_AFFINE, 1)
    header.set_qform(_AFFINE, 1)
    header["xyzt_units"] = 2
    header["magic"], header["vox_offset"] = b"n+1", 352
    header["scl_slope"], header["scl_inter"] = 1, 0
    change(header)
    (folder / name).write_bytes(header.binaryblock + b"\0" * 4 + array.T.tobytes(order="F"))


def _given(change: Change, both: bool = True) -> Callable[[Path], None]:
    """Image and mask whose headers are changed; the image alone where not `both`."""

    def write(folder: Path) -> None:
        _write(folder, "i.nii", np.round(noise()).astype(np.int16), change)
        _write(folder, "m.nii", ball(), change if both else lambda _: None)
        write_tables(folder, "i.nii", "m.nii")

    return write


def _measured(volume: float, mean: float | None = None) -> Callable[[Path], None]:
    plain = np.round(noise()).astype(np.int16)[ball() > 0].mean()

    def holds(folder: Path) -> None:
        row = pd.read_csv(folder / "f.csv").set_index("subject").loc["P1"]
        assert np.isclose(row["original_shape_VoxelVolume"], volume * _VOXELS, rtol=1e-5)
        assert np.isclose(row["original_firstorder_Mean"], plain if mean is None else mean, rtol=1e-5)

    return holds


def _plain_mean() -> float:
    return float(np.round(noise()).astype(np.int16)[ball() > 0].mean())


def _sform(matrix: np.ndarray, code: int = 1) -> Change:
    def change(header: nibabel.Nifti1Header) -> None:
        header["srow_x"], header["srow_y"], header["srow_z"] = matrix[:3]
        header["sform_code"] = code

    return change


def _fields(**values: object) -> Change:
    def change(header: nibabel.Nifti1Header) -> None:
        for name, value in values.items():
            header[name] = value

    return change


def _pixdim(x: float, y: float, z: float) -> Change:
    return _fields(pixdim=[1, x, y, z, 0, 0, 0, 0], qform_code=0)


def _refused_or(volume: float, mean: float | None = None) -> Callable[[Path], None]:
    """Either a row of missing values (the failure says why), or the right value; never another one."""

    def holds(folder: Path) -> None:
        row = pd.read_csv(folder / "f.csv").set_index("subject").loc["P1"]
        if np.isnan(row["original_shape_VoxelVolume"]):
            failures = pd.read_csv(folder / "f.failures.csv")
            assert "P1" in failures["case"].iloc[0]
        else:
            _measured(volume, mean)(folder)

    return holds


def _sheared(amount: float) -> np.ndarray:
    matrix = _AFFINE.copy()
    matrix[0, 1] = amount
    return matrix


def _turned() -> np.ndarray:
    matrix = _AFFINE.copy()
    matrix[:2, :2] = [[0, 1], [1, 0]]
    return matrix


_HALF = np.diag([1.0, 1.0, 1.0, 1.0])

HEADERS = Kind(
    "NIfTI headers that contradict themselves",
    "read according to the NIfTI standard, or a failure that gives both values and the remedy",
    [
        Variant(name, _given(change, both), _EXTRACT, 0, says, (), holds)
        for name, change, both, says, holds in (
            ("sform 2 mm, pixdim 1 mm, no qform", _pixdim(1, 1, 1), True, (), _refused_or(2)),
            ("sform 2 mm, pixdim 4 mm, no qform", _pixdim(1, 1, 4), True, (), _refused_or(2)),
            ("pixdim of x and y exchanged", _pixdim(1, 2, 1), True, (), _refused_or(2)),
            ("sform sheared by 0.05", _sform(_sheared(0.05)), True, ("right angle|shear",), _refused_or(-1)),
            ("sform sheared by 0.3", _sform(_sheared(0.3)), True, ("right angle|shear",), _refused_or(-1)),
            ("sform and qform with other spacing", _sform(_HALF), True, (), _refused_or(1)),
            ("sform and qform turned against each other", _sform(_turned()), True, (), _refused_or(2)),
            ("sform code 0", _sform(_AFFINE, 0), True, (), _measured(2)),
            ("neither sform nor qform", _fields(sform_code=0, qform_code=0), True, (), _refused_or(2)),
            ("scl_slope 0 with an intercept", _fields(scl_slope=0, scl_inter=50), False, (), _measured(2)),
            ("scl_slope NaN", _fields(scl_slope=np.nan, scl_inter=np.nan), False, (), _refused_or(2)),
            (
                "scl_slope 2 with an intercept",
                _fields(scl_slope=2, scl_inter=-7),
                False,
                (),
                _measured(2, 2 * _plain_mean() - 7),
            ),
            ("scl_slope below 0", _fields(scl_slope=-1), False, (), _measured(2, -_plain_mean())),
            ("micrometres", _fields(xyzt_units=3), True, (), _refused_or(2e-9)),
            ("metres", _fields(xyzt_units=1), True, (), _refused_or(2e9)),
            ("no unit", _fields(xyzt_units=0), True, (), _measured(2)),
        )
    ],
)

KINDS = [HEADERS]
