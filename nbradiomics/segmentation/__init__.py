"""Segmentation with nnU-Net v2 models: load one, check it, segment images with it."""

from nbradiomics.segmentation.card import Card, image_fingerprint
from nbradiomics.segmentation.model import Model, bundled_models, load_model
from nbradiomics.segmentation.predict import Prediction

__all__ = ["Card", "Model", "Prediction", "bundled_models", "image_fingerprint", "load_model"]
