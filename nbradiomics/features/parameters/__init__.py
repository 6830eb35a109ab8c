"""Parameter files of PyRadiomics: their validation, the features they request, and the cost of these."""

from nbradiomics.features.parameters.file import SECTION, UNION, Own, Parameters, load_parameters, presets
from nbradiomics.features.parameters.values_hash import values_hash

__all__ = [
    "SECTION",
    "UNION",
    "Own",
    "Parameters",
    "load_parameters",
    "presets",
    "values_hash",
]
