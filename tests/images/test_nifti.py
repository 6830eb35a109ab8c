"""NIfTI headers: the standard is followed, or the file is refused with what it says and what to do."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st
from nibabel.affines import from_matvec

from nbradiomics.errors import InputError
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import doubts_of, read_direction, read_image

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
    with pytest.raises(InputError, match=f"scl_slope is {slope}, and scl_inter {float(added)}"):
        read_image(write(tmp_path / "a.nii", made))


def test_beside_a_slope_of_0_the_intercept_says_nothing(tmp_path: Path) -> None:
    made = header()
    made["scl_slope"], made["scl_inter"] = 0, np.nan
    assert np.array_equal(sitk.GetArrayFromImage(read_image(write(tmp_path / "a.nii", made))).T, VOXELS)


def test_an_intercept_that_is_no_number_is_refused(tmp_path: Path) -> None:
    made = header()
    made["scl_slope"], made["scl_inter"] = 2, np.nan
    with pytest.raises(InputError, match=r"scl_slope is 2.0, and scl_inter nan"):
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
    assert "does not say how the image lies" in doubts_of(path)[0][0]


def test_a_sheared_sform_is_refused_by_its_angle(tmp_path: Path) -> None:
    made = header()
    sheared = EDGES.copy()
    sheared[0, 1] = 0.05
    made.set_sform(sheared, 1)
    with pytest.raises(InputError, match=r"not at right angles \(sheared\): two meet at 87.1 degrees; 90"):
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
    with pytest.raises(InputError, match="sform holds a number that is not finite"):
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
    assert "the sform counts" in found
    assert "RAS" in found
    assert {0: "LAS", 1: "RPS", 2: "RAI"}[flipped] in found


def test_a_quaternion_that_is_none_is_refused(tmp_path: Path) -> None:
    made = header()
    made["sform_code"], made["qform_code"] = 0, 1
    made["quatern_b"] = made["quatern_c"] = made["quatern_d"] = 1
    with pytest.raises(InputError, match="qform is no rotation"):
        read_image(write(tmp_path / "a.nii", made))
    made["sform_code"] = 1  # which counts
    path = write(tmp_path / "a.nii", made)
    assert np.allclose(affine_of(read_image(path)), EDGES)
    ((found, _),) = doubts_of(path)
    assert "qform is no rotation. The sform counts" in found


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


@pytest.mark.parametrize(("name", "packed"), [("a.nii.gz", False), ("a.nii", True)])
def test_an_ending_that_lies_about_packing_does_no_harm(name: str, packed: bool, tmp_path: Path) -> None:
    content = header().binaryblock + bytes(4) + VOXELS.tobytes(order="F")
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    assert np.array_equal(sitk.GetArrayFromImage(read_image(tmp_path / name)).T, VOXELS)


@pytest.mark.parametrize(
    ("shape", "dtype", "match"),
    [
        ((6, 5, 4, 2), np.int16, "4 dimensions; 3 were expected"),
        ((6, 5, 4, 1, 3), np.int16, "3 values per voxel"),
        ((6, 5), np.int16, "2 dimensions; 3 were expected"),
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
    with pytest.raises(InputError, match=f"vox_offset is {offset:g}; 352 or more"):
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
