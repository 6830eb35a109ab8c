"""Parameters of the IBSI's convolutional filters, and the names of the images that they make.

The definitions are those of the IBSI's reference manual about filters (arXiv:2006.05470).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

MIRROR, PERIODIC = "mirror", "periodic"
#: What is assumed beyond the border of the image: its mirror image, its nearest voxel, zeros, or itself.
BOUNDARIES = (MIRROR, "nearest", "zero", PERIODIC)
DIMENSIONS = ("3D", "2D")
POOLINGS = ("none", "average", "max")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What all filters have in common.

    Attributes
    ----------
    dimension
        ``3D``, or ``2D``: slice by slice, across the last axis of the image (z).
    boundary
        One of `BOUNDARIES`.
    """

    type: ClassVar[str]
    dimension: str = "3D"
    boundary: str = MIRROR

    @property
    def flat(self) -> bool:
        """Whether the filter runs slice by slice."""
        return self.dimension == "2D"

    @property
    def name(self) -> str:
        """Name of the image, before the class and the feature in the name of a column.

        Two filters have the same name only if all of their parameters are the same. Parameters with their
        default value do not appear.
        """
        shared = ["2D"] if self.flat else []
        shared += [self.boundary] if self.boundary != type(self).boundary else []
        return "-".join([self.type, *self._parts, *shared])

    @property
    def stated(self) -> dict[str, Any]:
        """The entry of a parameter file that requests this filter."""
        fields = dataclasses.fields(self)
        values = {
            one.name: getattr(self, one.name) for one in fields if getattr(self, one.name) != one.default
        }
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return {"type": self.type, **plain}

    @property
    def in_mm(self) -> bool:
        """Whether a parameter is a length in mm, so that voxels must be as long along each axis."""
        return False

    @property
    def _parts(self) -> list[str]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Mean(Filter):
    """Mean of the box around a voxel (S60F).

    Attributes
    ----------
    support
        Voxels of the box along each axis, odd.
    """

    type: ClassVar[str] = "mean"
    support: int

    @property
    def _parts(self) -> list[str]:
        return [str(self.support)]


@dataclass(frozen=True, kw_only=True)
class LaplacianOfGaussian(Filter):
    """Laplacian of a Gaussian, sampled and truncated (L6PA).

    Attributes
    ----------
    sigma
        Standard deviation of the Gaussian, mm.
    truncate
        Standard deviations after which the kernel ends.
    riesz
        Order of a Riesz transform along x, y (and z); empty for none.
    """

    type: ClassVar[str] = "log"
    sigma: float
    truncate: float = 4.0
    riesz: tuple[int, ...] = ()

    @property
    def in_mm(self) -> bool:
        """See `Filter`."""
        return True

    @property
    def _parts(self) -> list[str]:
        cut = [] if self.truncate == 4 else ["truncate", number(self.truncate)]
        return [f"{number(self.sigma)}mm", *cut, *_riesz(self.riesz)]


@dataclass(frozen=True, kw_only=True)
class Laws(Filter):
    """Laws kernels (JTXT).

    Attributes
    ----------
    kernels
        Kernels along x, y (and z), such as ``L5E5S5``.
    pooling
        How the responses of all right-angle rotations of the kernels are pooled (4 in 2D, 24 in 3D);
        ``none`` does not rotate.
    energy
        Distance in voxels up to which the absolute response is averaged (energy image); ``None`` does not.
    """

    type: ClassVar[str] = "laws"
    kernels: str
    pooling: str = "none"
    energy: int | None = None

    @property
    def _parts(self) -> list[str]:
        energy = [] if self.energy is None else ["energy", str(self.energy)]
        return [self.kernels, *_pooled(self.pooling), *energy]


@dataclass(frozen=True, kw_only=True)
class Gabor(Filter):
    """Modulus of the response to Gabor kernels in a plane (Q88H).

    Attributes
    ----------
    sigma
        Standard deviation of the Gaussian along the wave, mm.
    wavelength
        Length of the wave, mm.
    gamma
        Ratio of the standard deviations along and across the wave.
    angle
        Direction of the wave in degrees from x to y, or from the first to the second axis of the plane.
    step
        Instead of `angle`: step in degrees between the angles whose responses are pooled, from 0 to 180.
    pooling
        How the responses of the angles, and in 3D of the three planes, are pooled.

    Notes
    -----
    In 3D the filter runs in the planes xy, xz and yz of each voxel. The reference values average over angles
    and planes.
    """

    type: ClassVar[str] = "gabor"
    sigma: float
    wavelength: float
    gamma: float
    angle: float | None = None
    step: float | None = None
    pooling: str = "average"

    @property
    def in_mm(self) -> bool:
        """See `Filter`."""
        return True

    @property
    def angles(self) -> tuple[float, ...]:
        """All angles, in degrees."""
        if self.step is None:
            return (float(self.angle or 0.0),)
        return tuple(self.step * i for i in range(round(180 / self.step)))

    @property
    def _parts(self) -> list[str]:
        kernel = [f"{number(self.sigma)}mm", f"{number(self.wavelength)}mm", number(self.gamma)]
        if self.step is None:
            pooled = ["max"] if self.pooling == "max" and not self.flat else []
            return [*kernel, f"{number(self.angle or 0.0)}deg", *pooled]
        return [*kernel, "step", f"{number(self.step)}deg", self.pooling]


@dataclass(frozen=True, kw_only=True)
class SeparableWavelet(Filter):
    """Undecimated separable wavelet (25BO).

    Attributes
    ----------
    wavelet
        Discrete wavelet of PyWavelets, such as ``db3``.
    filter
        Low-pass (L) or high-pass (H) along x, y (and z), such as ``LLH``.
    level
        Level of the decomposition; at each level before, the image is filtered with the low-pass filter
        along every axis.
    pooling
        As for `Laws`.
    """

    type: ClassVar[str] = "wavelet"
    wavelet: str
    filter: str
    level: int = 1
    pooling: str = "none"

    @property
    def _parts(self) -> list[str]:
        return [self.wavelet, self.filter, str(self.level), *_pooled(self.pooling)]


@dataclass(frozen=True, kw_only=True)
class _Isotropic(Filter):
    """Non-separable wavelet: a filter that depends only on the magnitude of the frequency (LODD).

    Attributes
    ----------
    level
        Level of the decomposition; the highest frequencies have level 1.
    riesz
        Order of a Riesz transform along x, y (and z); empty for none.

    Notes
    -----
    The default boundary is ``periodic``, as in the tests of the standard: the others need eight times as much
    memory (in 2D four times).
    """

    boundary: str = PERIODIC
    level: int = 1
    riesz: tuple[int, ...] = ()

    @property
    def _parts(self) -> list[str]:
        return [str(self.level), *_riesz(self.riesz)]


@dataclass(frozen=True, kw_only=True)
class Simoncelli(_Isotropic):
    """Simoncelli wavelet (PRT7)."""

    type: ClassVar[str] = "simoncelli"


@dataclass(frozen=True, kw_only=True)
class Shannon(_Isotropic):
    """Shannon wavelet: the frequencies of one octave."""

    type: ClassVar[str] = "shannon"


def number(value: float) -> str:
    """Write a number in the shortest form that is this number: 3, 2.5."""
    return repr(float(value)).removesuffix(".0")


def _pooled(pooling: str) -> list[str]:
    return [] if pooling == "none" else [pooling]


def _riesz(orders: tuple[int, ...]) -> list[str]:
    return ["riesz", *map(str, orders)] if orders else []
