"""Audit the files of a folder against its evidence: hashes, and facts made again from the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from nbradiomics.errors import NbradiomicsError
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.same_value import value_differences
from nbradiomics.evidence.collect.run import hash_of_hashes
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.evidence.write import make_evidence
from nbradiomics.messages.wording import counted

#: Facts that are computed, and not read from files.
COMPUTED = ("ibsi", "parity")
_TEXTS = (".csv", ".json")


def hash_findings(folder: ResultFolder, evidence: Evidence) -> Iterator[Finding]:
    """Compare the files with their hashes: which are changed, missing, or new."""
    fact = evidence.fact("files")
    told = fact.value if fact is not None and isinstance(fact.value, dict) else {}
    here = set(folder.files)
    changed = [name for name, digest in told.items() if name in here and folder.sha256(name) != digest]
    converted = [name for name in changed if _unix_sha256(folder, name) == told[name]]
    changed = [name for name in changed if name not in converted]
    for name in changed:
        yield Finding("hash", "broken", "The file is not the one that the evidence was made from.", name)
    for name in sorted(set(told) - here):
        yield Finding("hash", "broken", "The file is missing.", name)
    for name in sorted(here - set(told)):
        yield Finding("hash", "broken", "The evidence does not know this file.", name)
    same = len(set(told) & here) - len(changed) - len(converted)
    if same:
        yield Finding("hash", "holds", f"{counted(same, 'file')} are unchanged, by their SHA-256.")
    if converted:
        text = (
            f"{counted(len(converted), 'file')} have other line ends, those of Windows, and no other change."
        )
        yield Finding("hash", "holds", text)
    yield _sources(evidence, told)


def _unix_sha256(folder: ResultFolder, name: str) -> str:
    """Hash of a text file with the line ends that were written: a copy through git may have others."""
    if not name.endswith(_TEXTS):
        return ""
    return hashlib.sha256((folder.root / name).read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _sources(evidence: Evidence, told: dict[str, Any]) -> Finding:
    """The hashes of the sources are those of the list of files."""
    problems = [
        f"{fact.name} says {source.file} has another hash"
        for fact in evidence.facts
        for source in fact.sources
        if told.get(source.file) != source.sha256
    ]
    return verdict_of("sources", problems, "All facts speak of the same files.", "evidence.json")


def fact_findings(folder: ResultFolder, evidence: Evidence) -> Iterator[Finding]:
    """Make the facts again from the files, and compare them with those of the evidence."""
    fact = evidence.fact("files")
    told = list(fact.value) if fact is not None and isinstance(fact.value, dict) else []
    try:
        again = make_evidence(folder.root, [name for name in told if folder.has(name)])
    except (NbradiomicsError, ValueError, KeyError, TypeError) as error:
        cause = error.problem if isinstance(error, NbradiomicsError) else str(error)
        yield Finding("facts", "broken", f"The facts cannot be made again: {cause}", "evidence.json")
        return
    known = [each for each in evidence.facts if each.name not in (*COMPUTED, "files")]
    problems, texts = [], []
    for each in known:
        other = again.fact(each.name)
        if other is None:
            texts.append(f"{each.name} cannot be made again from the files")
            continue
        found = value_differences(each.value, other.value)
        problems += [f"{each.name}: {one}" for one in found[:1]]
        if not found and each.text != other.text:
            texts.append(f"{each.name}: its text is not that of its numbers")
    names = [each.name for each in evidence.facts]
    texts += [f"{name} is missing in the evidence" for name in _names(again) if name not in names]
    holds = f"{counted(len(known), 'fact')} were made again from the files."
    yield verdict_of("facts", problems, holds, "evidence.json")
    yield verdict_of(
        "sentences", texts, "Facts and their texts are those that the files give.", "evidence.json"
    )


def _names(evidence: Evidence) -> Sequence[str]:
    return [each.name for each in evidence.facts]


def input_findings(folder: ResultFolder) -> Iterator[Finding]:
    """The inputs, by the hash of all of them; nothing without a provenance."""
    hashes = folder.record("provenance.json").get("inputs")
    if not isinstance(hashes, dict):
        return
    text = (
        f"The {counted(len(hashes), 'input file')} are not read: compare yours with the hashes in this file "
        f"(hash of all: {hash_of_hashes(hashes)[:12]})."
    )
    yield Finding("inputs", "open", text, "provenance.json")
