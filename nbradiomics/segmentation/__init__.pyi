from .importing import ImportedModel as ImportedModel, import_model as import_model
from .model import Model as Model, load_model as load_model
from .model_files.card import Card as Card, image_fingerprint as image_fingerprint
from .prediction.inference import Inference as Inference
from .prediction.postprocess import PostProcessing as PostProcessing
from .prediction.predict import Prediction as Prediction
from .store import StoredModel as StoredModel, bundled_models as bundled_models, list_models as list_models
