"""Failures written down: a table for everyone, a log of what nobody foresaw."""

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics import cli
from nbradiomics.cohort import load_cohort
from nbradiomics.execution.batch import FAULT, Failure
from nbradiomics.execution.error_log import ERROR_LOG
from nbradiomics.execution.failures import write_failures
from nbradiomics.features.cohort import extract_cohort
from tests.support.helpers import call, two_readers

KNOWN = Failure("s1/baseline", "extract", "the mask is empty.", "Look at it.")
FAULTY = Failure("s2/baseline", "extract", "KeyError: 'x'", FAULT, "Traceback ...\nKeyError: 'x'\n")


def broken(*_: object, **__: object) -> None:
    raise KeyError("deep inside")


def test_the_log_holds_every_traceback_and_the_table_says_where(tmp_path: Path) -> None:
    located = write_failures([KNOWN, FAULTY], tmp_path / "failures.csv")
    table = pd.read_csv(tmp_path / "failures.csv")
    assert list(table.columns) == ["case", "stage", "cause", "hint"]
    assert table["hint"].tolist() == ["Look at it.", f"{FAULT} The traceback is in failures.log."]
    assert [failure.hint for failure in located] == table["hint"].tolist()
    log = (tmp_path / "failures.log").read_text(encoding="utf-8")
    assert "extract s2/baseline: KeyError: 'x'\n\nTraceback ...\nKeyError: 'x'\n" in log
    assert "nbradiomics 0." in log
    assert "Python 3." in log
    assert "s1/baseline" not in log


def test_a_log_of_an_earlier_call_does_not_stay(tmp_path: Path) -> None:
    write_failures([FAULTY], tmp_path / "failures.csv")
    write_failures([KNOWN], tmp_path / "failures.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["failures.csv"]


def test_a_command_s_log_lies_beside_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort, out = two_readers(tmp_path, 2), tmp_path / "features.csv"
    params = tmp_path / "params.yaml"
    params.write_text("featureClass: {firstorder: [Mean]}\n")
    asked = ("extract", cohort, "--params", params, "--out", out, "--jobs", 1)
    with monkeypatch.context() as patch:
        patch.setattr("nbradiomics.features.scans.extract_regions", broken)
        assert call(*asked) == 1
    printed = capsys.readouterr().out
    assert "Traceback" not in printed
    assert "The traceback is in features.failures.log." in printed
    assert "in broken" in (tmp_path / "features.failures.log").read_text(encoding="utf-8")
    assert call(*asked) == 0
    assert not list(tmp_path.glob("features.failures.*"))


@pytest.mark.parametrize("engine", ["native", "pyradiomics"])
def test_a_value_error_of_numpy_in_an_engine_is_a_fault_and_a_refusal_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    import numpy as np
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    from nbradiomics.features.native import several_regions as together

    def shapes(*_: object, **__: object) -> None:
        np.zeros(2) + np.zeros(3)

    cohort = load_cohort(two_readers(tmp_path, 1))
    asked = {"featureClass": {"firstorder": ["Mean"]}}
    with monkeypatch.context() as patch:
        patch.setattr(RadiomicsFeatureExtractor, "execute", shapes)
        patch.setattr(together, "_measure", shapes)
        failures = extract_cohort(cohort, params=asked, engine=engine).failures
    assert {failure.hint for failure in failures} == {FAULT}
    assert all("in shapes" in failure.details for failure in failures)
    small = {**asked, "setting": {"minimumROISize": 10_000}}
    refused = extract_cohort(cohort, params=small, engine=engine).failures
    assert len(refused) == 2
    assert all("refuses the region" in failure.cause for failure in refused)
    assert not any(failure.details for failure in refused)


def test_a_command_that_breaks_says_it_in_one_line_and_keeps_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbradiomics.study.checks.survey", broken)
    assert call("check", two_readers(tmp_path, 1)) == 1
    printed = capsys.readouterr()
    assert "Traceback (most" not in printed.out + printed.err
    assert len(printed.err.strip().splitlines()) == 2
    assert "KeyError: 'deep inside'" in printed.err
    assert "report it" in printed.err
    assert str(tmp_path / ERROR_LOG) in printed.err
    log = (tmp_path / ERROR_LOG).read_text(encoding="utf-8")
    assert "in broken" in log
    assert "nbradiomics 0." in log


def test_the_log_goes_elsewhere_where_the_folder_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here" / ERROR_LOG).mkdir(parents=True)  # nothing can be written under this name
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(
        "nbradiomics.execution.error_log.tempfile.gettempdir", lambda: str(tmp_path / "elsewhere")
    )
    monkeypatch.setattr("nbradiomics.study.checks.survey", broken)
    assert call("check", two_readers(tmp_path, 1)) == 1
    assert str(tmp_path / "elsewhere" / ERROR_LOG) in capsys.readouterr().err


def test_memory_that_ran_out_is_said_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nbradiomics.study.checks.survey", full)
    assert call("check", two_readers(tmp_path, 1)) == 1
    assert "Memory ran out" in capsys.readouterr().err


def test_the_command_line_names_the_fault_of_a_stage_that_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbradiomics.synthetic.cohort.make_case", broken)
    with pytest.raises(SystemExit):
        cli.main(["demo", "--out", str(tmp_path / "out"), "--subjects", "2", "--jobs", "1"])
    assert ERROR_LOG in capsys.readouterr().err
    assert "in broken" in (tmp_path / ERROR_LOG).read_text(encoding="utf-8")
