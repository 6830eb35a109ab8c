"""The description of a model: plans, data set and card, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbradiomics.errors import ModelError
from nbradiomics.segmentation.model_files.card import Card, read_card
from nbradiomics.segmentation.model_files.files import read_json
from nbradiomics.segmentation.model_files.labels import Tumour, find_tumour
from nbradiomics.segmentation.model_files.layout import DATASET, PLANS
from nbradiomics.segmentation.model_files.plans import channel_names, check_dataset, check_plans

#: Axes to which nnU-Net's image readers turn images in training; ``None``: they do not turn them.
_READERS: dict[str, str | None] = {
    "SimpleITKIO": None,
    "NibabelIO": None,
    "SimpleITKIOWithReorient": "RAS",
    "NibabelIOWithReorient": "RAS",
}


@dataclass(frozen=True)
class Description:
    """Result of `read_description`.

    Attributes
    ----------
    plans, dataset
        Content of ``plans.json`` and ``dataset.json``.
    card
        The model's card.
    channels
        Names of the inputs, in the network's order.
    tumour
        The tumour among the outputs of the network.
    orientation
        Voxel axes of the images in training, such as ``LPS``; ``None`` if they are not recorded.
    """

    plans: dict[str, Any]
    dataset: dict[str, Any]
    card: Card
    channels: tuple[str, ...]
    tumour: Tumour
    orientation: str | None


def read_description(folder: Path) -> Description:
    """Read and check the description of a model; raise `ModelError` that names the first problem."""
    plans, dataset = read_json(folder / PLANS), read_json(folder / DATASET)
    check_plans(plans, folder / PLANS)
    check_dataset(dataset, folder / DATASET)
    card = read_card(folder)
    return Description(
        plans=plans,
        dataset=dataset,
        card=card,
        channels=channel_names(dataset),
        tumour=find_tumour(dataset, folder, card.tumour),
        orientation=_orientation(plans, card, folder),
    )


def _orientation(plans: Mapping[str, Any], card: Card, folder: Path) -> str | None:
    reader = plans["image_reader_writer"]
    if reader not in _READERS:
        raise ModelError(
            f"{folder / PLANS}: images were read by {reader!r} in training.",
            f"This release supports {', '.join(_READERS)}, which read three-dimensional medical images.",
        )
    turned = _READERS[reader]
    if turned and card.orientation and card.orientation != turned:
        raise ModelError(
            f"{folder}: its card says that training images had axes {card.orientation}, but its plans say "
            f"that {reader} turned them to {turned}.",
            "Remove the orientation, or correct it.",
        )
    return turned or card.orientation
