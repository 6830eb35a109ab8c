"""What the tests of prediction share."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.segmentation import Inference, Model
from tests.support.helpers import array, make_image

STOCK = Inference(device="cpu", precision="fp32", resampling="stock")


PLAIN = Inference(device="cpu", precision="fp32")


LABELS = {"background": 0, "kidney": 1, "core": 2, "rim": 3}


REGIONS = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "necrosis": [3]}


#: Models of every kind: what each is made with, and what its card says is the tumour.
KINDS: dict[str, tuple[dict[str, Any], tuple[str, ...] | None]] = {
    "one channel": ({}, None),
    "two channels": ({"channels": ("T2w", "ADC")}, None),
    "several labels": ({"labels": LABELS}, ("core", "rim")),
    "regions": ({"labels": REGIONS, "order": (1, 2, 3), "channels": ("T2w", "ADC")}, None),
    "one region of several": ({"labels": REGIONS, "order": (1, 2, 3)}, ("core",)),
    "thick slices": ({"spacing": [9.0, 2.0, 2.0]}, None),
    "two dimensions": ({"flat": True, "mirroring": (0, 1)}, None),
    "one fold": ({"folds": 1}, None),
}


def body(seed: int) -> sitk.Image:
    """Smooth noise in a body with an empty rim, on a grid of its own."""
    voxels = np.random.default_rng(seed).normal(300, 60, (16, 34, 38)).astype(np.float32)
    smooth = sitk.DiscreteGaussian(make_image(voxels, (2.2, 2.4, 3.7)), 9.0)
    voxels = array(smooth)
    voxels[:, :4], voxels[:2], voxels[..., -3:] = 0, 0, 0
    return make_image(voxels, (2.2, 2.4, 3.7))


def images_for(model: Model) -> dict[str, sitk.Image]:
    return {name: body(seed) for seed, name in enumerate(model.channels)}
