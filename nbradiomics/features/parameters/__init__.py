"""Parameter files of PyRadiomics: their validation, the features they request, and the cost of these."""

from nbradiomics.features.parameters.differences import (
    differences_named,
    recorded_parameters,
    setting_differences,
)
from nbradiomics.features.parameters.file import SECTION, UNION, Own, Parameters, load_parameters, presets
from nbradiomics.features.parameters.values_hash import values_hash

__all__ = [
    "SECTION",
    "UNION",
    "Own",
    "Parameters",
    "differences_named",
    "load_parameters",
    "presets",
    "recorded_parameters",
    "setting_differences",
    "values_hash",
]
