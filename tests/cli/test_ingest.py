"""The command `ingest`: what it prints, its exit codes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.dicom_series import make_structure_set, write, write_series
from tests.support.helpers import call


def test_it_converts_and_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = write_series(tmp_path / "in" / "a", "T2 a")
    write(make_structure_set(images), tmp_path / "in" / "mask")
    write_series(tmp_path / "in" / "b", "T2 b", patient="P2", slices=[0, 1, 3])
    rules = tmp_path / "rules.yaml"
    rules.write_text("sequences: {T2w: {description: t2}}\n", encoding="utf-8")
    out = tmp_path / "out"
    options = ["--out", out, "--key", tmp_path / "key", "--rules", rules, "--jobs", 1]
    assert call("ingest", tmp_path / "in", *options) == 0
    output = capsys.readouterr().out
    assert "1 image of 1 subject, 1 mask, 1 failure(s), 0 volumes not chosen" in output
    assert "1 slice of a stack of 4 (3 mm apart) missing" in output
    assert (out / "failures.csv").is_file()
    for path in (tmp_path / "in" / "b").iterdir():
        path.unlink()
    assert call("ingest", tmp_path / "in", *options) == 0
    assert not (out / "failures.csv").exists()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["in", "--key", "key"], "--out is missing"),
        (["none", "--key", "key", "--out", "out"], "none is not a folder"),
        (["in", "--key", "out/key", "--out", "out"], "is in the output folder"),
        (["in", "--key", "key", "--out", "in"], "is not the folder of an earlier run"),
        (["in", "--key", "key", "--out", "out", "--rules", "none.yaml"], "none.yaml cannot be read"),
        (["empty", "--key", "key", "--out", "out"], "0 images of 0 subjects"),
    ],
)
def test_what_cannot_be_done_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    part: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_series(tmp_path / "in", "T2 a")
    (tmp_path / "empty").mkdir()
    assert call("ingest", *options, "--jobs", 1) == 1
    assert part in "".join(capsys.readouterr()).replace("\n", " ")
