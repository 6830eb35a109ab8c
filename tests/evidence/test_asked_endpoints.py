"""Endpoints whose models failed are named in the evidence, although nothing else is known of them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbradiomics.evidence.collect.endpoints import asked_endpoints
from nbradiomics.evidence.facts import Evidence
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.failures import write_failures
from nbradiomics.report.content import Text
from nbradiomics.report.sections.evidence import evidence_blocks
from tests.support.evidence import changed, fact, rich_evidence


def folder_of(root: Path, asked: list[str], there: list[str], failed: list[str]) -> ResultFolder:
    study = {"outcome": {"endpoints": [{"name": name} for name in asked]}}
    (root / "provenance.json").write_text(json.dumps({"study": study}), encoding="utf-8")
    for name in there:
        (root / "outcome" / name).mkdir(parents=True)
        (root / "outcome" / name / "summary.json").write_text("{}", encoding="utf-8")
    write_failures([Failure(case, "outcome", "few events", "") for case in failed], root / "failures.csv")
    files = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    return ResultFolder.of(root, files)


def value_of(folder: ResultFolder) -> Any:
    (found,) = asked_endpoints(folder)
    return found.value


def test_an_endpoint_that_was_asked_for_and_has_no_folder_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ["os", "e/fs"], ["os"], ["e/fs", "os: trial"])
    (found,) = asked_endpoints(folder)
    assert found.value == {
        "asked": ["os", "e-fs"],
        "without_models": ["e-fs"],
        "failed": ["e/fs", "os: trial"],
    }
    assert found.text.endswith("No models, because they failed: e-fs. Failed too: os: trial.")
    assert {source.file for source in found.sources} == {"provenance.json", "failures.csv"}


def test_without_failures_all_have_models_and_without_outcome_models_nothing_is_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ["os"], ["os"], [])
    assert value_of(folder) == {"asked": ["os"], "without_models": [], "failed": []}
    (tmp_path / "provenance.json").write_text("{}", encoding="utf-8")
    assert list(asked_endpoints(folder)) == []


def test_a_folder_of_the_command_has_one_endpoint(tmp_path: Path) -> None:
    for name, text in (("summary.json", '{"event": "dead"}'), ("performance.csv", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert value_of(ResultFolder.of(tmp_path, ["summary.json", "performance.csv"]))["asked"] == ["dead"]


def warnings(evidence: Evidence) -> list[str]:
    run: Any = SimpleNamespace(evidence=evidence)
    return [one.text for one in evidence_blocks(run) if isinstance(one, Text) and one.tone == "warning"]


def test_the_report_warns_of_a_failed_endpoint() -> None:
    evidence = changed(rich_evidence(), "parity", {"masks": []})
    assert warnings(evidence) == []
    failed = {"asked": ["os", "efs"], "without_models": ["efs"], "failed": ["efs"]}
    (warning,) = warnings(changed(evidence, "endpoints", failed))
    assert "failures.csv" in warning


@pytest.mark.parametrize("name", ["folds", "learned_from", "ibsi", "parity", "endpoints"])
def test_an_endpoint_may_have_the_name_of_another_fact(name: str) -> None:
    evidence = Evidence(
        nbradiomics="1", facts=(fact(f"outcome.{name}", {"kind": "survival", "subjects": 3}),)
    )
    assert warnings(evidence) == []
