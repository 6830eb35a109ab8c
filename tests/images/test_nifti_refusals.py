"""NIfTI files that are cut, no volume, or with voxels in the header; and text headers."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import read_image
from tests.support.nifti_headers import SHAPE, VOXELS, header, write


@pytest.mark.parametrize("ending", ["nii", "nii.gz"])
@pytest.mark.parametrize("cut", [1, 100, 230])
def test_a_cut_file_is_refused(cut: int, ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"a.{ending}", header())
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(InputError, match="is damaged"):
        read_image(path)


def test_a_packed_file_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    content = header().binaryblock + bytes(4) + VOXELS.tobytes(order="F")
    packed = bytearray(gzip.compress(content, compresslevel=0))  # as it is, with a checksum
    packed[-20] ^= 1
    path.write_bytes(bytes(packed))
    with pytest.raises(InputError, match="damaged: CRC check failed"):
        read_image(path)


@pytest.mark.parametrize(
    ("after", "match"),
    [
        ("the same again", "more were found"),
        ("a byte", "more were found"),
        ("other bytes", "damaged: Not a gzipped file"),
    ],
)
def test_what_follows_a_whole_packed_image_is_refused(after: str, match: str, tmp_path: Path) -> None:
    packed = gzip.compress(header().binaryblock + bytes(4) + VOXELS.tobytes(order="F"))
    further = {"the same again": packed, "a byte": gzip.compress(b"1"), "other bytes": b"1" + bytes(11)}
    (tmp_path / "a.nii.gz").write_bytes(packed + further[after])
    with pytest.raises(InputError, match=match):
        read_image(tmp_path / "a.nii.gz")


def test_an_image_that_is_packed_in_several_streams_is_read(tmp_path: Path) -> None:
    content = header().binaryblock + bytes(4) + VOXELS.tobytes(order="F")
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(content[:400]) + gzip.compress(content[400:]))
    assert np.array_equal(sitk.GetArrayFromImage(read_image(tmp_path / "a.nii.gz")).T, VOXELS)


@pytest.mark.parametrize(("name", "packed"), [("a.nii.gz", False), ("a.nii", True)])
def test_an_ending_that_lies_about_packing_does_no_harm(name: str, packed: bool, tmp_path: Path) -> None:
    content = header().binaryblock + bytes(4) + VOXELS.tobytes(order="F")
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    assert np.array_equal(sitk.GetArrayFromImage(read_image(tmp_path / name)).T, VOXELS)


@pytest.mark.parametrize(
    ("shape", "dtype", "match"),
    [
        ((6, 5, 4, 2), np.int16, "4 dimensions; 2 or 3 were expected"),
        ((6, 5, 4, 1, 3), np.int16, "3 values per voxel"),
        (SHAPE, np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]), "3 values per voxel"),
        (SHAPE, np.complex64, "complex numbers"),
    ],
)
def test_what_is_no_volume_of_numbers_is_refused(
    shape: tuple[int, ...], dtype: Any, match: str, tmp_path: Path
) -> None:
    voxels = np.zeros(shape, dtype)
    with pytest.raises(InputError, match=match):
        read_image(write(tmp_path / "a.nii", header(dtype, shape), voxels))


@pytest.mark.parametrize("shape", [(6, 5, 4, 1), (6, 5, 4, 1, 1, 1), (6, 5, 1)])
def test_axes_of_one_voxel_at_the_end_do_not_count(shape: tuple[int, ...], tmp_path: Path) -> None:
    voxels = VOXELS.ravel()[: np.prod(shape)].reshape(shape)
    read = read_image(write(tmp_path / "a.nii", header(shape=shape), voxels))
    assert read.GetSize() == shape[:3]


@pytest.mark.parametrize("offset", [0, 100, 348, 351, 352.5, -352, np.nan, np.inf, 352, 368])
def test_voxels_do_not_begin_within_the_header(offset: float, tmp_path: Path) -> None:
    made = header()
    made["vox_offset"] = offset
    path = tmp_path / "a.nii"
    before = 368 if offset == 368 else 352
    path.write_bytes(made.binaryblock + bytes(before - 348) + VOXELS.tobytes(order="F"))
    if offset == before:
        assert np.array_equal(sitk.GetArrayFromImage(read_image(path)).T, VOXELS)
        return
    with pytest.raises(InputError, match=f"vox_offset is {offset:g}; a whole number from 352"):
        read_image(path)


def test_an_analyze_image_with_spm_s_scale_is_refused(tmp_path: Path) -> None:
    image = nibabel.Spm2AnalyzeImage(VOXELS, np.diag([-0.5, 1, 2, 1]))
    image.header["scl_slope"] = 2.5
    image.to_filename(tmp_path / "a.hdr")
    raw = bytearray((tmp_path / "a.hdr").read_bytes())
    raw[112:116] = np.float32(2.5).tobytes()
    (tmp_path / "a.hdr").write_bytes(bytes(raw))
    with pytest.raises(InputError, match=r"SPM's scale factor 2.5"):
        read_image(tmp_path / "a.hdr")


def test_nothing_of_a_library_reaches_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = header()
    made["pixdim"][1:4] = 0.5, 1, 1
    for name in ("contradicting.nii", "cut.nii"):
        with pytest.raises(InputError):
            read_image(write(tmp_path / name, made, VOXELS[:3]))
    sitk.WriteImage(sitk.Image(20, 20, 20, sitk.sitkInt16), str(tmp_path / "a.mhd"))
    (tmp_path / "a.raw").write_bytes(b"short")
    with pytest.raises(InputError):
        read_image(tmp_path / "a.mhd")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", ["mha", "gipl", "gipl.gz", "vtk"])
def test_a_cut_file_of_any_format_is_refused(ending: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(9, 10, 11)).astype(np.float32)
    path = tmp_path / f"a.{ending}"
    sitk.WriteImage(sitk.GetImageFromArray(noise), str(path))
    assert np.array_equal(sitk.GetArrayFromImage(read_image(path)), noise)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match=r"damaged|cannot be read"):
        read_image(path)


def test_a_sheared_nrrd_image_is_refused(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(VOXELS)
    image.SetDirection((1, 0.1, 0, 0, 1, 0, 0, 0, 1))
    sitk.WriteImage(image, str(tmp_path / "a.mha"))
    with pytest.raises(InputError, match="not at right angles"):
        read_image(tmp_path / "a.mha")


NRRD = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 3 4\nencoding: raw\n{}\n"


META = "ObjectType = Image\nNDims = 3\n{}DimSize = 2 3 4\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"


SPACE = "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,2)\n"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (NRRD.format(""), "no voxel size"),
        (NRRD.format("spacings: nan nan nan\n"), "no voxel size"),
        (NRRD.format(SPACE + 'space units: "cm" "cm" "cm"\n'), "lengths in cm"),
        (META.format(""), "no voxel size"),
        (META.format("ElementSpacing = 1 1 2\nDistanceUnits = um\n"), "lengths in um"),
    ],
)
def test_text_headers_without_a_size_in_mm_are_refused(text: str, match: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.nrrd" if text.startswith("NRRD") else "a.mha")
    path.write_bytes(text.encode() + bytes(range(24)))
    with pytest.raises(InputError, match=match):
        read_image(path)


@pytest.mark.parametrize(
    "text", [NRRD.format("spacings: 1 1 2\n"), NRRD.format(SPACE), META.format("ElementSize = 1 1 2\n")]
)
def test_text_headers_with_a_size_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.nrrd" if text.startswith("NRRD") else "a.mha")
    path.write_bytes(text.encode() + bytes(range(24)))
    assert read_image(path).GetSpacing() == (1, 1, 2)
    assert grid_difference(read_image(path), read_image(path)) == ""
