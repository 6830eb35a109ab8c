"""One image in several threads: the same features, notes, refusals and maps for any number of threads."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.execution import pieces
from nbradiomics.execution.pieces import working_threads
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.extract import extract_features, extract_pipelines, extract_regions
from nbradiomics.features.maps import feature_maps
from nbradiomics.features.native.filters import filters
from nbradiomics.features.parameters import load_parameters
from tests.support.helpers import write_cohort
from tests.support.native_cases import blob, make_case, texture

SHAPE = (11, 13, 12)
THREADS = (2, 4)
FEW = {"firstorder": ["Mean", "Entropy"], "glcm": [], "glrlm": ["RunEntropy"], "glszm": ["ZoneEntropy"]}
ALL_FAMILIES = ["morph", "loc", "stat", "ih", "ivh", "cm", "rlm", "szm", "dzm", "ngt", "ngl"]
FILTERS = [
    {"type": "mean", "support": 3},
    {"type": "log", "sigma": 1.5},
    {"type": "laws", "kernels": "L5E5E5"},
    {"type": "mean", "support": 7},
]
ORIGINAL: dict[str, Any] = {"setting": {"binWidth": 20}}
MANY_TYPES: dict[str, Any] = {
    "setting": {"binWidth": 20},
    "imageType": {
        "Original": {},
        # The last one is too wide for the image, which is a note between the images.
        "LoG": {"sigma": [1.0, 30.0, 2.0]},
        "Wavelet": {},
        "Gradient": {},
        "LBP2D": {},
        "Logarithm": {"binWidth": 5},
    },
    "featureClass": FEW,
}
RESAMPLED = {**MANY_TYPES, "setting": {"binWidth": 20, "resampledPixelSpacing": [1.3, 1.3, 1.3]}}
WEIGHTED = {"setting": {"binWidth": 5, "weightingNorm": "euclidean", "distances": [1, 2]}}
FAMILIES = {
    **ORIGINAL,
    "nbradiomics": {"families": ALL_FAMILIES, "aggregation": ["2D_avg", "2_5D_comb", "3D_avg"]},
}
OF_IBSI = {
    **RESAMPLED,
    "imageType": {"Original": {}},
    "nbradiomics": {"filters": FILTERS, "families": ["stat", "ivh", "szm", "dzm"]},
}
PARAMETERS = {
    "original": ORIGINAL,
    "many types": MANY_TYPES,
    "resampled": RESAMPLED,
    "weighted": WEIGHTED,
    "families": FAMILIES,
    "filters of the IBSI": OF_IBSI,
    "union": {**RESAMPLED, "nbradiomics": {"crop": "union"}},
}
each_file = pytest.mark.parametrize("params", PARAMETERS.values(), ids=PARAMETERS.keys())


@pytest.fixture(autouse=True)
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide small regions too."""
    monkeypatch.setattr("nbradiomics.features.native.classes.along.WORTH", 0)


def case(seed: int, spread: float = 60.0) -> tuple[sitk.Image, dict[str, sitk.Image]]:
    """Return an image and some masks; one of them is a single voxel, which is refused."""
    intensities = (100 + spread * texture(SHAPE, seed=seed)).astype(np.float32)
    masks = {}
    for number, fill in enumerate((0.5, 0.2, 0.35)):
        image, masks[f"m{number}"] = make_case(intensities, blob(SHAPE, seed=seed + number, fill=fill))
    alone = np.zeros(SHAPE, bool)
    alone[5, 6, 6] = True
    masks["alone"] = make_case(intensities, alone)[1]
    return image, masks


def told(results: Mapping[str, Extraction | InputError]) -> list[Any]:
    """Everything that is told of regions; numbers as bytes: the last bit counts, and NaN is NaN."""
    return [
        (name, one.problem, one.remedy)
        if isinstance(one, InputError)
        else (
            name,
            list(one.values),
            np.array(list(one.values.values())).tobytes(),
            one.notes,
            dict(one.missing),
            one.span,
        )
        for name, one in results.items()
    ]


def of_regions(params: Mapping[str, Any], seed: int, number: int) -> list[Any]:
    image, masks = case(seed)
    with working_threads(number):
        return told(extract_regions(image, masks, load_parameters(params)))


@each_file
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_regions_have_the_same_features_notes_and_refusals(params: Mapping[str, Any], seed: int) -> None:
    expected = of_regions(params, seed, 1)
    assert len(expected) == 4
    for number in THREADS:
        assert of_regions(params, seed, number) == expected


@settings(max_examples=1, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_pipelines_have_the_same_features(seed: int) -> None:
    image, masks = case(seed)
    files = [MANY_TYPES, {**MANY_TYPES, "setting": {"binWidth": 7}}, OF_IBSI]
    pipelines = {
        f"{name} {number}": (mask, load_parameters(params))
        for name, mask in masks.items()
        for number, params in enumerate(files)
    }
    expected = told(extract_pipelines(image, pipelines))
    for number in THREADS:
        with working_threads(number):
            assert told(extract_pipelines(image, pipelines)) == expected


@each_file
def test_a_series_is_the_same_and_so_are_its_warnings(params: Mapping[str, Any]) -> None:
    image, masks = case(1)
    results = []
    for number in (1, *THREADS):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            series = extract_features(image, masks["m0"], params=params, threads=number)
        results.append(
            (list(series.index), series.to_numpy().tobytes(), [str(one.message) for one in caught])
        )
    assert results[1:] == results[:1] * len(THREADS)
    assert len(results[0][0]) > 90 or params is OF_IBSI


def failing(monkeypatch: pytest.MonkeyPatch, failures: Sequence[tuple[str, Exception]]) -> None:
    """Make image types fail."""
    for image_type, error in failures:

        def fails(*_: Any, error: Exception = error) -> Any:
            raise error
            yield

        monkeypatch.setitem(filters._FILTERS, image_type, fails)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [1, *THREADS])
