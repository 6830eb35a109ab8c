"""Names of all features that a parameter file requests for a case, with any engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from nbradiomics.features.ibsi_names.families import ONCE, feature_names
from nbradiomics.features.parameters.file import Parameters

SHAPES = ("shape", "shape2D")
#: Placeholder in the name of a LoG without sigma.
NO_SIGMA = "?"
_LOG = "log-sigma-{}-mm-3D"


def expected_features(parameters: Parameters, *, shapes: bool = True) -> list[str]:
    """Return the names of the requested features, in the order of a feature table.

    Without `featureClass` PyRadiomics computes every class. It then leaves shape2D out for regions that are
    not flat, so shape2D is not treated as requested. The name of a LoG without sigma has a question mark.

    Parameters
    ----------
    parameters
        Features to compute.
    shapes
        Whether to include the shape classes, which have no maps.

    Notes
    -----
    The IBSI's families of an image follow its classes; `ONCE` follow the shape classes.
    """
    classes = _classes(parameters.content.get("featureClass") or {})
    shape_classes = SHAPES if shapes else ()
    names = [f"original_{class_}_{name}" for class_ in shape_classes for name in classes.get(class_, ())]
    names += _families("original", parameters, once=True)
    for image in expected_images(parameters):
        names += [
            f"{image}_{class_}_{name}"
            for class_, features in classes.items()
            if class_ not in SHAPES
            for name in features
        ]
        names += _families(image, parameters, once=False)
    return list(dict.fromkeys(names))


def _families(image: str, parameters: Parameters, *, once: bool) -> Iterator[str]:
    """Yield the features of the IBSI's families in one image."""
    families = parameters.own.families
    for family in families.names:
        if (family in ONCE) == once:
            yield from (f"{image}_{family}_{name}" for name in feature_names(family, families.aggregation))


def expected_images(parameters: Parameters) -> list[str]:
    """Return the names of the requested images, original and filtered."""
    setting = parameters.content.get("setting") or {}
    voxel = parameters.content.get("voxelSetting") or {}
    types = parameters.content.get("imageType") or {"Original": {}}
    return [
        name for kind, own in types.items() for name in _images(kind, {**setting, **voxel, **(own or {})})
    ]


def _images(kind: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield PyRadiomics' names of the images of one type."""
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
    """Return PyRadiomics' name of a Laplacian of Gaussian."""
    return _LOG.format(str(sigma).replace(".", "-"))


def _wavelets(settings: Mapping[str, Any]) -> Iterator[str]:
    axes = 2 if settings.get("force2D", False) else 3
    levels = settings.get("level", 1)
    prefixes = ["wavelet", *(f"wavelet{level}" for level in range(2, levels + 1))]
    for prefix in prefixes:
        parts = ("".join(letters) for letters in product("LH", repeat=axes))
        yield from (f"{prefix}-{part}" for part in parts if "H" in part)
    yield f"{prefixes[-1]}-{'L' * axes}"


def _classes(requested: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if requested:
        return {name: tuple(features or _current(name)) for name, features in requested.items()}
    from radiomics import getFeatureClasses

    return {name: _current(name) for name in getFeatureClasses() if name != "shape2D"}


@cache
def _current(name: str) -> tuple[str, ...]:
    """Return the features of a class that are not retired."""
    from radiomics import getFeatureClasses

    names: dict[str, bool] = getFeatureClasses()[name].getFeatureNames()
    return tuple(feature for feature, retired in names.items() if not retired)
