"""Image files as other programs write them: sound ones are read, and what misleads ITK is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.io import read_image

VOXELS = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
META = "ObjectType = Image\nNDims = 3\nDimSize = 5 4 3\nElementSpacing = 1 1 2\nElementType = MET_SHORT\n"
NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 4 3\nspacings: 1 1 2\nendian: little\nencoding: raw\n"


def values(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(read_image(path))


@pytest.mark.parametrize("ending", ["mhd", "nhdr"])
def test_a_name_with_an_umlaut_names_its_data_file(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"Schädel.{ending}"
    sitk.WriteImage(sitk.GetImageFromArray(VOXELS), str(path))
    np.testing.assert_array_equal(values(path), VOXELS)


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_list_whose_last_name_itk_would_not_read(end: str, tmp_path: Path) -> None:
    names = [f"s{number}.raw" for number in range(3)]
    for name, plane in zip(names, VOXELS, strict=True):
        (tmp_path / name).write_bytes(plane.tobytes())
    path = tmp_path / "a.mhd"
    path.write_text(f"{META}ElementDataFile = LIST\n" + "\n".join(names) + end)
    if end:
        np.testing.assert_array_equal(values(path), VOXELS)
    else:
        with pytest.raises(InputError, match="line end"):
            read_image(path)


def test_voxels_in_the_annex_of_the_repository_are_inside(tmp_path: Path) -> None:
    store = tmp_path / ".git" / "annex" / "objects" / "x"
    store.mkdir(parents=True)
    (store / "content.raw").write_bytes(VOXELS.tobytes())
    folder = tmp_path / "sub-1"
    folder.mkdir()
    (folder / "a.raw").symlink_to(store / "content.raw")
    (folder / "a.mhd").write_text(f"{META}ElementDataFile = a.raw\n")
    np.testing.assert_array_equal(values(folder / "a.mhd"), VOXELS)


@pytest.mark.parametrize("length", range((1 << 14) - 40, (1 << 14) + 2, 3))
def test_a_header_may_be_longer_than_what_is_read_at_once(length: int, tmp_path: Path) -> None:
    last = "ElementDataFile = LOCAL\n"
    room = length - len(META)
    more = "".join(f"Seq_{number:05d} = x\n" for number in range(room // 14 - 2))
    more += "Seq = " + "x" * (room - len(more) - 7) + "\n"
    (tmp_path / "a.mha").write_bytes((META + more + last).encode() + VOXELS.tobytes())
    np.testing.assert_array_equal(values(tmp_path / "a.mha"), VOXELS)


@pytest.mark.parametrize(
    "content",
    [
        b"NRRD0004\n" + b"a: b\n" * (1 << 20),
        META.encode() + b"Comment = a\n" * (1 << 19),
        b"NDims = 3\na" + b" " * (1 << 20),
    ],
    ids=["nrrd", "comments", "blanks"],
)
def test_a_header_without_end_takes_no_time(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mha").write_bytes(content)
    with pytest.raises(InputError):
        read_image(tmp_path / "a.mha")


def test_free_pairs_and_comments_may_stand_twice(tmp_path: Path) -> None:
    pairs = "DICOM:0010:=x\nDICOM:0020:=y\n"
    (tmp_path / "a.nrrd").write_bytes(f"{NRRD}{pairs}\n".encode() + VOXELS.tobytes())
    np.testing.assert_array_equal(values(tmp_path / "a.nrrd"), VOXELS)
    header = META + "Comment = a\nComment = b\nBinaryData = T\nElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes(header.encode() + VOXELS.tobytes())
    np.testing.assert_array_equal(values(tmp_path / "a.mha"), VOXELS)


def test_lowest_places_of_cells_are_read_as_itk_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    path.write_bytes(f"{NRRD}axis mins: 10 20 30\n\n".encode() + VOXELS.tobytes())
    np.testing.assert_array_equal(values(path), VOXELS)


@pytest.mark.parametrize("size", [32, 1 << 30])
def test_extensions_of_nifti_are_passed_over(size: int, tmp_path: Path) -> None:
    image = nib.Nifti1Image(VOXELS.T, np.diag([-1, -1, 2, 1]))
    image.header["vox_offset"] = 512
    header = bytearray(image.header.binaryblock)
    header[108:112] = struct.pack("<f", 512)
    header[112:120] = struct.pack("<ff", 1, 0)
    extension = struct.pack("<4Bii", 1, 0, 0, 0, size, 6)
    path = tmp_path / "a.nii"
    path.write_bytes(bytes(header) + extension + bytes(512 - 348 - len(extension)) + VOXELS.tobytes())
    np.testing.assert_array_equal(values(path), VOXELS)
