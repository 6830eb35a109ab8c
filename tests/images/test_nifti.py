"""NIfTI headers: the standard is followed, or the file is refused with what it says and what to do."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st
from nibabel.affines import from_matvec

from nbradiomics.errors import InputError
from nbradiomics.images.io import doubts_of, read_direction, read_image
from tests.support.nifti_headers import EDGES, SHAPE, VOXELS, header, write


def affine_of(image: sitk.Image) -> np.ndarray:
    """Affine in nibabel's manner: RAS, axes x, y, z."""
    matrix = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    to_ras = np.diag([-1.0, -1.0, 1.0])
    return from_matvec(to_ras @ matrix, to_ras @ np.array(image.GetOrigin()))


@st.composite
def rotations(draw: st.DrawFn) -> np.ndarray:
    """Any rotation, or a reflection."""
    numbers = draw(
        st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1)
    )
    turned = nibabel.quaternions.quat2mat(numbers)
    return turned * draw(st.sampled_from([1, -1]))


edges = st.lists(st.floats(0.1, 9), min_size=3, max_size=3)


origins = st.lists(st.floats(-300, 300), min_size=3, max_size=3)


@settings(max_examples=40)
@given(rotations(), edges, origins, st.sampled_from(["sform", "qform", "both"]), st.sampled_from("<>"))
def test_a_sound_header_is_read_as_nibabel_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    turned: np.ndarray,
    lengths: list[float],
    origin: list[float],
    form: str,
    order: str,
) -> None:
    affine = from_matvec(turned * lengths, origin)
    made = nibabel.Nifti1Header(endianness=order)
    made.set_data_shape(SHAPE)
    made.set_data_dtype(np.dtype(np.int16).newbyteorder(order))
    made["pixdim"][1:4] = lengths
    made["vox_offset"] = 352
    made.set_qform(affine, 1 if form != "sform" else 0)
    made.set_sform(affine, 2 if form != "qform" else 0)
    path = write(tmp_path_factory.mktemp("n") / "a.nii", made)
    image = read_image(path)
    assert np.allclose(affine_of(image), nibabel.load(path).affine, atol=1e-3)
    assert np.array_equal(sitk.GetArrayFromImage(image).T, VOXELS)
    assert np.allclose(read_direction(path), image.GetDirection())
    if form != "both":
        assert doubts_of(path) == []


def test_what_itk_reads_rightly_is_itk_s_to_the_last_bit(real_data: Path) -> None:
    for file in sorted(real_data.glob("sts_mr/*.nii.gz"))[:4]:
        ours, theirs = read_image(file), sitk.ReadImage(str(file))
        assert ours.GetPixelID() == theirs.GetPixelID()
        assert np.array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(theirs))
        for what in ("GetSpacing", "GetOrigin", "GetDirection"):
            assert getattr(ours, what)() == getattr(theirs, what)(), what


@pytest.mark.parametrize("kind", ["u1", "i1", "<i2", ">i2", "u2", "i4", "u4", "i8", "u8", "<f4", ">f8"])
@pytest.mark.parametrize("scale", [None, (1, 0), (0.37, -12.3), (1, -1024), (-2, 5)])
def test_scaled_values_are_itk_s_to_the_last_bit(
    kind: str, scale: tuple[float, float] | None, tmp_path: Path
) -> None:
    made = header(kind) if kind[0] != ">" else _big_endian(kind)
    if scale is not None:
        made["scl_slope"], made["scl_inter"] = scale
    path = write(tmp_path / "a.nii", made, VOXELS)
    ours, theirs = read_image(path), sitk.ReadImage(str(path))
    assert ours.GetPixelID() == theirs.GetPixelID()
    assert np.array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(theirs))


def _big_endian(kind: str) -> nibabel.Nifti1Header:
    return nibabel.Nifti1Header.from_header(header(kind[1:])).as_byteswapped(">")


@pytest.mark.parametrize("ending", ["nii", "nii.gz"])
def test_a_slope_of_0_scales_nothing(ending: str, tmp_path: Path) -> None:
    made = header()
    made["scl_slope"], made["scl_inter"] = 0, 50
    path = write(tmp_path / f"a.{ending}", made)
    assert np.array_equal(sitk.GetArrayFromImage(read_image(path)).T, VOXELS)
    assert np.array_equal(nibabel.load(path).get_fdata(), VOXELS)
    ((found, _),) = doubts_of(path)
    assert "scl_slope is 0 and scl_inter 50" in found


