"""The negative controls, and what each of them destroys and keeps."""

from __future__ import annotations

from typing import Literal, get_args

Control = Literal["shuffled", "random", "neighbourhood", "ring", "displaced", "whole"]
CONTROLS: tuple[Control, ...] = get_args(Control)
#: Controls that change the voxels inside the region; the others measure another region of the same image.
OF_VOXELS: tuple[Control, ...] = ("shuffled", "random", "neighbourhood")
#: Controls that depend on the other masks of the scan, and those that depend on the width of the ring.
OF_OTHER_MASKS: tuple[Control, ...] = ("neighbourhood", "ring", "displaced")
OF_RING: tuple[Control, ...] = ("neighbourhood", "ring")
#: What each control measures, in words for a reader.
MEANING: dict[Control, str] = {
    "shuffled": "the voxels of the region change places: volume, shape and histogram stay, texture is gone",
    "random": "each voxel of the region is drawn between its lowest and highest value: volume and shape "
    "stay, histogram and texture are gone",
    "neighbourhood": "each voxel of the region is drawn from the tissue around it: volume and shape stay, "
    "the values are those of other tissue, and texture is gone",
    "ring": "the tissue around the region is measured instead of the region",
    "displaced": "the same region at another place in the body: volume and shape stay, the tissue is another",
    "whole": "the foreground of the whole image is measured instead of the region",
}
_BEGINNING = "control-"


def variant_name(control: Control) -> str:
    """Name of a control in the column `variant`."""
    return f"{_BEGINNING}{control}"


def control_of(variant: str) -> Control | None:
    """The control of a name in the column `variant`; None for anything else."""
    found = [each for each in CONTROLS if variant == variant_name(each)]
    return found[0] if found else None
