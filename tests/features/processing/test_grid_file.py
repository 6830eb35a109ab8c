"""The file of a processing grid: what it means, and every kind of mistake in words before work begins."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nbradiomics.errors import InputError
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.processing import load_grid

REFERENCE = {
    "setting": {"binWidth": 5, "normalize": True, "normalizeScale": 100, "resampledPixelSpacing": [1, 1, 1]},
    "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}, "Wavelet": {}},
    "featureClass": {"firstorder": ["Mean"], "glcm": None},
}


def grid(reference=REFERENCE, **alterations):
    return load_grid({"reference": reference, "alterations": alterations})


def test_alterations_are_merged_into_the_reference():
    (one,) = grid(
        a={"setting": {"normalize": False}, "imageType": {"LoG": {"sigma": [1.0, 2.0]}}}
    ).alterations
    content = one.parameters.content
    assert content["setting"] == {**REFERENCE["setting"], "normalize": False}
    assert content["imageType"] == {"Original": {}, "LoG": {"sigma": [1.0, 2.0]}, "Wavelet": {}}
    assert one.mask_mm == 0
    assert load_parameters(REFERENCE).content == grid(a={"mask_mm": 1}).reference.content


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"setting": {"binWidth": [10, 25]}}, ["a 10", "a 25"]),
        ({"setting": {"resampledPixelSpacing": [2, 2, 2]}}, ["a"]),
        ({"setting": {"resampledPixelSpacing": [[2, 2, 2], [3, 3, 3]]}}, ["a 2 x 2 x 2", "a 3 x 3 x 3"]),
        ({"imageType": {"LoG": {"sigma": [1.0, 3.0]}}}, ["a"]),
        ({"imageType": {"LoG": {"sigma": [[1.0], [3.0]]}}}, ["a 1", "a 3"]),
        ({"imageType": {"Wavelet": {"wavelet": ["haar", "db4"]}}}, ["a haar", "a db4"]),
        ({"mask_mm": [-1, 2.5]}, ["a -1", "a 2.5"]),
        ({"setting": {"distances": [1, 2]}}, ["a"]),
    ],
)
def test_a_list_of_values_gives_one_alteration_each(change, names):
    assert [one.name for one in grid(a=change).alterations] == names


def test_a_parameter_file_is_relative_to_the_grid(tmp_path: Path):
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(REFERENCE), encoding="utf-8")
    file = tmp_path / "grid.yaml"
    file.write_text("reference: p.yaml\nalterations:\n  bins: {setting: {binWidth: 9}}\n", encoding="utf-8")
    assert load_grid(file).alterations[0].parameters.content["setting"]["binWidth"] == 9
    file.write_text("reference: t2w_mr_1mm\nalterations:\n  rim: {mask_mm: 1}\n", encoding="utf-8")
    assert load_grid(file).reference.name == "t2w_mr_1mm"


@pytest.mark.parametrize(
    ("alterations", "said"),
    [
        ({"a": {"setting": {"binWidth": 5}}}, "'a' equals the reference"),
        ({"a": {"setting": {"binWidth": [5, 9]}}}, "'a 5' equals the reference"),
        ({"a": {"setting": {"interpolator": "sitkBSpline"}}}, "equals the reference"),
        ({"a": {"imageType": {"Wavelet": {"wavelet": "coif1"}}}}, "equals the reference"),
        ({"a": {"mask_mm": 0}}, "equals the reference"),
        ({"a": {"setting": {"binWdith": 9}}}, "(?s)'a' is not a valid.*binWdith"),
        ({"a": {"setting": {"binWidth": -9}}}, "(?s)'a' is not a valid.*binWidth"),
        ({"a": {"setting": {"normalise": False}}}, "normalise"),
        ({"a": {"setting": {"sigma": [1.0]}}}, "equals the reference"),
        (
            {"a": {"setting": {"resegmentMode": "sigma"}}},
            "resegmentMode has no effect: it needs resegmentRange",
        ),
        ({"a": {"setting": {"label": 2}}}, "changes the label"),
        ({"a": {"featureClass": {"glcm": None}}}, "unknown key 'featureClass'"),
        ({"a": {"mask_mm": 900}}, "less than or equal to 50"),
        ({"a": {"mask_mm": "thick"}}, "mask_mm"),
        ({"a": {}}, "'a' changes nothing"),
        (
            {"a": {"setting": {"binWidth": [9, 8]}, "mask_mm": [1, 2]}},
            "lists of values for setting.binWidth and mask_mm",
        ),
        ({"a": {"mask_mm": 1}, "b": {"mask_mm": 1}}, "'b' and 'a' are the same"),
        ({"a 9": {"mask_mm": 1}, "a": {"setting": {"binWidth": [9, 8]}}}, "two alterations 'a 9'"),
        ({"original": {"mask_mm": 1}}, "cannot be called 'original'"),
        ({"a/b": {"mask_mm": 1}}, "cannot be called 'a/b'"),
        ({"a": {"nbradiomics": {"crop": "union"}}}, "crop: union"),
        ({}, "no alterations"),
    ],
)
def test_refused(alterations, said):
    with pytest.raises(InputError, match=said):
        grid(**alterations)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no keys"),
        ("reference: t2w_mr_1mm\n", "alterations: missing"),
        ("alterations: {a: {mask_mm: 1}}\n", "reference: missing"),
        ("reference: nowhere\nalterations: {a: {mask_mm: 1}}\n", "no parameter file or preset 'nowhere'"),
        ("reference: t2w_mr_1mm\nalterations: {a: {mask_mm: 1}}\nthreshold: 2\n", "unknown key 'threshold'"),
        ("reference: t2w_mr_1mm\nalterations: {a: {mask_mm: 1}, a: {mask_mm: 2}}\n", "not valid YAML"),
        ("reference: {nbradiomics: {crop: union}}\nalterations: {a: {mask_mm: 1}}\n", "crop: union"),
    ],
)
def test_files_refused(text: str, said: str, tmp_path: Path):
    file = tmp_path / "grid.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load_grid(file)


def test_features_are_matched_by_name_where_it_means_the_same():
    made = grid(
        spacing={"setting": {"resampledPixelSpacing": [2, 2, 2]}},
        sigma={"imageType": {"LoG": {"sigma": [2.0, 3.0]}}},
        level={"imageType": {"Wavelet": {"start_level": 1}}},
    )
    spacing, sigma, level = (made.not_comparable(one) for one in made.alterations)
    assert spacing == {}
    assert {name.split("_")[0] for name in sigma} == {"log-sigma-3-0-mm-3D"}
    assert set(sigma.values()) == {"the reference does not have this feature"}
    assert {name.split("-")[0] for name in level} == {"wavelet"}
    assert len(set(level.values())) == 1
