"""The section of the checklists: counts, links, contradictions, and tables that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.evidence.checklists.write import write_checklists
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.write import EVIDENCE, read_evidence
from nbradiomics.files.checked_json import write_checked
from nbradiomics.report.checklist_files import read_checklists
from nbradiomics.report.content import Block, Facts, Links, Page, Section, Table, Text
from nbradiomics.report.render import render
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.checklists import checklists_blocks
from tests.support.evidence import changed, rich_evidence, without


def blocks_of(folder: Path) -> tuple[Block, ...]:
    evidence = read_evidence(folder) if (folder / EVIDENCE).exists() else None
    return checklists_blocks(Run(folder=folder, checklists=read_checklists(folder, evidence)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    evidence = changed(rich_evidence("os", "efs"), "outcome.os.sample_size", {"enough": False})
    fill(tmp_path, without(evidence, "outcome.os.external"))
    return tmp_path


def fill(folder: Path, evidence: Evidence) -> None:
    write_checked(evidence.model_dump(mode="json"), folder / EVIDENCE)
    write_checklists(evidence, folder)


def test_a_run_without_checklists_has_no_section(tmp_path: Path) -> None:
    assert blocks_of(tmp_path) == ()


def test_counts_are_those_of_the_run_and_of_the_person(folder: Path) -> None:
    file = folder / "checklists" / "metrics.csv"
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table.loc[table["item"].isin(["1", "2"]), "own_answer"] = "yes"
    table.to_csv(file, index=False)
    text, counts, links = blocks_of(folder)
    assert isinstance(text, Text)
    assert isinstance(counts, Table)
    assert isinstance(links, Links)
    row = dict(zip(counts.columns, counts.rows[0], strict=True))
    numbers = {name: int(cell) for name, cell in list(row.items())[1:]}
    assert numbers["Items"] == 30
    assert numbers["partly"] == 1  # 16 (sample size)
    assert numbers["By you alone"] == 2
    assert numbers["Answered by the run"] == numbers["of these yes"] + numbers["partly"]
    assert numbers["Items"] == numbers["Answered by the run"] + 2 + numbers["Waiting for you"]
    assert [path for _, path in links.items if "metrics" in path] == [
        "checklists/metrics.html",
        "checklists/metrics.csv",
    ]
    assert all((folder / path).is_file() for _, path in links.items)


def test_links_are_links_in_the_page(folder: Path) -> None:
    section = Section("checklists", "Checklists", blocks_of(folder))
    page = render(Page("A", "B", (), Facts(()), (section,)))
    assert '<a href="checklists/clear.html">' in page


def test_contradictions_and_unread_tables_are_told(folder: Path) -> None:
    file = folder / "checklists" / "metrics.csv"
    file.write_text("item,own_answer\n16,yes\n", encoding="utf-8")
    (folder / "checklists" / "clear.csv").write_text("item,own_answer\n1,maybe\n", encoding="utf-8")
    told = [block.text for block in blocks_of(folder) if isinstance(block, Text) and block.tone == "warning"]
    assert len(told) == 2
    assert "Item 16: Your answer is yes, but the run says partly" in told[0]
    assert told[1].startswith("checklists/clear.csv cannot be read as CLEAR")
