"""Limits that refuse a parameter file with implausibly large requests, and how to raise them.

A bin width or a spacing with too many zeros, or a list of thousands of filters, would run for hours or use
all memory. The limits lie far beyond what radiomics studies use. They change no value, only whether it is
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

#: A setting as shown in messages, the number it requests, and the field of `Limits` that limits it.
_Cost = tuple[str, int, str]
#: Factor of the number of vertices of trimesh's icosphere: 10 * 4^n + 2.
_ICOSPHERE = 10
#: Counts from this number on are taken for mistakes.
_BEYOND = 10**9


@dataclass(frozen=True)
class Limits:
    """Largest numbers that are computed.

    Attributes
    ----------
    images
        Original and filtered images per mask.
    bins
        Grey levels of a region, from its lowest to its highest intensity.
    voxels
        Voxels of the grid around a mask on which features are computed.
    neighbours
        Directions to neighbours of textures, from the setting `distances`.
    samples
        Points around a voxel that a local binary pattern compares with it.
    kernel
        Voxels of the box from which a voxel of a feature map is computed.
    """

    images: int = 300
    bins: int = 20_000
    voxels: int = 300_000_000
    neighbours: int = 5_000
    samples: int = 3_000
    kernel: int = 10_000


def limits_of(name: str, section: Any) -> Limits:
    """Read `nbradiomics.limits` of a parameter file called `name`; other limits keep their defaults."""
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


def require_within(name: str, content: Mapping[str, Any], limits: Limits, *, filters: int = 0) -> None:
    """Raise one `InputError` that names every setting that exceeds `limits`; no image is needed.

    Parameters
    ----------
    name
        The file, for messages.
    content
        Content that has passed PyRadiomics' schema and `rules.require_sound`.
    limits
        Largest numbers that are computed.
    filters
        Number of filters in the section `nbradiomics`; each makes one image.
    """
    most = asdict(limits)
    over = [
        (setting, number, kind) for setting, number, kind in _costs(content, filters) if number > most[kind]
    ]
    if not over:
        return
    problems = [
        f"{setting}: {count(number)} {_COUNTED[kind]}; at most {most[kind]:,} were expected"
        for setting, number, kind in over
    ]
    highest = {kind: number for _, number, kind in sorted(over, key=lambda one: one[1])}
    raise InputError(f"{name}: {'. '.join(problems)}.", f"Correct these values. {allowing(highest)}".strip())


def require_bins(
    lowest: float, highest: float, settings: Mapping[str, Any], limits: Limits, name: str = ""
) -> None:
    """Raise `InputError` if a region would be binned into more grey levels than `limits` allow.

    Parameters
    ----------
    lowest, highest
        Intensities of the region.
    settings
        `binWidth` (default 25) or `binCount`, which was checked with the parameter file.
    limits
        Largest numbers that are computed.
    name
        PyRadiomics' name of the image; empty if it is not known.
    """
    if settings.get("binCount") is not None:
        return
    width = float(settings.get("binWidth", 25))
    bins = min((highest - lowest) / width, 1e300) + 1
    if bins <= limits.bins:
        return
    where = f" in the {name} image" if name else ""
    raise InputError(
        f"binWidth {width:g} would divide the intensities of the region{where}, {lowest:.6g} to "
        f"{highest:.6g}, into {count(bins)} bins; at most {limits.bins:,} were expected.",
        "Choose a width that gives 30 to 130 bins, or look for a voxel with an extreme intensity. "
        f"{allowing({'bins': math.ceil(bins)})}".strip(),
    )


def allowing(wanted: Mapping[str, int]) -> str:
    """Explain how to allow the requested numbers; empty if they are too large to be intended."""
    if max(wanted.values()) >= _BEYOND:
        return ""
    rounded = ", ".join(f"{kind}: {_rounded_up(number)}" for kind, number in wanted.items())
    return (
        "If this is intended, allow it in the section `nbradiomics` of the parameter file: "
        f"`limits: {{{rounded}}}`."
    )


def count(number: float) -> str:
    """Write a count: in full, or as a power of 10 if it is too long to read."""
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


def _costs(content: Mapping[str, Any], filters: int) -> Iterator[_Cost]:
    shared = {**(content.get("setting") or {}), **(content.get("voxelSetting") or {})}
    types = content.get("imageType") or {"Original": {}}
    effective = {kind: {**shared, **(own or {})} for kind, own in types.items()}
    yield from _images(effective, filters)
    # A setting that image types share is reported once.
    yield from dict.fromkeys(
        cost for kind, settings in effective.items() for cost in _of_image(kind, settings)
    )
    if "kernelRadius" in shared:
        radius = shared["kernelRadius"]
        yield f"kernelRadius {_shown(radius)}", (2 * radius + 1) ** 3, "kernel"


def _images(effective: Mapping[str, Mapping[str, Any]], filters: int) -> Iterator[_Cost]:
    numbers = [_number_of_images(kind, settings) for kind, settings in effective.items()]
    numbers += [(f"{filters} filters", filters)] if filters else []
    largest = ", ".join(text for text, _ in sorted(numbers, key=lambda one: -one[1])[:3])
    yield f"imageType ({largest})", sum(number for _, number in numbers), "images"


def _number_of_images(kind: str, settings: Mapping[str, Any]) -> tuple[str, int]:
    """Return the setting that multiplies the images of an image type, and their number."""
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
    """Count the offsets of the given infinity norms, with one of every two opposite offsets."""
    both: int = sum((2 * far + 1) ** dimensions - (2 * far - 1) ** dimensions for far in distances)
    return both // 2


def _listed(values: list[int]) -> str:
    shown = ", ".join(map(_shown, values[:3]))
    return f"[{shown}, ...] ({len(values)} values)" if len(values) > 3 else f"[{shown}]"


def _shown(value: int) -> str:
    return str(value) if value < _BEYOND else count(value)
