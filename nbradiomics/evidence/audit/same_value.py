"""Compare two values as JSON has them."""

from __future__ import annotations

from typing import Any

from nbradiomics.evidence.audit.same_table import RELATIVE


def value_differences(told: Any, again: Any, where: str = "") -> list[str]:
    """Describe where a value differs from the same value made again; numbers may differ by rounding."""
    if isinstance(told, dict) and isinstance(again, dict):
        problems = [f"{_at(where, name)} is missing" for name in again if name not in told]
        problems += [f"{_at(where, name)} should not be there" for name in told if name not in again]
        for name in told:
            if name in again:
                problems += value_differences(told[name], again[name], _at(where, name))
        return problems
    if isinstance(told, list) and isinstance(again, list):
        if len(told) != len(again):
            return [f"{where or 'the list'} has {len(told)} entries, made again {len(again)}"]
        pairs = enumerate(zip(told, again, strict=True), start=1)
        return [one for place, pair in pairs for one in value_differences(*pair, _at(where, str(place)))]
    return [] if _same(told, again) else [f"{where or 'the value'} is {told!r}, made again {again!r}"]


def _same(told: Any, again: Any) -> bool:
    numbers = [isinstance(each, (int, float)) and not isinstance(each, bool) for each in (told, again)]
    if all(numbers):
        return bool(abs(told - again) <= RELATIVE * max(abs(told), abs(again)))
    return type(told) is type(again) and bool(told == again)


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
