"""What can be checked with the evidence alone, without the files that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.same_value import value_differences
from nbradiomics.evidence.computed.ibsi import IBSI, PYRADIOMICS, ibsi_fact
from nbradiomics.evidence.facts import Evidence, Fact
from nbradiomics.evidence.prints import training_problems
from nbradiomics.features.compliance.ibsi import complies
from nbradiomics.messages.wording import counted


def evidence_findings(evidence: Evidence) -> Iterator[Finding]:
    """Check the evidence by itself, and the IBSI's phantom on this machine."""
    names = [fact.name for fact in evidence.facts]
    twice = [f"{name} occurs twice" for name in sorted(set(names)) if names.count(name) > 1]
    yield verdict_of(
        "evidence", twice, f"{counted(len(names), 'fact')}, with the right checksum.", "evidence.json"
    )
    yield from _ibsi(evidence)
    parity = evidence.fact("parity")
    if parity is not None:
        yield _parity(parity)
    for fact in evidence.facts:
        if fact.name.endswith(".learned_from") and isinstance(fact.value, dict):
            yield _learned_from(fact.name, fact.value)
        if fact.name.endswith(".performance") and isinstance(fact.value, dict):
            yield from _calibration(evidence, fact)


def _ibsi(evidence: Evidence) -> Iterator[Finding]:
    """Compare the values that were written with those of this machine, and with the references."""
    told = evidence.fact("ibsi")
    again = ibsi_fact(families=told is not None and isinstance(told.value, dict) and "families" in told.value)
    here: Any = again.value
    wrong = [
        f"{way}: {here['comply'][way]} comply"
        for way, least in ((IBSI, 105), (PYRADIOMICS, 102))
        if here["comply"][way] < least
    ]
    wrong += [f"{tag} is out of tolerance" for tag in here.get("families", {}).get("differ", ())]
    yield verdict_of("ibsi here", wrong, again.text)
    if told is None:
        yield Finding("ibsi", "open", "The evidence has no values of the IBSI's phantom.", "evidence.json")
        return
    value: Any = told.value
    problems = value_differences(value, here)
    for way in (IBSI, PYRADIOMICS):
        number = sum(complies(one[way], one["reference"], one["tolerance"]) for one in _values(value, way))
        if number != value.get("comply", {}).get(way):
            problems.append(f"{number} values comply by {way}, and not {value.get('comply', {}).get(way)}")
    holds = "The values that the run found are those that this machine finds."
    yield verdict_of("ibsi", problems, holds, "evidence.json")


def _values(value: Mapping[str, Any], way: str) -> list[Mapping[str, Any]]:
    values = value.get("values", {})
    rows = values.values() if isinstance(values, Mapping) else ()
    return [one for one in rows if isinstance(one, Mapping) and isinstance(one.get(way), (int, float))]


def _parity(fact: Fact) -> Finding:
    value: Any = fact.value
    if value.get("against") is None:
        return Finding("parity", "open", fact.text, "evidence.json")
    masks = value.get("masks", [])
    problems = [
        f"{one['features'] - one['same']} values of a mask differ"
        for one in masks
        if one["same"] != one["features"]
    ]
    if value.get("failed") and not problems:
        return Finding(
            "parity", "open", f"By the evidence, {fact.text[0].lower()}{fact.text[1:]}", "evidence.json"
        )
    holds = f"By the evidence, {fact.text[0].lower()}{fact.text[1:]} The images are needed to repeat this."
    return verdict_of("parity", problems, holds, "evidence.json")


def _learned_from(name: str, value: Mapping[str, Any]) -> Finding:
    rows, folds = value.get("subjects", []), value.get("folds", [])
    problems = training_problems(rows, folds)
    if value.get("agrees") != (not problems):
        problems.append("the verdict of the evidence is not that of its hashes")
    holds = f"No fold of {counted(len(folds), 'fold')} learned from whom it held out, by the prints alone."
    return verdict_of(name, problems, holds, "evidence.json")


def _calibration(evidence: Evidence, fact: Fact) -> Iterator[Finding]:
    """Figures that two facts state are the same."""
    other = evidence.fact(fact.name.removesuffix("performance") + "calibration")
    if other is None or not isinstance(other.value, dict) or not isinstance(fact.value, dict):
        return
    rows: Any = fact.value.get("rows", [])
    others: Any = other.value.get("rows", [])
    problems = [f"{one.get('model')} {one.get('metric')} has two values" for one in others if one not in rows]
    yield verdict_of(
        f"{fact.name} twice", problems, "Figures that two facts state are the same.", "evidence.json"
    )
