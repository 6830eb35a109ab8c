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
from nbradiomics.segmentation.checkpoint import checkpoint_paths, read_folds, read_json
from nbradiomics.segmentation.environment import environment, matplotlib_untouched, quiet_nnunet
from nbradiomics.segmentation.labels import Tumour, find_tumour
from nbradiomics.segmentation.network import build_predictor, channel_names
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
    channels
        Names of the inputs, in the network's order.
    tumour
        The tumour among the network's outputs.
    orientation
        Axes to which images are turned before they are segmented; ``None`` leaves them as they lie.
    fingerprint
        SHA-256, in hexadecimal, over the files that decide what the model predicts.
    """

    name: str
    card: Card
    folds: tuple[str, ...]
    channels: tuple[str, ...]
    tumour: Tumour
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
        return segment(
            image, self.predictor, tumour=self.tumour, orientation=self.orientation, threads=threads
        )


def bundled_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/plans.json"))


def load_model(name_or_folder: str | Path) -> Model:
    """Load a bundled model by its name, or any nnU-Net v2 model by its folder.

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
        describe, weights are not finite, or the model is a cascade or has no tumour label.
    """
    folder = _find(name_or_folder)
    plans, dataset = read_json(folder / "plans.json"), read_json(folder / "dataset.json")
    card = read_card(folder)
    tumour = find_tumour(dataset, folder, card.tumour)
    folds = read_folds(folder)
    orientation = _orientation(plans, card, folder)
    with environment({"nnUNet_compile": None}), matplotlib_untouched(), quiet_nnunet():
        predictor = build_predictor(plans, dataset, folds, folder)
    return Model(
        name=card.name or folder.name,
        card=card,
        folds=tuple(fold.name for fold in folds),
        channels=channel_names(dataset),
        tumour=tumour,
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


def _orientation(plans: Mapping[str, Any], card: Card, folder: Path) -> str | None:
    reader = plans.get("image_reader_writer")
    if reader not in _READERS:
        raise ModelError(
            f"{folder / 'plans.json'}: images were read by {reader!r} in training.",
            f"This release knows {', '.join(_READERS)}, which read three-dimensional medical images.",
        )
    return _READERS[reader] or card.orientation


def _fingerprint(folder: Path) -> str:
    files = [folder / name for name in ("plans.json", "dataset.json", CARD)] + checkpoint_paths(folder)
    lines = [f"{path.relative_to(folder).as_posix()} {file_hash(path)}" for path in files if path.is_file()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
