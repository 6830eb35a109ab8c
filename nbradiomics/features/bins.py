"""How many grey levels a region fills, and which bin width would fill as many as textures need.

Texture features, Entropy and Uniformity are computed on binned intensities. With too few bins they say
nothing, with one they are constants; with too many each voxel stands alone. PyRadiomics' documentation (FAQ,
"What about gray value discretization?") advises 30 to 130.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.grid_cost import require_affordable
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.refusals import explained

#: Numbers of bins that are advised.
FEWEST, MOST = 30, 130
#: PyRadiomics' default.
_WIDTH = 25.0
_TEXTURES = ("glcm", "glrlm", "glszm", "gldm", "ngtdm")
_BINNED = {"Entropy", "Uniformity"}

#: Lowest and highest intensity of a region.
Span = tuple[float, float]


class Advice(NamedTuple):
    """What was found, and what to do."""

    problem: str
    remedy: str


def bin_width(parameters: Parameters) -> float | None:
    """Width of the bins of the original image; ``None`` where nothing is binned by a width."""
    types = parameters.content.get("imageType") or {"Original": {}}
    settings = {**(parameters.content.get("setting") or {}), **(types.get("Original") or {})}
    if "Original" not in types or settings.get("binCount") is not None or not _is_binned(parameters):
        return None
    return float(settings.get("binWidth", _WIDTH))


def _is_binned(parameters: Parameters) -> bool:
    classes = parameters.content.get("featureClass") or dict.fromkeys(_TEXTURES)
    first_order = classes.get("firstorder", ()) if "firstorder" in classes else ("Mean",)
    return any(name in classes for name in _TEXTURES) or not first_order or bool(_BINNED & set(first_order))


def span_finder(image: sitk.Image, parameters: Parameters) -> Callable[[sitk.Image], Span]:
    """Prepare an image once; gives a function that measures the span of a region on the grid of the features.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    parameters
        They say how image and region are normalised, resampled and re-segmented.

    Returns
    -------
    Callable
        Takes a binary region, 1 inside, and gives its lowest and highest intensity; raises `InputError` where
        an engine would refuse the region.
    """
    from nbradiomics.features.engines.pyradiomics_engine import refusal
    from nbradiomics.features.native.grid.preparation import normalised, prepare
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.notes import listening

    with listening():
        plan = Plan.of(parameters.content, parameters.own.ibsi)
        ready = normalised(image, plan.settings)
    settings = {**plan.settings, "normalize": False}

    def span(region: sitk.Image) -> Span:
        require_affordable(region, parameters)
        with listening():
            try:
                prepared = prepare(ready, region, settings, plan.ibsi)
            except (ValueError, RuntimeError) as error:
                raise explained(refusal(error), image, region, parameters) from error
        values = prepared.region.box.crop(prepared.image)[prepared.region.inside]
        return float(values.min()), float(values.max())

    return span


def bins_between(span: Span, width: float) -> int:
    """Bins from the lowest to the highest intensity of a region, as PyRadiomics counts them."""
    lowest, highest = span
    return math.floor(highest / width) - math.floor(lowest / width) + 1


def bin_advice(spans: Iterable[Span], parameters: Parameters) -> Advice | None:
    """What the bin width makes of the regions of a cohort; ``None`` where all fill as many bins as advised.

    Parameters
    ----------
    spans
        Of the regions in the original image; those that are not finite do not count.
    parameters
        They give the width.
    """
    width = bin_width(parameters)
    known = [span for span in spans if all(map(math.isfinite, span))]
    if width is None or not known:
        return None
    bins = np.array([bins_between(span, width) for span in known])
    if np.all((bins >= FEWEST) & (bins <= MOST)):
        return None
    flat = sum(lowest == highest for lowest, highest in known)
    spread = _spans([highest - lowest for lowest, highest in known])
    told = (
        f"with binWidth {width:g} the regions of the original image, whose intensities span {spread}, fill "
        f"{_from_to(bins)} (PyRadiomics advises {FEWEST} to {MOST}): {_counts(bins)}"
    )
    found = [told]
    if np.any(bins == 1):
        found.append("textures, Entropy and Uniformity of one bin are constants that say nothing")
    if flat:
        found.append(f"{flat} hold one intensity only, which no width can part")
    return Advice("; ".join(found) + ".", _remedy([span for span in known if span[0] < span[1]]))


def _from_to(bins: NDArray[np.int64]) -> str:
    low, high = int(bins.min()), int(bins.max())
    return f"{low} bin{'s' if low != 1 else ''}" if low == high else f"{low} to {high} bins"


def _counts(bins: NDArray[np.int64]) -> str:
    few, many = int(np.sum(bins < FEWEST)), int(np.sum(bins > MOST))
    told = [f"fewer in {few}" if few else "", f"more in {many}" if many else ""]
    return f"{' and '.join(filter(None, told))} of {len(bins)} mask{'s' if len(bins) > 1 else ''}"


def _spans(ranges: list[float]) -> str:
    low, high = min(ranges), max(ranges)
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _remedy(spans: list[Span]) -> str:
    """Which width would give as many bins as advised, in as many of the regions as can be."""
    if not spans:
        return "Look at the images: is the right one named?"
    width = advised_width([high - low for low, high in spans])
    bins = np.array([bins_between(span, width) for span in spans])
    right = int(np.sum((bins >= FEWEST) & (bins <= MOST)))
    all_of = "them all" if right == len(bins) else f"{right} of {len(bins)}"
    return (
        f"`binWidth: {width:g}` would fill {_from_to(bins)}, as many as advised in {all_of}. One width must "
        "serve the whole study: values of different widths cannot be compared."
    )


def advised_width(ranges: list[float]) -> float:
    """A round width, such that regions fill as many bins as advised, or the middle one of them.

    Parameters
    ----------
    ranges
        Highest minus lowest intensity of each region, above 0.
    """
    least, most = max(ranges) / MOST, min(ranges) / FEWEST
    middle = float(np.median(ranges)) / math.sqrt(FEWEST * MOST)
    wanted = math.sqrt(least * most) if least <= most else middle
    unit = 10.0 ** math.floor(math.log10(wanted))
    round_ = [step * unit for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10)]
    return min(round_, key=lambda step: abs(math.log(step / wanted)))
