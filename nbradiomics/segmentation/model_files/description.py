"""What a model's folder says besides its weights: plans, data set and card, checked against each other."""

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

#: How nnU-Net's readers turn an image before they train on it; ``None``: not at all.
_READERS: dict[str, str | None] = {
    "SimpleITKIO": None,
    "NibabelIO": None,
    "SimpleITKIOWithReorient": "RAS",
    "NibabelIOWithReorient": "RAS",
}


@dataclass(frozen=True)
class Description:
    """What `read_description` returns.

    Attributes
    ----------
    plans, dataset
        Content of ``plans.json`` and ``dataset.json``.
    card
        What the model says of itself.
    channels
        Names of the inputs, in the network's order.
    tumour
        The tumour among the network's outputs.
    orientation
        Axes of the images in training, such as ``LPS``; ``None`` where nothing records them.
    """

    plans: dict[str, Any]
    dataset: dict[str, Any]
    card: Card
    channels: tuple[str, ...]
    tumour: Tumour
    orientation: str | None


def read_description(folder: Path) -> Description:
    """Read and check the descriptions of a model; raise `ModelError` that names what is wrong."""
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
            f"This release knows {', '.join(_READERS)}, which read three-dimensional medical images.",
        )
    turned = _READERS[reader]
    if turned and card.orientation and card.orientation != turned:
        raise ModelError(
            f"{folder}: its card says that images lay {card.orientation} in training, its plans that "
            f"{reader} turned them to {turned}.",
            "Leave the orientation out, or correct it.",
        )
    return turned or card.orientation
