"""What the tests of nifti share."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

SHAPE = (6, 5, 4)


VOXELS = np.arange(120, dtype=np.int16).reshape(SHAPE)


EDGES = np.diag([0.5, 1.0, 2.0, 1.0])


def header(dtype: Any = np.int16, shape: tuple[int, ...] = SHAPE) -> nibabel.Nifti1Header:
    """Header with edges 0.5 x 1 x 2 mm and an sform to match."""
    made = nibabel.Nifti1Header()
    made.set_data_shape(shape)
    made.set_data_dtype(dtype)
    made.set_sform(EDGES, 1)
    made["pixdim"][1:4] = 0.5, 1, 2
    made["vox_offset"] = 352
    made["scl_slope"], made["scl_inter"] = 1, 0
    return made


def write(path: Path, made: nibabel.Nifti1Header, voxels: np.ndarray = VOXELS) -> Path:
    """Write header and voxels as they are, nothing put right."""
    content = made.binaryblock + bytes(4) + voxels.astype(made.get_data_dtype()).tobytes(order="F")
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
