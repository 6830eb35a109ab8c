"""Images whose voxels lie in a second file: a stored result must not outlive a change of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import SimpleITK as sitk

from tests.reliability.harness import Kind, Variant
from tests.support.helpers import ball, call, make_image

_EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --work work --jobs 1"
Writer = Callable[[np.ndarray, Path], str]


def _itk(ending: str, compress: bool = False) -> Writer:
    def write(array: np.ndarray, folder: Path) -> str:
        name = f"image.{ending}"
        sitk.WriteImage(make_image(array), str(folder / name), compress)
        return name

    return write


def _nibabel_pair(array: np.ndarray, folder: Path) -> str:
    nibabel.save(nibabel.Nifti1Pair(array.T, np.eye(4)), folder / "image.hdr")
    return "image.hdr"


def _slices(array: np.ndarray, folder: Path) -> str:
    """MetaImage with a file for each slice."""
    names = [f"s{number:02d}.raw" for number in range(len(array))]
    for name, plane in zip(names, array, strict=True):
        (folder / name).write_bytes(plane.tobytes())
    size = " ".join(map(str, array.shape[::-1]))
    head = (
        f"ObjectType = Image\nNDims = 3\nDimSize = {size}\nElementType = MET_SHORT\nElementSpacing = 1 1 1\n"
    )
    (folder / "image.mhd").write_text(head + "ElementDataFile = LIST\n" + "\n".join(names) + "\n")
    return "image.mhd"


def _nrrd_gzip(array: np.ndarray, folder: Path) -> str:
    """NRRD with a compressed data file."""
    # Without the time of writing, so that the size alone tells nothing.
    (folder / "image.raw.gz").write_bytes(gzip.compress(array.tobytes(), mtime=0))
    size = " ".join(map(str, array.shape[::-1]))
    (folder / "image.nhdr").write_text(
        f"NRRD0004\ntype: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: {size}\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nendian: little\n"
        "encoding: gzip\ndata file: image.raw.gz\n"
    )
    return "image.nhdr"


_FORMATS: dict[str, Writer] = {
    "MetaImage with raw data": _itk("mhd"),
    "MetaImage with compressed data": _itk("mhd", compress=True),
    "MetaImage with a file for each slice": _slices,
    "MetaImage in one file": _itk("mha"),
    "NRRD with raw data": _itk("nhdr"),
    "NRRD with compressed data": _nrrd_gzip,
    "NRRD in one file": _itk("nrrd"),
    "NIfTI pair": _nibabel_pair,
    "NIfTI in one file": _itk("nii"),
    "compressed NIfTI": _itk("nii.gz", compress=True),
}


def _values(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-500, 500, (10, 12, 14))
    return (noise + 100 * seed).astype(np.int16)


def _write(folder: Path, image: np.ndarray, mask: np.ndarray, writer: Writer) -> None:
    rows = []
    for number, extra in enumerate((0, 40)):
        for role, array in (("image", image + np.int16(extra)), ("mask", mask.astype(np.int16))):
            place = folder / f"P{number}" / role
            place.mkdir(parents=True, exist_ok=True)
            name = writer(array, place)
            if role == "image":
                path = f"P{number}/image/{name}"
            else:
                rows.append(f"P{number},{path},r,P{number}/mask/{name}")
    (folder / "cohort.csv").write_text("\n".join(["subject,image,reader,mask", *rows]) + "\n")
    (folder / "params.yaml").write_text("featureClass: {firstorder: [Mean], shape: [VoxelVolume]}\n")


def _changed(name: str, writer: Writer, which: str) -> Variant:
    """Two subjects, whose headers may be alike; the command, a change, and the command again."""
    image, mask = _values(1), ball()
    after_image = _values(2) if which == "image" else image
    after_mask = ball(radius=4) if which == "mask" else mask

    def write(folder: Path) -> None:
        _write(folder, image, mask, writer)
        assert call(*_EXTRACT.split()) == 0
        _hold(folder, image, mask)
        _write(folder, after_image, after_mask, writer)

    def holds(folder: Path) -> None:
        _hold(folder, after_image, after_mask)

    return Variant(f"{name}, {which}", write, _EXTRACT, 0, holds=holds)


def _hold(folder: Path, image: np.ndarray, mask: np.ndarray) -> None:
    table = pd.read_csv(folder / "f.csv").set_index("subject")
    mean = image[mask > 0].mean()
    np.testing.assert_allclose(table["original_firstorder_Mean"], [mean, mean + 40])
    np.testing.assert_allclose(table["original_shape_VoxelVolume"], mask.sum())


CHANGED = Kind(
    "A changed image or mask, beside stored results",
    "the result is computed again, whichever of its files changed",
    [_changed(name, writer, which) for name, writer in _FORMATS.items() for which in ("image", "mask")],
)

KINDS = [CHANGED]
