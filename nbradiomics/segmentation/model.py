"""A segmentation model: a folder of nnU-Net v2 results, checked before it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.errors import ModelError
from nbradiomics.images.io import file_hash
from nbradiomics.segmentation.card import CARD, Card, read_card
from nbradiomics.segmentation.checkpoint import (
    Fold,
    checkpoint_paths,
    read_folds,
    read_json,
    require_known_classes,
)
from nbradiomics.segmentation.environment import environment, matplotlib_untouched, quiet_nnunet
from nbradiomics.segmentation.predict import Prediction, segment

if TYPE_CHECKING:
    import SimpleITK as sitk

BUNDLED = Path(__file__).parent / "bundled"
#: How nnU-Net's readers turn an image before they train on it; ``None``: not at all.
_READERS: dict[str, str | None] = {
    "SimpleITKIO": None,
    "NibabelIO": None,
    "SimpleITKIOWithReorient": "RAS",
    "NibabelIOWithReorient": "RAS",
}
_NAMES = ("tumour", "tumor")


@dataclass(frozen=True)
class Model:
    """A loaded model; `load_model` makes it. Not to be shared between threads.

    Attributes
    ----------
    name
        The card's name, or the folder's.
    card
        What the model says of itself.
    folds
        Names of the folds, such as ``fold_0``; their probabilities are averaged.
    label
        Value of the tumour in the network's output.
    orientation
        Axes to which images are turned before they are segmented; ``None`` leaves them as they lie.
    fingerprint
        SHA-256, in hexadecimal, over the files that decide what the model predicts.
    """

    name: str
    card: Card
    folds: tuple[str, ...]
    label: int
    orientation: str | None
    fingerprint: str
    predictor: Any = field(repr=False, compare=False)

    def predict(self, image: str | Path | sitk.Image, *, threads: int | None = None) -> Prediction:
        """Segment one image.

        Parameters
        ----------
        image
            File or image: three-dimensional, one finite number per voxel.
        threads
            Threads of torch; ``None`` leaves their number alone.

        Raises
        ------
        InputError
            When the image is not three-dimensional and scalar, holds a value that is not finite, or
            is the same everywhere.
        """
        return segment(image, self.predictor, label=self.label, orientation=self.orientation, threads=threads)


def bundled_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/plans.json"))


def load_model(name_or_folder: str | Path) -> Model:
    """Load a bundled model by its name, or any nnU-Net v2 model with one input by its folder.

    Nothing in the folder is run: checkpoints are read as weights only, and the plans may name only
    networks of nnU-Net.

    Parameters
    ----------
    name_or_folder
        One of `bundled_models`, or a folder with ``plans.json``, ``dataset.json`` and
        ``fold_*/checkpoint_final.pth`` (nnU-Net's ``Trainer__Plans__configuration``).

    Raises
    ------
    ModelError
        When the folder is no such model, its folds differ or do not fit the network that the plans
        describe, weights are not finite, or the model takes several channels, has regions or a
        cascade, or has no tumour label.
    """
    folder = _find(name_or_folder)
    plans, dataset = read_json(folder / "plans.json"), read_json(folder / "dataset.json")
    _require_one_channel(dataset, folder)
    label = tumour_label(dataset, folder)
    folds = read_folds(folder)
    card = read_card(folder)
    orientation = _orientation(plans, card, folder)
    with environment({"nnUNet_compile": None}), matplotlib_untouched(), quiet_nnunet():
        predictor = _predictor(plans, dataset, folds, folder)
    return Model(
        name=card.name or folder.name,
        card=card,
        folds=tuple(fold.name for fold in folds),
        label=label,
        orientation=orientation,
        fingerprint=_fingerprint(folder),
        predictor=predictor,
    )


def _find(name_or_folder: str | Path) -> Path:
    if isinstance(name_or_folder, str) and name_or_folder in bundled_models():
        return BUNDLED / name_or_folder
    folder = Path(name_or_folder)
    if not folder.is_dir():
        raise ModelError(
            f"no model {str(name_or_folder)!r}: neither a bundled model nor a folder.",
            f"Give a folder of nnU-Net v2 results, or one of: {', '.join(bundled_models())}.",
        )
    return folder


def _require_one_channel(dataset: Mapping[str, Any], folder: Path) -> None:
    channels = dataset.get("channel_names", dataset.get("modality", {}))
    if len(channels) != 1:
        raise ModelError(
            f"{folder} takes {len(channels)} input channels ({', '.join(map(str, channels.values()))}).",
            "This release segments with models of one input channel.",
        )


def tumour_label(dataset: Mapping[str, Any], folder: Path) -> int:
    """Value of the label named ``tumour`` or ``tumor``, or of the only label besides the background.

    Raises
    ------
    ModelError
        When there is no such label; the message lists those there are.
    """
    labels = {
        str(name): value
        for name, value in dataset.get("labels", {}).items()
        if name != "ignore" and value not in (0, [0])
    }
    listed = ", ".join(f"{name} = {value}" for name, value in labels.items()) or "none"
    if any(isinstance(value, list) for value in labels.values()):
        raise ModelError(
            f"{folder} was trained on regions, not on labels: {listed}.",
            "This release segments with models that were trained on plain labels.",
        )
    named = [value for name, value in labels.items() if name.casefold() in _NAMES]
    candidates = named or list(labels.values())
    if len(candidates) != 1:
        raise ModelError(
            f"{folder} does not say which label is the tumour; labels besides the background: {listed}.",
            "Name one of them 'tumour' in dataset.json.",
        )
    return int(candidates[0])


def _orientation(plans: Mapping[str, Any], card: Card, folder: Path) -> str | None:
    reader = plans.get("image_reader_writer")
    if reader not in _READERS:
        raise ModelError(
            f"{folder / 'plans.json'}: images were read by {reader!r} in training.",
            f"This release knows {', '.join(_READERS)}, which read three-dimensional medical images.",
        )
    return _READERS[reader] or card.orientation


def _predictor(plans: dict[str, Any], dataset: dict[str, Any], folds: list[Fold], folder: Path) -> Any:
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

    heads = manager.get_label_manager(dataset).num_segmentation_heads
    with torch.random.fork_rng(devices=[]):  # layers draw initial weights
        try:
            return get_network_from_plans(
                configuration.network_arch_class_name,
                configuration.network_arch_init_kwargs,
                configuration.network_arch_init_kwargs_req_import,
                1,
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


def _fingerprint(folder: Path) -> str:
    files = [folder / name for name in ("plans.json", "dataset.json", CARD)] + checkpoint_paths(folder)
    lines = [f"{path.relative_to(folder).as_posix()} {file_hash(path)}" for path in files if path.is_file()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
