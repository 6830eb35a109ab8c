"""Image and mask to numbers. Nothing here knows what the numbers are for."""

from nbradiomics.features.extract import ENGINES, extract_features
from nbradiomics.features.parameters import Parameters, load_parameters, presets

__all__ = ["ENGINES", "Parameters", "extract_features", "load_parameters", "presets"]
