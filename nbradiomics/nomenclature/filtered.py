"""Images in which features are measured: their unit, and what a change of the intensities does to them.

PyRadiomics stretches the square, square root, logarithm and exponential of an image back to the range of the
image, so that the first two grow with the image; the other two do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What happens to an image if the intensities before the filter are shifted or scaled: nothing, the same, or
#: something else.
Effect = Literal["none", "same", "other"]
INTENSITY = "intensity"


@dataclass(frozen=True)
class Kind:
    """A kind of image.

    Attributes
    ----------
    prefix
        Beginning of its name in a feature table.
    unit
        Unit of its intensities; empty if they have none.
    shift, scale
        Effect of a shift and of a scale of the intensities.
    rotation, translation
        Whether the filtered image turns and moves with the image.
    """

    prefix: str
    unit: str
    shift: Effect
    scale: Effect
    rotation: bool
    translation: bool


#: Kinds of images. The Laplacian of a Gaussian is multiplied by sigma squared, so that its unit has no mm.
#: Nothing is claimed of local binary patterns under a change of the intensities: rounding decides ties.
KINDS = (
    Kind("original", INTENSITY, "same", "same", rotation=True, translation=True),
    Kind("log-sigma", INTENSITY, "none", "same", rotation=True, translation=True),
    Kind("wavelet", INTENSITY, "other", "same", rotation=False, translation=False),
    Kind("squareroot", INTENSITY, "other", "same", rotation=True, translation=True),
    Kind("square", INTENSITY, "other", "same", rotation=True, translation=True),
    Kind("logarithm", INTENSITY, "other", "other", rotation=True, translation=True),
    Kind("exponential", INTENSITY, "other", "other", rotation=True, translation=True),
    Kind("gradient", f"{INTENSITY}/mm", "none", "same", rotation=True, translation=True),
    Kind("lbp", "", "other", "other", rotation=False, translation=True),
)
#: A filter of which nothing is known.
UNKNOWN = Kind("", f"filtered {INTENSITY}", "other", "other", rotation=False, translation=False)


def kind_of(image: str) -> Kind:
    """Return the kind of an image by its name in a feature table; `UNKNOWN` for other filters."""
    return next((kind for kind in KINDS if image.startswith(kind.prefix)), UNKNOWN)
