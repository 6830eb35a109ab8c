"""Run the folds of a model on images: nnU-Net's own steps, one fold at a time.

Import this module only to segment an image, because it needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
import torch
from nnunetv2.inference.sliding_window_prediction import compute_gaussian
from nnunetv2.preprocessing.resampling.resample_torch import resample_torch_fornnunet

from nbradiomics.errors import InputError, ModelError
from nbradiomics.segmentation.model_files.labels import Tumour
from nbradiomics.segmentation.prediction.inference import Inference

#: Keys of the plans that define thick slices.
_SLICES = ("force_separate_z", "separate_z_anisotropy_threshold")
Mask = npt.NDArray[np.bool_]
Resample = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class FoldResults:
    """Results of the folds for each voxel; arrays with the shape of the images, axes z, y, x.

    Attributes
    ----------
    mask
        Tumour from the mean of the folds' logits.
    probability
        Probability of tumour from the same mean, 0 to 1; 0 where nnU-Net cropped the image's empty border.
    fold_masks
        Tumour from each fold alone.
    """

    mask: Mask
    probability: npt.NDArray[np.float32]
    fold_masks: tuple[Mask, ...]


def run_folds(
    images: tuple[sitk.Image, ...], predictor: Any, *, tumour: Tumour, inference: Inference
) -> FoldResults:
    """Run each fold of a predictor on images with the same grid.

    Parameters
    ----------
    images
        Images in the network's order.
    predictor
        An initialised ``nnUNetPredictor``.
    tumour
        The tumour among its outputs.
    inference
        Resolved (`Inference.resolved`).
    """
    frame, data = _prepare(images, predictor)
    linear = inference.resampling == "torch"
    heads = predictor.label_manager.num_segmentation_heads
    readout: _Heads | _Difference = _Heads(predictor.label_manager, tumour)
    if linear and heads == 2 and not tumour.regions:
        readout = _Difference()
    resample = frame.resample_linearly if linear else frame.resample_as_planned
    with torch.inference_mode():
        folds = _logits(data, predictor, inference)
        mean, masks = _average(folds, readout, resample, linear=linear)
        mask = masks[0] if len(masks) == 1 else readout.mask(mean)
        return FoldResults(
            mask=frame.put_back(mask),
            probability=frame.put_back(readout.probability(mean)),
            fold_masks=tuple(frame.put_back(fold_mask) for fold_mask in masks),
        )


def _average(
    folds: Iterator[torch.Tensor], readout: _Heads | _Difference, resample: Resample, *, linear: bool
) -> tuple[torch.Tensor, list[Mask]]:
    """Mean of the folds' logits on the image's grid, and each fold's mask; with one fold in memory at a time.

    If resampling is linear, the order of resampling and mean does not matter, so each fold is resampled only
    once. nnU-Net computes the mean first, in half precision: only this reproduces its masks voxel for voxel.
    """
    total: torch.Tensor | None = None
    masks: list[Mask] = []
    for logits in folds:
        reduced = readout.reduce(logits) if linear else logits
        resampled = resample(reduced)
        masks.append(readout.mask(resampled))
        term = resampled if linear else reduced
        total = term if total is None else total.add_(term)
    if total is None:
        raise ValueError("the predictor has no fold")
    if len(masks) == 1:
        return resampled, masks
    total /= len(masks)
    return total if linear else resample(total), masks


def _logits(data: torch.Tensor, predictor: Any, inference: Inference) -> Iterator[torch.Tensor]:
    """Yield the logits of each fold in half precision, axes head, z, y, x on the network's grid."""
    running = copy.copy(predictor)
    running.device = torch.device(inference.device)
    running.perform_everything_on_device = inference.device == "cuda"
    running.use_mirroring = inference.mirroring
    running._internal_predict_sliding_window_return_logits = partial(_slide, running)
    default = "fp16" if inference.device == "cuda" else "fp32"
    if inference.precision != default:
        running.network = _InPrecision(predictor.network, inference)
    for weights in predictor.list_of_parameters:
        predictor.network.load_state_dict(weights)
        logits = running.predict_sliding_window_return_logits(data).cpu()
        if not bool(torch.isfinite(logits).all()):
            raise ModelError(
                "the network's output is not finite for this image.",
                "Check the image's values; try precision fp32; else the model does not suit such images.",
            )
        yield logits


def _slide(predictor: Any, data: torch.Tensor, slicers: list[Any], on_device: bool) -> torch.Tensor:
    """nnU-Net's sliding window without its thread, which would wait forever if the network fails.

    As in nnU-Net, the windows are weighted and added in half precision.
    """
    results = predictor.device if on_device else torch.device("cpu")
    data = data.to(results)
    logits = torch.zeros(
        (predictor.label_manager.num_segmentation_heads, *data.shape[1:]), dtype=torch.half, device=results
    )
    weight = torch.zeros(data.shape[1:], dtype=torch.half, device=results)
    patch = tuple(predictor.configuration_manager.patch_size)
    gaussian = compute_gaussian(patch, sigma_scale=1.0 / 8, value_scaling_factor=10, device=results)
    for place in slicers:
        window = torch.clone(data[place][None], memory_format=torch.contiguous_format)
        output = predictor._internal_maybe_mirror_and_predict(window.to(predictor.device))[0].to(results)
        output *= gaussian
        logits[place] += output
        weight[place[1:]] += gaussian
    return torch.div(logits, weight, out=logits)


class _InPrecision(torch.nn.Module):
    """Runs a network in another precision than nnU-Net; the output is converted to single precision."""

    def __init__(self, network: torch.nn.Module, inference: Inference) -> None:
        super().__init__()
        self.network = network
        self.device = inference.device
        self.lower = torch.bfloat16 if inference.precision == "bf16" else None

    def forward(self, patch: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self.device, dtype=self.lower, enabled=self.lower is not None):
            output: torch.Tensor = self.network(patch)
        return output.float()


