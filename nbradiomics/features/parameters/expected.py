"""What a parameter file asks for: the names of all features that a case should get, whatever engine runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from nbradiomics.features.parameters.file import Parameters

SHAPES = ("shape", "shape2D")
#: Stands in a name for the sigma of a LoG that has none.
NO_SIGMA = "?"
_LOG = "log-sigma-{}-mm-3D"


def expected_features(parameters: Parameters, *, shapes: bool = True) -> list[str]:
    """Names of the features that parameters ask for, in the order of a feature table.

    Without `featureClass` PyRadiomics computes every class; shape2D, which it then leaves out of what is not
    flat, is not counted as asked for. A LoG without sigma is named with a question mark in its place.

    Parameters
    ----------
    parameters
        What to compute.
    shapes
        Whether the classes of shape count, which have no maps.
    """
    classes = _classes(parameters.content.get("featureClass") or {})
    names = [f"original_{of}_{name}" for of in SHAPES if shapes for name in classes.get(of, ())]
    for image in expected_images(parameters):
        names += [f"{image}_{of}_{name}" for of in classes if of not in SHAPES for name in classes[of]]
    return list(dict.fromkeys(names))


def expected_images(parameters: Parameters) -> list[str]:
    """Names of the images, original and filtered, that parameters ask for."""
    setting = parameters.content.get("setting") or {}
    voxel = parameters.content.get("voxelSetting") or {}
    types = parameters.content.get("imageType") or {"Original": {}}
    return [
        name for kind, own in types.items() for name in _images(kind, {**setting, **voxel, **(own or {})})
    ]


def _images(kind: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """PyRadiomics' names of the images of one type."""
    if kind == "LoG":
        yield from (log_name(sigma) for sigma in settings.get("sigma") or [NO_SIGMA])
    elif kind == "Wavelet":
        yield from _wavelets(settings)
    elif kind == "LBP2D":
        yield "lbp-2D"
    elif kind == "LBP3D":
        yield from (f"lbp-3D-m{level + 1}" for level in range(settings.get("lbp3DLevels", 2)))
        yield "lbp-3D-k"
    else:
        yield kind.lower()


def log_name(sigma: float | str) -> str:
    """PyRadiomics' name of a Laplacian of Gaussian."""
    return _LOG.format(str(sigma).replace(".", "-"))


def _wavelets(settings: Mapping[str, Any]) -> Iterator[str]:
    axes = 2 if settings.get("force2D", False) else 3
    levels = settings.get("level", 1)
    prefixes = ["wavelet", *(f"wavelet{level}" for level in range(2, levels + 1))]
    for prefix in prefixes:
        parts = ("".join(letters) for letters in product("LH", repeat=axes))
        yield from (f"{prefix}-{part}" for part in parts if "H" in part)
    yield f"{prefixes[-1]}-{'L' * axes}"


def _classes(asked: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if asked:
        return {name: tuple(features or _current(name)) for name, features in asked.items()}
    from radiomics import getFeatureClasses

    return {name: _current(name) for name in getFeatureClasses() if name != "shape2D"}


@cache
def _current(name: str) -> tuple[str, ...]:
    """Features of a class that are not retired."""
    from radiomics import getFeatureClasses

    names: dict[str, bool] = getFeatureClasses()[name].getFeatureNames()
    return tuple(feature for feature, retired in names.items() if not retired)
