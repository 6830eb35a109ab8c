"""Make the pages and checklists of a folder again, and compare their words with those that are there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.same_table import differences
from nbradiomics.evidence.checklists.filled import fill_checklist
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.checklists.own_answers import read_own_answers
from nbradiomics.evidence.checklists.page import checklist_page
from nbradiomics.evidence.checklists.schema import CHECKLIST
from nbradiomics.evidence.checklists.write import FOLDER
from nbradiomics.evidence.collect.run import study_of
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.evidence.write import EVIDENCE
from nbradiomics.messages.wording import counted
from nbradiomics.report.evidence_page import PAGE, build_evidence_page
from nbradiomics.report.model_card import FILE as CARD, write_model_card
from nbradiomics.workflows.audit.words import LARGEST, first_difference, words

#: Columns of a checklist that depend on what a person wrote since.
_OF_PERSON = ("answer", "own_answer", "own_note", "page", "conflict")


def card_findings(folder: ResultFolder, place: str) -> Iterator[Finding]:
    """Make the model card of an endpoint again from its ``model.zip``."""
    models, card = f"{place}model.zip", f"{place}{CARD}"
    if not folder.has(models):
        return
    with tempfile.TemporaryDirectory() as work:
        made = _text(write_model_card(folder.root / models, Path(work) / CARD))
    yield _same_words("model card", folder.root, card, made, "model.zip")


def evidence_page_findings(folder: ResultFolder) -> Iterator[Finding]:
    """Make the page of the evidence again; the folder of `outcome` has none."""
    if not folder.has("provenance.json"):
        return
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(folder.root / EVIDENCE, work)
        made = _text(build_evidence_page(Path(work), str(study_of(folder).get("name", ""))))
    yield _same_words("evidence page", folder.root, PAGE, made, EVIDENCE)


def _same_words(check: str, root: Path, file: str, made: str, source: str) -> Finding:
    path = root / file
    if not path.is_file():
        return Finding(check, "broken", "The page is missing.", file)
    if path.stat().st_size > LARGEST:
        return Finding(check, "broken", "It is far larger than such a page.", file)
    ours, theirs = words(_text(path)), words(made)
    problems = [] if ours == theirs else [first_difference(ours, theirs)]
    return verdict_of(check, problems, f"Its words and numbers are those of {source}.", file)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def checklist_findings(root: Path, evidence: Evidence) -> Iterator[Finding]:
    """Fill in the checklists again from the facts; what a person wrote in them is no part of the run."""
    for name in CHECKLISTS:
        file = f"{FOLDER}/{name}.csv"
        if not (root / file).is_file():
            continue
        try:
            yield from _Checklist(root, evidence, name).findings()
        except InputError as error:
            yield Finding("checklist", "open", f"It cannot be read: {error.problem}", file)


class _Checklist:
    """One checklist: with the answers of a person that its table has, and without them."""

    def __init__(self, root: Path, evidence: Evidence, name: str) -> None:
        self.file, self.page = f"{FOLDER}/{name}.csv", f"{FOLDER}/{name}.html"
        self.root, self.own = root, read_own_answers(root / self.file, name)
        self.filled = fill_checklist(evidence, name, self.own)
        self.bare = fill_checklist(evidence, name)

    def findings(self) -> Iterator[Finding]:
        """Compare the table and the page."""
        table = CHECKLIST.read(self.root / self.file)
        # What a person answered since the run can make other items apply.
        of_run = [
            differences(table, one.table, CHECKLIST.key, _OF_PERSON) for one in (self.filled, self.bare)
        ]
        holds = f"{counted(len(table), 'item')} were answered again from the facts."
        yield verdict_of("checklist", min(of_run, key=len), holds, self.file)
        since = [one for one in differences(table, self.filled.table, CHECKLIST.key) if one not in of_run[0]]
        if since:
            yield self._changed(since, self.file)
        page = self.root / self.page
        ours = words(_text(page)) if page.is_file() and page.stat().st_size < LARGEST else []
        made = [words(checklist_page(one)) for one in (self.filled, self.bare)]
        if ours in made:
            yield Finding("checklist", "holds", "Its words are those of the table.", self.page)
        else:
            yield self._changed([first_difference(ours, made[0])], self.page)

    def _changed(self, problems: list[str], file: str) -> Finding:
        """What differs is a change of the run's answers, or made before the last answer of a person."""
        if not self.own:
            return verdict_of("checklist", problems, "", file)
        text = (
            f"{problems[0]}. It has answers of a person: write it again with nbradiomics checklist, and see "
            "whether this stays."
        )
        return Finding("checklist", "open", text[0].upper() + text[1:], file)
