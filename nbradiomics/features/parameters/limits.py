"""How much a parameter file may ask for before it is taken for a slip, and how to ask for more.

A bin width or a spacing with too many zeros, or a list of thousands of filters, would run for hours or take
all memory. The bounds lie far beyond what radiomics studies use. They change no value, only whether one is
computed::

    nbradiomics:
      limits: {images: 1000, bins: 50000}
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.ibsi import require_known

#: A setting as it is told, what it asks for, and the field of `Limits` that bounds it.
_Cost = tuple[str, int, str]
#: The vertices that trimesh's icosphere begins with: 10 * 4^n + 2.
_ICOSPHERE = 10
#: Counts from here on are slips.
_BEYOND = 10**9


@dataclass(frozen=True)
class Limits:
    """The most that is computed.

    Attributes
    ----------
    images
        Original and filtered images per mask.
    bins
        Grey levels of a region, from its lowest to its highest intensity.
    voxels
        Voxels of the grid around a mask on which features are measured.
    neighbours
        Directions in which `distances` make textures look.
    samples
        Points around a voxel that a local binary pattern compares with it.
    kernel
        Voxels of the box that a voxel of a feature map is measured in.
    """

    images: int = 300
    bins: int = 20_000
    voxels: int = 300_000_000
    neighbours: int = 5_000
    samples: int = 3_000
    kernel: int = 10_000


def limits_of(name: str, section: Any) -> Limits:
    """Read `nbradiomics.limits` of a parameter file called `name`; what it leaves out stays as it is."""
    if section is None:
        return Limits()
    known = tuple(field.name for field in fields(Limits))
    if not isinstance(section, Mapping):
        raise InputError(
            f"{name}: nbradiomics.limits is {section!r}; a mapping was expected.",
            f"Its keys are {', '.join(known)}.",
        )
    require_known(name, "nbradiomics.limits", section, known)
    for key, value in section.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(
                f"{name}: nbradiomics.limits.{key} is {value!r}; a whole number above 0 was expected.",
                "Correct the value.",
            )
    return Limits(**section)


def require_within(name: str, content: Mapping[str, Any], limits: Limits) -> None:
    """Raise one `InputError` that names every setting that asks for more than `limits`, by the file alone.

    Parameters
    ----------
    name
        The file, for messages.
    content
        What has passed PyRadiomics' schema and `parameter_rules.require_sound`.
    limits
        The most that is computed.
    """
    most = asdict(limits)
    over = [(said, number, kind) for said, number, kind in _costs(content) if number > most[kind]]
    if not over:
        return
    told = [
        f"{said}: {count(number)} {_COUNTED[kind]}; at most {most[kind]:,} were expected"
        for said, number, kind in over
    ]
    highest = {kind: number for _, number, kind in sorted(over, key=lambda one: one[1])}
    raise InputError(f"{name}: {'. '.join(told)}.", f"Correct these values. {allowing(highest)}".strip())


def require_bins(
    lowest: float, highest: float, settings: Mapping[str, Any], limits: Limits, name: str = ""
) -> None:
    """Raise `InputError` where a region would be binned into more grey levels than `limits` allow.

    Parameters
    ----------
    lowest, highest
        Intensities of the region.
    settings
        `binWidth` (25 unless given) or `binCount`, which the parameter file was held against already.
    limits
        The most that is computed.
    name
        What PyRadiomics calls the image; empty where that is not known.
    """
    if settings.get("binCount") is not None:
        return
    width = float(settings.get("binWidth", 25))
    bins = min((highest - lowest) / width, 1e300) + 1
    if bins <= limits.bins:
        return
    where = f" in the {name} image" if name else ""
    raise InputError(
        f"binWidth {width:g} would part the intensities of the region{where}, {lowest:.6g} to {highest:.6g}, "
        f"into {count(bins)} bins; at most {limits.bins:,} were expected.",
        "Choose a width that gives 30 to 130 bins; or look for a voxel whose intensity is far out. "
        f"{allowing({'bins': math.ceil(bins)})}".strip(),
    )


def allowing(wanted: Mapping[str, int]) -> str:
    """How to allow what was asked for; empty where nobody can mean it."""
    if max(wanted.values()) >= _BEYOND:
        return ""
    rounded = ", ".join(f"{kind}: {_rounded_up(number)}" for kind, number in wanted.items())
    return (
        "If that is meant, allow it in the section `nbradiomics` of the parameter file: "
        f"`limits: {{{rounded}}}`."
    )


def count(number: float) -> str:
    """A count in words: whole where people can read it."""
    if number < _BEYOND:
        return f"{math.ceil(number):,}"
    return f"about 10^{len(str(math.floor(number))) - 1}"


def _rounded_up(number: int) -> int:
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // step) * step


_COUNTED = {
    "images": "images per mask",
    "bins": "grey levels",
    "neighbours": "directions to neighbours",
    "samples": "points around each voxel",
    "kernel": "voxels around each voxel",
}


def _costs(content: Mapping[str, Any]) -> Iterator[_Cost]:
    shared = {**(content.get("setting") or {}), **(content.get("voxelSetting") or {})}
    types = content.get("imageType") or {"Original": {}}
    effective = {kind: {**shared, **(own or {})} for kind, own in types.items()}
    yield from _images(effective)
    # A setting that image types share is told once.
    yield from dict.fromkeys(
        cost for kind, settings in effective.items() for cost in _of_image(kind, settings)
    )
    if "kernelRadius" in shared:
        radius = shared["kernelRadius"]
        yield f"kernelRadius {_shown(radius)}", (2 * radius + 1) ** 3, "kernel"


def _images(effective: Mapping[str, Mapping[str, Any]]) -> Iterator[_Cost]:
    found = [_number_of_images(kind, settings) for kind, settings in effective.items()]
    told = ", ".join(said for said, _ in sorted(found, key=lambda one: -one[1])[:3])
    yield f"imageType ({told})", sum(number for _, number in found), "images"


def _number_of_images(kind: str, settings: Mapping[str, Any]) -> tuple[str, int]:
    """What makes an image type many images, and how many are computed for it."""
    if kind == "LoG":
        number = len(settings.get("sigma") or ())
        return f"{number} sigmas", number
    if kind == "Wavelet":
        # Levels before the first are computed too.
        level, start = settings.get("level", 1), settings.get("start_level", 0)
        return f"wavelet level {_shown(level)}, start_level {_shown(start)}", 7 * (level + start) + 1
    if kind == "LBP3D":
        levels = settings.get("lbp3DLevels", 2)
        return f"lbp3DLevels {_shown(levels)}", levels + 1
    return kind, 1


def _of_image(kind: str, settings: Mapping[str, Any]) -> Iterator[_Cost]:
    if settings.get("binCount") is not None:
        yield f"binCount {_shown(settings['binCount'])}", settings["binCount"], "bins"
    if settings.get("distances"):
        flat = bool(settings.get("force2D", False))
        number = _directions(settings["distances"], 2 if flat else 3)
        yield f"distances {_listed(settings['distances'])}", number, "neighbours"
    if kind == "LBP2D":
        samples = settings.get("lbp2DSamples", 8)
        yield f"lbp2DSamples {_shown(samples)}", samples, "samples"
    if kind == "LBP3D":
        divided = settings.get("lbp3DIcosphereSubdivision", 1)
        vertices = _ICOSPHERE * 4 ** min(divided, 64) + 2
        yield f"lbp3DIcosphereSubdivision {_shown(divided)}", vertices, "samples"
        levels = settings.get("lbp3DLevels", 2)
        yield f"lbp3DLevels {_shown(levels)}", levels**2, "samples"  # one spherical harmonic each


def _directions(distances: list[int], dimensions: int) -> int:
    """Offsets of the given infinity norms, one of each two opposite ones."""
    both: int = sum((2 * far + 1) ** dimensions - (2 * far - 1) ** dimensions for far in distances)
    return both // 2


def _listed(values: list[int]) -> str:
    shown = ", ".join(map(_shown, values[:3]))
    return f"[{shown}, ...] ({len(values)} of them)" if len(values) > 3 else f"[{shown}]"


def _shown(value: int) -> str:
    return str(value) if value < _BEYOND else count(value)
