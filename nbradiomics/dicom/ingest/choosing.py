"""Which planned volume becomes which sequence of a timepoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbradiomics.dicom.ingest.rules import IngestRules, Range, SequenceRule
from nbradiomics.dicom.series.grid import plane_of
from nbradiomics.dicom.series.parts import part_order
from nbradiomics.dicom.series.planar import PLANAR
from nbradiomics.dicom.series.plans import Plan
from nbradiomics.messages.wording import counted

_STRICTER = "Make the rule stricter, or state what decides (`prefer`, `keep_all`)."
_LOOK = "Look at the series by `--list`, and correct the rule; `optional: true` if it may be missing."
NO_RULE = "no rule matches"
_BURNED = (
    "Burned In Annotation (0028,0301) is YES: texts are burned into the pixels, and may name a person.",
    "Look at the images. If the texts name nobody, state `burned_in: true` in the rules.",
)


@dataclass(repr=False)
class Choice:
    """What becomes of the volumes of one timepoint.

    Attributes
    ----------
    chosen
        Volume of each sequence.
    failed
        Volumes that were asked for and cannot be made: sequence (may be empty), volume, cause, hint.
    missing
        Sequences without any volume that can be used: sequence, cause, hint.
    left
        Volumes that were not chosen, with the reason.
    """

    chosen: dict[str, Plan] = field(default_factory=dict)
    failed: list[tuple[str, Plan, str, str]] = field(default_factory=list)
    missing: list[tuple[str, str, str]] = field(default_factory=list)
    left: list[tuple[Plan, str]] = field(default_factory=list)


def wanted(plan: Plan, rules: IngestRules) -> list[str]:
    """Names of the rules that a volume matches; without rules, the name that is made from its header."""
    if plan.aside:
        return []
    if not rules.sequences:
        return [_default_name(plan)]
    return [name for name, rule in rules.sequences.items() if matches(plan, rule)]


def choose(plans: Sequence[Plan], rules: IngestRules) -> Choice:
    """Choose the volume of each sequence among all volumes of one subject and timepoint."""
    choice = Choice()
    by_name: dict[str, list[Plan]] = {name: [] for name in rules.sequences}
    found: set[str] = set()  # sequences of which there is a series, even if it cannot be used
    for plan in sorted(plans, key=_order):
        names = wanted(plan, rules)
        found.update(names)
        if not names:
            choice.left.append((plan, plan.aside or NO_RULE))
        elif len(names) > 1:
            cause = f"it matches the rules {' and '.join(names)}."
            choice.failed.append(("", plan, cause, "Make one of them stricter, for example by `exclude`."))
        elif not rules.burned_in and any(one.instance.header.burned for one in plan.sources):
            choice.failed.append((names[0], plan, *_BURNED))
        elif plan.problem:
            choice.failed.append((names[0], plan, *plan.problem))
        else:
            by_name.setdefault(names[0], []).append(plan)
    for name, matching in by_name.items():
        rule = rules.sequences.get(name, SequenceRule(keep_all=True))
        if matching:
            _decide(name, matching, rule, choice, numbered=bool(rules.sequences))
        elif name not in found and not rule.optional:
            choice.missing.append((name, "no series of the timepoint matches the rule.", _LOOK))
    return choice


def _decide(
    name: str, matching: Sequence[Plan], rule: SequenceRule, choice: Choice, *, numbered: bool
) -> None:
    if rule.keep_all:
        single = len(matching) == 1 and not numbered
        for number, plan in enumerate(matching, start=1):
            choice.chosen[name if single else f"{name}-{number}"] = plan
    else:
        best = preferred(matching, rule)
        if len(best) > 1:
            cause = f"{counted(len(best), 'volume')} of the timepoint match the rule {name}."
            choice.failed += [(name, plan, cause, _STRICTER) for plan in best]
        else:
            choice.chosen[name] = best[0]
        kept = {id(plan) for plan in best}
        reason = f"another series was preferred for {name} ({', '.join(rule.prefer)})"
        choice.left += [(plan, reason) for plan in matching if id(plan) not in kept]


def preferred(plans: Sequence[Plan], rule: SequenceRule) -> list[Plan]:
    """The volumes that remain after the preferences of a rule; several if these do not decide."""
    best = list(plans)
    for preference in rule.prefer:
        values = [_PREFERENCES[preference](plan) for plan in best]
        best = [plan for plan, value in zip(best, values, strict=True) if value == max(values)]
    return best


def matches(plan: Plan, rule: SequenceRule) -> bool:
    """Whether a volume fulfils all conditions of a rule."""
    header, acquired = plan.header, plan.acquired
    texts = (header.description, header.protocol)
    kinds = {value.upper() for value in acquired.image_type}
    orientation = plan.sources[0].frame.place.orientation
    distance = plan.grid.spacing[2] if plan.grid is not None else None
    return (
        (rule.description is None or _is_found(rule.description, texts))
        and not (rule.exclude is not None and _is_found(rule.exclude, texts))
        and (rule.modality is None or header.modality == rule.modality.upper())
        and (rule.plane is None or (orientation is not None and plane_of(orientation) == rule.plane))
        and _is_within(acquired.te, rule.te)
        and _is_within(acquired.tr, rule.tr)
        and _is_within(acquired.ti, rule.ti)
        and _is_within(acquired.b_value, rule.b_value)
        and _is_within(len(plan.sources), rule.slices)
        and (plan.grid is None or _is_within(distance, rule.slice_distance))
        and {value.upper() for value in rule.image_type or ()} <= kinds
        and not {value.upper() for value in rule.not_image_type or ()} & kinds
        and rule.contrast in (None, header.contrast)
    )


def _is_found(pattern: str, texts: Sequence[str]) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for text in texts)


def _is_within(value: float | None, limits: Range | None) -> bool:
    if limits is None:
        return True
    low, high = limits
    return value is not None and (low is None or low <= value) and (high is None or value <= high)


def _default_name(plan: Plan) -> str:
    """Name of a sequence from coded values of the header alone."""
    kinds = {value.upper() for value in plan.acquired.image_type}
    if plan.header.modality != "MR":
        return plan.header.modality if plan.header.modality in (*PLANAR, "CT", "PT", "NM") else "image"
    if "ADC" in kinds:
        return "ADC"
    return f"DWI-b{plan.acquired.b_value:g}" if plan.acquired.b_value is not None else "MR"


def _order(plan: Plan) -> tuple[Any, ...]:
    header = plan.header
    return (header.started, header.number or 0.0, header.series, part_order(plan.sources))


def _is_original(plan: Plan) -> float:
    return float("ORIGINAL" in {value.upper() for value in plan.acquired.image_type})


def _pixel(plan: Plan) -> float:
    return max(plan.grid.spacing[:2]) if plan.grid is not None else float("inf")


def _distance(plan: Plan) -> float:
    return plan.grid.spacing[2] if plan.grid is not None else float("inf")


def _backwards(text: str) -> tuple[int, ...]:
    """Key that orders texts of digits the other way round; an empty text comes last."""
    return tuple(-ord(character) for character in text) if text else (-(2**31),)


#: Each is highest for the best volume.
_PREFERENCES: dict[str, Callable[[Plan], Any]] = {
    "most_slices": lambda plan: len(plan.sources),
    "latest": lambda plan: plan.header.started,
    "earliest": lambda plan: _backwards(plan.header.started),
    "original": _is_original,
    "thinnest": lambda plan: -_distance(plan),
    "finest": lambda plan: -_pixel(plan),
    "last_series": lambda plan: plan.header.number or 0.0,
    "first_series": lambda plan: -(plan.header.number or 0.0),
}
