"""Number of grey levels in a region, and the bin width that gives the number of bins that textures need.

Texture features, Entropy and Uniformity are computed on binned intensities. With too few bins they carry
little information, with one bin they are constants; with too many bins each voxel has its own grey level.
PyRadiomics' documentation (FAQ, "What about gray value discretization?") advises 30 to 130 bins.
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

#: Smallest and largest advised number of bins.
FEWEST, MOST = 30, 130
#: PyRadiomics' default.
_WIDTH = 25.0
_TEXTURES = ("glcm", "glrlm", "glszm", "gldm", "ngtdm")
_BINNED = {"Entropy", "Uniformity"}

#: Lowest and highest intensity of a region.
Span = tuple[float, float]


class Advice(NamedTuple):
    """A problem and its remedy."""

    problem: str
    remedy: str


def bin_width(parameters: Parameters) -> float | None:
    """Return the bin width of the original image; ``None`` if it is not binned by a fixed width."""
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
    """Prepare an image once, and return a function that measures the span of a region on the feature grid.

    Parameters
    ----------
    image
        Three-dimensional, finite.
    parameters
        They define how image and region are normalised, resampled and re-segmented.

    Returns
    -------
    Callable
        Takes a binary region, 1 inside, and returns its lowest and highest intensity; raises `InputError` if
        an engine would refuse the region.
    """
    from nbradiomics.features.engines.pyradiomics_engine import refusal
    from nbradiomics.features.native.grid.intensities import normalised
    from nbradiomics.features.native.grid.preparation import prepare
    from nbradiomics.features.native.plan import Plan
    from nbradiomics.features.notes import listening

    with listening():
        plan = Plan.of(parameters)
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
    """Count the bins from the lowest to the highest intensity of a region, as PyRadiomics does."""
    lowest, highest = span
    return math.floor(highest / width) - math.floor(lowest / width) + 1


def bin_advice(spans: Iterable[Span], parameters: Parameters) -> Advice | None:
    """Assess the bin width for the regions of a cohort; ``None`` if all have an advised number of bins.

    Parameters
    ----------
    spans
        Spans of the regions in the original image; spans that are not finite are ignored.
    parameters
        They contain the bin width.
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
    filled = (
        f"with binWidth {width:g} the regions of the original image, whose intensities span {spread}, fill "
        f"{_from_to(bins)} (PyRadiomics advises {FEWEST} to {MOST}): {_counts(bins)}"
    )
    problems = [filled]
    if np.any(bins == 1):
        problems.append("textures, Entropy and Uniformity of one bin are constants without information")
    if flat:
        masks = "mask has" if flat == 1 else "masks have"
        problems.append(f"{flat} {masks} a single intensity, which no bin width can divide")
    return Advice("; ".join(problems) + ".", _remedy([span for span in known if span[0] < span[1]]))


def _from_to(bins: NDArray[np.int64]) -> str:
    low, high = int(bins.min()), int(bins.max())
    return f"{low} bin{'s' if low != 1 else ''}" if low == high else f"{low} to {high} bins"


def _counts(bins: NDArray[np.int64]) -> str:
    few, many = int(np.sum(bins < FEWEST)), int(np.sum(bins > MOST))
    parts = [f"fewer in {few}" if few else "", f"more in {many}" if many else ""]
    return f"{' and '.join(filter(None, parts))} of {len(bins)} mask{'s' if len(bins) > 1 else ''}"


def _spans(ranges: list[float]) -> str:
    low, high = min(ranges), max(ranges)
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _remedy(spans: list[Span]) -> str:
    """Propose the width that gives an advised number of bins in as many regions as possible."""
    if not spans:
        return "Check that the table names the right images."
    width = advised_width([high - low for low, high in spans])
    bins = np.array([bins_between(span, width) for span in spans])
    good = int(np.sum((bins >= FEWEST) & (bins <= MOST)))
    masks = "all masks" if good == len(bins) else f"{good} of {len(bins)} masks"
    return (
        f"`binWidth: {width:g}` would give {_from_to(bins)}, an advised number in {masks}. Use one width for "
        "the whole study: values of different widths cannot be compared."
    )


def advised_width(ranges: list[float]) -> float:
    """Return a round width that gives all regions an advised number of bins, or at least the middle one.

    Parameters
    ----------
    ranges
        Highest minus lowest intensity of each region, above 0.
    """
    least, most = max(ranges) / MOST, min(ranges) / FEWEST
    middle = float(np.median(ranges)) / math.sqrt(FEWEST * MOST)
    wanted = math.sqrt(least * most) if least <= most else middle
    unit = 10.0 ** math.floor(math.log10(wanted))
    candidates = [step * unit for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10)]
    return min(candidates, key=lambda step: abs(math.log(step / wanted)))
