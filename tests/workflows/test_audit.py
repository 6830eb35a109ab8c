"""The audit of a whole run: what holds, what a changed file shows, and what a careful cheat cannot hide."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.evidence.computed.ibsi import ibsi_fact
from nbradiomics.evidence.write import EVIDENCE, read_evidence, write_evidence
from nbradiomics.workflows import run as run_module
from nbradiomics.workflows.audit.audit import Audit, audit
from nbradiomics.workflows.run_evidence import result_files
from nbradiomics.workflows.status import status
from tests.support.helpers import call
from tests.support.small_run import SUBJECT, SUBJECTS, run_small_study

pytestmark = pytest.mark.slow

#: Tables that the stages compute again from features and agreement.
_DERIVED = (
    *("reproducibility/readers.csv", "reproducibility/study_hands.csv", "stable.csv", "variance.csv"),
    *("readers/summary.csv", "readers/bland_altman.csv", "readers/direction.csv"),
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_small_study(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="module")
def sound(out: Path) -> Audit:
    return audit(out)


@pytest.fixture
def copy(out: Path, tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "copy"
    shutil.copytree(out, place, ignore=shutil.ignore_patterns("cache"))
    yield place
    shutil.rmtree(place)


def test_the_run_that_wrote_its_evidence_is_complete(out: Path) -> None:
    assert status(out).complete


def cheat(folder: Path) -> None:
    """Write the evidence anew, with the hashes and facts of the changed files, and a right checksum."""
    write_evidence(folder, result_files(folder), [ibsi_fact()])


def change_a_digit(path: Path, column: str) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = pd.to_numeric(table[column], errors="coerce")
    row = int(np.flatnonzero(numbers.notna() & (numbers != 0))[0])
    cell = table.loc[row, column]
    at = re.search(r"[1-9]", cell).start()  # type: ignore[union-attr]
    table.loc[row, column] = cell[:at] + str(int(cell[at]) % 9 + 1) + cell[at + 1 :]
    table.to_csv(path, index=False)


def broken(folder: Path) -> set[str]:
    return {one.file for one in audit(folder).broken}


def test_a_sound_run_holds(sound: Audit) -> None:
    assert [one for one in sound.findings if one.verdict == "broken"] == []
    assert sound.holds
    assert {one.check for one in sound.findings if one.verdict == "open"} == {"inputs"}
    checked = {one.file for one in sound.findings}
    assert {*_DERIVED, "outcome/os/performance.csv", "outcome/grade/class_calibration.csv"} <= checked


def test_the_evidence_names_no_subject_and_no_path(out: Path) -> None:
    assert SUBJECT in (out / "outcome/os/predictions.csv").read_text()
    for name in (EVIDENCE, "evidence.html"):
        text = (out / name).read_text(encoding="utf-8")
        for unwanted in (SUBJECT, str(out.parent), str(Path.home()), "clinical.csv", "study.yaml"):
            assert unwanted not in text, (name, unwanted)


def test_facts_of_the_run_are_there(out: Path) -> None:
    evidence = read_evidence(out)
    names = {fact.name for fact in evidence.facts}
    assert {"versions", "ibsi", "parity", "cohort", "cohort.missing", "reproducibility"} <= names
    assert {f"outcome.os.{part}" for part in ("folds", "learned_from", "performance", "model_file")} <= names
    parity = evidence.fact("parity")
    assert parity is not None
    assert isinstance(parity.value, dict)
    assert parity.value["against"] == "pyradiomics"
    assert [one["same"] == one["features"] for one in parity.value["masks"]] == [True] * 3  # type: ignore[index,union-attr]
    for fact in evidence.facts:
        assert fact.sources or fact.name in ("files", "ibsi", "parity"), fact.name


def test_the_command_says_what_holds(out: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "stable.csv").unlink()
    assert call("audit", copy, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["broken"] > 0
    assert not found["holds"]
    assert call("audit", out / EVIDENCE) == 0
    assert "The files of the run were not given" in capsys.readouterr().out
    assert call("audit", copy / "nothing") == 1
    assert "does not exist" in capsys.readouterr().err


def test_changed_removed_exchanged_and_new_files_are_found(copy: Path) -> None:
    place = copy / "outcome/os"
    change_a_digit(place / "selection.csv", "coefficient")  # no table has it again
    (place / "excluded.csv").unlink()
    (copy / "readers/times.csv").rename(copy / "x")
    (copy / "readers/time_saved.csv").rename(copy / "readers/times.csv")
    (copy / "x").rename(copy / "readers/time_saved.csv")
    shutil.copy(copy / "reproducibility/readers.csv", copy / "reproducibility/study_new.csv")
    found = {(one.file, one.check) for one in audit(copy).broken}
    changed = ("outcome/os/selection.csv", "outcome/os/excluded.csv", "readers/times.csv")
    assert {(name, "hash") for name in (*changed, "reproducibility/study_new.csv")} <= found


def test_a_careful_cheat_is_found_in_every_table_that_is_computed_again(copy: Path) -> None:
    columns = {
        "stable.csv": "hands.icc",
        "readers/summary.csv": "median",
        "readers/bland_altman.csv": "bias_ml",
    }
    columns |= {"variance.csv": "share_subject", "readers/direction.csv": "fprm_median"}
    for name in _DERIVED:
        change_a_digit(copy / name, columns.get(name, "icc"))
    cheat(copy)
    assert set(_DERIVED) <= broken(copy)


def test_a_cheat_in_the_features_is_found_by_what_they_gave(copy: Path) -> None:
    table = pd.read_parquet(copy / "features.parquet")
    table.loc[0, "original_firstorder_Mean"] *= 1.01
    table.to_parquet(copy / "features.parquet", index=False)
    cheat(copy)
    assert "reproducibility/readers.csv" in broken(copy)


def test_a_cheat_in_the_agreement_is_found(copy: Path) -> None:
    change_a_digit(copy / "agreement.csv", "dice")
    cheat(copy)
    assert {"agreement.csv", "readers/summary.csv"} <= broken(copy)


def test_a_cheat_in_a_report_is_found(copy: Path) -> None:
    report = copy / "report.html"
    text = report.read_text(encoding="utf-8")
    start = text.index('<section id="outcome">')
    at = re.compile(r"<td>0\.(\d)").search(text, start)
    assert at is not None
    place = at.start(1)
    report.write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :], encoding="utf-8")
    assert "report.html" in broken(copy)


def change_text(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_a_cheat_in_pages_and_checklists_is_found(copy: Path) -> None:
    """No hash is known of them: they are written after the evidence, or made from other files."""
    change_text(copy / "outcome/os/model_card.html", f">{SUBJECTS}<", f">{SUBJECTS}0<")
    change_text(copy / "evidence.html", "105 of 105", "104 of 105")
    change_text(copy / "checklists/clear.csv", ",open,open,", ",yes,yes,")
    change_text(copy / "checklists/metrics.html", "open", "yes")
    changed = {
        "outcome/os/model_card.html",
        "evidence.html",
        "checklists/clear.csv",
        "checklists/metrics.html",
    }
    assert broken(copy) == changed


def test_answers_of_a_person_are_no_change_of_the_run(copy: Path) -> None:
    table = pd.read_csv(copy / "checklists/clear.csv", dtype=str, keep_default_na=False)
    table.loc[0, ["own_answer", "own_note"]] = ["yes", "page 1"]
    table.to_csv(copy / "checklists/clear.csv", index=False)
    done = audit(copy)
    assert done.holds
    found = [one for one in done.findings if one.file.startswith("checklists/clear")]
    assert {one.verdict for one in found} <= {"holds", "open"}


def test_an_interrupted_run_leaves_no_evidence_of_an_earlier_one(
    out: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "run_stages", stop)
    with pytest.raises(KeyboardInterrupt):
        run_module.run(out.parent / "study" / "study.yaml", copy, jobs=1)
    assert not (copy / EVIDENCE).exists()
    assert not (copy / "evidence.html").exists()


def test_damaged_files_are_findings_and_no_crash(copy: Path) -> None:
    (copy / "outcome/os/predictions.csv").write_bytes(b"\x00\xff")
    (copy / "outcome/grade/summary.json").write_text("[" * 50_000)
    (copy / "features.parquet").write_bytes(b"PAR1")
    (copy / "provenance.json").write_text("[1, 2]")
    found = audit(copy)
    assert {"outcome/os/predictions.csv", "features.parquet", "provenance.json"} <= {
        one.file for one in found.broken
    }
