"""Segment one case with a loaded predictor, and estimate the uncertainty."""

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
    """Segmentation of one case by a model. All images have the grid of the first input image.

    Attributes
    ----------
    mask
        8-bit, 1 in the tumour; empty if the model found none.
    probability
        Probability of tumour from the mean of the folds' logits, as in nnU-Net: single precision, 0 to 1.
        With labels, it is the sum over those that form the tumour; with regions, the largest of the region
        and those inside it. Post-processing does not change it.
    fold_masks
        The mask of each fold alone, by its name; post-processing does not change them.
    volume_ml
        Volume of the mask in millilitres.
    removed_ml
        Volume that post-processing removed, in millilitres.
    fold_dice
        Mean Dice coefficient over all pairs of folds, 0 to 1; it is 1 for two empty masks. ``None`` for a
        single fold.
    volume_cv
        Coefficient of variation of the folds' volumes (standard deviation with n - 1 over mean).
        ``None`` for a single fold, or if no fold found a tumour.
    orientation
        Axes of the input image as three letters (``LPS``: towards left, posterior, superior).
    channels
        Names of the channels that the network used, in its order.
    resampled
        Channels that were resampled to the grid of the first image.
    unused
        Channels of the input that the model does not use.
    inference
        Options of the network's run, without ``auto`` values.
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
        Images of the case.
    predictor
        An initialised ``nnUNetPredictor``.
    folds
        Names of its folds.
    tumour
        The tumour among its outputs.
    orientation
        Voxel axes that it expects, such as ``LPS``; ``None`` does not turn the images.
    inference
        Resolved (`Inference.resolved`).
    """
    image = inputs.images[0]
    turned = tuple(
        each if orientation is None else sitk.DICOMOrient(each, orientation) for each in inputs.images
    )
    # nnU-Net changes the number of threads, and compiles if an environment variable is set.
    with environment({"nnUNet_compile": None}), torch_threads(threads), quiet_nnunet():
        from nbradiomics.segmentation.prediction.logits import run_folds

        results = run_folds(turned, predictor, tumour=tumour, inference=inference)
    voxel_ml = float(np.prod(image.GetSpacing())) / 1000.0
    masks = results.fold_masks  # before post-processing: removed small tumours must not count as agreement
    mask = postprocessing.apply(results.mask, voxel_ml)
    return Prediction(
        mask=_on_grid(mask.astype(np.uint8), turned[0], image),
        probability=_on_grid(results.probability, turned[0], image),
        fold_masks={
            name: _on_grid(fold_mask.astype(np.uint8), turned[0], image)
            for name, fold_mask in zip(folds, masks, strict=True)
        },
        volume_ml=float(mask.sum()) * voxel_ml,
        removed_ml=float(results.mask.sum() - mask.sum()) * voxel_ml,
        fold_dice=mean_pairwise_dice(masks),
        volume_cv=variation([float(fold_mask.sum()) for fold_mask in masks]),
        orientation=inputs.orientation,
        channels=inputs.channels,
        resampled=inputs.resampled,
        unused=inputs.unused,
        inference=inference,
    )


def _on_grid(array: npt.NDArray[Any], turned: sitk.Image, image: sitk.Image) -> sitk.Image:
    """Convert an array on the grid of `turned` to an image on the grid of `image`, which has other axes."""
    result = sitk.GetImageFromArray(array)
    result.CopyInformation(turned)
    axes = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    result = sitk.DICOMOrient(result, axes) if turned is not image else result
    require_same_grid(result, image, names=("the mask", "the image"))
    result.CopyInformation(image)
    return result
