"""Which of a model's labels or regions is the tumour."""

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
    """The tumour in a network's output.

    Attributes
    ----------
    names
        Names of its labels or of its region, as in ``dataset.json``.
    values
        Values in nnU-Net's segmentation that count as tumour.
    heads
        Outputs of the network that belong to it: with labels their probabilities (softmax) add up to the
        tumour's; with regions (sigmoid, one head each) those of the region and of all within it, of which
        the largest is the tumour's.
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
        Labels that make up the tumour, or one region, as a model's card may name them. Unless given: the
        label or region named ``tumour`` or ``tumor``; else the only label; else the region that holds all
        others.

    Raises
    ------
    ModelError
        When there is no such label or region; the message lists those there are.
    """
    labels = {
        str(name): value
        for name, value in dataset.get("labels", {}).items()
        if name != "ignore" and value not in (0, [0])
    }
    chosen = _chosen(labels, names)
    if not chosen:
        listed = ", ".join(f"{name} = {value}" for name, value in labels.items()) or "none"
        wanted = f"no label {', '.join(names)}" if names else "no label that is the tumour for certain"
        raise ModelError(
            f"{folder} has {wanted}; labels besides the background: {listed}.",
            "Name the tumour's label or labels in the card: nbradiomics model import FOLDER --tumour NAMES.",
        )
    values = frozenset(value for name in chosen for value in label_values(labels[name]))
    if not has_regions(labels):  # one head for each label, in their order
        return Tumour(chosen, values, tuple(sorted(values)))
    inside = [set(label_values(value)) <= values for value in labels.values()]
    heads = tuple(
        head for head, within in enumerate(inside) if within
    )  # nnU-Net numbers regions as they stand
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
