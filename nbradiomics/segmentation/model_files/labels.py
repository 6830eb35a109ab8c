"""Find the tumour among a model's labels or regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbradiomics.errors import ModelError
from nbradiomics.segmentation.model_files.plans import has_regions, label_values

_NAMES = ("tumour", "tumor")


@dataclass(frozen=True)
class Tumour:
    """The tumour in the output of a network.

    Attributes
    ----------
    names
        Names of its labels or of its region, as in ``dataset.json``.
    values
        Values in nnU-Net's segmentation that mean tumour.
    heads
        Outputs of the network that belong to the tumour. With labels, the tumour's probability is the sum of
        their probabilities (softmax). With regions (sigmoid, one head each), these are the heads of the
        region and of all regions inside it, and the tumour's probability is the largest.
    regions
        Whether the model was trained on regions.
    """

    names: tuple[str, ...]
    values: frozenset[int]
    heads: tuple[int, ...]
    regions: bool = False


def find_tumour(dataset: Mapping[str, Any], folder: Path, names: Sequence[str] | None = None) -> Tumour:
    """Find the tumour among the labels of ``dataset.json``.

    Parameters
    ----------
    dataset
        Content of ``dataset.json``.
    folder
        The model, for messages.
    names
        Labels that form the tumour, or one region, as in a model's card. By default: the label or region
        named ``tumour`` or ``tumor``; else the region that contains all others; else the only label.

    Raises
    ------
    ModelError
        When there is no such label or region; the message lists the labels.
    """
    labels = {
        str(name): value
        for name, value in dataset.get("labels", {}).items()
        if name != "ignore" and value not in (0, [0])
    }
    chosen = _chosen(labels, names)
    if not chosen:
        listed = ", ".join(f"{name} = {value}" for name, value in labels.items()) or "none"
        wanted = f"no label {', '.join(names)}" if names else "no label that is certainly the tumour"
        raise ModelError(
            f"{folder} has {wanted}; labels other than the background: {listed}.",
            "Name the label or labels of the tumour: nbradiomics model import FOLDER --tumour NAMES.",
        )
    values = frozenset(value for name in chosen for value in label_values(labels[name]))
    if not has_regions(labels):  # one head for each label, in the order of their values
        return Tumour(chosen, values, tuple(sorted(values)))
    inside = [set(label_values(value)) <= values for value in labels.values()]
    heads = tuple(head for head, within in enumerate(inside) if within)  # regions in the order of the file
    return Tumour(chosen, values, heads, regions=True)


def _chosen(labels: Mapping[str, Any], names: Sequence[str] | None) -> tuple[str, ...]:
    regions = has_regions(labels)
    if names:
        known = set(names) <= set(labels) and not (regions and len(names) > 1)
        return tuple(dict.fromkeys(names)) if known else ()
    named = [name for name in labels if name.casefold() in _NAMES]
    whole = {value for each in labels.values() for value in label_values(each)}
    largest = [name for name, value in labels.items() if set(label_values(value)) == whole] if regions else []
    candidates = named or largest or list(labels)
    return tuple(candidates) if len(candidates) == 1 else ()
