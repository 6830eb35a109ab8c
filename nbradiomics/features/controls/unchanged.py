"""Controls that change no feature of a parameter file, and so say nothing of a model."""

from __future__ import annotations

from collections.abc import Sequence

from nbradiomics.features.controls.kinds import OF_VOXELS, Control
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.expected import SHAPES, expected_features

#: Images that are functions of one voxel alone: a shuffled region has their values in another order.
_OF_ONE_VOXEL = ("original", "square", "squareroot", "logarithm", "exponential")


#: Classes and families of the values of the voxels, wherever these are.
_OF_VALUES = ("firstorder", "stat", "ih", "ivh")


def unchanged_sentences(parameters: Parameters, kinds: Sequence[Control]) -> list[str]:
    """Say which controls keep all features that the parameters request; empty if each changes some."""
    features = [name.split("_") for name in expected_features(parameters)]
    if not features:
        return []
    classes = ", ".join(dict.fromkeys(kind for _, kind, *_ in features))
    return [
        f"the control {control} keeps all features of {parameters.name} ({classes}): a model of them is the "
        "same with it and without it."
        for control in kinds
        if all(_is_kept(image, kind, control) for image, kind, *_ in features)
    ]


def _is_kept(image: str, kind: str, control: Control) -> bool:
    if kind in SHAPES:
        return control in (*OF_VOXELS, "displaced")
    return control == "shuffled" and kind in _OF_VALUES and image in _OF_ONE_VOXEL
