"""Audit the report of a run: does it show the numbers of the tables?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.report.build import SECTIONS
from nbradiomics.report.content import Facts, Page, Section
from nbradiomics.report.render import render
from nbradiomics.report.run_files import read_run
from nbradiomics.workflows.audit.words import LARGEST, first_difference, words

#: Sections that need no image, and nothing that is written after the report.
_MADE_AGAIN = ("reproducibility", "outcome", "evidence", "failures")


def report_findings(folder: ResultFolder) -> Iterator[Finding]:
    """Make sections of the report again from the tables, and compare their words and numbers."""
    file = folder.root / "report.html"
    if not file.is_file() or not folder.has("provenance.json"):
        return
    if file.stat().st_size > LARGEST:
        yield Finding("report", "broken", "It is far larger than a report.", "report.html")
        return
    page = file.read_text(encoding="utf-8", errors="replace")
    run = read_run(folder.root)
    parts = tuple(
        Section(name, title, blocks(run)) for name, title, blocks in SECTIONS if name in _MADE_AGAIN
    )
    again = render(Page("", "", (), Facts(()), parts))
    for name in _MADE_AGAIN:
        ours, theirs = _words(page, name), _words(again, name)
        if theirs is None:
            continue
        problems = []
        if ours is None:
            problems.append(f"the section {name} is missing")
        elif ours != theirs:
            problems.append(first_difference(ours, theirs))
        holds = f"Words and numbers of the section {name} are those of the tables (without pictures)."
        yield verdict_of("report", problems, holds, "report.html")


def _words(page: str, section: str) -> list[str] | None:
    """Words of a section, without its pictures."""
    match = re.search(rf'<section id="{section}">(.*?)</section>', page, flags=re.DOTALL)
    if match is None:
        return None
    # The number of a section depends on how many come before it.
    return words(re.sub(r'<span class="index">[^<]*</span>', " ", match[1]))
