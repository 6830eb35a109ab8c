"""What structure sets and segmentations have in common: labelled regions that become voxels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.masks.region_names import Label
from nbradiomics.dicom.volume import Volume


class Finding(NamedTuple):
    """What was found, and what to do."""

    cause: str
    hint: str


@dataclass(frozen=True)
class Made:
    """A region as voxels, or the reason why there are none.

    Attributes
    ----------
    voxels
        Slices x rows x columns, 0 and 1, with at least one 1; ``None`` if there is an error.
    error
        Why there is no mask.
    warnings
        What was left out or may be wrong.
    outlined
        Volume in ml by the area of the contours; ``None`` if there are no contours.
    """

    voxels: npt.NDArray[np.uint8] | None = None
    error: Finding | None = None
    warnings: list[Finding] = field(default_factory=list)
    outlined: float | None = None


class RegionSource(Protocol):
    """An object with regions."""

    def labels(self) -> list[Label]:
        """Labels of the regions that were drawn on the volume, in the order of the file."""
        ...

    def make(self, number: int) -> Made:
        """Make a region, by its number in the file."""
        ...


def slices_by_image(volume: Volume) -> dict[tuple[str, int | None], int]:
    """Slice of each image (SOP instance, frame) of a volume; frame ``None`` or 1 if it has one frame."""
    places: dict[tuple[str, int | None], int] = {}
    for place, part in enumerate(volume.slices):
        places[part.sop_instance, part.frame] = place
        if part.frame is None:
            places[part.sop_instance, 1] = place
    return places
