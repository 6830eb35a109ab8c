"""How facts answer an item. No rule makes an answer better than the facts are.

Every `yes` needs all facts of its rule, each with a file that proves it, so that a missing fact never makes
an answer better. A `no` needs a fact that says so; what the run did not do is `open`, because it may have
been done elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nbradiomics.evidence.checklists.item import Answer, Finding, Rule
from nbradiomics.evidence.facts import ENDPOINTS, Evidence, Fact

#: What a fact says of a question: yes, no, or nothing.
Check = Callable[[Fact], bool | None]
OUTCOME = "outcome"
#: Facts that are computed when the evidence is written: it is the only file that has them.
COMPUTED = ("ibsi", "parity")
_WORST_FIRST: tuple[Answer, ...] = ("no", "open", "partly", "yes")
#: Last parts of the names of the facts of an endpoint; the name of an endpoint may contain dots itself.
PARTS = (
    *("models", "folds", "learned_from", "performance", "calibration", "decision", "sample_size"),
    *("harmonisation", "controls", "drawing", "external", "model_file"),
)


def person(ask: str, *helpful: str) -> Rule:
    """Leave an item open: only a person can answer it.

    Parameters
    ----------
    ask
        What the person has to answer.
    helpful
        Names of facts that help; ``*.calibration`` means this fact of every endpoint.
    """

    def rule(evidence: Evidence) -> Finding:
        return Finding("open", ask, tuple(_named(evidence, helpful)))

    return rule


def shown(*checks: tuple[str, Check], says: str, lacks: str, against: str = "") -> Rule:
    """Answer by facts of the whole run: yes if all of them say so, no if one says the contrary.

    Parameters
    ----------
    checks
        Name of each fact, and what it has to say.
    says
        The reason of a yes.
    lacks
        The reason if the facts do not say it.
    against
        The reason of a no; the same as `lacks` if it is empty.
    """

    def rule(evidence: Evidence) -> Finding:
        found = [(proven(evidence, name), check) for name, check in checks]
        said = [None if fact is None else check(fact) for fact, check in found]
        facts = tuple(fact for fact, _ in found if fact is not None)
        if False in said:
            refuting = tuple(
                fact for (fact, _), one in zip(found, said, strict=True) if fact and one is False
            )
            return Finding("no", against or lacks, refuting)
        return Finding("yes", says, facts) if all(said) else Finding("open", lacks, facts)

    return rule


def each_endpoint(*checks: tuple[str, Check], says: str, lacks: str, against: str = "") -> Rule:
    """Answer by facts of the endpoints: yes if those of all endpoints say so, partly if those of some do.

    An endpoint that was asked for and has no models has no facts, and so no yes.

    Parameters
    ----------
    checks
        Last part of each fact's name (``calibration`` for ``outcome.ENDPOINT.calibration``; empty for
        ``outcome.ENDPOINT`` itself), and what it has to say.
    says, lacks, against
        As in `shown`.
    """

    def rule(evidence: Evidence) -> Finding:
        names, failed = endpoints(evidence), _without_models(evidence)
        rows = {name: _of_endpoint(evidence, name, checks) for name in names}
        held = [name for name, (answer, _) in rows.items() if answer == "yes"]
        refuted = [name for name, (answer, _) in rows.items() if answer == "no"]
        facts = (*(fact for _, found in rows.values() for fact in found), *_asked(evidence))
        told = f" No models, because they failed: {', '.join(failed)}." if failed else ""
        if len(failed) == len(names):
            return Finding("open", f"The run has no outcome model. {lacks}{told}", facts)
        if refuted and not held:
            refuting = tuple(fact for name in refuted for fact in rows[name][1])
            return Finding("no", f"{against or lacks}{told}", refuting)
        if not held:
            return Finding("open", f"{lacks}{told}", facts)
        if not _asked(evidence):
            return Finding("open", f"The run does not say which endpoints it was asked for. {lacks}", facts)
        if len(held) == len(names):
            return Finding("yes", says, facts)
        others = ", ".join(name for name in names if name not in held)
        holds = f"This holds for {', '.join(held)}, and not for {others}."
        return Finding("partly", f"{says} {holds}{told}", facts)

    return rule


def every(*rules: Rule) -> Rule:
    """Answer by the worst of several rules: no, then open, then partly, then yes."""

    def rule(evidence: Evidence) -> Finding:
        found = [one(evidence) for one in rules]
        worst = min(found, key=lambda each: _WORST_FIRST.index(each.answer))
        reasons = [each.reason for each in found if each.answer == worst.answer]
        by_name = {fact.name: fact for each in found for fact in each.facts}
        return Finding(worst.answer, " ".join(dict.fromkeys(reasons)), tuple(by_name.values()))

    return rule


def either(*rules: Rule) -> Rule:
    """Answer by the first rule that says yes, else by the first one."""

    def rule(evidence: Evidence) -> Finding:
        found = [one(evidence) for one in rules]
        return next((each for each in found if each.answer == "yes"), found[0])

    return rule


def asked(rule: Rule, ask: str) -> Rule:
    """Leave open what a rule would answer with yes or partly: the facts hold, and a person must say more."""

    def asking(evidence: Evidence) -> Finding:
        found = rule(evidence)
        if found.answer not in ("yes", "partly"):
            return found
        return Finding("open", f"{found.reason} {ask}", found.facts)

    return asking


def helped(rule: Rule, *helpful: str) -> Rule:
    """Add facts that help a person, named as for `person`, where a rule leaves an item open."""

    def helping(evidence: Evidence) -> Finding:
        found = rule(evidence)
        if found.answer != "open":
            return found
        by_name = {fact.name: fact for fact in (*found.facts, *_named(evidence, helpful))}
        return Finding("open", found.reason, tuple(by_name.values()))

    return helping


def endpoints(evidence: Evidence) -> list[str]:
    """Names of all endpoints that any fact is about, in their order, then of those without models."""
    names = [
        fact.name.removeprefix(f"{OUTCOME}.") for fact in evidence.under(OUTCOME) if fact.name != OUTCOME
    ]
    return list(dict.fromkeys([*map(_without_part, names), *_names(evidence)]))


def _without_models(evidence: Evidence) -> list[str]:
    """Endpoints that were asked for, and of which no fact is known."""
    return [name for name in endpoints(evidence) if not evidence.under(f"{OUTCOME}.{name}")]


def _asked(evidence: Evidence) -> tuple[Fact, ...]:
    """The fact that says which endpoints were asked for; nothing unless a file proves it."""
    fact = proven(evidence, ENDPOINTS)
    return (fact,) if fact is not None and _names(evidence) else ()


def _names(evidence: Evidence) -> list[str]:
    fact = evidence.fact(ENDPOINTS)
    found = fact.value.get("asked") if fact is not None and isinstance(fact.value, dict) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _without_part(name: str) -> str:
    beginning, _, last = name.rpartition(".")
    return beginning if beginning and last in PARTS else name


def proven(evidence: Evidence, name: str) -> Fact | None:
    """The fact of a name, if a file proves it, or if it was computed when the evidence was written."""
    fact = evidence.fact(name)
    return fact if fact is not None and (fact.sources or name in COMPUTED) else None


def _of_endpoint(
    evidence: Evidence, endpoint: str, checks: Iterable[tuple[str, Check]]
) -> tuple[Answer, tuple[Fact, ...]]:
    said: list[bool | None] = []
    facts: list[Fact] = []
    for part, check in checks:
        fact = proven(evidence, f"{OUTCOME}.{endpoint}.{part}" if part else f"{OUTCOME}.{endpoint}")
        said.append(None if fact is None else check(fact))
        facts += [] if fact is None else [fact]
    if False in said:
        return "no", tuple(facts)
    return ("yes" if all(said) else "open"), tuple(facts)


def _named(evidence: Evidence, names: Iterable[str]) -> Iterable[Fact]:
    for name in names:
        beginning, _, part = name.partition("*.")
        full = [f"{OUTCOME}.{each}.{part}" for each in endpoints(evidence)] if not beginning else [name]
        full = [each.removesuffix(".") for each in full]
        yield from (fact for each in full if (fact := proven(evidence, each)) is not None)
