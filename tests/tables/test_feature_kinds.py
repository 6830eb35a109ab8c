"""Where features come from, by their names."""

from __future__ import annotations

import pytest

from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.expected import expected_features
from nbradiomics.tables.feature_kinds import count_origins, origin_of, origins_in_words

EVERYTHING = {
    "imageType": {
        "Original": {},
        "LoG": {"sigma": [1.0, 2.5]},
        "Wavelet": {"level": 2},
        "Square": {},
        "Gradient": {},
        "LBP2D": {},
        "LBP3D": {},
        "Exponential": {},
        "Logarithm": {},
        "SquareRoot": {},
    },
    "nbradiomics": {
        "families": "all",
        "filters": [
            {"type": "mean", "support": 5, "dimension": "2D"},
            {"type": "log", "sigma": 3, "riesz": [1, 0, 0]},
            {"type": "laws", "kernels": "L5E5S5", "pooling": "max", "energy": 3},
            {"type": "gabor", "sigma": 2.5, "wavelength": 2, "gamma": 1.5, "step": 22.5},
            {"type": "wavelet", "wavelet": "bior1.3", "filter": "LLH", "boundary": "periodic"},
            {"type": "wavelet", "wavelet": "haar", "filter": "HHH", "level": 2},
            {"type": "simoncelli", "level": 2},
            {"type": "shannon", "boundary": "zero"},
        ],
    },
}


def test_every_name_that_a_parameter_file_makes_has_its_origin() -> None:
    parameters = load_parameters(EVERYTHING)
    filters = {one.name for one in parameters.own.filters}
    families = parameters.own.families.names
    for name in expected_features(parameters):
        image, class_, _ = name.split("_", 2)
        expected = "filters" if image in filters else "families" if class_ in families else "pyradiomics"
        assert origin_of(name) == expected, name
        assert origin_of(f"T2_{name}") == expected, name


@pytest.mark.parametrize("name", ["age", "original_note", "f0", "meanwhile_stat_mean", "log_glcm"])
def test_other_names_are_other_features(name: str) -> None:
    assert origin_of(name) == "other"


def test_counts_are_told_in_words() -> None:
    counts = count_origins(
        ["original_stat_mean", "mean-5_stat_mean", "original_glcm_Id", "mean-5_glcm_Id", "f"]
    )
    assert counts == {"pyradiomics": 1, "families": 1, "filters": 2, "other": 1}
    assert origins_in_words(counts) == (
        "1 of PyRadiomics' classes, 1 of the IBSI's families, 2 in images of the IBSI's filters, "
        "1 with other names"
    )
