"""Images in which features are measured: their unit, and what a change of the intensities does to them.

PyRadiomics stretches the square, square root, logarithm and exponential of an image back to the range of the
image, so that the first two grow with the image; the other two do not. The images of the IBSI's filters
depend on their parameters: see `features.parameters.filters.meaning`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbradiomics.nomenclature.entry import Entry, Unchanged

#: What happens to an image if the intensities before the filter are shifted or scaled: nothing; the same; a
#: shift by another number; or something else.
Effect = Literal["none", "same", "moved", "other"]
INTENSITY = "intensity"
#: Features without unit that are not negative if no intensity is.
_NOT_NEGATIVE = ("stat_cov", "stat_qcod")


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
    rotation
        Whether the filtered image turns with the image, by right angles.
    translation
        Whether it moves with the image, as long as the filter reads nothing beyond the border.
    definition
        What the filter does, in a sentence; empty for the original image.
    formula
        Where its formula is found.
    code
        Code of the IBSI; empty if it has none.
    negative
        Whether intensities can be negative.
    """

    prefix: str
    unit: str
    shift: Effect
    scale: Effect
    rotation: Unchanged
    translation: bool
    definition: str = ""
    formula: str = ""
    code: str = ""
    negative: bool = True

    def lowest(self, entry: Entry) -> str:
        """Return the lowest possible value of a feature in such an image; empty if there is none."""
        if not self.negative and (entry.unit == "I" or entry.key in _NOT_NEGATIVE):
            return entry.lowest or "0"
        return entry.lowest


def _kind(
    prefix: str,
    image_type: str,
    unit: str,
    effects: tuple[Effect, Effect],
    definition: str,
    *,
    turns: bool = True,
    moves: bool = True,
    negative: bool = True,
) -> Kind:
    return Kind(
        prefix,
        unit,
        *effects,
        "yes" if turns else "no",
        translation=moves,
        definition=definition,
        formula=f"PyRadiomics, image type {image_type}",
        negative=negative,
    )


#: Kinds of images of PyRadiomics. The Laplacian of a Gaussian is multiplied by sigma squared, so that its
#: unit has no mm. Nothing is claimed of local binary patterns under a change of the intensities: rounding
#: decides ties.
KINDS = (
    Kind("original", INTENSITY, "same", "same", "yes", translation=True),
    _kind(
        "log-sigma",
        "LoG",
        INTENSITY,
        ("none", "same"),
        "Laplacian of the image after a Gaussian, multiplied by sigma squared.",
    ),
    _kind(
        "wavelet",
        "Wavelet",
        INTENSITY,
        ("other", "same"),
        "Low-pass (L) or high-pass (H) filter of a wavelet along each axis.",
        turns=False,
        moves=False,
    ),
    _kind(
        "squareroot",
        "SquareRoot",
        INTENSITY,
        ("other", "same"),
        "Square root of the absolute value of the intensity, with its sign, stretched to the same range.",
    ),
    _kind(
        "square",
        "Square",
        INTENSITY,
        ("other", "same"),
        "Square of the intensity, stretched to the same range.",
        negative=False,
    ),
    _kind(
        "logarithm",
        "Logarithm",
        INTENSITY,
        ("other", "other"),
        "Logarithm of 1 + the absolute value of the intensity, with its sign, stretched to the same range.",
    ),
    _kind(
        "exponential",
        "Exponential",
        INTENSITY,
        ("other", "other"),
        "Exponential of the intensity, stretched to the same range.",
        negative=False,
    ),
    _kind(
        "gradient",
        "Gradient",
        f"{INTENSITY}/mm",
        ("none", "same"),
        "Magnitude of the gradient.",
        negative=False,
    ),
    _kind(
        "lbp",
        "LBP2D or LBP3D",
        "",
        ("other", "other"),
        "Local binary patterns: which neighbours are brighter than the voxel.",
        turns=False,
    ),
)
#: A filter of which nothing is known.
UNKNOWN = Kind("", f"filtered {INTENSITY}", "other", "other", "no", translation=False)


def kind_of(image: str) -> Kind:
    """Return the kind of an image by its name in a feature table; `UNKNOWN` for other filters."""
    return next((kind for kind in KINDS if image.startswith(kind.prefix)), UNKNOWN)