class _Heads:
    """Reads logits of all heads, axes head, z, y, x, as nnU-Net does."""

    def __init__(self, label_manager: Any, tumour: Tumour) -> None:
        self.label_manager, self.tumour = label_manager, tumour

    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        return logits.float()

    def mask(self, logits: torch.Tensor) -> Mask:
        if self.tumour.regions:
            # nnU-Net paints regions over each other; their union does not depend on the order.
            probabilities = self.label_manager.apply_inference_nonlin(logits)
            return np.asarray((probabilities[list(self.tumour.heads)] > 0.5).any(0).numpy())
        labels = np.asarray(self.label_manager.convert_logits_to_segmentation(logits))
        return np.isin(labels, sorted(self.tumour.values))

    def probability(self, logits: torch.Tensor) -> npt.NDArray[np.float32]:
        heads = list(self.tumour.heads)
        probabilities = self.label_manager.apply_inference_nonlin(logits)[heads]
        combined = probabilities.amax(0) if self.tumour.regions else probabilities.sum(0).clamp(max=1)
        return np.asarray(combined.numpy(), dtype=np.float32)


class _Difference:
    """Reads background and tumour as one head: the softmax of two is the sigmoid of their difference."""

    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        return logits[1:].float() - logits[:1].float()

    def mask(self, logits: torch.Tensor) -> Mask:
        return np.asarray((logits[0] > 0).numpy())

    def probability(self, logits: torch.Tensor) -> npt.NDArray[np.float32]:
        return np.asarray(torch.sigmoid(logits[0]).numpy(), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Frame:
    """Position of the network's grid in the image; converts results back to the image's grid."""

    predictor: Any
    properties: dict[str, Any]

    def resample_as_planned(self, logits: torch.Tensor) -> torch.Tensor:
        """Resample with the function of the plans."""
        function = self.predictor.configuration_manager.resampling_fn_probabilities
        return torch.as_tensor(function(logits, *self._grids()))

    def resample_linearly(self, logits: torch.Tensor) -> torch.Tensor:
        """Resample linearly with torch; across thick slices to the nearest one, as in nnU-Net's default."""
        options = self.predictor.configuration_manager.configuration["resampling_fn_probabilities_kwargs"]
        slices = {name: options[name] for name in _SLICES if name in options}
        return torch.as_tensor(
            resample_torch_fornnunet(logits, *self._grids(), num_threads=torch.get_num_threads(), **slices)
        )

    def _grids(self) -> tuple[Any, list[float], list[float]]:
        """New shape, current and new spacing, as arguments of nnU-Net's resampling."""
        plans, configuration = self.predictor.plans_manager, self.predictor.configuration_manager
        shape = self.properties["shape_after_cropping_and_before_resampling"]
        spacing = [self.properties["spacing"][axis] for axis in plans.transpose_forward]
        current = list(configuration.spacing)
        # A two-dimensional network does not resample across slices.
        return shape, current if len(current) == len(shape) else [spacing[0], *current], spacing

    def put_back(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Undo nnU-Net's crop and its order of axes; 0 outside the crop."""
        whole = np.zeros(self.properties["shape_before_cropping"], dtype=array.dtype)
        whole[tuple(slice(low, high) for low, high in self.properties["bbox_used_for_cropping"])] = array
        return np.ascontiguousarray(whole.transpose(self.predictor.plans_manager.transpose_backward))


def require_extent(stacked: npt.NDArray[np.float32], spacing: list[float], predictor: Any) -> None:
    """Raise `InputError` for an image that is too thin for the network's grid.

    Parameters
    ----------
    stacked
        Images, axes channel, z, y, x.
    spacing
        Edges of a voxel along z, y, x, in mm.
    predictor
        An initialised ``nnUNetPredictor``.
    """
    wanted = list(predictor.configuration_manager.spacing)
    order = predictor.plans_manager.transpose_forward[-len(wanted) :]
    nonzero = np.argwhere((stacked != 0).any(axis=0))  # nnU-Net crops voxels that are 0 in all channels
    lengths = nonzero.max(axis=0) - nonzero.min(axis=0) + 1
    for axis, edge in zip(order, wanted, strict=True):
        if lengths[axis] == 1 or round(float(lengths[axis] * spacing[axis] / edge)) == 0:
            raise InputError(
                f"the image has values other than 0 only in {' x '.join(map(str, lengths[::-1]))} voxels of "
                f"{' x '.join(f'{length:g}' for length in spacing[::-1])} mm: too thin for this model, whose "
                f"voxels are {edge:g} mm along that axis.",
                "Use a volume of several slices; only a model that was trained in 2D accepts single slices.",
            )


def _prepare(images: tuple[sitk.Image, ...], predictor: Any) -> tuple[_Frame, torch.Tensor]:
    """Crop, normalise and resample images as in training; axes channel, z, y, x."""
    stacked = np.stack([sitk.GetArrayFromImage(image).astype(np.float32) for image in images])
    properties = {"spacing": [float(edge) for edge in images[0].GetSpacing()[::-1]]}
    require_extent(stacked, properties["spacing"], predictor)
    preprocessor = predictor.configuration_manager.preprocessor_class(verbose=False)
    data, _, properties = preprocessor.run_case_npy(
        stacked,
        None,
        properties,
        predictor.plans_manager,
        predictor.configuration_manager,
        predictor.dataset_json,
    )
    return _Frame(predictor, properties), torch.from_numpy(data)
