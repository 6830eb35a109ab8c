"""The data dictionary: every feature of every preset, and what a file changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nbradiomics as nb
from nbradiomics.features.dictionary_schema import DICTIONARY
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.expected import expected_features
from scripts.write_features_page import page

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def rows(params: Any) -> dict[str, dict[str, str]]:
    return {str(row["feature"]): row for row in nb.feature_dictionary(params).to_dict("records")}


def with_setting(**setting: Any) -> dict[str, Any]:
    return {
        "setting": setting,
        "imageType": {"Original": {}, "LoG": {"sigma": [2.0]}, "Exponential": {}},
        "featureClass": {"shape": ["Sphericity"], "firstorder": ["Mean", "Kurtosis"], "glcm": ["Contrast"]},
    }


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run python -m scripts.write_features_page docs/features.md"
    )


@pytest.mark.parametrize("preset", nb.presets())
def test_every_feature_of_a_preset_is_described_in_order(preset: str) -> None:
    table = nb.feature_dictionary(preset)
    assert list(table["feature"]) == expected_features(load_parameters(preset))
    assert (table["definition"].str.len() > 20).all()
    assert ((table["ibsi_code"] == "") == (table["without_code"] != "")).all()
    assert table["ibsi_code"].str.fullmatch(r"[A-Z0-9]{4}|").all()
    for column in DICTIONARY.columns:
        if column.values:
            assert set(table[column.name]) <= set(column.values), column.name


def test_without_parameters_every_class_and_family_is_there() -> None:
    table = nb.feature_dictionary()
    assert set(table["image"]) == {"original"}
    assert table["class"].nunique() == 19
    assert len(table) == 301


def test_a_filter_and_a_feature_make_a_claim_together() -> None:
    found = rows(with_setting(binWidth=10))
    mean = {name: row["shift_bin_width"] for name, row in found.items() if name.endswith("_Mean")}
    assert mean == {
        "original_firstorder_Mean": "no",
        "log-sigma-2-0-mm-3D_firstorder_Mean": "yes",
        "exponential_firstorder_Mean": "no",
    }
    assert found["original_glcm_Contrast"]["shift_bin_width"] == "whole bins"
    assert found["log-sigma-2-0-mm-3D_glcm_Contrast"]["scale_bin_width"] == "no"


def test_a_normalised_image_has_its_own_unit_and_forgets_shift_and_scale() -> None:
    found = rows(with_setting(normalize=True))
    mean = found["original_firstorder_Mean"]
    assert mean["unit"] == "normalised intensity"
    assert mean["shift_bin_width"] == mean["scale_bin_count"] == "yes"


@pytest.mark.parametrize(
    ("setting", "column"),
    [
        ({"resegmentRange": [0, 100]}, "shift_bin_count"),
        ({"resegmentRange": [0.1, 0.9], "resegmentMode": "relative"}, "shift_bin_count"),
        ({"resampledPixelSpacing": [1, 1, 1]}, "translation"),
        ({"resampledPixelSpacing": [1, 1, 1]}, "rotation"),
    ],
)
def test_steps_before_the_features_take_claims_away(setting: dict[str, Any], column: str) -> None:
    assert rows(with_setting())["original_glcm_Contrast"][column] == "yes"
    assert rows(with_setting(**setting))["original_glcm_Contrast"][column] == "no"


def test_slices_take_turns_away() -> None:
    turns = [
        rows(with_setting(force2D=True, force2Ddimension=axis))["original_glcm_Contrast"]["rotation"]
        for axis in (0, 1)
    ]
    assert turns == ["in slices", "no"]


def test_switches_give_the_definition_and_the_code_of_the_ibsi() -> None:
    content = {**with_setting(), "nbradiomics": {"ibsi": True}}
    kurtosis = rows(content)["original_firstorder_Kurtosis"]
    assert kurtosis["ibsi_code"] == "IPH6"
    assert kurtosis["lowest"] == "-2"
    assert "0 for a normal" in kurtosis["definition"]
    assert rows(with_setting())["original_firstorder_Kurtosis"]["ibsi_code"] == ""


def test_levels_of_the_intensity_volume_histogram_have_the_unit_of_the_bins() -> None:
    def units(ivh: Any) -> list[str]:
        content = {**with_setting(), "nbradiomics": {"families": ["ivh"], "ivh": ivh}}
        return [row["unit"] for name, row in rows(content).items() if name.endswith("ivh_i10")]

    assert units({"binCount": 100}) == ["number of the bin"] * 3
    assert units({"binWidth": 2}) == ["intensity", "number of the bin", "number of the bin"]


def test_a_feature_that_is_not_known_has_a_row() -> None:
    content = {"imageType": {"LoG": {}}, "featureClass": {"firstorder": ["Mean"]}}
    assert list(rows(content)) == ["log-sigma-?-mm-3D_firstorder_Mean"]
