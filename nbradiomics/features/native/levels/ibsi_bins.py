"""Edges of grey levels as the IBSI defines them (reference manual, chapter on image processing)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.parameters.ibsi import Ibsi


def ibsi_bin_edges(
    values: NDArray[np.float64], settings: Mapping[str, Any], ibsi: Ibsi, *, limit: float | None
) -> NDArray[np.float64] | None:
    """Compute the edges of the grey levels; ``None`` if they are PyRadiomics' edges.

    Parameters
    ----------
    values
        Intensities of the region, shape (n,).
    settings
        `binWidth` (default 25) or `binCount`.
    ibsi
        `lower_bin_edge` for bins of a fixed width, `bin_number` for a fixed number of bins.
    limit
        Start of bins of a fixed width; ``None`` for the lowest intensity.

    Returns
    -------
    numpy.ndarray
        Shape (levels + 1,), ascending.
    """
    lowest, highest = float(values.min()), float(values.max())
    if settings.get("binCount") is not None:
        # If all intensities are the same, the formula has no value, and PyRadiomics makes one level.
        by_ibsi = ibsi.bin_number and highest > lowest
        return edges_of_number(lowest, highest, settings["binCount"]) if by_ibsi else None
    if not ibsi.lower_bin_edge:
        return None
    return edges_of_width(lowest if limit is None else limit, highest, settings.get("binWidth", 25))


def lower_limit(settings: Mapping[str, Any], image_name: str) -> float | None:
    """Return the lower limit of an absolute re-segmentation range; ``None`` for filtered images."""
    if image_name != "original":
        return None
    limits = settings.get("resegmentRange")
    absolute = settings.get("resegmentMode", "absolute") == "absolute"
    return float(min(limits)) if limits and absolute else None


def edges_of_width(lower: float, highest: float, width: float) -> NDArray[np.float64]:
    r"""Compute edges of levels :math:`\lfloor (x - x_{min}) / w \rfloor + 1` (fixed bin size, Q3RU).

    Parameters
    ----------
    lower
        Start of the first level, :math:`x_{min}`.
    highest
        Highest intensity, at least `lower`.
    width
        :math:`w`.
    """
    levels = int((highest - lower) // width) + 1
    edges: NDArray[np.float64] = lower + np.arange(levels + 1, dtype=np.float64) * width
    return edges


def edges_of_number(lowest: float, highest: float, number: int) -> NDArray[np.float64]:
    r"""Compute edges of levels :math:`\lfloor N (x - x_{min}) / (x_{max} - x_{min}) \rfloor + 1` (K15C).

    The highest intensity belongs to level N. Each edge is rounded once, so that an edge at a whole number is
    exactly this number.

    Parameters
    ----------
    lowest, highest
        Lowest and highest intensity of the region; they differ.
    number
        :math:`N`.
    """
    steps = np.arange(number + 1, dtype=np.float64)
    edges: NDArray[np.float64] = lowest + steps * (highest - lowest) / number
    edges[-1] = np.nextafter(highest, np.inf)
    return edges
