"""What a run can prove of itself: in short for the report, and fact by fact for a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.evidence.facts import ENDPOINTS, Evidence, Fact
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.report.content import Block, Details, Heading, Table, Text
from nbradiomics.report.run_files import Run

#: The ends of the names of facts that prove something; the others state numbers of the report again.
_PROOFS = (
    *("features", "ibsi", "parity", "files", ENDPOINTS, "folds", "learned_from", "controls", "external"),
    "model_file",
)
#: What speaks against a run, by the end of the name of the fact.
_AGAINST = {
    "folds": "a subject was not held out exactly once in each repeat.",
    "learned_from": "a fold was fitted to other subjects than those that it did not hold out.",
    "parity": "values of the feature table are not those of the other engine.",
    ENDPOINTS: "models of an endpoint failed, and are in no other fact: see failures.csv.",
    "ibsi": "features of the IBSI's phantom are not within tolerance on this machine.",
}
#: Beginnings of the names of facts on the page, with a heading for each group.
_GROUPS = {
    "How it was made": ("versions", "inputs", "seed", "parameters", "ingest", "files", "failures"),
    "Were the features computed right?": ("features", "ibsi", "parity"),
    "Who is in it, and who is missing?": ("cohort", "preparation", "segmentation"),
    "Readers and reproducibility": ("readers", "reproducibility", "perturbation", "processing", "habitats"),
    "Outcome": (ENDPOINTS, "outcome"),
}


def evidence_blocks(run: Run) -> tuple[Block, ...]:
    """Say what was proved, and where the rest is; nothing without evidence."""
    if run.evidence is None:
        return ()
    return (*_short(run.evidence), *_warnings(run.evidence))


def evidence_page_blocks(evidence: Evidence) -> tuple[Block, ...]:
    """Every fact with its sentence and its files, and the files with their hashes."""
    blocks: list[Block] = [*_warnings(evidence)]
    for title, names in _GROUPS.items():
        facts = [fact for fact in evidence.facts if fact.name.split(".")[0] in names]
        if facts:
            blocks += [Heading(title), _table(facts)]
    return (*blocks, *_files(evidence))


def _short(evidence: Evidence) -> Iterator[Block]:
    facts = [fact for fact in evidence.facts if fact.name.split(".")[-1] in _PROOFS]
    yield _table(facts)
    yield Text(
        f"{counted(len(evidence.facts), 'fact')} of this run, each with the files that prove it, are in "
        "evidence.json and on the page evidence.html beside this report. The command nbradiomics audit "
        "computes again what the tables allow, and says what holds.",
        tone="note",
    )


def _warnings(evidence: Evidence) -> Iterator[Block]:
    """What speaks against the run, first."""
    for fact in evidence.facts:
        part = fact.name.split(".")[-1]
        if part in _AGAINST and _speaks_against(part, fact.value):
            yield Text(f"{fact.name}: {_AGAINST[part]}", tone="warning")


def _speaks_against(part: str, value: Any) -> bool:
    """Whether the value of a fact speaks against the run; an endpoint may have the name of a part."""
    if not isinstance(value, Mapping):
        return False
    if part == "folds":
        return value.get("disjoint") is False
    if part == "learned_from":
        return value.get("agrees") is False
    if part == "parity":
        return any(one["same"] != one["features"] for one in value.get("masks", ()))
    if part == ENDPOINTS:
        return bool(value.get("without_models"))
    families: Mapping[str, Any] = value.get("families") or {}
    differs = "comply" in value and bool(value["comply"]["ibsi"] != value["features"])
    return differs or bool(families.get("differ"))


def _table(facts: list[Fact]) -> Table:
    rows = tuple((fact.name, fact.text, _sources(fact)) for fact in facts)
    return Table(("Fact", "What is known", "From"), rows, text_columns=3)


def _sources(fact: Fact) -> str:
    if not fact.sources:
        return "computed for this page" if fact.name in ("ibsi", "parity") else "all files"
    return shortened([source.file for source in fact.sources], 3)


def _files(evidence: Evidence) -> Iterator[Block]:
    fact = evidence.fact("files")
    hashes = fact.value if fact is not None and isinstance(fact.value, dict) else {}
    if hashes:
        rows = tuple((name, str(digest)) for name, digest in hashes.items())
        table = Table(("File", "SHA-256"), rows, text_columns=2)
        yield Details(f"SHA-256 of {counted(len(rows), 'file')}", (table,))
