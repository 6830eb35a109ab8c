"""An audit by another version of the package: other words are no sign of a change, other numbers are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import version

from nbradiomics.evidence.audit.finding import Finding
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.write import EVIDENCE

#: Checks of words and pages, which differ between versions.
_OF_WORDS = ("sentences", "report", "model card", "evidence page", "checklist")


def by_version(findings: Iterable[Finding], evidence: Evidence) -> Iterator[Finding]:
    """Say whether another version made the results, and what cannot be compared then."""
    made, here = evidence.nbradiomics, version("nbradiomics")
    stated = evidence.fact("versions")
    if stated is not None and isinstance(stated.value, dict) and stated.value.get("nbradiomics") != made:
        text = f"The evidence is of version {made}, and the run of {stated.value.get('nbradiomics')}."
        yield Finding("version", "broken", text, EVIDENCE)
    if made == here:
        yield from findings
        return
    text = (
        f"Version {made} made the results, and this is version {here}: words and pages may differ. If a "
        f"number does not hold, see CHANGELOG whether it changed, and audit with version {made}."
    )
    yield Finding("version", "open", text, EVIDENCE)
    for one in findings:
        if one.verdict == "broken" and one.check in _OF_WORDS:
            told = f"This version says it in other words, or it was changed: {one.text}"
            yield replace(one, verdict="open", text=told)
        else:
            yield one
