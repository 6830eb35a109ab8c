"""A grid gives the values of plain extractions, does shared work once, and resumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.native import several_plans
from nbradiomics.features.processing import extract_grid, load_grid
from nbradiomics.images.margin import with_margin
from nbradiomics.tables import DESCRIPTIVE, INDEX
from tests.support.helpers import ball, make_image, write_cohort

pytestmark = [
    pytest.mark.filterwarnings("ignore:Applying `local_binary_pattern`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Please import `map_coordinates`:DeprecationWarning"),
]
SHAPE = (14, 20, 22)
SPACING = (1.1, 0.9, 2.0)
ALL = {
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
        "LBP2D": {"binWidth": 1},
    },
    "featureClass": {
        "shape": ["MeshVolume"],
        "firstorder": ["Mean", "Energy"],
        "glcm": ["Contrast"],
        "gldm": ["DependenceEntropy"],
    },
}
ALTERATIONS = {
    "raw": {"setting": {"normalize": False}},
    "scale": {"setting": {"normalizeScale": 50}},
    "bins": {"setting": {"binWidth": [3, 11]}},
    "count": {"setting": {"binCount": 16}},
    "shift": {"setting": {"voxelArrayShift": 300}},
    "neighbours": {"setting": {"distances": [1, 2]}},
    "asymmetric": {"setting": {"symmetricalGLCM": False}},
    "weighted": {"setting": {"weightingNorm": "manhattan"}},
    "alpha": {"setting": {"gldm_a": 2}},
    "flat": {"setting": {"force2D": True}},
    "range": {"setting": {"resegmentRange": [-100, 100]}},
    "spacing": {"setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5]}},
    "linear": {"setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5], "interpolator": "sitkLinear"}},
    "cropped": {"setting": {"preCrop": True}},
    "sigma": {"imageType": {"LoG": {"sigma": [3.0]}}},
    "own bins": {"imageType": {"LoG": {"binWidth": 2}}},
    "haar": {"imageType": {"Wavelet": {"wavelet": "haar"}}},
    "ibsi": {"nbradiomics": {"ibsi": {"excess_kurtosis": True, "bin_number": True}}},
    "eroded": {"mask_mm": -1},
    "dilated": {"mask_mm": 1.2},
    "both": {"mask_mm": 1.2, "setting": {"binWidth": 3}},
}


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """One scan with two masks."""
    noise = np.random.default_rng(0).normal(100, 20, SHAPE).astype(np.float32)
    sitk.WriteImage(make_image(noise, SPACING), str(tmp_path / "s.nii.gz"))
    for reader, radius in {"A": 3.4, "B": 4.3}.items():
        sitk.WriteImage(make_image(ball(SHAPE, radius), SPACING), str(tmp_path / f"{reader}.nii.gz"))
    return write_cohort(tmp_path, [f"s,s.nii.gz,{reader},{reader}.nii.gz" for reader in "AB"])


def plain(cohort: Path, params, mask_mm: float, engine: str) -> pd.DataFrame:
    """Features by `extract_cohort`, of masks that were changed and written."""
    table = pd.read_csv(cohort)
    if mask_mm:
        for name in table["mask"]:
            mask = with_margin(sitk.ReadImage(str(cohort.parent / name)), mask_mm)
            sitk.WriteImage(mask, str(cohort.parent / f"changed_{name}"))
        table["mask"] = "changed_" + table["mask"]
    other = cohort.with_name("other.csv")
    table.to_csv(other, index=False)
    return extract_cohort(other, params=params, engine=engine).table


@pytest.mark.parametrize("crop", [False, True])
def test_values_are_those_of_plain_extractions(cohort: Path, crop: bool):
    reference = {**ALL, "setting": {**ALL["setting"], "preCrop": crop}}
    alterations = {
        name: change for name, change in ALTERATIONS.items() if name not in ("cropped",) or not crop
    }
    grid = load_grid({"reference": reference, "alterations": alterations})
    done = extract_grid(cohort, grid)
    assert done.failures == []
    for one in grid.alterations:
        rows = done.table[done.table["variant"] == one.name].reset_index(drop=True)
        expected = plain(cohort, one.parameters, one.mask_mm, "native").assign(variant=one.name)
        pd.testing.assert_frame_equal(rows[expected.columns], expected, check_exact=True)
        lacking = rows.columns.difference(expected.columns)
        assert rows[lacking].isna().all(axis=None)
    rows = done.table[done.table["variant"] == "original"].reset_index(drop=True)
    expected = extract_cohort(cohort, params=reference).table
    pd.testing.assert_frame_equal(rows[expected.columns], expected, check_exact=True)


def test_the_engine_pyradiomics_too(cohort: Path):
    reference = {**ALL, "imageType": {"Original": {}}}
    changes = {name: ALTERATIONS[name] for name in ("bins", "spacing", "eroded")}
    grid = load_grid({"reference": reference, "alterations": changes})
    done = extract_grid(cohort, grid, engine="pyradiomics")
    for one in grid.alterations:
        expected = plain(cohort, one.parameters, one.mask_mm, "pyradiomics").assign(variant=one.name)
        rows = done.table[done.table["variant"] == one.name].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows[expected.columns], expected, check_exact=True)


def test_shared_work_is_done_once(cohort: Path, monkeypatch: pytest.MonkeyPatch):
    calls: dict[str, int] = {}

    def counted(name: str):
        original = getattr(several_plans, name)

        def call(*arguments):
            calls[name] = calls.get(name, 0) + 1
            return original(*arguments)

        monkeypatch.setattr(several_plans, name, call)

    for name in ("normalised", "loaded", "filter_steps", "measure_shapes"):
        counted(name)
    reference = {**ALL, "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}}}
    bins = {"bins": {"setting": {"binWidth": [3, 7, 9]}}, "rim": {"mask_mm": 1.2}}
    extract_grid(cohort, load_grid({"reference": reference, "alterations": bins}))
    # Not cropped: all four masks have one image and two filters, and each mask has one shape.
    assert calls == {"normalised": 1, "loaded": 1, "filter_steps": 2, "measure_shapes": 4}


def test_one_alteration_that_fails_leaves_the_others(cohort: Path):
    changes = {"gone": {"mask_mm": -9}, "same": {"mask_mm": -0.2}, "bins": {"setting": {"binWidth": 9}}}
    done = extract_grid(cohort, load_grid({"reference": ALL, "alterations": changes}))
    assert {(one.case, one.cause.split(" when")[0].split("of ")[-1]) for one in done.failures} >= {
        ("s/baseline/unspecified/tumour/A/1/gone", f"{int(ball(SHAPE, 3.4).sum())} voxels vanishes")
    }
    assert sorted(one.case.split("/")[-1] for one in done.failures) == ["gone", "gone", "same", "same"]
    features = [name for name in done.table.columns if name not in (*INDEX, *DESCRIPTIVE)]
    empty = done.table[features].isna().all(axis=1)
    assert sorted(done.table["variant"][empty]) == ["gone", "gone", "same", "same"]
    assert done.table["variant"].tolist() == ["original", "gone", "same", "bins"] * 2


def test_stored_results_are_those_of_a_plain_extraction(cohort: Path, tmp_path: Path, monkeypatch):
    work = Workspace(tmp_path / "work")
    extract_cohort(cohort, params=ALL, workspace=work)
    grid = load_grid({"reference": ALL, "alterations": {"rim": {"mask_mm": 1.2}}})
    made: list[int] = []
    original = several_plans.extract_pipelines
    monkeypatch.setattr(
        several_plans,
        "extract_pipelines",
        lambda image, all_: made.append(len(all_)) or original(image, all_),
    )
    first = extract_grid(cohort, grid, workspace=work).table
    again = extract_grid(cohort, grid, workspace=work, jobs=2).table
    assert made == [2]
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first, extract_grid(cohort, grid, jobs=2).table)


def test_an_engine_that_cannot_is_refused_before_work(cohort: Path):
    grid = load_grid({"reference": ALL, "alterations": {"ibsi": ALTERATIONS["ibsi"]}})
    with pytest.raises(InputError, match=r"'ibsi' requests ibsi.*does not support"):
        extract_grid(cohort, grid, engine="pyradiomics")


def test_a_ball_is_eroded_and_dilated_in_mm(tmp_path: Path):
    spacing, radius = (0.8, 0.5, 1.2), 7.0  # x, y, z
    axes = [(np.arange(n) - (n - 1) / 2) * e for n, e in zip((18, 44, 28), spacing[::-1], strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    mask = (z**2 + y**2 + x**2 <= radius**2).astype(np.uint8)
    noise = np.random.default_rng(0).normal(100, 20, mask.shape).astype(np.float32)
    sitk.WriteImage(make_image(noise, spacing), str(tmp_path / "s.nii.gz"))
    sitk.WriteImage(make_image(mask, spacing), str(tmp_path / "m.nii.gz"))
    names = ["MeshVolume", "SurfaceArea", "Maximum3DDiameter"]
    grid = {
        "reference": {"featureClass": {"shape": names}},
        "alterations": {"rim": {"mask_mm": [-2.0, 2.0]}},
    }
    table = extract_grid(write_cohort(tmp_path, ["s,s.nii.gz,A,m.nii.gz"]), load_grid(grid)).table
    found = table.set_index("variant")[[f"original_shape_{name}" for name in names]]
    ratios = found.loc[["rim -2", "rim 2"]].to_numpy() / found.loc["original"].to_numpy()
    # Distances between centres reach a little less far on curved surfaces: 1.75 mm instead of 2 mm.
    for row, reached in zip(ratios, (-1.75, 1.75), strict=True):
        factor = 1 + reached / radius
        assert row == pytest.approx([factor**3, factor**2, factor], rel=0.07)
