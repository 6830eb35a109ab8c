"""One alteration of a reference pipeline, and the grid of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.features.native.plan import Plan
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.expected import expected_features
from nbradiomics.features.parameters.unused import OF_TYPE

#: Defaults of the settings that are read when voxels are measured or filtered; `Plan` adds the others.
_DEFAULTS: Mapping[str, Any] = {
    "binWidth": 25,
    "voxelArrayShift": 0,
    "symmetricalGLCM": True,
    "gldm_a": 0,
    "wavelet": "coif1",
    "level": 1,
    "start_level": 0,
    "gradientUseSpacing": True,
    "resegmentMode": "absolute",
    "resegmentShape": False,
}


@dataclass(frozen=True)
class Alteration:
    """A pipeline that differs from the reference.

    Attributes
    ----------
    name
        Value of the column `variant`.
    parameters
        The parameters of the reference with the changes.
    mask_mm
        Distance in mm by which the mask is dilated; eroded if negative, unchanged if 0.
    """

    name: str
    parameters: Parameters
    mask_mm: float = 0.0


@dataclass(frozen=True)
class ProcessingGrid:
    """A reference pipeline and its alterations.

    Attributes
    ----------
    name
        File from which it was read, for messages.
    reference
        Parameters of the reference.
    alterations
        In the order of the file.
    text
        Content of the file, for the provenance.
    """

    name: str
    reference: Parameters
    alterations: tuple[Alteration, ...]
    text: str = field(default="", compare=False)

    def not_comparable(self, alteration: Alteration) -> dict[str, str]:
        """Return the reason for each feature that has no counterpart in the other pipeline.

        Features are matched by PyRadiomics' names, which contain the filter and, for LoG, its sigma. The
        level of a wavelet is not in its name: with another `start_level` a name means another scale.
        """
        before = expected_features(self.reference)
        after = expected_features(alteration.parameters)
        reasons = {name: "only the reference has this feature" for name in before if name not in set(after)}
        reasons |= {
            name: "the reference does not have this feature" for name in after if name not in set(before)
        }
        if _first_level(self.reference) != _first_level(alteration.parameters):
            other = "its start_level differs, so that this name means another scale"
            reasons |= {name: other for name in before if name.startswith("wavelet") and name not in reasons}
        return reasons


def _first_level(parameters: Parameters) -> Any:
    return effective(parameters)["images"].get("Wavelet", {}).get("start_level")


def effective(parameters: Parameters) -> dict[str, Any]:
    """Return everything that decides about values, with defaults filled in: equal for equal pipelines."""
    plan = Plan.of(parameters)
    shared = {**_DEFAULTS, **_stated(plan.settings)}
    if shared.get("binCount") is not None:
        del shared["binWidth"]
    images = {
        kind: {
            name: value
            for name, value in {**shared, **_stated(own or {})}.items()
            if OF_TYPE.get(name, kind) == kind
        }
        for kind, own in plan.image_types.items()
    }
    return {"images": images, "classes": dict(plan.classes), "own": parameters.own}


def _stated(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}
