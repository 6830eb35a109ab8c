"""Content of an image file as ITK reads it from the header."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True)
class Stored:
    """An image as described by its header.

    Attributes
    ----------
    size, spacing, origin
        Of each spatial axis, in ITK's order; spacing and origin in mm.
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
        """Collect the data of a reader that has read the header."""
        import SimpleITK as sitk

        kind, components = reader.GetPixelID(), reader.GetNumberOfComponents()
        name = sitk.GetPixelIDValueAsString(kind)
        bits = next((number for number in (8, 16, 32, 64) if f"{number}-bit" in name), 0)
        size = tuple(reader.GetSize())
        spacing, origin = tuple(reader.GetSpacing()), tuple(reader.GetOrigin())
        return cls(size, spacing, origin, components, bits // 8, "complex" in name)

    @property
    def numbers(self) -> int:
        """Number of stored numbers: voxels times components."""
        return math.prod(self.size) * self.components

    @property
    def bytes(self) -> int:
        """Number of bytes of all voxels, unpacked."""
        return self.numbers * self.width
