"""Small nnU-Net models of random weights, of any channels, labels and regions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from nbradiomics.segmentation.model import load_model
from nbradiomics.segmentation.store import BUNDLED

_CHANNEL = {
    "max": 1500.0,
    "mean": 480.0,
    "median": 450.0,
    "min": 90.0,
    "percentile_00_5": 180.0,
    "percentile_99_5": 1100.0,
    "std": 180.0,
}


def open_demo(folder: Path) -> Path:
    """Copy the bundled model to a folder, without the hashes in its card: a copy that may be changed."""
    shutil.copytree(BUNDLED / "synthetic-demo", folder)
    unseal(folder)
    return folder


def unseal(folder: Path) -> None:
    """Take the hashes out of a model's card, as somebody does who changes its files on purpose."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["sha256"]
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def make_model(
    folder: Path,
    *,
    channels: Sequence[str] = ("T2w",),
    labels: Mapping[str, Any] | None = None,
    order: Sequence[int] | None = None,
    folds: int = 2,
    mirroring: tuple[int, ...] | None = (0, 1, 2),
    offset: float = 0.0,
    flat: bool = False,
    seed: int = 0,
    **configuration: Any,
) -> Path:
    """Write a model of random weights and give its folder.

    Parameters
    ----------
    channels
        Names of its inputs.
    labels, order
        As in ``dataset.json``: labels, or regions with their ``regions_class_order``.
    offset
        Added to the logits of what is not the background: a large negative number finds nothing.
    flat
        A network of two dimensions.
    **configuration
        Changes of the plans' configuration.
    """
    labels = labels or {"background": 0, "tumour": 1}
    name = "2d" if flat else "3d_fullres"
    plans = json.loads((BUNDLED / "synthetic-demo" / "plans.json").read_text(encoding="utf-8"))
    plans["foreground_intensity_properties_per_channel"] = {str(n): _CHANNEL for n in range(len(channels))}
    own = {**plans["configurations"]["3d_fullres"], **_network(flat=flat)}
    own["normalization_schemes"] = ["ZScoreNormalization"] * len(channels)
    own["use_mask_for_norm"] = [False] * len(channels)
    plans["configurations"] = {name: {**own, **configuration}}
    dataset = {
        "channel_names": {str(number): channel for number, channel in enumerate(channels)},
        "labels": labels,
        "numTraining": 5,
        "file_ending": ".nii.gz",
        **({"regions_class_order": list(order)} if order else {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    network = _build(plans, dataset, name)
    generator = torch.Generator().manual_seed(seed)
    for fold in range(folds):
        checkpoint = {
            "network_weights": _weights(network, generator, offset, background=not order),
            "trainer_name": "nnUNetTrainer",
            "init_args": {"configuration": name},
            "inference_allowed_mirroring_axes": mirroring,
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")
    load_model(folder)  # it is one
    return folder


def _network(*, flat: bool) -> dict[str, Any]:
    plans = json.loads((BUNDLED / "synthetic-demo" / "plans.json").read_text(encoding="utf-8"))
    architecture = plans["configurations"]["3d_fullres"]["architecture"]
    axes = 2 if flat else 3
    architecture["arch_kwargs"].update(
        n_stages=2,
        features_per_stage=[4, 8],
        conv_op=f"torch.nn.modules.conv.Conv{axes}d",
        norm_op=f"torch.nn.modules.instancenorm.InstanceNorm{axes}d",
        kernel_sizes=[[3] * axes] * 2,
        strides=[[1] * axes, [2] * axes],
        n_conv_per_stage=[1, 1],
        n_conv_per_stage_decoder=[1],
    )
    return {
        "architecture": architecture,
        "patch_size": [16, 24, 24][-axes:],
        "spacing": [4.0, 3.0, 3.0][-axes:],
        "median_image_size_in_voxels": [16.0, 30.0, 30.0][-axes:],
    }


def _build(plans: dict[str, Any], dataset: dict[str, Any], name: str) -> torch.nn.Module:
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    manager = PlansManager(plans)
    configuration = manager.get_configuration(name)
    network: torch.nn.Module = get_network_from_plans(
        configuration.network_arch_class_name,
        configuration.network_arch_init_kwargs,
        configuration.network_arch_init_kwargs_req_import,
        len(dataset["channel_names"]),
        manager.get_label_manager(dataset).num_segmentation_heads,
        allow_init=False,
        deep_supervision=False,
    )
    return network


def _weights(
    network: torch.nn.Module, generator: torch.Generator, offset: float, *, background: bool
) -> dict[str, torch.Tensor]:
    drawn: dict[int, torch.Tensor] = {}
    weights = {}
    for name, tensor in network.state_dict().items():
        if tensor.data_ptr() not in drawn:
            drawn[tensor.data_ptr()] = _draw(name, tensor.shape, generator)
            if name.endswith("seg_layers.0.bias"):
                drawn[tensor.data_ptr()][int(background) :] += offset
        weights[name] = drawn[tensor.data_ptr()]
    return weights


def _draw(name: str, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """Random filters; biases and norms such that each head is now positive, now negative."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if ".norm." in name:
        return torch.ones(shape)
    filters = torch.randn(shape, generator=generator)
    return 2 * (filters - filters.mean(1, keepdim=True)) if "seg_layers" in name else 0.3 * filters
