"""A checklist with its answers: those of the run, those of a person, and what the two make together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nbradiomics.evidence.checklists.checks import value_of
from nbradiomics.evidence.checklists.item import ANSWERS, Answer, Checklist, Finding, Item
from nbradiomics.evidence.checklists.lists import checklist_of
from nbradiomics.evidence.checklists.own_answers import OwnAnswer
from nbradiomics.evidence.checklists.schema import CHECKLIST
from nbradiomics.evidence.facts import Evidence

if TYPE_CHECKING:
    import pandas as pd

_RANK: Mapping[Answer, int] = {"no": 0, "partly": 1, "yes": 2}
_NOBODY: Mapping[str, OwnAnswer] = {}
#: Where computed facts stand, which have no other file.
_EVIDENCE = "evidence.json"


@dataclass(frozen=True)
class Answered:
    """An item with its answers.

    Attributes
    ----------
    item, finding
        The item, and what the run says of it.
    own
        What a person says of it.
    answer
        Both together; never better than what the run proves.
    conflict
        How the two contradict each other; empty if they do not.
    """

    item: Item
    finding: Finding
    own: OwnAnswer
    answer: Answer
    conflict: str

    @property
    def proof(self) -> str:
        """The facts of the run as sentences."""
        return " ".join(dict.fromkeys(fact.text for fact in self.finding.facts))

    @property
    def files(self) -> tuple[str, ...]:
        """The files of these facts."""
        named = (source.file for fact in self.finding.facts for source in fact.sources)
        computed = (_EVIDENCE for fact in self.finding.facts if not fact.sources)
        return tuple(dict.fromkeys((*named, *computed)))


@dataclass(frozen=True)
class FilledChecklist:
    """A checklist with the answers of a run, and perhaps of a person.

    Attributes
    ----------
    checklist
        The list.
    conditions, answers
        The answer of each condition and item, in their order.
    synthetic
        Whether the run says that its data are synthetic.
    """

    checklist: Checklist
    conditions: tuple[Answered, ...]
    answers: tuple[Answered, ...]
    synthetic: bool = False

    def __repr__(self) -> str:
        """Name of the list, and how many items have which answer."""
        counts = ", ".join(f"{number} {answer}" for answer, number in self.counts.items() if number)
        return f"FilledChecklist({self.checklist.name}: {counts})"

    @property
    def counts(self) -> dict[Answer, int]:
        """How many items have which answer; without the conditions."""
        return {answer: sum(one.answer == answer for one in self.answers) for answer in ANSWERS}

    @property
    def levels(self) -> dict[str, tuple[int, int]]:
        """How many criteria of each level have a yes, and of how many; empty for lists without levels."""
        if not self.checklist.levels:
            return {}
        sections = dict.fromkeys(one.item.section for one in self.answers)
        told = {name: [one.answer for one in self.answers if one.item.section == name] for name in sections}
        return {name: (several.count("yes"), len(several)) for name, several in told.items()}

    @property
    def conflicts(self) -> list[str]:
        """How answers contradict each other, as sentences."""
        every = (*self.conditions, *self.answers)
        return [f"Item {one.item.number}: {one.conflict}" for one in every if one.conflict]

    @property
    def score(self) -> float | None:
        """Score of METRICS in percent; None while an answer is open or partly, or two contradict each other.

        The weights of the items with a yes, over those of all items that apply (Kocak et al. 2024).
        """
        if not self.checklist.conditions or self.conflicts:
            return None
        if any(one.answer not in ("yes", "no") for one in self.conditions):
            return None
        apply = [one for one in self.answers if one.answer != "not applicable"]
        if any(one.answer not in ("yes", "no") for one in apply):
            return None
        reached = sum(one.item.weight for one in apply if one.answer == "yes")
        return 100 * reached / sum(one.item.weight for one in apply)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each condition and item, with the columns of ``checklists/LIST.csv``."""
        table = CHECKLIST.table([_row(one) for one in (*self.conditions, *self.answers)])
        return table if self.checklist.conditions else table.drop(columns=list(CHECKLIST.left_out))


def fill_checklist(evidence: Evidence, name: str, own: Mapping[str, OwnAnswer] = _NOBODY) -> FilledChecklist:
    """Answer a published checklist by what a run can prove.

    Parameters
    ----------
    evidence
        The facts of a run (`read_evidence`).
    name
        ``metrics``, ``clear``, ``tripod-ai`` or ``rqs-2``.
    own
        Answers of a person by item (`read_own_answers`).

    Returns
    -------
    FilledChecklist
        Every item is answered by `yes`, `no` or `partly` (for some endpoints) with its proof, by
        `not applicable`, or is `open`. No answer is guessed, and none is better than the facts.

    Raises
    ------
    InputError
        When there is no such checklist.

    Examples
    --------
    >>> filled = fill_checklist(read_evidence("results"), "metrics")
    >>> sum(filled.counts.values())
    30
    """
    checklist = checklist_of(name)
    binary = bool(checklist.conditions)
    conditions = tuple(_answered(item, evidence, own, (), binary=True) for item in checklist.conditions)
    missing = [one.item.number for one in conditions if one.answer == "no"]
    answers = tuple(_answered(item, evidence, own, missing, binary=binary) for item in checklist.items)
    seed = evidence.fact("seed")
    synthetic = seed is not None and value_of(seed, "synthetic") is True
    return FilledChecklist(checklist, conditions, answers, synthetic)


def _answered(
    item: Item,
    evidence: Evidence,
    own: Mapping[str, OwnAnswer],
    missing: tuple[str, ...] | list[str],
    *,
    binary: bool,
) -> Answered:
    given = own.get(item.number, OwnAnswer(None))
    unmet = [number for number in item.needs if number in missing]
    if unmet:
        finding = Finding("not applicable", f"It does not apply, by {' and '.join(unmet)}.")
    else:
        finding = item.rule(evidence)
    answer, conflict = _together(finding, given.answer, binary=binary)
    return Answered(item, finding, given, answer, conflict)


def _together(finding: Finding, own: Answer | None, *, binary: bool) -> tuple[Answer, str]:
    """Join the answers of run and person; the better of two that differ is never taken."""
    run = finding.answer
    if own is None or own == run:
        return run, ""
    if binary and own not in ("yes", "no"):
        return (
            run,
            f"Your answer is {own}, but this list knows yes and no alone; conditions say what applies.",
        )
    if run == "open":
        return own, ""
    told = f"Your answer is {own}, but the run says {run}: {finding.reason}"
    if own in _RANK and run in _RANK and _RANK[own] < _RANK[run]:
        return own, told
    return run, told


def _row(one: Answered) -> dict[str, object]:
    return {
        "item": one.item.number,
        "section": one.item.section,
        "topic": one.item.topic,
        "who": one.item.who,
        "answer": one.answer,
        "run_answer": one.finding.answer,
        "reason": one.finding.reason,
        "proof": one.proof,
        "files": "; ".join(one.files),
        "weight": one.item.weight or None,
        "own_answer": one.own.answer or "",
        "own_note": one.own.note,
        "page": one.own.page,
        "conflict": one.conflict,
    }
