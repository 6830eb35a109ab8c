"""One synthetic examination: an image with the true mask of the tumour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbradiomics.synthetic.anatomy import draw_abdomen
from nbradiomics.synthetic.fields import Field
from nbradiomics.synthetic.scanners import Scanner
from nbradiomics.synthetic.tumour import Tumour, draw_tumour, grow_tumour, paint_tumour

if TYPE_CHECKING:
    import SimpleITK as sitk

#: First number of every seed, so that two uses of the generator never share a case.
COHORT_NAMESPACE = 1_801_001
TRAINING_NAMESPACE = 1_801_002
EVALUATION_NAMESPACE = 1_801_003
DIFFUSION_NAMESPACE = 1_801_004


@dataclass(frozen=True)
class PhantomCase:
    """Result of `make_case`.

    Attributes
    ----------
    image
        16-bit, identity direction (axes left, posterior, superior), in the units of the scanner.
    mask
        True mask of the tumour, 8-bit, 1 inside, on the grid of the image.
    tumour
        True properties of the tumour.
    scanner
        Scanner of the image.
    signal
        Ideal signal of the tissue, before the scanner; axes z, y, x.
    """

    image: sitk.Image
    mask: sitk.Image
    tumour: Tumour
    scanner: Scanner
    signal: Field


def seed_of(namespace: int, seed: int, index: int) -> np.random.SeedSequence:
    """Return the seed of case `index` of a set; it does not depend on the size of the set."""
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
        Scanner that determines grid, contrast, noise and shading.
    tumour
        Properties of the tumour; random by default.
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
        signal=signal,
    )


def on_scanner(array: npt.NDArray[np.generic], scanner: Scanner) -> sitk.Image:
    """Return an array with axes z, y, x as an image on the scanner's grid, centred on the origin."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)
    image.SetSpacing(scanner.spacing)
    pairs = zip(scanner.size, scanner.spacing, strict=True)
    image.SetOrigin([-(n - 1) / 2 * edge for n, edge in pairs])
    return image
