"""What a checklist consists of, and what an answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nbradiomics.evidence.facts import Evidence, Fact

Answer = Literal["yes", "partly", "no", "not applicable", "open"]
ANSWERS: tuple[Answer, ...] = ("yes", "partly", "no", "not applicable", "open")
Who = Literal["run", "person", "both"]


@dataclass(frozen=True)
class Finding:
    """What a run says of an item.

    Attributes
    ----------
    answer
        `yes` and `no` are proven by the facts, `partly` holds for some endpoints only, and `open` waits for a
        person.
    reason
        What the answer rests on, or what is missing.
    facts
        The facts that prove the answer, or that help a person to give one.
    """

    answer: Answer
    reason: str
    facts: tuple[Fact, ...] = ()


#: Answers an item from the facts of a run.
Rule = Callable[[Evidence], Finding]


@dataclass(frozen=True)
class Item:
    """One item of a checklist.

    Attributes
    ----------
    number
        As published: ``12``, ``3a``; ``condition 1`` for a condition of METRICS.
    section
        Part of the checklist.
    topic
        What the item is about, in our own words.
    rule
        How the facts answer it.
    who
        Whether the run can answer it, only a person can, or a person completes what the run says.
    weight
        Weight of the item in the score of METRICS; 0 for all others.
    needs
        Numbers of the conditions without which the item does not apply.
    """

    number: str
    section: str
    topic: str
    rule: Rule
    who: Who = "run"
    weight: float = 0.0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checklist:
    """A published checklist.

    Attributes
    ----------
    name
        Short name, as in the names of files.
    title, about, citation, doi
        Name, purpose in a sentence, and publication.
    checked
        How this list of items was compared with the published one.
    items
        In the published order.
    conditions
        Questions that decide which items apply.
    levels
        Whether its sections are levels, one above the other.
    """

    name: str
    title: str
    about: str
    citation: str
    doi: str
    checked: str
    items: tuple[Item, ...]
    conditions: tuple[Item, ...] = ()
    levels: bool = False

    @property
    def questions(self) -> tuple[Item, ...]:
        """Conditions and items, in the order in which they are answered."""
        return (*self.conditions, *self.items)
