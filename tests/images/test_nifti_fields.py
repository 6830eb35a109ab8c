"""The header of a usual NIfTI-1 file is what nibabel reads, to the last bit, and is read without nibabel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, strategies as st
from nibabel.nifti1 import Nifti1Header

from nbradiomics.images.nifti_fields import UsualHeader
from tests.support.nifti_headers import VOXELS, header, write

KEYS = ("dim", "datatype", "pixdim", "vox_offset", "scl_slope", "scl_inter", "xyzt_units", "qform_code")
NUMBERS = st.floats(-1e3, 1e3, width=32)
TYPES = (
    np.uint8,
    np.int16,
    np.int32,
    np.float32,
    np.float64,
    np.int8,
    np.uint16,
    np.uint32,
    np.int64,
    np.uint64,
)


def blocks(big: bool, fields: dict[str, object], dtype: object) -> tuple[bytes, Nifti1Header]:
    made = Nifti1Header(endianness=">" if big else "<")
    made.set_data_shape((6, 5, 4))
    made.set_data_dtype(dtype)
    for name, value in fields.items():
        made[name] = value
    made["magic"] = b"n+1"
    return made.binaryblock, Nifti1Header(made.binaryblock, check=False)


@given(
    big=st.booleans(),
    dtype=st.sampled_from(TYPES),
    quaternion=st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3),
    scale=st.tuples(st.one_of(NUMBERS, st.just(float("nan"))), NUMBERS),
    edges=st.lists(st.floats(2**-6, 100, width=32), min_size=3, max_size=3),
    rows=st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=3, max_size=3),
    turn=st.sampled_from([-1, 1]),
)
def test_the_fields_are_nibabel_s(big, dtype, quaternion, scale, edges, rows, turn) -> None:
    fields = dict(zip(("quatern_b", "quatern_c", "quatern_d"), quaternion, strict=True))
    fields |= dict(zip(("srow_x", "srow_y", "srow_z"), rows, strict=True))
    fields |= {"pixdim": [turn, *edges, 1, 1, 1, 1], "scl_slope": scale[0], "scl_inter": scale[1]}
    block, theirs = blocks(big, fields, dtype)
    ours = UsualHeader.of(block + bytes(4))
    assert ours is not None
    for key in KEYS:
        np.testing.assert_array_equal(ours[key], theirs[key])
    assert ours.get_data_shape() == theirs.get_data_shape()
    assert ours.get_data_dtype() == theirs.get_data_dtype()
    assert ours.get_slope_inter() == theirs.get_slope_inter()
    np.testing.assert_array_equal(ours.get_sform(), theirs.get_sform())
    try:
        expected = theirs.get_qform()
    except ValueError:
        with pytest.raises(ValueError, match="quaternion"):
            ours.get_qform()
    else:
        np.testing.assert_array_equal(ours.get_qform(), expected)


def test_a_changed_copy_leaves_the_header_as_it_was() -> None:
    ours = UsualHeader.of(blocks(True, {}, np.int16)[0])
    assert ours is not None
    before = ours.get_sform()
    made = ours.copy()
    made.set_sform(2 * np.eye(4), 2)
    made["pixdim"][3] = 7
    np.testing.assert_array_equal(made.get_sform()[:3], 2 * np.eye(4)[:3])
    assert (int(made["sform_code"]), float(made["pixdim"][3])) == (2, 7)
    np.testing.assert_array_equal(ours.get_sform(), before)
    assert float(ours["pixdim"][3]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"magic": b"ni1"},
        {"dim": [3, -1, 1, 1, 1, 1, 1, 1], "glmin": 5},
        {"dim": [3, 27307, 1, 6, 1, 1, 1, 1]},
        {"dim": [0, 6, 5, 4, 1, 1, 1, 1]},
        {"dim": [8, 6, 5, 4, 1, 1, 1, 1]},
        {"datatype": 128},
        {"datatype": 3},
        {"sizeof_hdr": 540},
    ],
)
def test_other_headers_are_left_to_nibabel(fields: dict[str, object]) -> None:
    made = Nifti1Header(blocks(False, {}, np.int16)[0], check=False)
    for name, value in fields.items():
        made[name] = value
    assert UsualHeader.of(made.binaryblock) is None
    assert UsualHeader.of(made.binaryblock[:347]) is None


def test_a_usual_file_is_read_without_nibabel(tmp_path: Path) -> None:
    assert nibabel.load(write(tmp_path / "a.nii.gz", header())).shape == VOXELS.shape
    code = (
        "import sys; from nbradiomics.images.io import read_image; read_image(sys.argv[1]); "
        "print(sorted({'nibabel', 'pydicom'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.nii.gz")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"
