"""Segment one image with a loaded predictor, and say how far the folds agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import describe, read_image
from nbradiomics.segmentation.environment import environment, quiet_nnunet, torch_threads
from nbradiomics.segmentation.labels import Tumour

if TYPE_CHECKING:
    import torch

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Prediction:
    """What a model found in one image.

    Attributes
    ----------
    mask
        8-bit, 1 in the tumour, on the image's own grid; empty where the model found nothing.
    volume_ml
        Volume of the mask in millilitres.
    fold_dice
        Mean Dice coefficient over all pairs of folds, 0 to 1; two empty masks agree (1). ``None`` with
        a single fold.
    volume_cv
        Coefficient of variation of the folds' volumes (standard deviation with n - 1 over mean).
        ``None`` with a single fold, or when every fold found nothing.
    """

    mask: sitk.Image
    volume_ml: float
    fold_dice: float | None
    volume_cv: float | None


def segment(
    source: str | Path | sitk.Image,
    predictor: Any,
    *,
    tumour: Tumour,
    orientation: str | None,
    threads: int | None,
) -> Prediction:
    """Segment one image; see `Model.predict`.

    Parameters
    ----------
    predictor
        An initialised ``nnUNetPredictor``.
    tumour
        The tumour among the predictor's outputs.
    orientation
        Axes that the predictor expects, such as ``LPS``; ``None`` takes the image as it lies.
    """
    image = read_image(source)
    _require_usable(image, describe(source))
    turned = image if orientation is None else sitk.DICOMOrient(image, orientation)
    # nnU-Net may call for other threads and for compilation by an environment variable.
    with environment({"nnUNet_compile": None}), torch_threads(threads), quiet_nnunet():
        together, apart = _labels(turned, predictor)
    values = sorted(tumour.values)
    masks = [np.isin(found, values) for found in apart]
    voxel_ml = float(np.prod(image.GetSpacing())) / 1000.0
    mask = np.isin(together, values)
    return Prediction(
        mask=_on_grid(mask, turned, image),
        volume_ml=float(mask.sum()) * voxel_ml,
        fold_dice=mean_pairwise_dice(masks),
        volume_cv=variation([float(each.sum()) for each in masks]),
    )


def mean_pairwise_dice(masks: list[Mask]) -> float | None:
    """Mean of the Dice coefficients of all pairs; ``None`` with fewer than two masks."""
    pairs = list(combinations(masks, 2))
    return float(np.mean([_dice(first, second) for first, second in pairs])) if pairs else None


def _dice(first: Mask, second: Mask) -> float:
    size = int(first.sum()) + int(second.sum())
    return 2.0 * int((first & second).sum()) / size if size else 1.0


def variation(volumes: list[float]) -> float | None:
    """Coefficient of variation; ``None`` with fewer than two volumes, or when all are zero."""
    if len(volumes) < 2 or not any(volumes):
        return None
    return float(np.std(volumes, ddof=1) / np.mean(volumes))


def _require_usable(image: sitk.Image, name: str) -> None:
    voxels = sitk.GetArrayViewFromImage(image)
    bad = int(voxels.size - np.isfinite(voxels).sum())
    if bad:
        raise InputError(
            f"{name}: {bad} of {voxels.size} voxels are not finite numbers.",
            "Replace them; one such voxel makes the network find nothing, without an error.",
        )
    if voxels.min() == voxels.max():
        raise InputError(f"{name} has the value {voxels.min():g} everywhere.", "Give an image of a patient.")


def _labels(image: sitk.Image, predictor: Any) -> tuple[npt.NDArray[Any], list[npt.NDArray[Any]]]:
    """Segmentation of all folds together, and of each; axes z, y, x.

    The folds' logits are averaged as nnU-Net does, in the same order and precision.
    """
    array = sitk.GetArrayFromImage(image).astype(np.float32)[None]
    properties: dict[str, Any] = {"spacing": [float(edge) for edge in image.GetSpacing()[::-1]]}
    preprocessor = predictor.configuration_manager.preprocessor_class(verbose=False)
    data, _, properties = preprocessor.run_case_npy(
        array,
        None,
        properties,
        predictor.plans_manager,
        predictor.configuration_manager,
        predictor.dataset_json,
    )
    logits = _logits_per_fold(data, predictor)
    total = logits[0].clone()
    for more in logits[1:]:
        total += more
    if len(logits) > 1:
        total /= len(logits)
    apart = [_to_labels(each, predictor, properties) for each in logits] if len(logits) > 1 else []
    together = _to_labels(total, predictor, properties)
    return together, apart or [together]


def _logits_per_fold(data: npt.NDArray[np.float32], predictor: Any) -> list[torch.Tensor]:
    import torch

    tensor, parameters = torch.from_numpy(data), predictor.list_of_parameters
    try:
        found = []
        for weights in parameters:
            predictor.list_of_parameters = [weights]
            found.append(predictor.predict_logits_from_preprocessed_data(tensor).cpu())
        return found
    finally:
        predictor.list_of_parameters = parameters


def _to_labels(logits: torch.Tensor, predictor: Any, properties: dict[str, Any]) -> npt.NDArray[Any]:
    import torch
    from nnunetv2.inference.export_prediction import (
        convert_predicted_logits_to_segmentation_with_correct_shape as convert,
    )

    return np.asarray(
        convert(
            logits,
            predictor.plans_manager,
            predictor.configuration_manager,
            predictor.label_manager,
            properties,
            num_threads_torch=torch.get_num_threads(),
        )
    )


def _on_grid(mask: Mask, turned: sitk.Image, image: sitk.Image) -> sitk.Image:
    """Image of the mask on the grid of `image`, of which `turned` has the axes in another order."""
    result = sitk.GetImageFromArray(mask.astype(np.uint8))
    result.CopyInformation(turned)
    own = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    result = sitk.DICOMOrient(result, own) if turned is not image else result
    require_same_grid(result, image, names=("the mask", "the image"))
    result.CopyInformation(image)
    return result
