"""Select the requested features of a class."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set


def select(
    values: Mapping[str, float], wanted: Collection[str] | None, *, deprecated: Set[str]
) -> dict[str, float]:
    """Return the features in `wanted` in its order, or all that are not deprecated in PyRadiomics' order.

    PyRadiomics leaves a deprecated feature out unless it is requested by name. Its order is the order of the
    names of its methods.
    """
    names = dict.fromkeys(wanted or sorted(set(values) - deprecated, key="{}FeatureValue".format))
    return {name: float(values[name]) for name in names}
