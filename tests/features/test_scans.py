"""Masks of a scan measured together: the same values as one by one, and what no mask changes done once."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features import extract_features, grouped, scans
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.features.native import several_regions as together
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.tables import feature_columns
from tests.support.helpers import ball, make_image, write_cohort

# Of the libraries behind PyRadiomics' local binary patterns, here and in the processes.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Applying `local_binary_pattern`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Please import `map_coordinates`:DeprecationWarning"),
]
SHAPE = (16, 20, 22)
SPACING = (1.1, 0.9, 2.0)
RADII = {"A": 3.2, "B": 4.1, "C": 5.3}
FEW = {"shape": ["MeshVolume"], "firstorder": ["Mean", "Range"], "glcm": ["Contrast"], "glszm": None}
FILTERED: dict[str, Any] = {
    "setting": {"binWidth": 5, "normalize": True, "normalizeScale": 100, "removeOutliers": 3},
    "imageType": {
        "Original": {},
        "LoG": {"sigma": [2.0]},
        "Wavelet": {},
        "Square": {},
        "SquareRoot": {},
        "Logarithm": {},
        "Exponential": {},
        "Gradient": {},
        "LBP2D": {},
    },
    "featureClass": FEW,
}


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """One scan with the masks of three readers."""
    noise = np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)
    sitk.WriteImage(make_image(noise, SPACING), str(tmp_path / "s.nii.gz"))
    for reader, radius in RADII.items():
        sitk.WriteImage(make_image(ball(SHAPE, radius), SPACING), str(tmp_path / f"{reader}.nii.gz"))
    return write_cohort(tmp_path, [f"s,s.nii.gz,{reader},{reader}.nii.gz" for reader in RADII])


def extract(cohort: Path, params: Mapping[str, Any] = FILTERED, **own: Any) -> FeatureTable:
    return extract_cohort(load_cohort(cohort), params=params, **own)


def values(table: pd.DataFrame, reader: str) -> pd.Series:
    return table.set_index("reader").loc[reader, feature_columns(table)].astype(float)


def counted(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    original = getattr(module, name)

    def count(*arguments: object, **named: object) -> object:
        calls.append(arguments)
        return original(*arguments, **named)

    monkeypatch.setattr(module, name, count)
    return calls


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"setting": {**FILTERED["setting"], "preCrop": True, "padDistance": 3}},
        {"setting": {**FILTERED["setting"], "resampledPixelSpacing": [1.5, 1.5, 1.5]}},
        {"setting": {**FILTERED["setting"], "resegmentRange": [80, 120]}},
        {"imageType": {"Original": {}, "LBP3D": {}}},
    ],
    ids=["whole image", "cropped", "resampled", "resegmented", "LBP3D"],
)
def test_values_are_those_of_each_mask_by_itself(
    cohort: Path, tmp_path: Path, changed: Mapping[str, Any]
) -> None:
    params = {**FILTERED, **changed}
    done = extract(cohort, params)
    # Where SciPy or trimesh are not what PyRadiomics needs, LBP3D gives no image, and each case says so.
    assert all("LBP 3D" in failure.cause for failure in done.failures)
    for reader in RADII:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "missing value", UserWarning)
            alone = extract_features(tmp_path / "s.nii.gz", tmp_path / f"{reader}.nii.gz", params=params)
        found = values(done.table, reader)
        assert found.to_dict() == alone.dropna().to_dict()


def test_an_image_that_is_not_cropped_is_read_normalised_and_filtered_once(
    cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = counted(monkeypatch, scans, "read_image")
    filtered = counted(monkeypatch, together, "filter_steps")
    extract(cohort)
    assert (len(read), len(filtered)) == (1, 1)


def test_a_cropped_image_is_still_normalised_once(cohort: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch, together, "normalised")
    extract(cohort, {**FILTERED, "setting": {**FILTERED["setting"], "preCrop": True}})
    assert len(calls) == 1
    image = make_image(np.arange(27, dtype=np.float32).reshape(3, 3, 3))
    assert normalised(image, {}) is image


def test_a_mask_on_which_something_breaks_stops_no_other(
    cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = extract(cohort).table
    original = together.measure_image

    def breaks(image: object, name: str, prepared: Any, *rest: object) -> object:
        if prepared.inside.sum() == ball(SHAPE, RADII["B"]).sum():
            raise KeyError("a fault of ours")
        return original(image, name, prepared, *rest)

    monkeypatch.setattr(together, "measure_image", breaks)
    done = extract(cohort, workspace=Workspace(tmp_path / "work"))
    assert [(failure.case.split("/")[4], failure.cause) for failure in done.failures] == [
        ("B", "KeyError: 'a fault of ours'")
    ]
    for reader in "AC":
        pd.testing.assert_series_equal(values(done.table, reader), values(expected, reader))


def test_one_scan_is_divided_among_processes(cohort: Path) -> None:
    own = tuple(load_cohort(cohort).cases())
    sizes = {
        jobs: [len(part) for part in grouped._groups({"s": own}, jobs).values()] for jobs in (-1, 1, 2, 8)
    }
    assert sizes == {-1: [3], 1: [3], 2: [2, 1], 8: [1, 1, 1]}
    pd.testing.assert_frame_equal(extract(cohort, jobs=2).table, extract(cohort).table)


def test_a_mask_added_later_is_the_only_one_computed(
    cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Workspace(tmp_path / "work")
    first = extract(cohort, workspace=work).table
    sitk.WriteImage(make_image(ball(SHAPE, 2.5), SPACING), str(tmp_path / "D.nii.gz"))
    cohort.write_text(cohort.read_text(encoding="utf-8") + "s,s.nii.gz,D,D.nii.gz\n")
    calls = counted(monkeypatch, scans, "_extract_masks")
    again = extract(cohort, workspace=work).table
    assert [[case.reader for case in call[0]] for call in calls] == [["D"]]
    pd.testing.assert_frame_equal(again.iloc[:3], first)
    assert again["reader"].tolist() == [*"ABCD"]


def test_the_engine_pyradiomics_shares_the_reading(cohort: Path, tmp_path: Path) -> None:
    few = {"featureClass": FEW}
    sitk.WriteImage(make_image(np.zeros(SHAPE, np.uint8), SPACING), str(tmp_path / "B.nii.gz"))
    done = extract(cohort, few, engine="pyradiomics")
    assert ["mask is empty" in failure.cause for failure in done.failures] == [True]
    native = extract(cohort, few).table
    for reader in "AC":
        expected = values(native, reader).to_dict()
        assert values(done.table, reader).to_dict() == pytest.approx(expected, rel=1e-9)
