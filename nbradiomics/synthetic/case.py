"""One synthetic examination: an image with the tumour's true mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbradiomics.synthetic.anatomy import draw_abdomen
from nbradiomics.synthetic.scanners import Scanner
from nbradiomics.synthetic.tumour import Tumour, draw_tumour, grow_tumour, paint_tumour

if TYPE_CHECKING:
    import SimpleITK as sitk

#: First word of every seed, so that no two uses of the generator ever share a case.
COHORT_NAMESPACE = 1_801_001
TRAINING_NAMESPACE = 1_801_002
EVALUATION_NAMESPACE = 1_801_003


@dataclass(frozen=True)
class PhantomCase:
    """What `make_case` returns.

    Attributes
    ----------
    image
        16-bit, direction identity (axes left, posterior, superior), in the scanner's units.
    mask
        True tumour, 8-bit, 1 inside, on the image's grid.
    tumour
        The tumour's true properties.
    scanner
        What the image was acquired with.
    """

    image: sitk.Image
    mask: sitk.Image
    tumour: Tumour
    scanner: Scanner


def seed_of(namespace: int, seed: int, index: int) -> np.random.SeedSequence:
    """Seed of case `index` of a set; it depends on nothing else, so that sets can grow."""
    return np.random.SeedSequence([namespace, seed, index])


def make_case(
    seed: np.random.SeedSequence | int, scanner: Scanner, *, tumour: Tumour | None = None
) -> PhantomCase:
    """Make one synthetic examination.

    Parameters
    ----------
    seed
        Equal seeds give equal cases.
    scanner
        Decides grid, contrast, noise and shading.
    tumour
        Its properties; drawn at random when left out.
    """
    rng = np.random.default_rng(seed)
    tumour = draw_tumour(rng) if tumour is None else tumour
    grid = scanner.grid
    abdomen = draw_abdomen(grid, rng)
    mask = grow_tumour(tumour, grid, rng, allowed=abdomen.allowed)
    signal = paint_tumour(abdomen.signal, mask, tumour, grid, rng)
    stored = scanner.acquire(signal, rng)
    return PhantomCase(
        image=on_scanner(stored, scanner),
        mask=on_scanner(mask.astype(np.uint8), scanner),
        tumour=tumour,
        scanner=scanner,
    )


def on_scanner(array: npt.NDArray[np.generic], scanner: Scanner) -> sitk.Image:
    """Image of an array with axes z, y, x on the scanner's grid, centred on the origin."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)
    image.SetSpacing(scanner.spacing)
    pairs = zip(scanner.size, scanner.spacing, strict=True)
    image.SetOrigin([-(n - 1) / 2 * edge for n, edge in pairs])
    return image
