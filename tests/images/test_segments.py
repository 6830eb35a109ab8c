"""Layered segmentations of 3D Slicer: a segment is found by its name, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.execution.workspace import content_hash
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, make_image, write_cohort, write_scan

TUMOUR, CYST, NODE = ball(radius=4), ball(radius=2), ball(radius=1.5, shift=5)
LABELLED = "subject,image,reader,mask,label"


def layered(path: Path, segments: list[tuple[str, int, int]], layers: list[np.ndarray]) -> Path:
    """Write a segmentation as 3D Slicer does: layers as a first axis, segments in the header."""
    depth, height, width = layers[0].shape
    lines = [
        "NRRD0004",
        "type: unsigned char",
        "dimension: 4",
        "space: left-posterior-superior",
        f"sizes: {len(layers)} {width} {height} {depth}",
        "space directions: none (1,0,0) (0,1,0) (0,0,1)",
        "kinds: list domain domain domain",
        "encoding: raw",
        "space origin: (0,0,0)",
    ]
    for number, (name, value, layer) in enumerate(segments):
        start = f"Segment{number}_"
        lines += [f"{start}Name:={name}", f"{start}LabelValue:={value}", f"{start}Layer:={layer}"]
    voxels = np.stack(layers, axis=-1).astype(np.uint8)
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + voxels.tobytes())
    return path


@pytest.fixture
def overlapping(tmp_path: Path) -> Path:
    """Tumour and node in one layer, a cyst within the tumour in another, and a segment without a voxel."""
    segments = [("tumour", 1, 0), ("cyst", 1, 1), ("node", 2, 0), ("other", 3, 1)]
    return layered(tmp_path / "a.seg.nrrd", segments, [np.where(NODE > 0, 2, TUMOUR), CYST])


@pytest.mark.parametrize(
    ("label", "expected"),
    [("tumour", np.where(NODE > 0, 0, TUMOUR)), ("cyst", CYST), ("node", NODE), (2, NODE), ("2", NODE)],
)
def test_a_segment_is_its_layer_and_its_value(
    label: int | str, expected: np.ndarray, overlapping: Path
) -> None:
    region = read_region(overlapping, label)
    assert np.array_equal(sitk.GetArrayFromImage(region), expected)
    assert region.GetPixelID() == sitk.sitkUInt8


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("tumour,cyst", np.maximum(np.where(NODE > 0, 0, TUMOUR), CYST)),
        ("cyst;2", np.maximum(CYST, NODE)),
        ("all", np.maximum(np.maximum(TUMOUR, NODE), CYST)),
    ],
)
def test_several_segments_are_united(label: str, expected: np.ndarray, overlapping: Path) -> None:
    assert np.array_equal(sitk.GetArrayFromImage(read_region(overlapping, label)), expected)


def test_check_names_the_segments_that_nothing_reads(overlapping: Path, tmp_path: Path) -> None:
    write_scan(tmp_path, "s", {"A": ball()})
    table = check(write_cohort(tmp_path, [f"s,s.nii.gz,A,{overlapping.name},tumour"], LABELLED))
    assert table["severity"].tolist() == ["warning"]
    assert "cyst (label 1, layer 1)" in table["problem"].iloc[0]
    assert "node (label 2, layer 0)" in table["problem"].iloc[0]


def test_a_segment_without_a_voxel_is_empty(overlapping: Path) -> None:
    assert not sitk.GetArrayFromImage(read_region(overlapping, "other")).any()


def test_a_label_of_several_segments_is_refused_with_their_names(overlapping: Path) -> None:
    with pytest.raises(AmbiguousError, match=r"tumour \(label 1, layer 0\), cyst \(label 1, layer 1\)"):
        read_region(overlapping, 1)
    with pytest.raises(AmbiguousError, match="no label was given"):
        read_region(overlapping)


@pytest.mark.parametrize("label", ["kidney", 7, "Tumour"])
def test_a_segment_that_is_not_there_is_refused_with_those_that_are(
    label: int | str, overlapping: Path
) -> None:
    with pytest.raises(InputError, match=f"no segment {label!r}; segments: cyst|tumour"):
        read_region(overlapping, label)


def test_two_segments_of_one_name_are_ambiguous(tmp_path: Path) -> None:
    path = layered(tmp_path / "a.seg.nrrd", [("tumour", 1, 0), ("tumour", 1, 1)], [TUMOUR, CYST])
    with pytest.raises(AmbiguousError, match="several"):
        read_region(path, "tumour")


def test_components_without_segments_are_no_layers(tmp_path: Path) -> None:
    path = layered(tmp_path / "a.nrrd", [], [TUMOUR, CYST])
    with pytest.raises(InputError, match="2 values per voxel"):
        read_region(path, 1)


def test_a_segmentation_is_no_image(overlapping: Path) -> None:
    with pytest.raises(InputError, match="2 values per voxel"):
        read_image(overlapping)


def test_a_layer_is_in_the_key(tmp_path: Path) -> None:
    keys = {
        content_hash(layered(tmp_path / f"{layer}.seg.nrrd", [("tumour", 1, layer)], [TUMOUR, CYST]))
        for layer in (0, 1)
    }
    assert len(keys) == 2


def test_check_and_extract_take_a_layered_mask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_scan(tmp_path, "s", {"A": TUMOUR})
    layered(tmp_path / "a.seg.nrrd", [("tumour", 1, 0), ("cyst", 1, 1)], [TUMOUR, CYST])
    rows = ["s,s.nii.gz,A,a.seg.nrrd,tumour", "s,s.nii.gz,B,a.seg.nrrd,cyst"]
    cohort = write_cohort(tmp_path, rows, "subject,image,reader,mask,label")
    assert call("check", cohort) == 0
    (tmp_path / "p.yaml").write_text("imageType: {Original: {}}\nfeatureClass: {shape: [VoxelVolume]}\n")
    out = tmp_path / "f.csv"
    assert call("extract", cohort, "--params", tmp_path / "p.yaml", "--out", out, "--jobs", 1) == 0
    volumes = [line.split(",")[-1] for line in out.read_text(encoding="utf-8").splitlines()[1:]]
    assert [float(volume) for volume in volumes] == [TUMOUR.sum(), CYST.sum()]
    assert make_image(TUMOUR).GetSpacing() == (1, 1, 1)
    capsys.readouterr()
