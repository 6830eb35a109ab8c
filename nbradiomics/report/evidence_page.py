"""The page of the evidence: every fact of a run with the files that prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.write import read_evidence
from nbradiomics.messages.wording import counted
from nbradiomics.report.content import Fact, Facts, Page, Section
from nbradiomics.report.render import write_page
from nbradiomics.report.sections.evidence import evidence_page_blocks

#: Name of the page beside ``evidence.json``, and its kind.
PAGE, KIND = "evidence.html", "evidence"


def build_evidence_page(folder: Path, title: str = "") -> Path:
    """Write the page of the evidence of a folder of results, beside ``evidence.json``.

    Parameters
    ----------
    folder
        Folder with ``evidence.json``.
    title
        Title of the page; the name of the folder by default.

    Raises
    ------
    InputError
        When there is no evidence, or another file has the name of the page.
    """
    evidence = read_evidence(folder)
    name = title or folder.resolve().name
    section = Section(KIND, "What is known, and from which file", evidence_page_blocks(evidence))
    made = f"nbradiomics {evidence.nbradiomics}; evidence.json has the same as numbers"
    page = Page(f"Evidence: {name}", made, (), _key_facts(evidence), (section,), KIND)
    return write_page(page, folder / PAGE)


def _key_facts(evidence: Evidence) -> Facts:
    items = [Fact(str(len(evidence.facts)), "facts")]
    files = evidence.fact("files")
    if files is not None and isinstance(files.value, dict):
        items.append(Fact(str(len(files.value)), "files", "each with its SHA-256"))
    items += _of_ibsi(evidence)
    folds = [fact for fact in evidence.facts if fact.name.endswith(".learned_from")]
    good = sum(isinstance(fact.value, dict) and fact.value.get("agrees") is True for fact in folds)
    if folds:
        detail = counted(len(folds), "endpoint")
        items.append(Fact(f"{good} of {len(folds)}", "without leakage between folds", detail))
    return Facts(tuple(items))


def _of_ibsi(evidence: Evidence) -> list[Fact]:
    """Count the values of the phantom: of PyRadiomics' features, and of families if the run has some."""
    told = evidence.fact("ibsi")
    value: Any = told.value if told is not None else None
    if not isinstance(value, dict) or not isinstance(value.get("comply"), dict):
        return []
    families = value.get("families") or {"features": 0, "comply": 0}
    good, number = value["comply"]["ibsi"] + families["comply"], value["features"] + families["features"]
    known = evidence.fact("features")
    made: Any = known.value if known is not None and isinstance(known.value, dict) else {}
    where = "digital phantom, on this machine"
    if families["features"]:
        where += (
            f": {value['features']} of PyRadiomics' classes, {families['features']} of the IBSI's families"
        )
    if made.get("filters"):
        where += "; filters of the IBSI are not in it"
    return [Fact(f"{good} of {number}", "features within the IBSI's tolerance", where)]
