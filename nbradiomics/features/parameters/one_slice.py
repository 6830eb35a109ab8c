"""What parameters of three dimensions do to an image of one slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from nbradiomics.features.parameters.file import Parameters
from nbradiomics.features.parameters.filters.types import (
    PERIODIC,
    Filter,
    Mean,
    Shannon,
    Simoncelli,
)
from nbradiomics.messages.wording import shortened

PRESET = "image_2d"
#: Families whose values in space are not those of the plane: runs across the slice, distances to the border.
_ACROSS = ("rlm", "dzm")


class Effect(NamedTuple):
    """What is missing or wrong in an image of one slice, and the change of the parameters."""

    problem: str
    remedy: str


def effects_on_one_slice(parameters: Parameters) -> list[Effect]:
    """Say what features of an image of one slice will be missing, or are not those of the plane.

    Textures of PyRadiomics, and those of the families `cm`, `szm`, `ngt` and `ngl`, have the values of the
    plane without `force2D` or an aggregation of slices too: nothing is said of them.
    """
    return [*_of_pyradiomics(parameters), *_of_families(parameters), *_of_filters(parameters.own.filters)]


def _of_pyradiomics(parameters: Parameters) -> Iterator[Effect]:
    content = parameters.content
    setting: dict[str, Any] = content.get("setting") or {}
    classes, types = content.get("featureClass") or {}, content.get("imageType") or {}
    in_plane = bool(setting.get("force2D", False))
    if "shape" in classes or not classes:
        yield Effect(
            "features of the class shape (volume, surface, axes in three dimensions) depend on the thickness "
            "of the slice",
            "request shape2D instead of shape, with `force2D: true`",
        )
    if in_plane and setting.get("force2Ddimension", 0) != 0:
        yield Effect(
            f"force2Ddimension {setting['force2Ddimension']} compares voxels across the slice: textures are "
            "those of single lines",
            "write `force2Ddimension: 0`",
        )
    if "Wavelet" in types and not in_plane:
        yield Effect(
            "wavelets filter across the slice: images whose name ends with H are rounding noise, whose "
            "textures look like values, and the others are scaled",
            "write `force2D: true`, which gives wavelets of the plane",
        )
    if "LoG" in types:
        yield Effect(
            "features of LoG will be missing: PyRadiomics' filter needs four slices",
            "leave out LoG, or add the filter `{type: log, sigma: 2, dimension: 2D}` of the section "
            "nbradiomics",
        )
    if "LBP3D" in types:
        yield Effect(
            "LBP3D compares voxels with other slices, which are not there", "take LBP2D instead of LBP3D"
        )
    spacing: list[float] = list(setting.get("resampledPixelSpacing") or ())
    if any(spacing) and spacing[2] != 0:
        yield Effect(
            f"resampledPixelSpacing {spacing} has no effect on the slice, which keeps its thickness",
            "write 0 as its third number",
        )


def _of_families(parameters: Parameters) -> Iterator[Effect]:
    families = parameters.own.families
    if "morph" in families.names:
        yield Effect(
            "features of the family morph (volume, surface, axes in three dimensions) depend on the "
            "thickness of the slice",
            "leave out morph, and request the class shape2D with `force2D: true`",
        )
    in_space = [name for name in _ACROSS if name in families.names]
    forms = families.aggregation
    if in_space and (not forms or any(form.startswith("3D") for form in forms)):
        yield Effect(
            f"features of {' and '.join(in_space)} in the form 3D are not those of the plane: a run across "
            "the slice has one voxel, and every zone lies at the border",
            "write `aggregation: [2D_avg, 2D]`",
        )


def _of_filters(filters: tuple[Filter, ...]) -> Iterator[Effect]:
    across = [one for one in filters if not one.flat and not _is_of_plane(one)]
    if not across:
        return
    names = shortened([one.name for one in across], 3)
    in_mm = any(one.in_mm for one in across)
    yield Effect(
        f"filters of three dimensions ({names}) filter across the slice, and their images are scaled, mixed "
        "with other directions or 0"
        + (
            "; with a length in mm they are refused unless the slice is as thick as its pixels are wide"
            if in_mm
            else ""
        ),
        "add `dimension: 2D` to these filters",
    )


def _is_of_plane(one: Filter) -> bool:
    """Whether a filter of three dimensions has the response of the plane: the slice lies between copies."""
    if one.boundary == "zero":
        return False
    return isinstance(one, Mean) or (
        isinstance(one, Simoncelli | Shannon) and not one.riesz and one.boundary == PERIODIC
    )
