"""Build the network of a model's plans and fit its folds' weights to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbradiomics.errors import ModelError
from nbradiomics.segmentation.checkpoint import Fold, require_known_classes


def build_predictor(plans: dict[str, Any], dataset: dict[str, Any], folds: list[Fold], folder: Path) -> Any:
    """Build an ``nnUNetPredictor`` of all folds; raise `ModelError` when plans and folds do not fit."""
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    try:
        manager = PlansManager(plans)
        configuration = manager.get_configuration(folds[0].configuration)
    except (RuntimeError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{folder / 'plans.json'} has no configuration {folds[0].configuration!r} that nnU-Net can read: "
            f"{error}",
            "Plans and checkpoints must come from one training.",
        ) from error
    require_known_classes(configuration.configuration, folder / "plans.json")
    if configuration.previous_stage_name is not None:
        raise ModelError(
            f"{folder} is the second stage of a cascade ({configuration.previous_stage_name} comes first).",
            "This release segments with models of one stage, such as 3d_fullres.",
        )
    network = _network(manager, configuration, dataset, folds[0].trainer, folder)
    for fold in reversed(folds):  # the first fold's weights stay
        _fit(network, fold, folder)
    predictor = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    predictor.manual_initialization(
        network,
        manager,
        configuration,
        [fold.weights for fold in folds],
        dataset,
        folds[0].trainer,
        folds[0].mirroring,
    )
    return predictor


def _network(manager: Any, configuration: Any, dataset: dict[str, Any], trainer: str, folder: Path) -> Any:
    """Build the network of the plans, as the trainer would.

    A trainer that builds a network of its own would not be noticed where it has the same weights, so
    only trainers that nnU-Net brings along are taken at their word.
    """
    import torch

    if trainer != "nnUNetTrainer":
        _require_stock_trainer(trainer, folder)
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    channels = len(channel_names(dataset))
    heads = manager.get_label_manager(dataset).num_segmentation_heads
    with torch.random.fork_rng(devices=[]):  # layers draw initial weights
        try:
            return get_network_from_plans(
                configuration.network_arch_class_name,
                configuration.network_arch_init_kwargs,
                configuration.network_arch_init_kwargs_req_import,
                channels,
                heads,
                allow_init=False,
                deep_supervision=False,
            )
        except (TypeError, ValueError, KeyError, RuntimeError, AssertionError) as error:
            raise ModelError(
                f"{folder / 'plans.json'}: its network cannot be built: {error}",
                "Plans must come from nnU-Net 2.2 or later.",
            ) from error


def _require_stock_trainer(trainer: str, folder: Path) -> None:
    import nnunetv2.training.nnUNetTrainer.variants as variants
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
    from nnunetv2.utilities.find_class_by_name import recursive_find_python_class

    # The variants only: a search of the whole tree would import timm and with it torchvision.
    found = recursive_find_python_class(variants.__path__[0], trainer, variants.__name__)
    builds = getattr(found, "build_network_architecture", None)
    if found is None or builds is not nnUNetTrainer.build_network_architecture:
        raise ModelError(
            f"{folder} was trained by {trainer!r}, which may build another network than its plans describe.",
            "This release loads models of nnU-Net's own trainers that build the network of the plans.",
        )


def _fit(network: Any, fold: Fold, folder: Path) -> None:
    own = network.state_dict()
    missing = sorted(set(own) - set(fold.weights))
    unknown = sorted(set(fold.weights) - set(own))
    shapes = [name for name in own if name in fold.weights and own[name].shape != fold.weights[name].shape]
    for what, names in (("lacks", missing), ("has besides", unknown), ("has in another shape", shapes)):
        if names:
            raise ModelError(
                f"{folder / fold.name} does not fit the network of the plans: it {what} "
                f"{len(names)} weights, first {names[0]}.",
                "Plans and checkpoints must come from one training.",
            )
    network.load_state_dict(fold.weights)


def channel_names(dataset: dict[str, Any]) -> tuple[str, ...]:
    """Names of the network's inputs in their order."""
    names = dataset.get("channel_names", dataset.get("modality", {}))
    return tuple(str(names[key]) for key in sorted(names, key=int))
