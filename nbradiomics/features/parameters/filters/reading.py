"""Read the key `filters` of the section `nbradiomics` of a parameter file.

It is a list; each entry has a `type` and the parameters of this type, and makes one image::

    nbradiomics:
      filters:
        - {type: mean, support: 5}
        - {type: laws, kernels: L5E5E5, pooling: max, energy: 7}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from nbradiomics.errors import InputError
from nbradiomics.features.parameters.filters.rules import RULES, Rule, contradiction
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
from nbradiomics.features.parameters.ibsi import require_known
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted

#: Key of the section `nbradiomics`.
KEY = "filters"
TYPES: Mapping[str, type[Filter]] = {
    one.type: one for one in (Mean, LaplacianOfGaussian, Laws, Gabor, SeparableWavelet, Simoncelli, Shannon)
}


def filters_of(name: str, value: Any) -> tuple[Filter, ...]:
    """Read the filters of a parameter file.

    Parameters
    ----------
    name
        The file, for messages.
    value
        Value of the key; ``None`` requests nothing.

    Raises
    ------
    InputError
        When an entry is no filter, has an unknown type or parameter, lacks a parameter, or has a value that
        is not allowed; or when two entries are the same filter.
    """
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InputError(
            f"{name}: nbradiomics.{KEY} is {quoted(value)}; a list of filters was expected.", _EXAMPLE
        )
    found = tuple(_filter(name, f"nbradiomics.{KEY}[{i}]", one) for i, one in enumerate(value, 1))
    names = [one.name for one in found]
    for i, one in enumerate(names):
        if one in names[:i]:
            raise InputError(
                f"{name}: nbradiomics.{KEY}[{names.index(one) + 1}] and [{i + 1}] are the same, {one}.",
                "Remove one of them.",
            )
    return found


def _filter(name: str, place: str, value: Any) -> Filter:
    if not isinstance(value, Mapping):
        raise InputError(f"{name}: {place} is {quoted(value)}; a mapping with a type was expected.", _EXAMPLE)
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        found = "has no type" if kind is None else f"has the type {quoted(kind)}, which is unknown"
        raise InputError(
            f"{name}: {place} {found}.", f"{did_you_mean(str(kind), TYPES)}Types: {', '.join(TYPES)}."
        )
    made = TYPES[kind]
    fields = dataclasses.fields(made)
    require_known(name, f"{place} ({kind})", value, ("type", *(one.name for one in fields)))
    given = {
        key: _value(name, f"{place}.{key}", RULES[key], one) for key, one in value.items() if key != "type"
    }
    missing = [one.name for one in fields if one.default is dataclasses.MISSING and one.name not in given]
    if missing:
        raise InputError(
            f"{name}: {place} ({kind}) has no {' and no '.join(missing)}.",
            " ".join(f"{key}: {RULES[key].expected}." for key in missing),
        )
    one = made(**given)
    problem = contradiction(one)
    if problem is not None:
        raise InputError(f"{name}: {place} ({kind}): {problem[0]}.", problem[1])
    return one


def _value(name: str, place: str, rule: Rule, value: Any) -> Any:
    if rule.fits(value):
        return rule.made(value)
    raise InputError(
        f"{name}: {place} is {quoted(value)}; {rule.expected} was expected.",
        f"{did_you_mean(str(value), rule.known)}Correct the value.",
    )


_EXAMPLE = "For example: `filters: [{type: log, sigma: 3}]`. Types: " + ", ".join(TYPES) + "."
