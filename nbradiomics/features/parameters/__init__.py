"""Parameter files of PyRadiomics: what they may say, what they ask for, what it costs."""

from nbradiomics.features.parameters.file import SECTION, UNION, Own, Parameters, load_parameters, presets

__all__ = ["SECTION", "UNION", "Own", "Parameters", "load_parameters", "presets"]