@pytest.mark.parametrize("slope", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("added", [0, np.nan])
def test_a_slope_that_is_no_number_is_refused_with_its_value(
    slope: float, added: float, tmp_path: Path
) -> None:
    made = header()
    made["scl_slope"], made["scl_inter"] = slope, added
    with pytest.raises(InputError, match=f"scl_slope is {slope} and scl_inter {float(added)}"):
        read_image(write(tmp_path / "a.nii", made))


def test_beside_a_slope_of_0_the_intercept_says_nothing(tmp_path: Path) -> None:
    made = header()
    made["scl_slope"], made["scl_inter"] = 0, np.nan
    assert np.array_equal(sitk.GetArrayFromImage(read_image(write(tmp_path / "a.nii", made))).T, VOXELS)


def test_an_intercept_that_is_no_number_is_refused(tmp_path: Path) -> None:
    made = header()
    made["scl_slope"], made["scl_inter"] = 2, np.nan
    with pytest.raises(InputError, match=r"scl_slope is 2.0 and scl_inter nan"):
        read_image(write(tmp_path / "a.nii", made))


def test_edges_of_sform_and_pixdim_that_differ_are_refused_with_both(tmp_path: Path) -> None:
    made = header()
    made["pixdim"][1:4] = 0.5, 1, 1
    with pytest.raises(
        InputError, match=r"0.5 x 1 x 2 mm by the sform, and 0.5 x 1 x 1 mm by pixdim"
    ) as stop:
        read_image(write(tmp_path / "a.nii", made))
    # Each of the two remedies gives a file that is read, with the value it names.
    loaded = nibabel.load(tmp_path / "a.nii")
    nibabel.Nifti1Image(loaded.dataobj, loaded.affine).to_filename(tmp_path / "sform.nii")
    assert read_image(tmp_path / "sform.nii").GetSpacing() == (0.5, 1, 2)
    loaded.set_sform(None, 0)
    loaded.to_filename(tmp_path / "pixdim.nii")
    assert read_image(tmp_path / "pixdim.nii").GetSpacing() == (0.5, 1, 1)
    assert "set_sform(None, 0)" in stop.value.remedy


@pytest.mark.parametrize("length", [0, np.nan, np.inf, -1])
@pytest.mark.parametrize("form", ["sform", "qform", "none"])
def test_voxels_without_a_size_are_refused(form: str, length: float, tmp_path: Path) -> None:
    made = header()
    made["sform_code"] = form == "sform"
    made["qform_code"] = form == "qform"
    made["pixdim"][3] = length
    path = write(tmp_path / "a.nii", made)
    with pytest.raises(InputError, match="voxels"):
        read_image(path)


def test_an_image_without_orientation_is_read_and_told(tmp_path: Path) -> None:
    made = header()
    made["sform_code"] = made["qform_code"] = 0
    path = write(tmp_path / "a.nii", made)
    assert read_image(path).GetSpacing() == (0.5, 1, 2)
    assert "gives no orientation and no position" in doubts_of(path)[0][0]


def test_a_sheared_sform_is_refused_by_its_angle(tmp_path: Path) -> None:
    made = header()
    sheared = EDGES.copy()
    sheared[0, 1] = 0.05
    made.set_sform(sheared, 1)
    with pytest.raises(
        InputError, match=r"not at right angles \(sheared\): two form an angle of 87.1 degrees; 90"
    ):
        read_image(write(tmp_path / "a.nii", made))


def test_axes_that_are_off_by_rounding_are_put_at_right_angles(tmp_path: Path) -> None:
    made = header()
    nearly = EDGES.copy()
    nearly[0, 1] = 3e-4
    made.set_sform(nearly, 1)
    direction = np.array(read_image(write(tmp_path / "a.nii", made)).GetDirection()).reshape(3, 3)
    assert np.allclose(direction.T @ direction, np.eye(3), atol=1e-3)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_an_affine_that_is_no_number_is_refused(number: float, tmp_path: Path) -> None:
    made = header()
    made["srow_x"][1] = number
    with pytest.raises(InputError, match="sform has a number that is not finite"):
        read_image(write(tmp_path / "a.nii", made))


def test_a_singular_sform_is_refused(tmp_path: Path) -> None:
    made = header()
    made["srow_z"] = 0
    with pytest.raises(InputError, match=r"voxels of 0.5 x 1 x 0 mm"):
        read_image(write(tmp_path / "a.nii", made))


@pytest.mark.parametrize("flipped", [0, 1, 2])
def test_of_two_orientations_the_sform_counts_and_both_are_told(flipped: int, tmp_path: Path) -> None:
    made = header()
    other = EDGES.copy()
    other[flipped] *= -1
    made.set_qform(other, 1)
    path = write(tmp_path / "a.nii", made)
    assert np.allclose(affine_of(read_image(path)), EDGES)
    ((found, _),) = doubts_of(path)
    assert "the sform is used" in found
    assert "RAS" in found
    assert {0: "LAS", 1: "RPS", 2: "RAI"}[flipped] in found


def test_a_quaternion_that_is_none_is_refused(tmp_path: Path) -> None:
    made = header()
    made["sform_code"], made["qform_code"] = 0, 1
    made["quatern_b"] = made["quatern_c"] = made["quatern_d"] = 1
    with pytest.raises(InputError, match="qform is not a rotation"):
        read_image(write(tmp_path / "a.nii", made))
    made["sform_code"] = 1  # which counts
    path = write(tmp_path / "a.nii", made)
    assert np.allclose(affine_of(read_image(path)), EDGES)
    ((found, _),) = doubts_of(path)
    assert "qform is not a rotation. The sform is used" in found


@pytest.mark.parametrize(("unit", "factor"), [(1, 0.001), (3, 1000.0)])
def test_lengths_in_metres_and_microns_are_brought_to_mm(unit: int, factor: float, tmp_path: Path) -> None:
    made = header()
    own = EDGES * factor
    made.set_sform(own, 1)
    made["pixdim"][1:4] = np.diag(own)[:3]
    made["xyzt_units"] = unit
    path = write(tmp_path / "a.nii", made)
    assert np.allclose(affine_of(read_image(path)), EDGES, rtol=1e-5)
    assert "0.5 x 1 x 2 mm" in doubts_of(path)[0][0]


@pytest.mark.parametrize(("unit", "wrong"), [(1, "500 x 1000 x 2000 mm"), (3, "0.0005 x 0.001 x 0.002 mm")])
def test_a_unit_that_cannot_be_is_refused_with_both_sizes(unit: int, wrong: str, tmp_path: Path) -> None:
    made = header()
    made["xyzt_units"] = unit
    with pytest.raises(InputError, match=f"{wrong}; without the unit they are 0.5 x 1 x 2 mm"):
        read_image(write(tmp_path / "a.nii", made))
