"""The key of a stored result changes with every file that an image is read from."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution, Stored
from nbradiomics.execution.workspace import Workspace, content_hash
from nbradiomics.images.content import lies_in_one_file
from nbradiomics.images.io import read_image
from tests.support.helpers import ball, call, make_image, write_cohort

#: Axes z, y, x; large enough that the bytes in the middle of each file are voxels.
VOXELS = np.random.default_rng(0).integers(1, 200, (8, 9, 10)).astype(np.uint8)
SLICES = [VOXELS[index].tobytes() for index in range(len(VOXELS))]


def by_itk(ending: str, packed: bool = False) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        sitk.WriteImage(make_image(VOXELS), str(folder / f"a{ending}"), packed)
        return folder / f"a{ending}"

    return write


def by_nibabel(name: str, kind: type, named: str = "") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        kind(np.ascontiguousarray(VOXELS.T), np.eye(4)).to_filename(folder / name)
        return folder / (named or name)

    return write


def meta(data_file: str, files: dict[str, bytes], fields: str = "") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        header = (
            "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
            f"{fields}ElementSpacing = 1 1 1\nDimSize = 10 9 8\nElementType = MET_UCHAR\n"
            f"ElementDataFile = {data_file}\n"
        )
        (folder / "a.mhd").write_text(header)
        return folder / "a.mhd"

    return write


def nrrd(data_file: str, files: dict[str, bytes], encoding: str = "raw") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        header = (
            "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 10 9 8\nspacings: 1 1 1\n"
            f"encoding: {encoding}\ndata file: {data_file}\n"
        )
        (folder / "a.nhdr").write_text(header)
        return folder / "a.nhdr"

    return write


PARTS = {f"s{index}.raw": content for index, content in enumerate(SLICES)}
LISTED = "\n".join(PARTS)
FORMATS: dict[str, Callable[[Path], Path]] = {
    "nii": by_itk(".nii"),
    "nii.gz": by_itk(".nii.gz"),
    "NIfTI-2": by_nibabel("a.nii", nibabel.Nifti2Image),
    "NIfTI pair by header": by_nibabel("a.hdr", nibabel.Nifti1Pair),
    "NIfTI pair by voxels": by_nibabel("a.hdr", nibabel.Nifti1Pair, "a.img"),
    "NIfTI pair, packed": by_nibabel("a.hdr.gz", nibabel.Nifti1Pair),
    "NIfTI pair, packed, by voxels": by_nibabel("a.hdr.gz", nibabel.Nifti1Pair, "a.img.gz"),
    "Analyze": by_nibabel("a.hdr", nibabel.AnalyzeImage),
    "mha": by_itk(".mha"),
    "mha, packed": by_itk(".mha", True),
    "mhd": by_itk(".mhd"),
    "mhd, packed": by_itk(".mhd", True),
    "mhd, list": meta(f"LIST\n{LISTED}", PARTS),
    "mhd, pattern": meta("s%d.raw 0 7 1", PARTS),
    "nrrd": by_itk(".nrrd"),
    "nrrd, packed": by_itk(".nrrd", True),
    "nhdr": by_itk(".nhdr"),
    "nhdr, packed": by_itk(".nhdr", True),
    "nhdr, gzip file": nrrd("a.raw.gz", {"a.raw.gz": gzip.compress(VOXELS.tobytes())}, "gzip"),
    "nhdr, list": nrrd(f"LIST\n{LISTED}", PARTS),
    "nhdr, pattern": nrrd("s%d.raw 0 7 1 2", PARTS),
    "gipl": by_itk(".gipl"),
    "gipl.gz": by_itk(".gipl.gz"),
    "vtk": by_itk(".vtk"),
}


def other_voxels(file: Path) -> None:
    """Change a voxel of a file; its size stays, if it is not packed, and so do its times."""
    status = file.stat()
    content = file.read_bytes()
    packed = content[:2] == b"\x1f\x8b"
    plain = bytearray(gzip.decompress(content) if packed else content)
    plain[len(plain) * 2 // 3] ^= 1
    file.write_bytes(gzip.compress(bytes(plain)) if packed else bytes(plain))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("name", FORMATS)
def test_every_file_that_an_image_is_read_from_is_in_its_key(name: str, tmp_path: Path) -> None:
    path = FORMATS[name](tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(read_image(path)), VOXELS)
    before = content_hash(path)
    assert content_hash(path) == before  # the same as long as nothing changes
    files = sorted(each for each in tmp_path.iterdir())
    assert lies_in_one_file(path) <= (len(files) == 1)
    for file in files:
        kept = file.read_bytes()
        other_voxels(file)
        assert content_hash(path) != before, file.name
        file.write_bytes(kept)
        assert content_hash(path) == before, file.name
        if file != path:
            file.unlink()
            assert content_hash(path) != before, file.name
            file.write_bytes(kept)


@pytest.mark.parametrize("ending", ["mhd", "nhdr", "hdr"])
def test_equal_headers_of_different_voxels_are_measured_each(ending: str, tmp_path: Path) -> None:
    for number in range(3):
        folder = tmp_path / f"P{number}"
        folder.mkdir()
        noise = np.random.default_rng(number).integers(0, 9, VOXELS.shape).astype(np.uint8)
        sitk.WriteImage(make_image(noise + 10 * number), str(folder / f"image.{ending}"))
        sitk.WriteImage(make_image(ball(VOXELS.shape)), str(folder / f"mask.{ending}"))
    rows = [f"P{number},P{number}/image.{ending},A,P{number}/mask.{ending}" for number in range(3)]
    cohort = write_cohort(tmp_path, rows)
    (tmp_path / "p.yaml").write_text(
        "imageType: {Original: {}}\nfeatureClass: {firstorder: [Mean], shape: [VoxelVolume]}\n"
    )

    def measured() -> pd.DataFrame:
        out, kept = tmp_path / "f.csv", tmp_path / "work"
        options = ("--params", tmp_path / "p.yaml", "--work", kept, "--jobs", 1)
        assert call("extract", cohort, "--out", out, *options) == 0
        return pd.read_csv(out)

    for table in (measured(), measured()):  # computed, and taken from what was kept
        means = table["original_firstorder_Mean"].to_numpy()
        assert (np.diff(means) > 5).all()
    sitk.WriteImage(make_image(ball(VOXELS.shape, radius=2)), str(tmp_path / "P1" / f"mask.{ending}"))
    volumes = measured()["original_shape_VoxelVolume"].tolist()
    assert volumes == [ball(VOXELS.shape).sum(), ball(VOXELS.shape, radius=2).sum(), ball(VOXELS.shape).sum()]


def test_files_whose_bytes_suffice_are_not_opened_as_images(tmp_path: Path) -> None:
    for name in ("nii", "nii.gz", "NIfTI-2", "nrrd", "nrrd, packed", "mha"):
        assert lies_in_one_file(FORMATS[name](tmp_path)), name
    table = tmp_path / "cohort.csv"
    table.write_text("subject,image\n")
    assert lies_in_one_file(table)


@pytest.mark.parametrize(
    ("asked", "beside"), [("a.nii.gz", "a.nii"), ("a.nii", "a.nii.gz"), ("a.nii", "a.img")]
)
def test_the_file_that_is_named_is_read_and_none_beside_it(asked: str, beside: str, tmp_path: Path) -> None:
    sitk.WriteImage(make_image(VOXELS), str(tmp_path / asked))
    before = content_hash(tmp_path / asked)
    sitk.WriteImage(make_image(VOXELS // 2), str(tmp_path / beside))
    assert np.array_equal(sitk.GetArrayFromImage(read_image(tmp_path / asked)), VOXELS)
    assert content_hash(tmp_path / asked) == before


def test_a_packed_pair_is_not_mixed_with_one_that_is_not(tmp_path: Path) -> None:
    for ending, factor in ((".hdr", 1), (".hdr.gz", 2)):
        pair = nibabel.Nifti1Pair(np.ascontiguousarray(VOXELS.T) // factor, np.eye(4))
        pair.to_filename(tmp_path / f"a{ending}")
    for name, factor in (("a.hdr", 1), ("a.img", 1), ("a.hdr.gz", 2), ("a.img.gz", 2)):
        read = sitk.GetArrayFromImage(read_image(tmp_path / name))
        assert np.array_equal(read, VOXELS // factor), name


@pytest.mark.parametrize("ending", ["nii", "nii.gz"])
def test_a_change_at_once_after_the_first_is_seen(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    keys = set()
    for step in range(20):  # within one tick of the file system's clock, and of one size
        sitk.WriteImage(make_image(np.full((2, 3, 4), step, np.uint8)), str(path), False)
        os.utime(path, ns=(10**18, 10**18))
        keys.add(content_hash(path))
    assert len(keys) == 20


def test_a_result_of_what_was_changed_while_it_was_read_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    calls: list[str] = []

    def work() -> dict[str, str]:
        calls.append(file.read_text(encoding="utf-8"))
        if len(calls) == 1:
            file.write_text("2")  # as somebody does who saves a mask at that moment
        return {"seen": calls[-1]}

    def run() -> dict[str, dict[str, str]]:
        stored = Stored(lambda _: content_hash(file), dict[str, str])
        return Execution(workspace=Workspace(tmp_path)).map(work, {"a": ()}, stage="t", stored=stored).results

    assert run() == {"a": {"seen": "1"}}
    assert run() == {"a": {"seen": "2"}}
    file.write_text("1")
    assert run() == {"a": {"seen": "1"}}
    assert calls == ["1", "2", "1"]


@pytest.mark.parametrize("ending", ["tif", "png", "pic", "mrc", "mnc", "hdf5"])
def test_formats_without_a_voxel_size_in_mm_are_refused(ending: str, tmp_path: Path) -> None:
    image = make_image(VOXELS)
    sitk.WriteImage(image if ending != "png" else image[:, :, 0], str(tmp_path / f"a.{ending}"))
    with pytest.raises(InputError, match=r"does not (give the voxel|state the pixel) size in mm"):
        read_image(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("sign", [" : ", ":", "=", "\t=\t"])
def test_both_signs_of_a_metaimage_header_are_read(sign: str, tmp_path: Path) -> None:
    sitk.WriteImage(make_image(VOXELS, (1.0, 1.0, 2.0)), str(tmp_path / "a.mhd"))
    plain = (tmp_path / "a.mhd").read_text(encoding="utf-8")
    (tmp_path / "a.mhd").write_text(plain.replace(" = ", sign))
    assert read_image(tmp_path / "a.mhd").GetSpacing() == (1.0, 1.0, 2.0)
    before = content_hash(tmp_path / "a.mhd")
    other_voxels(tmp_path / "a.raw")
    assert content_hash(tmp_path / "a.mhd") != before


@pytest.mark.parametrize("name", ["a.img", "a.hdr"])
def test_a_single_file_is_itself_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    for factor, each in ((1, "a.img"), (2, "a.hdr")):
        sitk.WriteImage(make_image(VOXELS // factor), str(tmp_path / "x.nii"))
        (tmp_path / "x.nii").rename(tmp_path / each)
    read = sitk.GetArrayFromImage(read_image(tmp_path / name))
    assert np.array_equal(read, VOXELS // (1 if name == "a.img" else 2))
    before = content_hash(tmp_path / name)
    other_voxels(tmp_path / name)
    assert content_hash(tmp_path / name) != before


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp"])
def test_the_key_of_a_picture_is_that_of_its_bytes(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{ending}"
    sitk.WriteImage(sitk.GetImageFromArray(VOXELS[0]), str(file))
    assert content_hash(file) == content_hash(file)
    assert not content_hash(file).startswith("unreadable")
