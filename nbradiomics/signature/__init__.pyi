from .predict import PredictedOutcome as PredictedOutcome, predict_outcome as predict_outcome
from .read import Signature as Signature, load_models as load_models
from .validate import validate_models as validate_models
from .write import write_models as write_models, write_models_beside as write_models_beside
