"""Names of regions for the cohort table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbradiomics.dicom.masks.rules import MaskRules, RegionRule
from nbradiomics.dicom.masks.wildcards import matches, normal_form
from nbradiomics.messages.wording import counted

#: Names of targets that mean the same wherever they are written, with a number.
_TARGET = re.compile(r"(i?gtv|ctv|itv|ptv|tumou?rs?|lesion|mass)( ?0*([1-9][0-9]{0,2}))?")
_TARGET_TYPES = frozenset({"GTV", "CTV", "PTV"})
_RULE = "Name the region by a rule (masks: regions: in the rules file)."


@dataclass(frozen=True)
class Label:
    """What an object says about a region.

    Attributes
    ----------
    number
        Its number in the file.
    texts
        Free texts that rules are compared with; never written into an output.
    standard
        Its standard name; empty if it has none.
    alike
        Whether several regions with this standard name are of one kind and may be numbered.
    """

    number: int
    texts: tuple[str, ...]
    standard: str = ""
    alike: bool = False


@dataclass(frozen=True)
class Named:
    """A region of the cohort table: its name, and the numbers of the regions that it unites."""

    roi: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Naming:
    """The named regions of an object, and what is wrong: severity, region, cause, hint."""

    named: list[Named] = field(default_factory=list)
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str, str]] = field(default_factory=list)


def target_name(name: str, kind: str) -> str:
    """Standard name of a region of a structure set: by its name if that is a usual one, or by its coded type.

    ``GTV_1`` and ``gtv 01`` are ``gtv-1``, ``Tumour`` is ``tumour``; ``GTV lung`` has none of these forms,
    but is ``gtv`` if its interpreted type is GTV. Empty if neither tells.
    """
    found = _TARGET.fullmatch(normal_form(name))
    if found:
        word = re.sub("tumou?rs?", "tumour", found[1])
        return f"{word}-{int(found[3])}" if found[3] else word
    return kind.lower() if kind in _TARGET_TYPES else ""


def name_regions(labels: Sequence[Label], rules: MaskRules) -> Naming:
    """Choose and name the regions of an object.

    Parameters
    ----------
    labels
        All regions of the object, in the order of the file.
    rules
        With rules about regions only those are named that match one; without, those that have a standard
        name.
    """
    naming = Naming()
    taken: set[int] = set()
    for rule in rules.regions:
        numbers = [label.number for label in labels if any(matches(text, rule.names) for text in label.texts)]
        _by_rule(rule, numbers, naming)
        taken.update(numbers)
    rest = [label for label in labels if label.number not in taken]
    if not rules.regions:
        _by_standard(rest, naming)
        rest = [label for label in rest if not label.standard]
    if rules.others == "number":
        naming.named.extend(Named(f"roi-{label.number}", (label.number,)) for label in rest)
    elif rest and not rules.regions:
        cause = f"{counted(len(rest), 'region')} of {len(labels):,} without a known name: left out."
        hint = "Name them by rules (masks: regions:), or let them be numbered (masks: others: number)."
        (naming.warnings if naming.named else naming.errors).append(("", cause, hint))
    _require_once(naming)
    return naming


def _by_rule(rule: RegionRule, numbers: Sequence[int], naming: Naming) -> None:
    if not numbers:
        cause = "no region of this object matches the rule."
        hint = "Add the name that this object has for it, or skip the object (masks: skip:)."
        naming.errors.append((rule.roi, cause, hint))
    elif len(numbers) == 1 or rule.several == "union":
        naming.named.append(Named(rule.roi, tuple(numbers)))
    elif rule.several == "number":
        naming.named.extend(Named(f"{rule.roi}-{place}", (one,)) for place, one in enumerate(numbers, 1))
    else:
        cause = f"{len(numbers)} regions match the rule: numbers {', '.join(map(str, numbers))} of the file."
        hint = "Give narrower patterns; or several: union, or several: number."
        naming.errors.append((rule.roi, cause, hint))


def _by_standard(labels: Sequence[Label], naming: Naming) -> None:
    kinds: dict[str, list[Label]] = {}
    for label in labels:
        if label.standard:
            kinds.setdefault(label.standard, []).append(label)
    for name, several in kinds.items():
        numbers = [label.number for label in several]
        if len(several) == 1:
            naming.named.append(Named(name, (numbers[0],)))
        elif all(label.alike for label in several):
            naming.named.extend(Named(f"{name}-{place}", (one,)) for place, one in enumerate(numbers, 1))
        else:
            cause = (
                f"{len(numbers)} regions have this name: numbers {', '.join(map(str, numbers))} of the file."
            )
            naming.errors.append((name, cause, _RULE))


def _require_once(naming: Naming) -> None:
    """Refuse names that two different regions would have."""
    names = [one.roi for one in naming.named]
    for name in sorted({one for one in names if names.count(one) > 1}):
        naming.named[:] = [one for one in naming.named if one.roi != name]
        naming.errors.append((name, f"{names.count(name)} regions would have this name.", _RULE))
