"""Names of the regions of one reader, who may have drawn them into several objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from nbradiomics.dicom.masks.region_names import Label
from nbradiomics.dicom.masks.rules import MaskRules, RegionRule
from nbradiomics.dicom.masks.wildcards import matches
from nbradiomics.messages.wording import counted

_RULE = "Name the region by a rule (masks: regions: in the rules file)."
_NARROWER = "Give narrower patterns; or several: union, or several: number."


class Region(NamedTuple):
    """A region of an object: the place of the object among those of its reader, and what it says."""

    object: int
    label: Label


class Remark(NamedTuple):
    """Something to tell about a region of the cohort table; `object` is the object that is concerned."""

    roi: str
    cause: str
    hint: str
    object: int = 0


@dataclass(frozen=True)
class Named:
    """A region of the cohort table.

    Attributes
    ----------
    roi
        Its name.
    regions
        What it unites.
    base
        The name without the number that was given to it: of a rule, or a standard name.
    joined
        Whether a rule says how the regions of several objects are joined. Otherwise other objects with a
        region of this base are other versions of it.
    """

    roi: str
    regions: tuple[Region, ...]
    base: str
    joined: bool = False


@dataclass(frozen=True)
class Naming:
    """The named regions of a reader, and what is wrong."""

    named: list[Named] = field(default_factory=list)
    errors: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)


def name_regions(
    regions: Sequence[Region],
    rules: MaskRules,
    moments: Sequence[datetime | None],
    known_as: Callable[[Label], str] | None = None,
) -> Naming:
    """Choose and name the regions of one reader on one image.

    Parameters
    ----------
    regions
        All regions of the reader's objects, in the order of objects and files.
    rules
        With rules about regions only those are named that match one; without, those that have a standard
        name.
    moments
        When each object was made.
    known_as
        Pseudonym of a region, for messages.
    """
    naming = Naming()
    taken: set[tuple[int, int]] = set()
    for rule in rules.regions:
        matching = [one for one in regions if any(matches(text, rule.names) for text in one.label.texts)]
        if not matching:
            naming.errors.append(_no_match(rule, regions, len(moments), known_as))
        elif rule.several == "refuse":
            _one_of_each(rule, matching, naming)
        else:
            _joined(rule, matching, moments, naming)
        taken.update((one.object, one.label.number) for one in matching)
    for place in range(len(moments)):
        own = [one for one in regions if one.object == place]
        rest = [one for one in own if (place, one.label.number) not in taken]
        _without_rule(rest, len(own), place, rules, naming)
    _require_once(naming)
    return naming


def _no_match(
    rule: RegionRule, regions: Sequence[Region], objects: int, known_as: Callable[[Label], str] | None
) -> Remark:
    of = "this object" if objects == 1 else f"{objects} objects of this reader"
    names = sorted({known_as(one.label) for one in regions}) if known_as else []
    there = f" There are: {', '.join(names)} (`--list` shows their texts)." if names else ""
    hint = "Add the name that this object has for it, or skip the object (masks: skip:)."
    return Remark(rule.roi, f"no region of {of} matches the rule.{there}", hint)


def _one_of_each(rule: RegionRule, matching: Sequence[Region], naming: Naming) -> None:
    """One region of each object, at most: several objects are versions, of which the caller keeps one."""
    for place in dict.fromkeys(one.object for one in matching):
        own = [one for one in matching if one.object == place]
        if len(own) == 1:
            naming.named.append(Named(rule.roi, (own[0],), rule.roi))
        else:
            cause = f"{len(own)} regions match the rule: numbers {_numbers(own)} of the file."
            naming.errors.append(Remark(rule.roi, cause, _NARROWER, place))


def _joined(
    rule: RegionRule, matching: Sequence[Region], moments: Sequence[datetime | None], naming: Naming
) -> None:
    """Regions that match a rule which says what is done with several."""
    if rule.several == "latest":
        _latest(rule, matching, moments, naming)
        return
    if rule.several == "union":
        made = [Named(rule.roi, tuple(matching), rule.roi, joined=True)]
    else:
        made = [Named(f"{rule.roi}-{n}", (one,), rule.roi, joined=True) for n, one in enumerate(matching, 1)]
    naming.named.extend(made)
    objects = len({one.object for one in matching})
    if objects > 1:
        done = "united" if rule.several == "union" else "numbered, the earliest object first"
        cause = f"{counted(len(matching), 'region')} of {objects} objects were {done}."
        hint = "If some are versions of one region, use several: latest, or skip the older (masks: skip:)."
        naming.warnings.extend(Remark(one.roi, cause, hint, one.regions[0].object) for one in made)


def _latest(
    rule: RegionRule, matching: Sequence[Region], moments: Sequence[datetime | None], naming: Naming
) -> None:
    """The regions of the latest object that has any."""
    objects = list(dict.fromkeys(one.object for one in matching))
    times = [moments[place] for place in objects]
    known = [time for time in times if time is not None]
    chosen = objects[0]
    if len(objects) > 1:
        if len(known) < len(objects) or known.count(max(known)) > 1:
            cause = (
                f"{len(objects)} objects have this region, and their dates do not tell which is the latest."
            )
            naming.errors.append(Remark(rule.roi, cause, "Skip the older ones (masks: skip:).", objects[0]))
            return
        chosen = objects[times.index(max(known))]
        cause = f"the latest of {len(objects)} objects with this region was used."
        hint = "Make sure that the older ones are versions of the same region."
        naming.warnings.append(Remark(rule.roi, cause, hint, chosen))
    own = [one for one in matching if one.object == chosen]
    if len(own) == 1:
        naming.named.append(Named(rule.roi, (own[0],), rule.roi, joined=True))
    else:
        cause = f"{len(own)} regions match the rule: numbers {_numbers(own)} of the file."
        naming.errors.append(Remark(rule.roi, cause, "Give narrower patterns.", chosen))


def _without_rule(rest: Sequence[Region], all_of: int, place: int, rules: MaskRules, naming: Naming) -> None:
    """The regions of one object that no rule names."""
    before = len(naming.named)
    if not rules.regions:
        _by_standard(rest, naming)
        rest = [one for one in rest if not one.label.standard]
    if rules.others == "number":
        for one in rest:
            name = f"roi-{one.label.number}"
            naming.named.append(Named(name, (one,), name))
    elif rest and not rules.regions:
        cause = f"{counted(len(rest), 'region')} of {all_of:,} without a known name: left out."
        hint = "Name them by rules (masks: regions:), or let them be numbered (masks: others: number)."
        remarks = naming.warnings if len(naming.named) > before else naming.errors
        remarks.append(Remark("", cause, hint, place))


def _by_standard(regions: Sequence[Region], naming: Naming) -> None:
    kinds: dict[str, list[Region]] = {}
    for one in regions:
        if one.label.standard:
            kinds.setdefault(one.label.standard, []).append(one)
    for name, several in kinds.items():
        if len(several) == 1:
            naming.named.append(Named(name, (several[0],), name))
        elif all(one.label.alike for one in several):
            naming.named.extend(Named(f"{name}-{n}", (one,), name) for n, one in enumerate(several, 1))
        else:
            cause = f"{len(several)} regions have this name: numbers {_numbers(several)} of the file."
            naming.errors.append(Remark(name, cause, _RULE, several[0].object))


def _require_once(naming: Naming) -> None:
    """Refuse names that two different regions of an object would have, or regions of two rules."""
    groups: dict[str, list[Named]] = {}
    for one in naming.named:
        groups.setdefault(one.roi, []).append(one)
    for name, several in sorted(groups.items()):
        kinds = {(one.base, one.joined) for one in several}
        objects = [one.regions[0].object for one in several]
        if len(kinds) == 1 and len(set(objects)) == len(objects):
            continue
        naming.named[:] = [one for one in naming.named if one.roi != name]
        naming.errors.append(Remark(name, f"{len(several)} regions would have this name.", _RULE, objects[0]))


def _numbers(regions: Sequence[Region]) -> str:
    return ", ".join(str(one.label.number) for one in regions)
