"""The response of an image to one of the filters of a parameter file."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.features.native.ibsi_filters.box_mean import box_mean
from nbradiomics.features.native.ibsi_filters.frequency import (
    Transfer,
    after,
    filtered,
    riesz,
    shannon,
    simoncelli,
)
from nbradiomics.features.native.ibsi_filters.gabor import Wave, gabor_response
from nbradiomics.features.native.ibsi_filters.laplacian import laplacian_of_gaussian, reach_of_laplacian
from nbradiomics.features.native.ibsi_filters.laws import laws_lines
from nbradiomics.features.native.ibsi_filters.separable import Line, response_of_product
from nbradiomics.features.native.ibsi_filters.wavelets import wavelet_lines
from nbradiomics.features.native.ibsi_filters.window import Array, Extent, Window
from nbradiomics.features.parameters.filters.types import (
    Filter,
    Gabor,
    LaplacianOfGaussian,
    Laws,
    Mean,
    SeparableWavelet,
    Shannon,
    Simoncelli,
)

#: Largest relative difference between voxel edges that are the same: files store them in single precision.
_SAME = 1e-3
Spacing = tuple[float, float, float]


def reach(one: Filter, spacing: Spacing) -> int | None:
    """Return how many voxels around a voxel its response depends on; ``None`` for the whole image.

    Parameters
    ----------
    one
        The filter.
    spacing
        Voxel edges in mm, z, y, x.
    """
    # The image is repeated beyond its border, so that its other end is near.
    return None if one.boundary == "periodic" else _reach(one, _edge(one, spacing))


def response(one: Filter, window: Window, spacing: Spacing) -> Array:
    """Compute the response to a filter.

    Parameters
    ----------
    one
        The filter.
    window
        Part of the image, with a margin of `reach` around `window.inner`.
    spacing
        Voxel edges in mm, z, y, x.

    Returns
    -------
    numpy.ndarray
        Of `window.inner`, axes z, y, x.

    Raises
    ------
    InputError
        When a parameter is in mm and the voxels are not equally long along the axes of the filter.
    """
    edge = _edge(one, spacing)
    if isinstance(one, Gabor):
        return gabor_response(window, _wave(one, edge), one.boundary, one.pooling, flat=one.flat)
    transfer = _transfer(one)
    if transfer is not None:
        return window.core(_by_frequency(one, transfer, window.values, edge))
    return np.ascontiguousarray(_respond(one, window.within_plane(0) if one.flat else window, edge))


def working_voxels(one: Filter, shape: tuple[int, ...]) -> int:
    """Return the voxels that are filtered for an image or window of some shape, extended as needed."""
    extends = _transfer(one) is not None and one.boundary != "periodic"
    return prod(shape) * (2 ** (2 if one.flat else 3) if extends else 1)


def _edge(one: Filter, spacing: Spacing) -> float:
    """Edge of a voxel along the axes of a filter, mm."""
    edges = spacing[1:] if one.flat else spacing
    if one.in_mm and max(edges) - min(edges) > _SAME * min(edges):
        shown = " x ".join(f"{edge:g}" for edge in reversed(edges))
        raise InputError(
            f"the filter {one.name} has a length in mm, which needs voxels that are equally long along all "
            f"its axes; they are {shown} mm.",
            "Resample (resampledPixelSpacing)"
            + ("." if one.flat else ", or filter slice by slice: dimension: 2D."),
        )
    # Single precision must not show in the kernel of a voxel of 1 mm.
    return float(np.mean(edges))


def _reach(one: Filter, edge: float) -> int | None:
    if isinstance(one, Mean):
        return one.support // 2
    if isinstance(one, Gabor):
        return _wave(one, edge).reach
    if isinstance(one, LaplacianOfGaussian) and not one.riesz:
        return reach_of_laplacian(one.sigma / edge, one.truncate)
    if isinstance(one, Laws | SeparableWavelet):
        kernels = max(sum(kernel.reach for kernel in line) for line in _lines(one))
        return kernels + (one.energy or 0 if isinstance(one, Laws) else 0)
    return None


def _respond(one: Filter, window: Window, edge: float) -> Array:
    """Compute the response to a filter that has kernels, within the window's inner part."""
    extent = Extent(one.boundary, window.inner)
    if isinstance(one, Mean):
        return box_mean(window.values, one.support, extent, flat=one.flat)
    if isinstance(one, LaplacianOfGaussian):
        return laplacian_of_gaussian(window.values, one.sigma / edge, one.truncate, extent, flat=one.flat)
    assert isinstance(one, Laws | SeparableWavelet)  # every other filter has a transfer function
    if isinstance(one, SeparableWavelet) or one.energy is None:
        return response_of_product(window.values, _lines(one), extent, one.pooling)
    # The mean of the energy needs the response around the inner part; all of it if the image is repeated.
    wide, inner = window.widened(None if one.boundary == "periodic" else one.energy, flat=one.flat)
    found = response_of_product(window.values, _lines(one), Extent(one.boundary, wide), one.pooling)
    return box_mean(np.abs(found), 2 * one.energy + 1, Extent(one.boundary, inner), flat=one.flat)


def _by_frequency(one: Filter, transfer: Transfer, values: Array, edge: float) -> Array:
    first = None
    if isinstance(one, LaplacianOfGaussian):
        first = partial(
            laplacian_of_gaussian,
            sigma=one.sigma / edge,
            truncate=one.truncate,
            extent=Extent("periodic"),
            flat=one.flat,
        )
    return filtered(values, transfer, one.boundary, flat=one.flat, before=first)


def _lines(one: Laws | SeparableWavelet) -> list[Line]:
    if isinstance(one, Laws):
        return laws_lines(one.kernels)
    return wavelet_lines(one.wavelet, one.filter, one.level)


def _transfer(one: Filter) -> Transfer | None:
    """Return the transfer function of a filter that is defined by it; ``None`` if it has kernels."""
    if isinstance(one, LaplacianOfGaussian):
        return riesz(one.riesz) if one.riesz else None
    if not isinstance(one, Simoncelli | Shannon):
        return None
    radial = (simoncelli if isinstance(one, Simoncelli) else shannon)(one.level)
    return after(radial, riesz(one.riesz)) if one.riesz else radial


def _wave(one: Gabor, edge: float) -> Wave:
    return Wave(one.sigma / edge, one.wavelength / edge, one.gamma, one.angles)
