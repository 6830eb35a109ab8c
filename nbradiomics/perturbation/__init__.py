"""Perturbed variants of an image and its mask: what another scan or another reader would have given."""

from nbradiomics.perturbation.apply import perturbed_image, perturbed_region
from nbradiomics.perturbation.chain import Chain, read_chain
from nbradiomics.perturbation.seeds import seed_of
from nbradiomics.perturbation.variant import Variant
from nbradiomics.tables import ORIGINAL

__all__ = ["ORIGINAL", "Chain", "Variant", "perturbed_image", "perturbed_region", "read_chain", "seed_of"]
