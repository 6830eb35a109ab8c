"""Features of an image and a mask. This package does not depend on what the features are used for."""

from nbradiomics.features.extract import ENGINES, extract_features
from nbradiomics.features.parameters import Parameters, load_parameters, presets

__all__ = ["ENGINES", "Parameters", "extract_features", "load_parameters", "presets"]
