"""Exported masks: read back voxel for voxel on any grid, referring to the right slices."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

import nbradiomics as nb
from tests.support.dicom_objects import errors_of, masks_by_hand, masks_by_highdicom
from tests.support.dicom_sources import FRAME, ball, noise_image, write_classic, write_enhanced

SERIES = "1.2.826.0.1.3680043.8.498.30"


def export(
    folder: Path, image: sitk.Image, masks: dict[str, sitk.Image], **changes: object
) -> nb.DicomExport:
    """Export masks of reader A on an image; the source is in the folder `source`."""
    sitk.WriteImage(image, str(folder / "image.nii.gz"))
    rows = []
    for name, mask in masks.items():
        sitk.WriteImage(mask, str(folder / f"{name}.nii.gz"))
        rows.append(
            {"subject": "s1", "image": "image.nii.gz", "reader": "A", "mask": f"{name}.nii.gz", "roi": name}
        )
    cohort = changes.pop("rows", None) or rows
    series = changes.pop("series", None) or [{"subject": "s1", "series": SERIES}]
    pd.DataFrame(cohort).to_csv(folder / "cohort.csv", index=False)
    pd.DataFrame(series).to_csv(folder / "acquisition.csv", index=False)
    return nb.export_dicom(folder / "cohort.csv", source=folder / "source", out=folder / "out", **changes)


def seg_of(folder: Path, done: nb.DicomExport) -> Path:
    assert done.failures == []
    return folder / "out" / done.table["seg"].iloc[0]


@st.composite
def grids(draw: st.DrawFn) -> sitk.Image:
    """Any grid: oblique, flipped, pixels that are not square, one slice."""
    size = draw(st.tuples(st.integers(3, 9), st.integers(3, 9), st.integers(1, 5)))
    image = noise_image(size, draw(st.integers(0, 99)))
    image.SetSpacing(draw(st.tuples(*[st.floats(0.3, 6).map(lambda edge: round(edge, 4))] * 3)))
    image.SetOrigin(draw(st.tuples(*[st.floats(-400, 400).map(lambda mm: round(mm, 3))] * 3)))
    turn = sitk.Euler3DTransform()
    turn.SetRotation(*draw(st.tuples(*[st.sampled_from([0.0, np.pi / 2, np.pi]) | st.floats(-3, 3)] * 3)))
    image.SetDirection(turn.GetMatrix())
    return image


@given(
    image=grids(),
    order=st.permutations([0, 1, 2]),
    flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    enhanced=st.booleans(),
    seed=st.integers(0, 1000),
)
@settings(
    max_examples=10,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example writes files: shrinking takes minutes
)
def test_masks_are_read_back_voxel_for_voxel_on_any_grid(
    image: sitk.Image, order: list[int], flips: tuple[bool, ...], enhanced: bool, seed: int
) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        (write_enhanced if enhanced else write_classic)(image, folder / "source", SERIES)
        # The image as another program may store it: the same voxels at the same places, in another order.
        turned = sitk.Flip(sitk.PermuteAxes(image, order), flips, False)
        rng = np.random.default_rng(seed)
        arrays = {
            name: rng.random(turned.GetSize()[::-1]) < share for name, share in (("a", 0.1), ("b", 0.5))
        }
        masks = {}
        for name, array in arrays.items():
            array.flat[0] = True
            masks[name] = sitk.GetImageFromArray(array.astype(np.uint8))
            masks[name].CopyInformation(turned)
        file = seg_of(folder, export(folder, turned, masks))
        grid = sitk.ReadImage(str(folder / "image.nii.gz"))
        readers = [masks_by_hand] + ([masks_by_highdicom] if image.GetDepth() > 1 else [])
        for read in readers:
            found = read(file, grid)
            for name, array in arrays.items():
                np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("write", [write_classic, write_enhanced])
def test_each_frame_refers_to_its_slice(tmp_path: Path, write: object) -> None:
    image = noise_image()
    write(image, tmp_path / "source", SERIES)
    file = seg_of(tmp_path, export(tmp_path, image, {"tumour": ball(image, (0.5, 0.4, 0.5), 0.4)}))
    seg = pydicom.dcmread(file)
    sources = {}
    for path in (tmp_path / "source").iterdir():
        source = pydicom.dcmread(path)
        if "PerFrameFunctionalGroupsSequence" in source:
            for number, groups in enumerate(source.PerFrameFunctionalGroupsSequence, 1):
                place = groups.PlanePositionSequence[0].ImagePositionPatient
                sources[tuple(place)] = (source.SOPClassUID, source.SOPInstanceUID, number)
        else:
            sources[tuple(source.ImagePositionPatient)] = (source.SOPClassUID, source.SOPInstanceUID, None)
    for groups in seg.PerFrameFunctionalGroupsSequence:
        (item,) = groups.DerivationImageSequence[0].SourceImageSequence
        told = item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID, item.get("ReferencedFrameNumber")
        assert told == sources[tuple(groups.PlanePositionSequence[0].ImagePositionPatient)]
    series = seg.ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == SERIES
    uids = {item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence}
    assert uids == {uid for _, uid, _ in sources.values()}
    assert len(series.ReferencedInstanceSequence) == len(uids)
    assert errors_of(file) == []


def test_of_several_images_of_one_place_the_one_with_the_image_s_voxels_is_referred_to(
    tmp_path: Path,
) -> None:
    first, second = noise_image(seed=1), noise_image(seed=2)
    write_classic(first, tmp_path / "source", SERIES, first=100)
    write_classic(second, tmp_path / "source", SERIES, first=200)
    # In another unit, and in single precision.
    image = sitk.Cast(second, sitk.sitkFloat32) * 0.0173 - 11
    mask = ball(image, (0.5, 0.5, 0.5), 0.3)
    seg = pydicom.dcmread(seg_of(tmp_path, export(tmp_path, image, {"tumour": mask})))
    uids = [
        groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for groups in seg.PerFrameFunctionalGroupsSequence
    ]
    assert uids
    assert all(int(uid.rpartition(".")[2]) >= 200 for uid in uids)
    file = tmp_path / "out" / "s1_baseline_unspecified_A_1_seg.dcm"
    for read in (masks_by_hand, masks_by_highdicom):
        np.testing.assert_array_equal(read(file, image)["tumour"], sitk.GetArrayFromImage(mask))
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert float(measures.SpacingBetweenSlices) == pytest.approx(3.3)


def test_images_of_one_place_that_cannot_be_told_apart_are_a_failure(tmp_path: Path) -> None:
    write_classic(noise_image(seed=1), tmp_path / "source", SERIES, first=100)
    write_classic(noise_image(seed=1), tmp_path / "source", SERIES, first=200)
    image = noise_image(seed=1)
    done = export(tmp_path, image, {"tumour": ball(image, (0.5, 0.5, 0.5), 0.3)})
    assert "2 images of the same place, and 2 of them" in done.failures[0].cause


def moved(image: sitk.Image) -> sitk.Image:
    image.SetOrigin([value + 0.2 for value in image.GetOrigin()])
    return image


WRONG_GRIDS = {
    "moved": moved,
    "mirrored": lambda image: sitk.Flip(image, [True, False, False], True),
    "resampled": lambda image: sitk.Expand(image, [2, 1, 1]),
    "cropped": lambda image: image[1:, :, :],
    "more slices": lambda image: sitk.ConstantPad(image, [0, 0, 0], [0, 0, 1]),
}


@pytest.mark.parametrize("how", WRONG_GRIDS)
def test_a_mask_on_another_grid_than_the_source_is_a_failure(tmp_path: Path, how: str) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    other = WRONG_GRIDS[how](sitk.Image(image))
    done = export(tmp_path, other, {"tumour": ball(other, (0.5, 0.5, 0.5), 0.4)})
    assert "the grid of the mask is not that of the source series" in done.failures[0].cause
    assert list((tmp_path / "out").glob("*.dcm")) == []


def test_an_image_of_another_patient_on_the_same_grid_is_a_failure(tmp_path: Path) -> None:
    write_classic(noise_image(seed=1), tmp_path / "source", SERIES)
    image = noise_image(seed=2)
    masks = {"tumour": ball(image, (0.5, 0.5, 0.5), 0.3)}
    done = export(tmp_path, image, masks)
    assert "3 of the 3 slices under the regions have other voxels" in done.failures[0].cause
    assert list((tmp_path / "out").glob("*.dcm")) == []
    seg_of(tmp_path, export(tmp_path, image, masks, processed=True))


def test_slices_of_other_frames_of_reference_are_not_referred_to(tmp_path: Path) -> None:
    image = noise_image()
    masks = {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)}
    elsewhere = noise_image()
    elsewhere.SetOrigin([1000.0, 0.0, 0.0])
    write_classic(elsewhere, tmp_path / "source", SERIES, first=1, FrameOfReferenceUID=f"{SERIES}.7")
    write_classic(image, tmp_path / "source", SERIES, first=500)
    assert pydicom.dcmread(seg_of(tmp_path, export(tmp_path, image, masks))).FrameOfReferenceUID == FRAME
    write_classic(noise_image(seed=5), tmp_path / "source", SERIES, 900, FrameOfReferenceUID=f"{SERIES}.7")
    done = export(tmp_path, image, masks)
    assert "2 frames of reference" in done.failures[0].cause


@pytest.mark.parametrize("name", ["PatientID", "StudyInstanceUID"])
def test_a_series_of_two_owners_is_a_failure_that_names_neither(tmp_path: Path, name: str) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    file = min((tmp_path / "source").iterdir())
    one = pydicom.dcmread(file)
    setattr(one, name, "1.2.3")
    one.save_as(file)
    (failure,) = export(tmp_path, image, {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)}).failures
    assert failure.cause == f"the files of the source series do not agree about {name}."


def test_a_missing_slice_of_the_source_is_a_failure(tmp_path: Path) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    min((tmp_path / "source").iterdir()).unlink()
    done = export(tmp_path, image, {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)})
    assert "1 of its 5 planes have no slice" in done.failures[0].cause


def test_an_empty_mask_is_a_failure_and_an_earlier_object_is_removed(tmp_path: Path) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    mask = ball(image, (0.5, 0.5, 0.5), 0.4)
    file = seg_of(tmp_path, export(tmp_path, image, {"tumour": mask}))
    assert file.exists()
    done = export(tmp_path, image, {"tumour": mask * 0})
    assert done.failures[0].cause == "the mask of tumour: the mask is empty."
    assert not file.exists()


def test_two_exports_are_identical_and_the_files_are_kept(tmp_path: Path) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    masks = {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4), "rim": ball(image, (0.5, 0.5, 0.5), 0.2)}
    file = seg_of(tmp_path, export(tmp_path, image, masks))
    content, made = file.read_bytes(), file.stat().st_mtime_ns
    seg_of(tmp_path, export(tmp_path, image, masks))
    assert file.stat().st_mtime_ns == made
    file.unlink()
    seg_of(tmp_path, export(tmp_path, image, masks))
    assert file.read_bytes() == content
    before = pydicom.dcmread(file).SOPInstanceUID
    masks["rim"] = ball(image, (0.5, 0.5, 0.5), 0.3)
    seg_of(tmp_path, export(tmp_path, image, masks))
    assert pydicom.dcmread(file).SOPInstanceUID != before


def test_who_made_a_mask_is_told(tmp_path: Path) -> None:
    image = noise_image()
    write_classic(image, tmp_path / "source", SERIES)
    common = {"subject": "s1", "image": "image.nii.gz", "mask": "tumour.nii.gz"}
    rows = [
        {**common, "reader": "A"},
        {**common, "reader": "auto"},
        {**common, "reader": "E", "reference_kind": "edited"},
        {**common, "reader": "C", "reference_kind": "consensus"},
    ]
    done = export(
        tmp_path,
        image,
        {"tumour": ball(image, (0.5, 0.5, 0.5), 0.4)},
        rows=rows,
        algorithm="our model",
        algorithm_version="1.2",
        organ="64033007=Kidney",
    )
    assert done.failures == []
    files = [tmp_path / "out" / name for name in done.table["seg"]]
    assert errors_of(*files) == []
    segments = dict(
        zip(done.table["reader"], (pydicom.dcmread(file).SegmentSequence[0] for file in files), strict=True)
    )
    kinds = {reader: segment.SegmentAlgorithmType for reader, segment in segments.items()}
    assert kinds == {"A": "MANUAL", "auto": "AUTOMATIC", "E": "SEMIAUTOMATIC", "C": "SEMIAUTOMATIC"}
    model = segments["auto"].SegmentationAlgorithmIdentificationSequence[0]
    assert (model.AlgorithmName, model.AlgorithmVersion) == ("our model", "1.2")
    assert segments["A"].AnatomicRegionSequence[0].CodeValue == "64033007"
    assert segments["A"].SegmentedPropertyTypeCodeSequence[0].CodeValue == "108369006"
    assert len({segment.TrackingUID for segment in segments.values()}) == 4
