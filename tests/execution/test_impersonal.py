"""Errors of a folder of patients say nothing of what is in it."""

import sys
from pathlib import Path

import pytest

from nbradiomics.errors import InputError, StorageError
from nbradiomics.execution.error_log import write_error_log
from nbradiomics.execution.impersonal import reading_persons

PERSON = "DOE^JOHN_19700101"


def _raised(error: Exception, source: Path, out: Path | None = None) -> Exception:
    with (
        pytest.raises(type(error) if out else InputError) as told,
        reading_persons(source, out, "Look there."),
    ):
        raise error
    return told.value


@pytest.mark.parametrize(
    "make",
    [
        lambda _source: KeyError(PERSON),
        lambda source: ValueError(f"{source}/{PERSON}"),
        lambda source: FileNotFoundError(2, "No such file or directory", f"{source}/{PERSON}"),
        lambda source: InputError(f"{source}/{PERSON} is a pipe.", "Move it."),
        lambda _source: UnicodeEncodeError("ascii", PERSON, 0, 1, PERSON),
        lambda source: OSError(5, "Input/output error", f"{source}/{PERSON}"),
    ],
)
def test_an_error_names_no_file_and_no_value(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = _raised(make(tmp_path / "in"), tmp_path / "in")
    assert isinstance(told, InputError)
    assert PERSON not in f"{told} {told.details} {told.__cause__}"
    assert told.__suppress_context__
    assert told.problem


def test_an_unexpected_error_keeps_the_lines_of_code(tmp_path: Path) -> None:
    told = _raised(KeyError(PERSON), tmp_path)
    assert isinstance(told, InputError)
    assert "in _raised" in told.details
    assert "KeyError" in told.problem


@pytest.mark.parametrize("inside", [True, False])
def test_errors_of_the_output_are_told_as_they_are(inside: bool, tmp_path: Path) -> None:
    out = tmp_path / "in" / "out" if inside else tmp_path / "out"
    refused = PermissionError(13, "Permission denied", str(out / "cohort.csv"))
    assert _raised(refused, tmp_path / "in", out) is refused
    full = StorageError(f"{out} is full.")
    assert _raised(full, tmp_path / "in", out) is full
    wrong = InputError(f"{out}/cohort.csv is a folder.", "Choose a new folder.")
    assert _raised(wrong, tmp_path / "in", out) is wrong


def test_the_log_of_errors_names_the_command_and_its_options_without_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["export-dicom", "results", "--source", f"/export/{PERSON}", f"--key={PERSON}", "--jobs", "2"]
    monkeypatch.setattr(sys, "argv", ["/usr/bin/nbradiomics", *given])
    log = write_error_log("lines").read_text(encoding="utf-8")
    assert "command: nbradiomics export-dicom ... --source ... --key --jobs ...\n" in log
    assert PERSON not in log
