"""One variant of an image and its mask: what is changed, and by how much."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from nbradiomics.settings import Settings
from nbradiomics.tables import ORIGINAL

Repetition = Annotated[int, Field(ge=0)]
#: Names of variants that change the mask alone: by volume, contour or a simulated reader.
_OF_MASK = re.compile(r"(v-?[0-9.e+-]+|[cs][0-9]+)(_(v-?[0-9.e+-]+|[cs][0-9]+))*")


def changes_mask_alone(name: str) -> bool:
    """Whether the variant with a name (`Variant.name`) changes the mask, and not the image."""
    return _OF_MASK.fullmatch(name) is not None


class Variant(Settings):
    """What is changed, in the order in which it is done: noise, rotation and translation, volume, contour.

    The first three change the image (and move the mask with it), the last two the mask alone.
    """

    noise: Repetition = Field(
        default=0, description="Number of the draw of noise at the level of the image; 0: none."
    )
    rotation: Annotated[float, Field(ge=-180, le=180)] = Field(
        default=0.0,
        description="Rotation of the grid within the slices, in degrees, about the mask's centre.",
    )
    translation: tuple[float, float, float] = Field(
        default=(0.0, 0.0, 0.0), description="Shift of the grid along x, y and z, in voxels."
    )
    volume: Annotated[float, Field(gt=-1, le=10)] = Field(
        default=0.0, description="Share of its volume by which the mask grows, or shrinks if negative."
    )
    contour: Repetition = Field(default=0, description="Number of the draw of a random contour; 0: none.")
    reader: Repetition = Field(
        default=0, description="Number of the simulated reader who draws the contour; 0: none."
    )

    @property
    def name(self) -> str:
        """Name in the column `variant`: ``n1_r-5_t0.25,0.5,0_v0.15_c1``, or `ORIGINAL`."""
        parts = {
            "n": self.noise,
            "r": self.rotation,
            "t": ",".join(f"{share:g}" for share in self.translation) if any(self.translation) else 0,
            "v": self.volume,
            "c": self.contour,
            "s": self.reader,
        }
        changed = [
            f"{letter}{value:g}" if not isinstance(value, str) else f"{letter}{value}"
            for letter, value in parts.items()
            if value
        ]
        return "_".join(changed) or ORIGINAL

    @property
    def of_image(self) -> Variant:
        """The part that changes the image: variants with the same one share their image."""
        return Variant(noise=self.noise, rotation=self.rotation, translation=self.translation)
