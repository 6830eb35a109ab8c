"""Which region features belong to: united masks, components, the largest; and whether it is unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk

import nbradiomics as nb
from nbradiomics.execution.workspace import content_hash
from tests.dicom.export.test_export_masks import SERIES, export
from tests.dicom.export.test_export_values import features
from tests.support.dicom_objects import errors_of, groups_of, masks_by_hand
from tests.support.dicom_sources import ball, noise_image, write_classic

SIZE = (16, 16, 6)


def two_lesions(image: sitk.Image) -> dict[str, sitk.Image]:
    """A large lesion, and a mask of two small ones."""
    small = ball(image, (0.1, 0.8, 0.4), 0.2) | ball(image, (0.8, 0.1, 0.4), 0.1)
    return {"large": ball(image, (0.5, 0.5, 0.5), 0.3), "small": small}


def exported(folder: Path, rois: list[str], **changes: object) -> nb.DicomExport:
    image = noise_image(SIZE)
    write_classic(image, folder / "source", SERIES)
    rows = pd.DataFrame([features(roi=roi) for roi in rois])
    return export(folder, image, two_lesions(image), features=rows, **changes)


def segments_with_features(folder: Path, done: nb.DicomExport) -> dict[str, np.ndarray]:
    """Masks that the groups of the report refer to, by label."""
    seg, report = (folder / "out" / done.table[kind].iloc[0] for kind in ("seg", "sr"))
    assert errors_of(seg, report) == []
    labels = {
        int(item.SegmentNumber): str(item.SegmentLabel) for item in pydicom.dcmread(seg).SegmentSequence
    }
    masks = masks_by_hand(seg, sitk.ReadImage(str(folder / "image.nii.gz")))
    references = [
        next(item for item in group.ContentSequence if item.ValueType == "IMAGE").ReferencedSOPSequence[0]
        for group in groups_of(pydicom.dcmread(report))
    ]
    found = [labels[int(item.ReferencedSegmentNumber)] for item in references]
    return {name: masks[name] for name in found}


def test_components_have_segments_of_their_own(tmp_path: Path) -> None:
    rois = ["large-component-1", "small-component-1", "small-component-2"]
    done = exported(tmp_path, rois)
    assert done.failures == []
    found = segments_with_features(tmp_path, done)
    assert list(found) == rois
    large, small = map(sitk.GetArrayFromImage, two_lesions(noise_image(SIZE)).values())
    np.testing.assert_array_equal(found[rois[0]], large)
    np.testing.assert_array_equal(found[rois[1]] + found[rois[2]], small)
    assert found[rois[1]].sum() > found[rois[2]].sum() > 0


def test_the_largest_lesion_and_the_union(tmp_path: Path) -> None:
    done = exported(tmp_path, ["largest", "union"])
    assert done.failures == []
    found = segments_with_features(tmp_path, done)
    large, small = map(sitk.GetArrayFromImage, two_lesions(noise_image(SIZE)).values())
    np.testing.assert_array_equal(found["largest"], large)
    np.testing.assert_array_equal(found["union"], large | small)


def test_a_component_that_the_mask_does_not_have_is_a_failure(tmp_path: Path) -> None:
    done = exported(tmp_path, ["small-component-3"])
    assert "the mask has no component 3; it has 2" in done.failures[0].cause


@pytest.mark.parametrize("roi", ["component-1", "node-component-1", "node"])
def test_rows_of_an_unknown_region_are_told(tmp_path: Path, roi: str) -> None:
    done = exported(tmp_path, ["large", "small", roi])
    (failure,) = done.failures
    assert "1 row of the feature table have no mask in the cohort table, such as s1/baseline" in failure.cause
    assert roi in failure.cause


def test_a_union_with_an_edited_lesion_is_not_manual(tmp_path: Path) -> None:
    common = {"subject": "s1", "image": "image.nii.gz", "reader": "A"}
    rows = [
        {**common, "mask": "large.nii.gz", "roi": "large", "reference_kind": "independent"},
        {**common, "mask": "small.nii.gz", "roi": "small", "reference_kind": "edited"},
    ]
    done = exported(tmp_path, ["union"], rows=rows)
    seg = pydicom.dcmread(tmp_path / "out" / done.table["seg"].iloc[0])
    told = {str(item.SegmentLabel): item for item in seg.SegmentSequence}
    kinds = {name: str(item.SegmentAlgorithmType) for name, item in told.items()}
    assert kinds == {"large": "MANUAL", "small": "SEMIAUTOMATIC", "union": "SEMIAUTOMATIC"}
    assert told["union"].SegmentAlgorithmName == "automatic mask, edited by a reader"


def run_folder(folder: Path) -> Path:
    """A run folder with the feature table of the large lesion, and its provenance."""
    run = folder / "run"
    run.mkdir()
    pd.DataFrame([features(roi="large")]).to_parquet(run / "features.parquet")
    files = [folder / "image.nii.gz", folder / "large.nii.gz"]
    record = {
        "nbradiomics": "9.8.7",
        "parameters": "setting: {}\n",
        "inputs": {f"../{file.name}": content_hash(file) for file in files},
    }
    (run / "provenance.json").write_text(json.dumps(record), encoding="utf-8")
    return run / "features.parquet"


def test_features_of_a_run_are_those_of_the_masks_that_it_read(tmp_path: Path) -> None:
    exported(tmp_path, ["large"])
    table = run_folder(tmp_path)

    def again(**changes: object) -> nb.DicomExport:
        return nb.export_dicom(
            tmp_path / "cohort.csv",
            source=tmp_path / "source",
            out=tmp_path / "out",
            features=table,
            **changes,
        )

    done = again()
    assert not any("changed" in failure.cause for failure in done.failures)
    report = (tmp_path / "out" / done.table["sr"].iloc[0]).read_bytes()
    assert b"9.8.7" in report
    with pytest.raises(nb.InputError, match="is not the one that the run"):
        again(parameters="setting: {binWidth: 1}\n")
    # A table that a user put into the folder is not the run's.
    table = table.rename(table.with_name("edited.parquet"))
    report = (tmp_path / "out" / again().table["sr"].iloc[0]).read_bytes()
    assert b"9.8.7" not in report
    table = table.rename(table.with_name("features.parquet"))
    sitk.WriteImage(ball(noise_image(SIZE), (0.5, 0.5, 0.5), 0.2), str(tmp_path / "large.nii.gz"))
    (failure,) = again().failures
    assert failure.cause == "the mask of large was changed after the features were computed."
