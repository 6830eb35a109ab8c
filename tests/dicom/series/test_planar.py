"""Images of one plane: pixel size by the standard, MONOCHROME1, colours as stated, clips left aside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import yaml
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from nbradiomics.dicom.ingest.cohort import Ingested, ingest
from nbradiomics.dicom.series.planar import planar_spacing
from nbradiomics.features import extract_features
from nbradiomics.images.io import read_image
from tests.support.dicom_files import write
from tests.support.dicom_series import make_slice, pixels_of
from tests.support.structure_sets import contour, structure_set, volume_of, write as write_structures

CLASSES = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
}
STORED = pixels_of("P1", "view", 0)


def plane(modality: str = "DX", pixels: Any = None, number: int = 0, **elements: Any) -> Dataset:
    """An image of one plane; without a pixel size unless `elements` state it."""
    usual = {
        "Modality": modality,
        "SOPClassUID": CLASSES[modality],
        "ImageOrientationPatient": None,
        "ImagePositionPatient": None,
        "PixelSpacing": None,
        "ImageType": ["ORIGINAL", "PRIMARY"],
    }
    data = make_slice("view", number, **{**usual, **elements})
    data.file_meta.MediaStorageSOPClassUID = CLASSES[modality]
    if pixels is not None:
        data.PixelData = pixels.tobytes()
    return data


def region(delta: float | None = 0.02, *, kind: int = 1, unit: int = 3) -> Dataset:
    item = Dataset()
    item.RegionSpatialFormat = kind
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = unit
    if delta is not None:
        item.PhysicalDeltaX, item.PhysicalDeltaY = delta, -1.5 * delta
    return item


@pytest.mark.parametrize(
    ("elements", "edges", "words"),
    [
        ({"PixelSpacing": [0.2, 0.1]}, (0.2, 0.1), "not calibrated"),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), "not calibrated"),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.3, 0.15]}, (0.2, 0.1), "kind not stated"),
        (
            {"PixelSpacing": [0.2, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"},
            (0.2, 0.1),
            "calibrated (FIDUCIAL)",
        ),
        ({"ImagerPixelSpacing": [0.3, 0.15]}, (0.3, 0.15), "at the detector"),
        (
            {"ImagerPixelSpacing": [0.3, 0.15], "EstimatedRadiographicMagnificationFactor": 1.5},
            (0.2, 0.1),
            "divided by the magnification 1.5",
        ),
        ({"NominalScannedPixelSpacing": [0.4, 0.4]}, (0.4, 0.4), "on the film"),
        ({}, None, "neither Pixel Spacing"),
        ({"PixelSpacing": [0, 0]}, None, "neither Pixel Spacing"),
    ],
)
def test_the_pixel_size_of_a_projection(elements: dict[str, Any], edges: Any, words: str) -> None:
    found = planar_spacing(plane("DX", **elements))
    assert found.edges == (None if edges is None else pytest.approx(edges))
    assert words in found.words


@pytest.mark.parametrize(
    ("regions", "elements", "edges", "words"),
    [
        ([region()], {}, (0.3, 0.2), "valid inside it alone"),
        ([region(), region()], {}, (0.3, 0.2), "valid inside it alone"),
        ([region(), region(1.0, kind=3)], {}, (0.3, 0.2), "valid inside it alone"),  # a spectrum beside it
        ([region(), region(0.03)], {}, None, "different scales"),
        ([region(unit=4)], {}, None, "no two-dimensional"),  # seconds
        ([region(None)], {}, None, "no two-dimensional"),
        ([], {"PixelSpacing": [0.5, 0.4]}, (0.5, 0.4), "by Pixel Spacing"),
        ([], {}, None, "no two-dimensional"),
    ],
)
def test_the_pixel_size_of_ultrasound(regions: Any, elements: Any, edges: Any, words: str) -> None:
    data = plane("US", SequenceOfUltrasoundRegions=Items(regions), **elements)
    found = planar_spacing(data)
    assert found.edges == (None if edges is None else pytest.approx(edges))
    assert words in found.words


def ingested(folder: Path, *images: Dataset, **rules: Any) -> Ingested:
    for number, data in enumerate(images):
        write(data, folder / "in" / f"{number}")
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    return ingest(folder / "in", out=folder / "out", key=folder / "key", rules=folder / "rules.yaml")


def voxels(done: Ingested) -> Any:
    return sitk.GetArrayFromImage(read_image(done.cohort.table["image"].iloc[0]))


@pytest.mark.parametrize("modality", ["CR", "DX", "MG"])
def test_each_image_is_one_slice_of_its_own(modality: str, tmp_path: Path) -> None:
    views = [
        plane(modality, number=number, ImagerPixelSpacing=[0.2, 0.1], ViewPosition=view, ImageLaterality="L")
        for number, view in enumerate(("CC", "MLO"))
    ]
    done = ingested(tmp_path, *views)
    assert sorted(done.cohort.table["sequence"]) == [f"{modality}-1", f"{modality}-2"]
    image = read_image(done.cohort.table["image"].iloc[0])
    assert image.GetSize() == (8, 6, 1)
    assert image.GetSpacing() == pytest.approx((0.1, 0.2, 1.0))
    assert any("view L CC" in note and "at the detector" in note for note in done.acquisition["note"])
    mask = sitk.Cast(image > -1, sitk.sitkUInt8)
    assert extract_features(image, mask, params="image_2d")["original_firstorder_Minimum"] >= 0


@pytest.mark.parametrize(("bits", "signed", "highest"), [(12, 0, 4095), (16, 0, 65535), (12, 1, -1)])
def test_monochrome1_is_inverted_so_that_higher_is_brighter(
    bits: int, signed: int, highest: int, tmp_path: Path
) -> None:
    elements: dict[str, Any] = {
        "PhotometricInterpretation": "MONOCHROME1",
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": signed,
        "PixelSpacing": [0.2, 0.1],
    }
    done = ingested(tmp_path, plane(**elements))
    assert np.array_equal(voxels(done)[0], highest - STORED.astype(int))
    assert "MONOCHROME1 was inverted" in done.acquisition["note"].iloc[0]


def colours() -> Any:
    return np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype(np.uint8)


def ultrasound(pixels: Any, **elements: Any) -> Dataset:
    usual = {
        "SamplesPerPixel": 3,
        "PlanarConfiguration": 0,
        "PhotometricInterpretation": "RGB",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "SequenceOfUltrasoundRegions": Items([region()]),
        "BurnedInAnnotation": "NO",
    }
    return plane("US", pixels, **{**usual, **elements})


def test_colours_become_grey_as_the_rules_state(tmp_path: Path) -> None:
    pixels = colours()
    done = ingested(tmp_path, ultrasound(pixels), rgb="luminance-601")
    assert np.allclose(voxels(done)[0], pixels @ [0.299, 0.587, 0.114])
    assert "colours by luminance-601" in done.acquisition["note"].iloc[0]


def test_grey_ultrasound_in_three_channels_is_grey(tmp_path: Path) -> None:
    pixels = np.repeat(colours()[..., :1], 3, axis=-1)
    done = ingested(tmp_path, ultrasound(pixels, BurnedInAnnotation=None), rgb="mean")
    assert np.array_equal(voxels(done)[0], pixels[..., 0])
    note = done.acquisition["note"].iloc[0]
    assert "equal channels" in note
    assert "no text (names) is burned" in note


def test_colours_without_a_statement_and_clips_are_not_chosen(tmp_path: Path) -> None:
    clip = ultrasound(np.zeros((2, 6, 8), np.uint8), number=1, NumberOfFrames=2, SamplesPerPixel=1)
    clip.PhotometricInterpretation = "MONOCHROME2"
    done = ingested(tmp_path, ultrasound(colours()), clip)
    reasons = sorted(done.not_chosen["reason"])
    assert len(reasons) == 2
    assert reasons[0].startswith("a clip of 2 frames")
    assert "rgb" in reasons[1]


def test_an_image_without_a_pixel_size_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    done = ingested(tmp_path, plane("CR"))
    assert done.cohort.table.empty
    assert "states no pixel size" in done.failures[0].cause
    assert "ingest-pictures" in done.failures[0].hint


def test_contours_without_a_position_in_space_are_a_failure(tmp_path: Path) -> None:
    """The grid of such an image begins at 0: contours in mm of a patient would land anywhere on it."""
    view = plane("DX", PixelSpacing=[1.0, 1.0])
    square = contour([(1.0, 1.0, 0.0), (6.0, 1.0, 0.0), (6.0, 4.0, 0.0), (1.0, 4.0, 0.0)])
    volume = replace(
        volume_of(),
        patient=view.PatientID,
        study=view.StudyInstanceUID,
        series=view.SeriesInstanceUID,
        frame_of_reference=view.FrameOfReferenceUID,
    )
    (tmp_path / "in").mkdir()
    structures = structure_set(volume, {"GTV": [square]})
    write_structures(structures, tmp_path / "in" / "structures")
    done = ingested(tmp_path, view)
    assert done.cohort.table["mask"].tolist() == [""]
    assert "the masks name a series of which an image was made" in done.failures[0].cause
