"""What an image file holds, as ITK takes it from the header."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True)
class Stored:
    """An image by its header.

    Attributes
    ----------
    size, spacing, origin
        Of each axis of space, in ITK's order; mm.
    components
        Numbers per voxel.
    width
        Bytes of each number.
    complex
        Whether the numbers are complex.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    components: int
    width: int
    complex: bool

    @classmethod
    def of(cls, reader: sitk.ImageFileReader) -> Stored:
        """What a reader knows that has read the header."""
        import SimpleITK as sitk

        kind, components = reader.GetPixelID(), reader.GetNumberOfComponents()
        name = sitk.GetPixelIDValueAsString(kind)
        bits = next((number for number in (8, 16, 32, 64) if f"{number}-bit" in name), 0)
        size = tuple(reader.GetSize())
        place = tuple(reader.GetSpacing()), tuple(reader.GetOrigin())
        return cls(size, *place, components, bits // 8, "complex" in name)

    @property
    def numbers(self) -> int:
        """Numbers of all voxels."""
        return math.prod(self.size) * self.components

    @property
    def bytes(self) -> int:
        """Bytes of all voxels, unpacked."""
        return self.numbers * self.width
