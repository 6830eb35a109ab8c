"""Parameter files of PyRadiomics: their validation, the features they request, and the cost of these."""

from nbradiomics.features.parameters.file import SECTION, UNION, Own, Parameters, load_parameters, presets

__all__ = ["SECTION", "UNION", "Own", "Parameters", "load_parameters", "presets"]
