"""The command `checklist`: what it writes, keeps and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.cli.commands.checklist import Which
from nbradiomics.evidence.checklists.lists import CHECKLISTS
from nbradiomics.evidence.write import EVIDENCE
from nbradiomics.files.checked_json import write_checked
from tests.support.evidence import changed, rich_evidence
from tests.support.helpers import call


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run, of which only the evidence is there."""
    few = changed(rich_evidence(), "outcome.os.sample_size", {"enough": False})
    (tmp_path / "run").mkdir()
    write_checked(few.model_dump(mode="json"), tmp_path / "run" / EVIDENCE)
    return tmp_path / "run"


def test_the_command_knows_every_list() -> None:
    assert [which.value for which in Which] == list(CHECKLISTS)


def test_a_list_is_written_from_the_evidence_and_keeps_own_answers(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "metrics.csv"
    assert call("checklist", run, "--which", "metrics", "--out", out) == 0
    shown = capsys.readouterr()
    assert "METRICS (METhodological RadiomICs Score): 30 items: " in shown.out
    assert "No score yet: " in shown.out
    assert str(out.with_suffix(".html")) in shown.out.replace("\n", "")
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert (table.set_index("item").loc["16", "answer"]) == "no"
    table.loc[table["item"].isin(["1", "16"]), "own_answer"] = "yes"
    table.to_csv(out, index=False)
    assert call("checklist", run / EVIDENCE, "--which", "metrics", "--out", out) == 0
    shown = capsys.readouterr()
    assert "Contradiction: Item 16: Your answer is yes, but the run says no" in shown.err.replace("\n", " ")
    again = pd.read_csv(out, dtype=str, keep_default_na=False).set_index("item")
    assert again.loc[["1", "16"], "answer"].tolist() == ["yes", "no"]


def test_json_has_the_table_and_no_score_before_it_is_due(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("checklist", run, "--which", "clear", "--out", tmp_path / "clear.csv", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["checklist"]) == 58
    assert shown["score"] is None


def test_what_cannot_be_filled_in_is_said_in_a_line(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.csv"
    own.write_text("item,own_answer\n1,perhaps\n", encoding="utf-8")
    other = tmp_path / "other.csv"
    other.write_text("subject,volume\na,1\n", encoding="utf-8")
    out = tmp_path / "metrics.csv"
    for arguments, said in [
        ((tmp_path / "nothing", "--out", out), "does not exist"),
        ((run, "--out", tmp_path / "metrics.docx"), "Use a name that ends in .csv"),
        ((run, "--answers", own, "--out", out), "'perhaps' is no answer"),
        ((run, "--answers", tmp_path / "missing.csv", "--out", out), "missing.csv does not exist"),
        ((run, "--out", other), "cannot be read as this checklist"),
    ]:
        assert call("checklist", *arguments, "--which", "metrics") == 1, arguments
        error = capsys.readouterr().err
        assert said in error.replace("\n", " "), error
        assert "Traceback" not in error
    assert not out.exists()
    assert other.read_text(encoding="utf-8") == "subject,volume\na,1\n"
    spoilt = (run / EVIDENCE).read_text(encoding="utf-8").replace("120", "121", 1)
    (run / EVIDENCE).write_text(spoilt, encoding="utf-8")
    assert call("checklist", run, "--which", "metrics", "--out", out) == 1
    assert "is not the evidence of a run" in capsys.readouterr().err.replace("\n", " ")
