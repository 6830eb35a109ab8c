"""Reading images, comparing grids, taking regions."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.errors import AmbiguousError, InputError, StorageError
from nbradiomics.images.grid import grid_difference, require_same_grid
from nbradiomics.images.io import file_hash, read_image, write_image
from nbradiomics.images.region import labels_in, read_region
from tests.support.helpers import ball, make_image


def test_an_image_comes_back_as_it_was_written(tmp_path: Path) -> None:
    image = make_image(np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32), (0.5, 1.0, 3.0))
    read = read_image(write_image(image, tmp_path / "deep" / "a.nii.gz"))
    assert np.array_equal(sitk.GetArrayFromImage(read), sitk.GetArrayFromImage(image))
    assert grid_difference(read, image) == ""
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.nii.gz"]


def test_what_is_no_volume_of_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="4 dimensions; 2 or 3 were expected"):
        read_image(sitk.Image([4, 4, 4, 4], sitk.sitkFloat32))
    with pytest.raises(InputError, match="3 values per voxel"):
        read_image(sitk.Image([4, 4, 4], sitk.sitkVectorFloat32, 3))
    with pytest.raises(InputError, match="does not exist"):
        read_image(tmp_path / "nowhere.nii.gz")
    with pytest.raises(InputError, match="folder"):
        read_image(tmp_path)
    (tmp_path / "broken.nii.gz").write_bytes(b"not an image")
    with pytest.raises(InputError, match="cannot be read"):
        read_image(tmp_path / "broken.nii.gz")


@pytest.mark.parametrize("what", ["spacing", "origin", "direction", "size"])
def test_a_difference_of_grids_is_named(what: str) -> None:
    image, other = make_image(ball()), make_image(ball())
    if what == "size":
        other = make_image(ball((10, 12, 15)))
    elif what == "spacing":
        other.SetSpacing((1.0, 1.0, 1.1))
    elif what == "origin":
        other.SetOrigin((0.0, 5.0, 0.0))
    else:
        other.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, 1))
    assert grid_difference(image, other).startswith(what)
    with pytest.raises(InputError, match="mask and image have different grids"):
        require_same_grid(other, image, names=("mask", "image"))


def test_single_precision_headers_are_the_same_grid() -> None:
    image, other = make_image(ball()), make_image(ball())
    image.SetOrigin((-123.456789, 0.1, 1 / 3))
    other.SetOrigin(tuple(float(np.float32(value)) for value in image.GetOrigin()))
    assert grid_difference(image, other) == ""


def test_a_region_is_the_label_that_was_asked_for() -> None:
    mask = make_image(ball() * 3)
    region = read_region(mask, 3)
    assert np.array_equal(sitk.GetArrayFromImage(region), ball())
    assert np.array_equal(sitk.GetArrayFromImage(read_region(mask)), ball())
    assert np.array_equal(sitk.GetArrayFromImage(read_region(mask, "3")), ball())


def test_an_absent_label_is_refused_with_those_that_are_there() -> None:
    both = np.maximum(ball(radius=1, shift=4) * 2, ball(radius=1, shift=-4) * 7)
    with pytest.raises(InputError, match="no label 1; its labels: 2, 7"):
        read_region(make_image(both), 1)
    with pytest.raises(AmbiguousError, match="labels 2, 7"):
        read_region(make_image(both))


def test_an_empty_mask_is_an_empty_region() -> None:
    region = read_region(make_image(ball() * 0), 1)
    assert not sitk.GetArrayFromImage(region).any()
    assert region.GetPixelID() == sitk.sitkUInt8


def test_a_segment_is_found_by_its_name(tmp_path: Path) -> None:
    mask = make_image(ball() * 2)
    mask.SetMetaData("Segment0_Name", "tumour")
    mask.SetMetaData("Segment0_LabelValue", "2")
    file = tmp_path / "a.seg.nrrd"
    sitk.WriteImage(mask, str(file))
    assert np.array_equal(sitk.GetArrayFromImage(read_region(file, "tumour")), ball())
    with pytest.raises(InputError, match=r"names in it: tumour \(label 2, layer 0\)"):
        read_region(file, "kidney")


def test_a_probability_map_is_no_mask() -> None:
    with pytest.raises(InputError, match="whole numbers"):
        labels_in(make_image(ball().astype(np.float32) * 0.5))


def test_the_hash_tells_content_not_name(tmp_path: Path) -> None:
    for name, content in {"a": b"1", "b": b"1", "c": b"2"}.items():
        (tmp_path / name).write_bytes(content)
    hashes = [file_hash(tmp_path / name) for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_survive_reading(tmp_path: Path, name: str, value: float) -> None:
    array = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    array[1, 2, 3] = value
    file = tmp_path / name
    sitk.WriteImage(make_image(array, (0.5, 1.0, 3.0)), str(file))
    read = read_image(file)
    assert np.array_equal(np.isfinite(sitk.GetArrayFromImage(read)), np.isfinite(array))
    assert read.GetSpacing() == (0.5, 1.0, 3.0)


@pytest.mark.parametrize("name", ["a.nii.gz", "a.NII.GZ", "a.hdr"])
@pytest.mark.parametrize("axes", [3, 4])
def test_values_that_are_not_finite_are_found_in_every_form_of_nifti(
    tmp_path: Path, name: str, axes: int
) -> None:
    import nibabel

    array = np.arange(60, dtype=np.float32).reshape(5, 4, 3)
    array[3, 2, 1] = np.nan
    kind = nibabel.Nifti1Pair if name == "a.hdr" else nibabel.Nifti1Image
    kind(array if axes == 3 else array[..., None], np.eye(4)).to_filename(tmp_path / name)
    read = sitk.GetArrayFromImage(read_image(tmp_path / name))
    assert np.argwhere(np.isnan(read)).tolist() == [[1, 2, 3]]


def test_a_link_to_a_file_without_an_ending_is_read(tmp_path: Path) -> None:
    from nbradiomics.cohort import load_cohort
    from tests.support.helpers import write_cohort

    sitk.WriteImage(make_image(ball()), str(tmp_path / "blob.nii.gz"))
    (tmp_path / "blob.nii.gz").rename(tmp_path / "blob")
    (tmp_path / "a.nii.gz").symlink_to(tmp_path / "blob")
    (scan,) = load_cohort(write_cohort(tmp_path, ["s,a.nii.gz,,"])).scans()
    assert read_image(scan.image).GetSize() == (14, 12, 10)


@pytest.mark.parametrize("label", [3, 3.0, np.int64(3), "3"])
def test_a_label_may_be_any_whole_number(label: object) -> None:
    assert np.array_equal(sitk.GetArrayFromImage(read_region(make_image(ball() * 3), label)), ball())


def test_a_label_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(InputError, match="whole number"):
        read_region(make_image(ball()), 1.5)


def test_a_truncated_image_is_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(20, 20, 20)).astype(np.float32)
    file = write_image(make_image(noise), tmp_path / "a.nii.gz")
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"a\.nii\.gz (is damaged|cannot be read)"):
        read_image(file)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_what_a_full_disk_cuts_off_is_no_image(
    left: int, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image(np.random.default_rng(0).integers(0, 99, (5, 6, 7)).astype(kind))
    path = write_image(image, tmp_path / "sound.nii.gz")
    original = sitk.WriteImage

    def cut(image: sitk.Image, name: str, **named: bool) -> None:
        original(image, name, **named)
        Path(name).write_bytes(Path(name).read_bytes()[:left])

    monkeypatch.setattr(sitk, "WriteImage", cut)
    with pytest.raises(StorageError, match=r"mask\.nii\.gz could not be written completely"):
        write_image(image, tmp_path / "mask.nii.gz")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
