"""Segment one case with a loaded predictor, and say how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from nbradiomics.images.grid import require_same_grid
from nbradiomics.segmentation.environment import environment, quiet_nnunet, torch_threads
from nbradiomics.segmentation.model_files.labels import Tumour
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.inputs import Inputs
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.segmentation.prediction.uncertainty import binary_entropy, mean_pairwise_dice, variation


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model found in one case. All images lie on the grid of the first image that was given.

    Attributes
    ----------
    mask
        8-bit, 1 in the tumour; empty where the model found nothing.
    probability
        Single precision, 0 to 1: that of the tumour by the mean of the folds' logits, as nnU-Net has it.
        With labels it is the sum over those that make up the tumour, with regions the largest.
        Post-processing leaves it alone.
    fold_masks
        The mask of each fold alone, by its name; post-processing leaves them alone.
    volume_ml
        Volume of the mask in millilitres.
    removed_ml
        Volume that post-processing took away.
    fold_dice
        Mean Dice coefficient over all pairs of folds, 0 to 1; two empty masks agree (1). ``None`` with
        a single fold.
    volume_cv
        Coefficient of variation of the folds' volumes (standard deviation with n - 1 over mean).
        ``None`` with a single fold, or when every fold found nothing.
    orientation
        Axes of the image that was given, as three letters (``LPS``: towards left, posterior, superior).
    channels
        Names of the channels that the network saw, in its order.
    resampled
        Those of them that were brought to the grid of the first image.
    unused
        Channels that were given and that the model does not take.
    inference
        How the network was run; nothing in it is ``auto``.
    """

    mask: sitk.Image
    probability: sitk.Image
    fold_masks: Mapping[str, sitk.Image]
    volume_ml: float
    removed_ml: float
    fold_dice: float | None
    volume_cv: float | None
    orientation: str
    channels: tuple[str, ...]
    resampled: tuple[str, ...]
    unused: tuple[str, ...]
    inference: Inference

    @property
    def entropy(self) -> sitk.Image:
        """Entropy of the probability in bits, 0 (certain) to 1 (even odds), in single precision."""
        entropy = sitk.GetImageFromArray(binary_entropy(sitk.GetArrayViewFromImage(self.probability)))
        entropy.CopyInformation(self.probability)
        return entropy


def segment(
    inputs: Inputs,
    predictor: Any,
    *,
    folds: tuple[str, ...],
    tumour: Tumour,
    orientation: str | None,
    inference: Inference,
    postprocessing: PostProcessing,
    threads: int | None,
) -> Prediction:
    """Segment one case; see `Model.predict`.

    Parameters
    ----------
    inputs
        The case's images.
    predictor
        An initialised ``nnUNetPredictor``.
    folds
        Names of its folds.
    tumour
        The tumour among its outputs.
    orientation
        Axes that it expects, such as ``LPS``; ``None`` takes the images as they lie.
    inference
        Resolved (`Inference.resolved`).
    """
    image = inputs.images[0]
    turned = tuple(
        each if orientation is None else sitk.DICOMOrient(each, orientation) for each in inputs.images
    )
    # nnU-Net may call for other threads and for compilation by an environment variable.
    with environment({"nnUNet_compile": None}), torch_threads(threads), quiet_nnunet():
        from nbradiomics.segmentation.prediction.logits import run_folds

        found = run_folds(turned, predictor, tumour=tumour, inference=inference)
    voxel_ml = float(np.prod(image.GetSpacing())) / 1000.0
    masks = found.fold_masks  # as they are: a tumour that is too small to keep is no agreement on none
    mask = postprocessing.apply(found.mask, voxel_ml)
    return Prediction(
        mask=_on_grid(mask.astype(np.uint8), turned[0], image),
        probability=_on_grid(found.probability, turned[0], image),
        fold_masks={
            name: _on_grid(own.astype(np.uint8), turned[0], image)
            for name, own in zip(folds, masks, strict=True)
        },
        volume_ml=float(mask.sum()) * voxel_ml,
        removed_ml=float(found.mask.sum() - mask.sum()) * voxel_ml,
        fold_dice=mean_pairwise_dice(masks),
        volume_cv=variation([float(own.sum()) for own in masks]),
        orientation=inputs.orientation,
        channels=inputs.channels,
        resampled=inputs.resampled,
        unused=inputs.unused,
        inference=inference,
    )


def _on_grid(array: npt.NDArray[Any], turned: sitk.Image, image: sitk.Image) -> sitk.Image:
    """Image of an array on the grid of `image`, of which `turned` has the axes in another order."""
    result = sitk.GetImageFromArray(array)
    result.CopyInformation(turned)
    own = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    result = sitk.DICOMOrient(result, own) if turned is not image else result
    require_same_grid(result, image, names=("the mask", "the image"))
    result.CopyInformation(image)
    return result
