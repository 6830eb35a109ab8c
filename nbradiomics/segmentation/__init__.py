"""Segmentation with nnU-Net v2 models: import a model, check it, segment images with it."""

from nbradiomics.segmentation.importing import ImportedModel, import_model
from nbradiomics.segmentation.model import Model, load_model
from nbradiomics.segmentation.model_files.card import Card, image_fingerprint
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.segmentation.prediction.predict import Prediction
from nbradiomics.segmentation.store import StoredModel, bundled_models, list_models

__all__ = [
    "Card",
    "ImportedModel",
    "Inference",
    "Model",
    "PostProcessing",
    "Prediction",
    "StoredModel",
    "bundled_models",
    "image_fingerprint",
    "import_model",
    "list_models",
    "load_model",
]
