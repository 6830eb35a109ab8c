"""What the image of a filter means, and what a change of the intensities does to it.

Effects of a shift follow from the response to an image that is constant: 0 if the kernel sums to 0, the
constant if it sums to 1, else another constant. With the boundary ``zero`` a shift makes an edge at the
border of the image.
"""

from __future__ import annotations

from dataclasses import replace

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
from nbradiomics.nomenclature.entry import Unchanged
from nbradiomics.nomenclature.filtered import INTENSITY, Effect, Kind

#: The IBSI's reference manual about filters.
MANUAL = "IBSI 2 (arXiv:2006.05470)"
#: Sum of a kernel, as part of the sum of its sizes, that is 0 but for the digits of its values.
_ZERO = 1e-9


def kind_of_filter(one: Filter) -> Kind:
    """Return the kind of the image of a filter."""
    kind = Kind(
        one.name,
        INTENSITY,
        "other" if one.boundary == "zero" else _shift(one),
        "same",
        _rotation(one),
        translation=not _of_whole_image(one),
        definition=_definition(one),
        formula=MANUAL,
        code=_code(one),
        negative=not _is_modulus(one),
    )
    # The standard measures distances in voxels there, so that the second derivative is not per mm2.
    return replace(kind, unit=f"{INTENSITY}/voxel2") if isinstance(one, LaplacianOfGaussian) else kind


def _is_modulus(one: Filter) -> bool:
    """Whether the response is an absolute value."""
    return isinstance(one, Gabor) or (isinstance(one, Laws) and one.energy is not None)


def _of_whole_image(one: Filter) -> bool:
    """Whether the response of a voxel depends on the whole image."""
    return isinstance(one, Simoncelli | Shannon) or bool(getattr(one, "riesz", ()))


def _shift(one: Filter) -> Effect:
    if isinstance(one, Mean):
        return "same"
    if isinstance(one, Gabor):
        return "other"
    if isinstance(one, Laws):
        # Every kernel but those of a level (L) sums to 0.
        level = set(one.kernels[::2]) == {"L"}
        return "none" if not level else "moved" if one.energy is None else "other"
    if isinstance(one, SeparableWavelet):
        return "moved" if _passes_constants(one) else "none"
    # The kernel of the Laplacian is sampled and cut, the frequencies of the others are not those of the
    # transform: a constant may leave a rest.
    return "moved"


def _passes_constants(one: SeparableWavelet) -> bool:
    if "H" not in one.filter:
        return True
    import pywt  # type: ignore[import-untyped]

    high = pywt.Wavelet(one.wavelet).dec_hi
    return bool(abs(sum(high)) > _ZERO * sum(map(abs, high)))


def _rotation(one: Filter) -> Unchanged:
    if isinstance(one, Laws | SeparableWavelet):
        turns = one.pooling != "none"
    elif isinstance(one, Gabor):
        # A turn by 90 degrees must lead from each angle to another one of them.
        turns = one.step is not None and abs(90 / one.step - round(90 / one.step)) < _ZERO
    else:
        # Along an even number of voxels the frequencies of the reference maps are not symmetric.
        turns = not _of_whole_image(one)
    return "no" if not turns else "in slices" if one.flat else "yes"


def _code(one: Filter) -> str:
    codes: dict[type[Filter], str] = {
        Mean: "S60F",
        LaplacianOfGaussian: "L6PA",
        Laws: "JTXT",
        Gabor: "Q88H",
        SeparableWavelet: "25BO",
        Simoncelli: "PRT7",
        Shannon: "LODD",
    }
    further = []
    if isinstance(one, Laws) and one.energy is not None:
        further = ["PQSD"]
    if getattr(one, "riesz", ()):
        further = ["AYRS"]
    return " ".join([codes[type(one)], *further])


def _definition(one: Filter) -> str:
    """Say what a filter does, in a sentence."""
    where = "in each slice" if one.flat else "in space"
    riesz = f", with a Riesz transform of the order {list(orders)}" if (orders := _orders(one)) else ""
    if isinstance(one, Mean):
        return f"Mean of the box of {one.support} voxels along each axis around the voxel, {where}."
    if isinstance(one, LaplacianOfGaussian):
        return (
            f"Laplacian of a Gaussian with a standard deviation of {one.sigma:g} mm, per voxel and not per "
            f"mm, {where}{riesz}."
        )
    if isinstance(one, Laws):
        pooled = f"Laws kernels {one.kernels}{_turned(one.pooling)}, {where}"
        if one.energy is None:
            return f"Response to {pooled}."
        size = 2 * one.energy + 1
        return f"Mean absolute response, in a box of {size} voxels along each axis, to {pooled}."
    if isinstance(one, Gabor):
        angles = f"the angle {one.angle or 0:g}°" if one.step is None else f"angles in steps of {one.step:g}°"
        pooled = "" if one.flat and one.step is None else f", {_POOLED[one.pooling]}"
        planes = "in each slice" if one.flat else "in the three planes of the voxel"
        return (
            f"Modulus of the response to Gabor waves of {one.wavelength:g} mm at {angles}, {planes}{pooled}."
        )
    if isinstance(one, SeparableWavelet):
        return (
            f"Low-pass (L) and high-pass (H) filters {one.filter} of the wavelet {one.wavelet} along "
            f"{'x, y' if one.flat else 'x, y, z'}, level {one.level}{_turned(one.pooling)}, {where}."
        )
    level = one.level if isinstance(one, Simoncelli | Shannon) else 1
    return f"Frequencies of the {one.type.capitalize()} wavelet of level {level}, {where}{riesz}."


_POOLED = {"average": "averaged", "max": "the largest"}


def _turned(pooling: str) -> str:
    return "" if pooling == "none" else f" in all right-angle turns, {_POOLED[pooling]}"


def _orders(one: Filter) -> tuple[int, ...]:
    return getattr(one, "riesz", ())