@pytest.mark.parametrize(
    "failures",
    [
        [("Gradient", InputError("no gradient.", "None."))],
        [("Logarithm", ValueError("later")), ("Gradient", InputError("no gradient.", "None."))],
        [("LBP2D", RuntimeError("later")), ("Gradient", InputError("no gradient.", "None."))],
    ],
    ids=["one", "two", "a fault later"],
)
def test_of_filters_that_fail_the_first_one_is_named(
    monkeypatch: pytest.MonkeyPatch, failures: Sequence[tuple[str, Exception]], number: int
) -> None:
    failing(monkeypatch, failures)
    image, masks = case(2)
    with pytest.raises(InputError, match="no gradient"):
        extract_features(image, masks["m0"], params=MANY_TYPES, threads=number)


@pytest.mark.parametrize("number", [1, *THREADS])
def test_a_region_that_one_image_refuses_does_not_stop_the_others(number: int) -> None:
    """One voxel is so bright that the squares of its region have too many grey levels."""
    image, masks = case(3)
    voxels = sitk.GetArrayFromImage(image)
    inside = {name: sitk.GetArrayFromImage(mask) > 0 for name, mask in masks.items()}
    voxels[tuple(np.argwhere(inside["m0"] & ~inside["m1"] & ~inside["m2"])[0])] = 1e7
    image, _ = make_case(voxels, inside["m0"])
    types = {"Original": {}, "LoG": {"sigma": [1.0]}, "Square": {"binWidth": 1}, "Gradient": {}}
    params = {"setting": {"binWidth": 1e6}, "imageType": types, "featureClass": FEW}
    with working_threads(number):
        results = extract_regions(image, masks, load_parameters(params))
    assert {name for name, one in results.items() if isinstance(one, InputError)} == {"m0", "alone"}
    assert "square" in str(results["m0"])
    assert isinstance(results["m2"], Extraction)
    assert any(name.startswith("gradient") for name in results["m2"].values)


@pytest.mark.parametrize(
    "wanted", [ORIGINAL, {**ORIGINAL, "featureClass": FEW, "imageType": {"Wavelet": {}}}]
)
def test_maps_are_the_same(wanted: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbradiomics.features.native.voxel.kernel.CHUNK", 50)
    image, masks = case(4)
    made = {
        number: {
            name: sitk.GetArrayFromImage(one).tobytes()
            for name, one in feature_maps(image, masks["m1"], params=wanted, threads=number).items()
        }
        for number in (1, *THREADS)
    }
    assert made[2] == made[1]
    assert made[4] == made[1]
    assert len(made[1]) > 30


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    image, masks = case(5)
    sitk.WriteImage(image, str(tmp_path / "s.nii.gz"))
    for name, mask in masks.items():
        sitk.WriteImage(mask, str(tmp_path / f"{name}.nii.gz"))
    return write_cohort(tmp_path, [f"s,s.nii.gz,{name},{name}.nii.gz" for name in masks])


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cohort_has_the_same_table_and_failures(cohort: Path, jobs: int) -> None:
    expected = extract_cohort(cohort, params=MANY_TYPES)
    found = extract_cohort(cohort, params=MANY_TYPES, threads=3, jobs=jobs)
    assert found.table.equals(expected.table)
    assert found.failures == expected.failures
    assert found.notes == expected.notes
    assert any("single voxel" in one.cause for one in found.failures)


def test_pyradiomics_has_one_thread(cohort: Path) -> None:
    image, masks = case(5)
    with pytest.raises(InputError, match="one thread"):
        extract_features(image, masks["m0"], params=ORIGINAL, engine="pyradiomics", threads=2)
    with pytest.raises(InputError, match="one thread"):
        extract_cohort(cohort, params=ORIGINAL, engine="pyradiomics", threads=2)
    extract_cohort(cohort, params=ORIGINAL, engine="pyradiomics", threads=1)


def test_threads_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images, classes, families and directions are divided."""
    seen = set()
    compute = pieces._Batch.compute

    def noted(batch: pieces._Batch, number: int) -> Any:
        seen.add((batch.depth, len(batch.pieces)))
        return compute(batch, number)

    monkeypatch.setattr(pieces._Batch, "compute", noted)
    image, masks = case(6)
    extract_features(image, masks["m0"], params=FAMILIES, threads=2)
    # Shape and the one image; first order, textures, families; classes; families; zones and two parts of
    # the directions.
    assert {(0, 2), (1, 3), (2, 5), (2, 6), (2, 3)} <= seen
    seen.clear()
    extract_features(image, masks["m0"], params=OF_IBSI, threads=2)
    assert (0, 2 + len(FILTERS)) in seen
