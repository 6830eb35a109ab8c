from .extract import ENGINES as ENGINES, extract_features as extract_features
from .parameters import Parameters as Parameters, load_parameters as load_parameters, presets as presets
