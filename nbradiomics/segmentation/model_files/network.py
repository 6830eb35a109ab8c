"""Build the network of a model's plans, and load the weights of its folds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbradiomics.errors import ModelError
from nbradiomics.segmentation.model_files.checkpoint import Fold
from nbradiomics.segmentation.model_files.plans import (
    channel_names,
    check_channels,
    configuration_of,
    first_line,
)

_ONE_TRAINING = "Plans and checkpoints must come from the same training."


def build_predictor(plans: dict[str, Any], dataset: dict[str, Any], folds: list[Fold], folder: Path) -> Any:
    """Build an ``nnUNetPredictor`` of all folds; raise `ModelError` if plans and folds do not match.

    Parameters
    ----------
    plans, dataset
        Content of ``plans.json`` and ``dataset.json``, checked by `check_plans` and `check_dataset`.
    folds
        At least one; all with the same configuration and trainer.
    folder
        The model, for messages.
    """
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    first, where = folds[0], folder / "plans.json"
    manager, configuration = configuration_of(plans, first.configuration, where)
    check_channels(plans, configuration.configuration, dataset, where)
    if first.trainer != "nnUNetTrainer":
        _require_stock_trainer(first.trainer, folder)
    heads = _heads(manager, dataset, folder)
    # On this device tensors have a shape but no content, so that a huge network in the plans needs no memory
    # before its weights are known to have the same size.
    with torch.device("meta"):
        outline = _network(configuration, dataset, heads, where)
    _require_output(outline, configuration.patch_size, len(channel_names(dataset)), heads, where)
    shapes = {name: tensor.shape for name, tensor in outline.state_dict().items()}
    for fold in folds:
        _require_match(shapes, fold, folder)
    with torch.random.fork_rng(devices=[]):  # layers draw random initial weights
        network = _network(configuration, dataset, heads, where)
    network.load_state_dict(first.weights)
    predictor = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    weights = [fold.weights for fold in folds]
    predictor.manual_initialization(
        network, manager, configuration, weights, dataset, first.trainer, first.mirroring
    )
    return predictor


def _heads(manager: Any, dataset: dict[str, Any], folder: Path) -> int:
    try:
        return int(manager.get_label_manager(dataset).num_segmentation_heads)
    except Exception as error:  # any exception of nnU-Net is due to the labels
        raise ModelError(
            f"{folder / 'dataset.json'}: nnU-Net cannot use its labels: {first_line(error)}",
            "Plans and dataset.json must come from the same training.",
        ) from error


def _network(configuration: Any, dataset: dict[str, Any], heads: int, where: Path) -> Any:
    """Build the network of the plans, as nnU-Net's trainer does."""
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    try:
        return get_network_from_plans(
            configuration.network_arch_class_name,
            configuration.network_arch_init_kwargs,
            configuration.network_arch_init_kwargs_req_import,
            len(channel_names(dataset)),
            heads,
            allow_init=False,
            deep_supervision=False,
        )
    except Exception as error:  # any exception of a network is due to the plans
        raise ModelError(
            f"{where}: its network cannot be built: {type(error).__name__}: {first_line(error)}",
            "Plans must come from nnU-Net 2.2 or later.",
        ) from error


def _require_output(network: Any, patch: list[int], channels: int, heads: int, where: Path) -> None:
    """Check that the output of the network for a patch has as many channels as there are labels."""
    import torch

    try:
        with torch.inference_mode():
            shape = tuple(network.eval()(torch.empty((1, channels, *patch), device="meta")).shape)
    except Exception as error:  # see above
        raise ModelError(
            f"{where}: its network does not accept a patch of {channels} channels and {patch} voxels: "
            f"{first_line(error)}",
            _ONE_TRAINING,
        ) from error
    if shape != (1, heads, *patch):
        raise ModelError(
            f"{where}: the output of its network for a patch of {patch} voxels has shape {list(shape)}; "
            f"{heads} outputs of the size of the patch were expected.",
            _ONE_TRAINING,
        )


def _require_stock_trainer(trainer: str, folder: Path) -> None:
    """Refuse a trainer that may build a different network.

    A different network with the same weights would not be noticed, so only trainers that are part of nnU-Net
    are trusted.
    """
    import nnunetv2.training.nnUNetTrainer.variants as variants
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
    from nnunetv2.utilities.find_class_by_name import recursive_find_python_class

    # Only the variants: a search of all trainers would import timm and thereby torchvision.
    variant = recursive_find_python_class(variants.__path__[0], trainer, variants.__name__)
    builds = getattr(variant, "build_network_architecture", None)
    if variant is None or builds is not nnUNetTrainer.build_network_architecture:
        raise ModelError(
            f"{folder} was trained by {trainer!r}, which may build another network than that of the plans.",
            "This release loads only models of nnU-Net's own trainers that build the network of the plans.",
        )


def _require_match(expected: dict[str, Any], fold: Fold, folder: Path) -> None:
    weights = fold.weights
    missing = sorted(set(expected) - set(weights))
    unknown = sorted(set(weights) - set(expected))
    other = [name for name in expected if name in weights and expected[name] != weights[name].shape]
    for problem, names in (("lacks", missing), ("also has", unknown), ("has in another shape", other)):
        if names:
            raise ModelError(
                f"{folder / fold.name} does not match the network of the plans: it {problem} "
                f"{len(names)} weights, first {names[0]}.",
                _ONE_TRAINING,
            )
