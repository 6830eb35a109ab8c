"""Perturbed variants of an image and its mask: what another scan or another reader would have given."""

from nbradiomics.perturbation.variant import ORIGINAL, Variant

__all__ = ["ORIGINAL", "Variant"]
