"""What single facts say. A value that is not there says nothing: it is neither a yes nor a no."""

from __future__ import annotations

from pydantic import JsonValue

from nbradiomics.evidence.checklists.rules import Check
from nbradiomics.evidence.facts import Fact


def value_of(fact: Fact, *keys: str) -> JsonValue:
    """The value under nested keys; None if there is none."""
    found = fact.value
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def says(*keys: str) -> Check:
    """A value that is True or False says so itself."""

    def check(fact: Fact) -> bool | None:
        found = value_of(fact, *keys)
        return found if isinstance(found, bool) else None

    return check


def at_least(least: float, *keys: str) -> Check:
    """A number that is large enough is a yes; a smaller one is no answer."""

    def check(fact: Fact) -> bool | None:
        found = value_of(fact, *keys)
        is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
        return True if is_number and float(found) >= least else None  # type: ignore[arg-type]

    return check


def has(*keys: str) -> Check:
    """A value that is there, and not empty, is a yes; without keys the whole value."""

    def check(fact: Fact) -> bool | None:
        found = value_of(fact, *keys)
        return None if found is None or found in ("", [], {}) else True

    return check
